"""A reader that speaks JSON over MQTT, a real Mosquitto between it and the box's driver; control over MQTT and over REST."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from edge.clock import SystemClock, SystemRandom
from firmware_bridges.supervise import supervise
from firmware_bridges.zebra_iot import IotPlace, ZebraIotDriver
from protocols.clock import IdSource, SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, ReaderHealth, TagsRead
from protocols.zebra_iot import DATA, Mode
from simulators.clock import SystemClock as ReaderClock
from simulators.llrp_reader.air import Tag
from simulators.llrp_reader.paths import BESIDE_MM
from simulators.zebra_iot.server import ZebraIotSimulator
from tests.support.needed import missing
from tests.support.waiting import until

EPCS = [bytes.fromhex(f"3034257BF7194E40000000{number:02X}") for number in range(1, 4)]
TOPIC = "door-2"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Mosquitto on loopback."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")

    async def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/sbin")
        if program is None:
            missing("Mosquitto")
        quiet = asyncio.subprocess.DEVNULL
        self.child = await asyncio.create_subprocess_exec(program, "-c", str(self._settings), stdout=quiet, stderr=quiet)
        await until(self.answers, seconds=20)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def stop(self) -> None:
        self.child.kill()
        await self.child.wait()


class Door:
    """A simulated reader and the box's driver for it."""

    def __init__(self, broker: Broker, *, rest: bool, password: str = "secret") -> None:
        self.simulator = ZebraIotSimulator(
            broker.port, TOPIC, ReaderClock(), SeededRandom(1), antennas=2, read_percent=90, rest_password="secret"
        )
        self.broker, self.rest, self.password = broker, rest, password
        self.events: list[DeviceEvent] = []

    async def start(self) -> None:
        await self.simulator.start()
        self.listen()

    def listen(self) -> None:
        place = IotPlace(
            "127.0.0.1",
            self.broker.port,
            *(f"{TOPIC}/{name}" for name in ("data", "commands", "answers")),
            rest_url=self.simulator.rest_url if self.rest else "",
            rest_password=self.password,
        )
        clock = SystemClock(trust_always=True)
        driver = ZebraIotDriver(
            "door-2", place, Mode(antennas=(1, 2)), clock, IdSource(clock, SystemRandom()), ask_every_seconds=0.2
        )
        self.task = asyncio.create_task(supervise(driver, self.events.append, clock, SeededRandom(2)))

    async def __aenter__(self) -> Door:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        await self.simulator.stop()

    @property
    def state(self) -> DeviceStateEvent | None:
        return next((each for each in reversed(self.events) if isinstance(each, DeviceStateEvent)), None)

    def is_(self, state: DeviceState) -> bool:
        return self.state is not None and self.state.state is state

    @property
    def reads(self) -> list[TagsRead]:
        return [each for each in self.events if isinstance(each, TagsRead)]

    def antennas(self) -> set[int]:
        return {read.antenna for event in self.reads for read in event.reads}

    def heard(self) -> set[bytes]:
        return {read.epc for event in self.reads for read in event.reads}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    one = Broker(tmp_path)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(params=[False, True], ids=["mqtt", "rest"])
async def door(broker: Broker, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with Door(broker, rest=request.param) as one:
        yield one


async def test_tags_before_it_arrive_in_the_boxs_time_and_it_is_stopped_with_the_box(door: Door) -> None:
    door.simulator.reader.air.stand([Tag(epc) for epc in EPCS], 0, BESIDE_MM)
    await until(lambda: door.heard() == set(EPCS) and door.antennas() == {1, 2}, seconds=20)
    assert door.is_(DeviceState.READY)
    assert door.simulator.reader.mode.antennas == (1, 2)
    now_ms = SystemClock(trust_always=True).monotonic_ms()
    reads = [read for event in door.reads for read in event.reads]
    assert all(now_ms - 20_000 < read.first_seen_ms <= read.last_seen_ms <= now_ms for read in reads)
    assert all(read.rssi_dbm is not None and read.epc_bits == 96 for read in reads)
    await until(lambda: any(isinstance(each, ReaderHealth) and each.unique == 3 for each in door.events), seconds=20)
    door.task.cancel()
    await until(lambda: not door.simulator.reader.reading, seconds=20)


async def test_a_reader_that_somebody_stopped_is_started_again(door: Door) -> None:
    await until(lambda: door.simulator.reader.reading, seconds=20)
    door.simulator.reader.reading = False
    await until(lambda: door.simulator.reader.reading, seconds=20)


async def test_a_missing_antenna_is_told(door: Door) -> None:
    door.simulator.reader.unplugged.add(2)
    await until(lambda: door.is_(DeviceState.DEGRADED), seconds=20)
    assert door.state is not None
    assert door.state.reason == "antenna 2 is not connected"
    door.simulator.reader.unplugged.clear()
    await until(lambda: door.is_(DeviceState.READY), seconds=20)


async def test_rubbish_and_a_reader_without_a_clock_lose_no_tags(broker: Broker) -> None:
    one = Door(broker, rest=False)
    one.simulator.reader.faults.garbled_every = 2
    one.simulator.reader.faults.no_clock = True
    async with one:
        one.simulator.reader.air.stand([Tag(epc) for epc in EPCS], 0, BESIDE_MM)
        await until(lambda: one.heard() == set(EPCS), seconds=20)
        async with aiomqtt.Client("127.0.0.1", broker.port) as stranger:
            for payload in (b"", b"\xff\xfe", b"[" * 1000, b'{"data":{"idHex":"00"}}'):
                await stranger.publish(f"{TOPIC}/{DATA}", payload)
        await until(lambda: b"\0" in one.heard(), seconds=20)
        await until(lambda: any(isinstance(each, ReaderHealth) and each.bad for each in one.events), seconds=20)
        assert one.is_(DeviceState.READY)


async def test_a_reader_that_is_switched_off_and_on_reads_again(broker: Broker) -> None:
    one = Door(broker, rest=True)
    async with one:
        await until(lambda: one.is_(DeviceState.READY), seconds=20)
        await one.simulator.stop()
        await until(lambda: one.is_(DeviceState.RETRYING), seconds=40)
        await one.simulator.start()
        await until(lambda: one.is_(DeviceState.READY) and one.simulator.reader.reading, seconds=40)


async def test_a_broker_that_comes_back_finds_the_driver_again(broker: Broker) -> None:
    one = Door(broker, rest=False)
    async with one:
        await until(lambda: one.is_(DeviceState.READY), seconds=20)
        await broker.stop()
        await until(lambda: one.is_(DeviceState.RETRYING), seconds=40)
        await broker.start()
        await one.simulator.stop()
        await one.simulator.start()
        await until(lambda: one.is_(DeviceState.READY), seconds=40)


@pytest.mark.parametrize("rest", [False, True], ids=["mqtt", "rest"])
async def test_why_a_reader_does_not_read_is_told_in_words(broker: Broker, rest: bool) -> None:
    one = Door(broker, rest=rest)
    one.simulator.reader.faults.refuses_start = True
    async with one:
        await until(lambda: one.state is not None and "refuses 'start'" in one.state.reason, seconds=40)
        assert one.is_(DeviceState.RETRYING)


async def test_a_wrong_password_is_told_and_stands_nowhere(broker: Broker) -> None:
    one = Door(broker, rest=True, password="wrong-secret")
    async with one:
        await until(lambda: one.is_(DeviceState.RETRYING), seconds=20)
        assert one.state is not None
        assert "password" in one.state.reason
        assert not any("wrong-secret" in str(event) for event in one.events)
