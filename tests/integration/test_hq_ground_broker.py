"""What a store may do on the broker, on the embedded one and on Mosquitto with the shipped configuration."""

from __future__ import annotations

import asyncio
import contextlib

import aiomqtt

from protocols.sync.topics import (
    Channel,
    FeedChannel,
    feed_topic,
    store_subscriptions,
    store_topic,
)
from tests.support.hq_ground import Broker, HqPki

SHARDS = 16
SECONDS = 10


async def next_message(client: aiomqtt.Client) -> tuple[str, bytes, bool]:
    async with asyncio.timeout(SECONDS):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload, bool(message.retain)


async def probe(reader: aiomqtt.Client, writer: aiomqtt.Client, topic: str, marker_topic: str) -> list[str]:
    """Publish on `topic`, then on a topic the reader surely gets; return the payloads the reader saw."""
    await writer.publish(topic, b"secret", qos=1)
    await writer.publish(marker_topic, b"marker", qos=1)
    seen: list[str] = []
    while not seen or seen[-1] != "marker":
        _, payload, _ = await next_message(reader)
        seen.append(payload.decode())
    return seen


async def test_a_store_speaks_with_hq_and_with_nobody_else(hq_broker: Broker, hq_pki: HqPki) -> None:
    one, two = hq_pki.add_store("S001", "north"), hq_pki.add_store("S002", "south")
    hq_broker.reload()
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(one) as s1, hq_broker.client(two) as s2:
        await hq.subscribe("ts1/#", qos=1)
        for topic in store_subscriptions("S002", ["global/catalogue", "zone/south/price", "store/S002/setup"], SHARDS):
            await s2.subscribe(topic, qos=1)
        for channel in (Channel.HELLO, Channel.UP_TXN, Channel.UP_OPS, Channel.UP_BULK, Channel.REPORT, Channel.STATE):
            await s1.publish(store_topic("S001", channel, SHARDS), channel.value.encode(), qos=1)
            assert (await next_message(hq))[:2] == (store_topic("S001", channel, SHARDS), channel.value.encode())
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
            assert (await next_message(hq))[:2] == (marker, topic.encode())
        for topic in (store_topic("S002", Channel.DOWN, SHARDS), feed_topic("zone/south/price", FeedChannel.DELTA)):
            await hq.publish(topic, b"for two", qos=1)
            assert (await next_message(s2))[:2] == (topic, b"for two")
