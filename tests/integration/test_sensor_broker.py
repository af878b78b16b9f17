"""Shelly and zigbee2mqtt sensors through a real Mosquitto: partial updates, sleepers, last wills, a broker that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.sensors.readings import SensorBoard, SensorPlace
from firmware_bridges.sensor_broker import BrokerPlace, MqttSensor, SensorBroker
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, SensorPresence, SensorsRead
from simulators.clock import SystemClock
from simulators.sensors.mqtt_sensors import MqttSensorSimulator
from tests.support.sensor_broker import StoreBroker, store_broker
from tests.support.waiting import until

SENSORS = (
    MqttSensor("fridge", "shelly", "shellyplusht-1", wakes_every_ms=3_600_000),
    MqttSensor("plug", "shelly", "shellyplugs-1"),
    MqttSensor("door", "zigbee2mqtt", "cold room/door", base="zigbee2mqtt", wakes_every_ms=3_600_000),
)


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[StoreBroker]:
    with store_broker(tmp_path / "broker") as running:
        yield running


class Box:
    """What the store makes of the events."""

    def __init__(self) -> None:
        self.board = SensorBoard([SensorPlace(each.sensor_id, "broker") for each in SENSORS], SystemClock())
        self.states: list[DeviceState] = []

    def take(self, event: DeviceEvent) -> None:
        match event:
            case SensorsRead():
                self.board.take(event)
            case SensorPresence():
                self.board.presence(event)
            case DeviceStateEvent():
                self.states.append(event.state)

    def value(self, sensor_id: str, measure: str) -> float | None:
        sensor = self.board.sensor(sensor_id)
        assert sensor is not None
        return sensor.value(measure)

    def there(self, sensor_id: str) -> bool:
        sensor = self.board.sensor(sensor_id)
        assert sensor is not None
        return sensor.there


@asynccontextmanager
async def listening(broker: StoreBroker) -> AsyncIterator[Box]:
    box, clock = Box(), SystemClock()
    driver = SensorBroker("broker", BrokerPlace("127.0.0.1", broker.port), SENSORS, clock, SeededRandom(1))
    task = asyncio.create_task(supervise(driver, box.take, clock, Quick()))
    try:
        await until(lambda: DeviceState.READY in box.states)
        yield box
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_sleepers_doors_and_last_wills(broker: StoreBroker) -> None:
    fridge = MqttSensorSimulator(broker.url, "shelly", "shellyplusht-1")
    plug = MqttSensorSimulator(broker.url, "shelly", "shellyplugs-1")
    door = MqttSensorSimulator(broker.url, "zigbee2mqtt", "cold room/door")
    async with listening(broker) as box:
        for each in (fridge, plug, door):
            await each.start()
        fridge.fields = {"temperature:0": {"id": 0, "tC": 3.8}, "devicepower:0": {"id": 0, "battery": {"percent": 87}}}
        fridge.wake(wakeup_period=600)
        await until(lambda: box.value("fridge", "temperature_celsius") == 3.8)
        assert box.value("fridge", "battery_percent") == 87
        fridge.tell({"temperature:0": {"id": 0, "tC": -4.5}})
        await until(lambda: box.value("fridge", "temperature_celsius") == -4.5)
        assert box.value("fridge", "battery_percent") == 87, "a partial update leaves the rest as it was"
        fridge.tell({"temperature:0": {"id": 0, "tC": None}})
        await until(lambda: box.value("fridge", "temperature_celsius") is None)
        door.tell({"": {"contact": True, "battery": 100}})
        await until(lambda: box.value("door", "door_open") == 0.0)
        door.tell({"": {"contact": False}})
        await until(lambda: box.value("door", "door_open") == 1.0)
        door.say_available(there=False)
        plug.tell({"switch:0": {"id": 0, "apower": 12.5, "aenergy": {"total": 5_000.0}}})
        await until(lambda: box.value("plug", "power_w") == 12.5)
        await fridge.stop()
        fridge_will = MqttSensorSimulator(broker.url, "shelly", "shellyplusht-1")
        await fridge_will.start()
        fridge_will.say_available(there=False)
        plug.say_available(there=False)
        await until(lambda: not box.there("plug"))
        assert box.there("fridge"), "it sleeps"
        assert box.there("door"), "it sleeps, whatever the bridge says of it"
        plug.tell({"switch:0": {"id": 0, "apower": 0.0}})
        await until(lambda: box.there("plug"))
        plug.say("shellyplugs-1/events/rpc", b"rubbish")
        plug.say("shellyplugs-1/events/rpc", b'{"method":"NotifyStatus","params":{"switch:0":7}}')
        plug.tell({"switch:0": {"id": 0, "apower": 3.0}})
        await until(lambda: box.value("plug", "power_w") == 3.0)
        await fridge_will.stop()
    for each in (plug, door):
        await each.stop()


async def test_a_broker_that_dies_and_comes_back_loses_no_sensor(broker: StoreBroker) -> None:
    door = MqttSensorSimulator(broker.url, "zigbee2mqtt", "cold room/door")
    async with listening(broker) as box:
        await door.start()
        door.tell({"": {"contact": True}})
        await until(lambda: box.value("door", "door_open") == 0.0)
        for _ in range(2):
            broker.kill()
            await until(lambda: box.states[-1] is DeviceState.RETRYING)
            assert box.value("door", "door_open") == 0.0, "it is not lost yet"
            broker.start()
            await until(lambda: box.states[-1] is DeviceState.READY, seconds=20)
        door.tell({"": {"contact": False}})
        await until(lambda: box.value("door", "door_open") == 1.0, seconds=20)
    await door.stop()


async def test_what_a_broker_kept_of_long_ago_is_no_value(broker: StoreBroker) -> None:
    bridge = MqttSensorSimulator(broker.url, "zigbee2mqtt", "cold room/door")
    await bridge.start()
    bridge.say("zigbee2mqtt/cold room/door", b'{"contact":false}', retain=True)
    bridge.tell({"": {"battery": 50}})
    await until(lambda: bridge.connected and bridge.quiet)
    async with listening(broker) as box:
        bridge.tell({"": {"battery": 49}})
        await until(lambda: box.value("door", "battery_percent") == 49)
        assert box.value("door", "door_open") is None
    await bridge.stop()
