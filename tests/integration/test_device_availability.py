"""What the brokers retain of a store's devices: by the real MQTT line, under the shipped access lists."""

from __future__ import annotations

import asyncio

import aiomqtt
import msgspec

from edge.devices.board import Board
from edge.sync.availability import Availability
from edge.sync.mqtt_line import MqttLine
from protocols.clock import FakeClock
from protocols.device_events import DeviceState, DeviceStateEvent
from protocols.sync.messages import DeviceAvailability, StoreState
from protocols.sync.topics import Channel, device_topic, store_topic
from tests.support.hq_ground import Broker, HqPki, client_context

SHARDS = 16
SECONDS = 30


class Up:
    """The line is up."""

    def __init__(self) -> None:
        self.is_up = asyncio.Event()

    def up(self) -> None:
        self.is_up.set()

    def message(self, topic: str, payload: bytes) -> None:
        """Nothing is expected."""

    def answer(self, payload: bytes) -> None:
        """Nothing is expected."""


def will() -> StoreState:
    return StoreState(store_id="S001", boot_id="boot-7", conn_epoch=1, online=False)


def told(state: DeviceState, reason: str = "") -> DeviceStateEvent:
    return DeviceStateEvent(device_id="scale 1/a", device_kind="scale", state=state, reason=reason)


async def next_into(client: aiomqtt.Client, heard: dict[str, bytes]) -> None:
    async with asyncio.timeout(SECONDS):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    heard[str(message.topic)] = message.payload


async def heard_of(client: aiomqtt.Client, heard: dict[str, bytes], topic: str, state: str) -> DeviceAvailability:
    """The word on a device once it is in this state."""
    while f'"state":"{state}"'.encode() not in heard.get(topic, b""):
        await next_into(client, heard)
    return msgspec.json.decode(heard[topic], type=DeviceAvailability)


def word(found: DeviceAvailability) -> tuple[bool, str, str, int]:
    assert (found.store_id, found.boot_id, found.device_id, found.device_kind) == ("S001", "boot-7", "scale 1/a", "scale")
    return found.available, found.state, found.reason, found.since_ms


async def test_each_device_is_retained_for_hq_and_nobody_else(hq_broker: Broker, hq_pki: HqPki) -> None:
    one, two = hq_pki.add_store("S001", "north"), hq_pki.add_store("S002", "south")
    hq_broker.reload()
    board = Board({"scale 1/a": "scale", "printer-1": "printer"}, FakeClock(now_ms=1_000))
    availability = Availability("S001", SHARDS)
    availability.board = board
    url = f"mqtts://127.0.0.1:{hq_broker.port}"
    line, ears = MqttLine(url, "S001", SHARDS, client_context(one), availability), Up()
    running = asyncio.create_task(line.run(ears, will, ()))
    async with hq_broker.client(hq_pki.hq) as hq, hq_broker.client(two) as stranger:
        await asyncio.wait_for(ears.is_up.wait(), SECONDS)
        await hq.subscribe("ts1/+/S001/device/#", qos=1)
        marker = store_topic("S002", Channel.DOWN, SHARDS)
        for everything in ("ts1/#", "ts1/+/+/device/#", marker):
            await stranger.subscribe(everything, qos=1)
        heard: dict[str, bytes] = {}
        topic = device_topic("S001", "scale 1/a", SHARDS)
        assert topic.endswith("/S001/device/scale%201%2Fa")
        assert word(await heard_of(hq, heard, topic, "starting")) == (False, "starting", "", 1_000)
        board.take(told(DeviceState.READY))
        assert word(await heard_of(hq, heard, topic, "ready")) == (True, "ready", "", 1_000)
        board.take(told(DeviceState.RETRYING, "it was unplugged"))
        assert word(await heard_of(hq, heard, topic, "retrying")) == (False, "retrying", "it was unplugged", 1_000)
        board.leave("scale 1/a")
        while heard.get(topic):
            await next_into(hq, heard)
        assert device_topic("S001", "printer-1", SHARDS) in heard
        await hq.publish(marker, b"for two", qos=1)
        first: dict[str, bytes] = {}
        await next_into(stranger, first)
        assert first == {marker: b"for two"}, "another store hears nothing of it"
    async with hq_broker.client(hq_pki.hq) as late:
        await late.subscribe("ts1/+/S001/device/#", qos=1)
        retained: dict[str, bytes] = {}
        await next_into(late, retained)
        assert list(retained) == [device_topic("S001", "printer-1", SHARDS)], "what was taken out is retained no more"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
