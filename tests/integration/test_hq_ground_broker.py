"""What a store may do on the broker, on the embedded one and on Mosquitto with the shipped configuration."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct

import aiomqtt
import pytest

from cloud.clock import SystemClock
from protocols.sync import limits
from protocols.sync.topics import Channel, FeedChannel, feed_topic, store_subscriptions, store_topic
from tests.support.hq_ground import BROKERS, Broker, HqPki, client_context

SHARDS = 16
SECONDS = 30
UP = (Channel.HELLO, Channel.UP_TXN, Channel.UP_OPS, Channel.UP_BULK, Channel.REPORT, Channel.STATE)


async def next_message(client: aiomqtt.Client) -> tuple[str, bytes]:
    async with asyncio.timeout(SECONDS):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


class Raw:
    """An MQTT 3.1.1 connection made by hand (section 3.1), whose cable can be pulled."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, broker: Broker, context: ssl.SSLContext | None) -> Raw:
        return cls(*await asyncio.open_connection("127.0.0.1", broker.port, ssl=context))

    async def connect(self, identifier: str, *, will: tuple[str, bytes] | None = None, keepalive: int = 60) -> bool:
        """Whether the broker welcomed it."""
        flags = 0b0000_0010 if will is None else 0b0010_1110  # clean session; will with QoS 1 and retain
        body = text("MQTT") + bytes([4, flags, 0, keepalive]) + text(identifier)
        if will is not None:
            body += text(will[0]) + text(will[1])
        assert len(body) < 128
        self._writer.write(bytes([0x10, len(body)]) + body)
        async with asyncio.timeout(SECONDS):
            return await self._reader.readexactly(4) == b"\x20\x02\x00\x00"

    async def ended(self) -> bool:
        """Wait for the broker to close it."""
        async with asyncio.timeout(SECONDS):
            return await self._reader.read() == b""

    def pull_cable(self) -> None:
        """No DISCONNECT, no TLS goodbye."""
        self._writer.transport.abort()


async def connects(broker: Broker, identifier: str, context: ssl.SSLContext | None) -> bool:
    raw: Raw | None = None
    try:
        raw = await Raw.open(broker, context)
        return await raw.connect(identifier)
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        if raw is not None:
            raw.pull_cable()


@pytest.mark.parametrize("hq_broker", BROKERS, indirect=True)
async def test_a_store_speaks_with_hq_and_with_nobody_else(hq_broker: Broker, hq_pki: HqPki) -> None:
    one, two = hq_pki.add_store("S001", "north"), hq_pki.add_store("S002", "south")
    hq_broker.reload()
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(one) as s1, hq_broker.client(two) as s2:
        await hq.subscribe("ts1/#", qos=1)
        for topic in store_subscriptions("S002", ["global/catalogue", "zone/south/price", "store/S002/setup"], SHARDS):
            await s2.subscribe(topic, qos=1)
        for channel in UP:
            await s1.publish(store_topic("S001", channel, SHARDS), channel.value.encode(), qos=1)
            assert await next_message(hq) == (store_topic("S001", channel, SHARDS), channel.value.encode())
        marker = store_topic("S001", Channel.REPORT, SHARDS)
        forbidden = [
            store_topic("S002", Channel.UP_TXN, SHARDS),
            store_topic("S002", Channel.DOWN, SHARDS),
            store_topic("S001", Channel.DOWN, SHARDS),
            feed_topic("global/catalogue", FeedChannel.HEAD),
            feed_topic("zone/north/price", FeedChannel.DELTA),
            "elsewhere",
        ]
        for topic in forbidden:
            # A broker may drop the connection of a client that publishes what it may not (MQTT 3.1.1 section 3.3.5.2).
            async with hq_broker.client(one, identifier="S001-probe") as probing:
                with contextlib.suppress(aiomqtt.MqttError):
                    await probing.publish(topic, b"forged", qos=1, timeout=2)
            await s1.publish(marker, topic.encode(), qos=1)
            assert await next_message(hq) == (marker, topic.encode())
        for topic in (store_topic("S002", Channel.DOWN, SHARDS), feed_topic("zone/south/price", FeedChannel.DELTA)):
            await hq.publish(topic, b"for two", qos=1)
            assert await next_message(s2) == (topic, b"for two")


@pytest.mark.parametrize("wide", [True, False])
async def test_a_store_hears_only_what_is_for_it(hq_broker: Broker, hq_pki: HqPki, wide: bool) -> None:
    """Whether it subscribes to everything or to exactly what is not its own: retained or live, nothing comes."""
    one = hq_pki.add_store("S001", "north")
    hq_pki.add_store("S002", "south")
    hq_broker.reload()
    others = [
        store_topic("S002", Channel.DOWN, SHARDS),
        store_topic("S002", Channel.UP_TXN, SHARDS),
        store_topic("S002", Channel.STATE, SHARDS),
        feed_topic("zone/south/price", FeedChannel.DELTA),
        feed_topic("zone/south/price", FeedChannel.HEAD),
        feed_topic("store/S002/staff", FeedChannel.DELTA),
    ]
    own = [
        store_topic("S001", Channel.DOWN, SHARDS),
        feed_topic("global/catalogue", FeedChannel.DELTA),
        feed_topic("zone/north/price", FeedChannel.DELTA),
        feed_topic("store/S001/staff", FeedChannel.HEAD),
    ]
    async with hq_broker.client(hq_pki.hq) as hq:
        for topic in others:
            await hq.publish(topic, b"retained secret", qos=1, retain=True)
        async with hq_broker.client(one) as s1:
            for topic in ["#", "ts1/#", "+/+/+/+"] if wide else others:
                with contextlib.suppress(aiomqtt.MqttError):
                    await s1.subscribe(topic, qos=1)
            for topic in own:
                await s1.subscribe(topic, qos=1)
            for topic in others:
                await hq.publish(topic, b"secret", qos=1)
            for topic in own:
                await hq.publish(topic, b"for one", qos=1)
            heard: set[str] = set()
            while heard != set(own):
                topic, payload = await next_message(s1)
                assert (payload, topic in own) == (b"for one", True)
                heard.add(topic)


async def test_only_certificates_of_this_authority_get_in(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    assert await connects(hq_broker, "S001", client_context(one))
    for name in ("S001", "hq"):
        assert not await connects(hq_broker, name, client_context(hq_pki.stranger(name)))
    without_certificate = ssl.create_default_context(cafile=str(hq_pki.folder.ca_cert))
    assert not await connects(hq_broker, "S001", without_certificate)
    without_tls = None
    assert not await connects(hq_broker, "S001", without_tls)


async def test_a_revoked_certificate_is_shut_out(hq_broker: Broker, hq_pki: HqPki) -> None:
    old = hq_pki.add_store("S001")
    new = hq_pki.add_store("S001")  # renewed: the same store, another key
    hq_broker.reload()
    assert await connects(hq_broker, "S001", client_context(old))
    hq_pki.revoked.append((old.serial, SystemClock().now_ms()))
    hq_pki.write_lists()
    hq_broker.reload()
    assert not await connects(hq_broker, "S001", client_context(old))
    assert await connects(hq_broker, "S001", client_context(new))


async def test_a_store_without_any_certificate_left_is_mute_at_once(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_pki.add_store("S002")
    hq_broker.reload()
    topic, marker = store_topic("S001", Channel.HELLO, SHARDS), store_topic("S002", Channel.HELLO, SHARDS)
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(one) as s1:
        await hq.subscribe("ts1/#", qos=1)
        await s1.publish(topic, b"still in", qos=1)
        assert await next_message(hq) == (topic, b"still in")
        del hq_pki.zones["S001"]
        hq_pki.write_lists()
        hq_broker.reload()
        with contextlib.suppress(aiomqtt.MqttError):
            await s1.publish(topic, b"too late", qos=1, timeout=2)
        async with hq_broker.client(hq_pki.stores["S002"]) as s2:
            await s2.publish(marker, b"after", qos=1)
        assert await next_message(hq) == (marker, b"after")
        with contextlib.suppress(aiomqtt.MqttError):
            await s1.publish(topic, b"for the leaving", qos=0)


async def test_a_store_that_moves_hears_its_new_zone_only(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001", "north")
    hq_broker.reload()
    north, south = feed_topic("zone/north/price", FeedChannel.DELTA), feed_topic("zone/south/price", FeedChannel.DELTA)
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(one) as s1:
        await s1.subscribe(north, qos=1)
        await hq.publish(north, b"1", qos=1)
        assert await next_message(s1) == (north, b"1")
        hq_pki.zones["S001"] = "south"
        hq_pki.write_lists()
        hq_broker.reload()
        await s1.subscribe(south, qos=1)
        await hq.publish(north, b"2", qos=1)
        await hq.publish(south, b"3", qos=1)
        assert await next_message(s1) == (south, b"3")


async def test_births_stay_and_wills_speak_for_the_dead(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    state = store_topic("S001", Channel.STATE, SHARDS)
    async with hq_broker.client(hq_pki.hq) as hq:
        async with hq_broker.client(one, identifier="S001-birth") as birth:
            await birth.publish(state, b"online", qos=1, retain=True)
        await hq.subscribe("ts1/+/+/state", qos=1)
        assert await next_message(hq) == (state, b"online")
        box = await Raw.open(hq_broker, client_context(one))
        assert await box.connect("S001", will=(state, b"offline"))
        box.pull_cable()
        assert await next_message(hq) == (state, b"offline")
    async with hq_broker.client(hq_pki.hq, identifier="hq-later") as later:
        await later.subscribe("ts1/+/+/state", qos=1)
        assert await next_message(later) == (state, b"offline")


async def test_a_silent_box_is_given_up(hq_broker: Broker, hq_pki: HqPki) -> None:
    """Nothing for one and a half keepalives (section 3.1.2.10): the will speaks, though the line is still open."""
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    state = store_topic("S001", Channel.STATE, SHARDS)
    async with hq_broker.client(hq_pki.hq) as hq:
        await hq.subscribe(state, qos=1)
        box = await Raw.open(hq_broker, client_context(one))
        assert await box.connect("S001", will=(state, b"offline"), keepalive=1)
        assert await next_message(hq) == (state, b"offline")
        box.pull_cable()


async def test_nobody_leaves_a_will_for_another(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_pki.add_store("S002")
    hq_broker.reload()
    foreign, marker = store_topic("S002", Channel.STATE, SHARDS), store_topic("S001", Channel.STATE, SHARDS)
    async with hq_broker.client(hq_pki.hq) as hq:
        await hq.subscribe("ts1/#", qos=1)
        for topic in (foreign, marker):
            box = await Raw.open(hq_broker, client_context(one))
            with contextlib.suppress(asyncio.IncompleteReadError):  # a broker may refuse the forged will at the door
                await box.connect("S001", will=(topic, b"gone"))
            box.pull_cable()
        assert await next_message(hq) == (marker, b"gone")


async def test_clients_come_back_after_the_broker_was_killed(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    topic = store_topic("S001", Channel.UP_TXN, SHARDS)

    async def until_cut() -> None:
        async with hq_broker.client(one) as s1:
            await s1.publish(topic, b"1", qos=1)
            hq_broker.kill()
            await next_message(s1)

    with pytest.raises(aiomqtt.MqttError):
        await until_cut()
    assert not await connects(hq_broker, "S001", client_context(one))
    hq_broker.start()
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(one) as s1:
        await hq.subscribe(topic, qos=1)
        await s1.publish(topic, b"2", qos=1)
        assert await next_message(hq) == (topic, b"2")


async def test_a_second_connection_of_a_client_ends_the_first(hq_broker: Broker, hq_pki: HqPki) -> None:
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    first, second = await Raw.open(hq_broker, client_context(one)), await Raw.open(hq_broker, client_context(one))
    assert await first.connect("S001")
    assert await second.connect("S001")
    assert await first.ended()
    second.pull_cable()


async def test_no_store_takes_the_place_of_another_client(embedded_broker: Broker, hq_pki: HqPki) -> None:
    """Mosquitto has no rule for client ids; there HQ and stores draw ids nobody can guess."""
    hq_pki.add_store("S001")
    topic = store_topic("S001", Channel.HELLO, SHARDS)
    async with embedded_broker.client(hq_pki.hq) as hq:
        await hq.subscribe("ts1/#", qos=1)
        assert not await connects(embedded_broker, "hq", client_context(hq_pki.stores["S001"]))
        async with embedded_broker.client(hq_pki.stores["S001"]) as s1:
            await s1.publish(topic, b"hello", qos=1)
        assert await next_message(hq) == (topic, b"hello")


async def test_qos_1_keeps_order_and_sizes(hq_broker: Broker, hq_pki: HqPki) -> None:
    """Eight large batches in a row, then the largest message the protocol knows.

    Both sides ping often, as HQ's and the store's own lines do: Mosquitto 2.0.11 can leave the tail of a large message
    unsent until the next packet of that client wakes it.
    """
    one = hq_pki.add_store("S001")
    hq_broker.reload()
    topic = store_topic("S001", Channel.UP_TXN, SHARDS)
    batches = [*(bytes([number]) * 100_000 for number in range(8)), b"x" * limits.MESSAGE_BYTES_MAX]
    async with hq_broker.client(hq_pki.hq, keepalive=5) as hq, hq_broker.client(one, keepalive=5) as s1:
        await hq.subscribe(topic, qos=1)
        for batch in batches:
            await s1.publish(topic, batch, qos=1)
        assert [(await next_message(hq))[1] for _ in batches] == batches
