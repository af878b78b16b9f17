"""Sixty-four readers in one process: each as good as alone, all of them the same again from the same seed."""

from __future__ import annotations

import asyncio
import hashlib

from firmware_bridges.llrp_reader import LlrpReaderDriver
from firmware_bridges.supervise import supervise
from protocols.clock import FakeClock, SeededRandom
from protocols.device_events import DeviceEvent, TagsRead
from protocols.llrp.parameters import Tell
from protocols.llrp.reader_setup import InventorySetup
from simulators.clock import SystemClock
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin
from simulators.llrp_reader.walks import some_tags
from tests.support.llrp_line import STEP_MS, Line, spec, told
from tests.support.waiting import until

READERS = 64
TAGS_EACH = 10
RUN_MS = 1_000
READS_PER_READER_MIN = 150
SETUP = InventorySetup(antennas=(1, 2, 3, 4), keepalive_ms=5_000, answer_within_ms=20_000, report_every_tags=20)


def run_together() -> tuple[list[int], str]:
    """(tags each reported, what all of them said as a hash)."""
    lines = [Line(seed=number, tags=some_tags(TAGS_EACH, 1 + 1_000 * number)) for number in range(READERS)]
    report = told(2, 10, Tell.ANTENNA | Tell.PEAK_RSSI | Tell.LAST_SEEN)
    for line in lines:
        line.inventory(spec(report=report))
    sums = hashlib.sha256()
    for now_ms in range(STEP_MS, RUN_MS + STEP_MS, STEP_MS):
        for line in lines:
            line.reader.tick(now_ms)
            assert line.reader.session is not None
            sums.update(line.reader.session.take_output())
    return [line.reader.tags_reported for line in lines], sums.hexdigest()


def test_all_of_them_work_and_replay() -> None:
    reported, said = run_together()
    assert min(reported) >= READS_PER_READER_MIN
    assert run_together() == (reported, said)


async def test_all_of_them_are_served_over_tcp() -> None:
    clock = SystemClock()
    readers = [LlrpReaderSimulator(0, clock, SeededRandom(number)) for number in range(READERS)]
    heard: list[set[bytes]] = [set() for _ in readers]
    tasks: list[asyncio.Task[None]] = []

    def listen_to(number: int) -> None:
        def take(event: DeviceEvent) -> None:
            if isinstance(event, TagsRead):
                heard[number].update(read.epc for read in event.reads)

        driver = LlrpReaderDriver(f"door-{number}", "127.0.0.1", readers[number].port, SETUP, clock)
        tasks.append(asyncio.create_task(supervise(driver, take, clock, SeededRandom(number))))

    try:
        for number, reader in enumerate(readers):
            await reader.start()
            reader.stand(tags_of_gtin("9520000000011", [number]), 600)
            listen_to(number)
        await until(lambda: all(heard), seconds=240)
        assert [len(each) for each in heard] == [1] * READERS, "each its own tag"
        assert {reader.connections for reader in readers} == {1}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(reader.stop() for reader in readers))


async def test_a_host_that_slept_does_not_make_up_for_it() -> None:
    clock = FakeClock()
    reader = LlrpReaderSimulator(0, clock, SeededRandom(1))
    await reader.start()
    try:
        reader.device.book.add(spec(report=told(2, 1, Tell.ANTENNA)))
        reader.device.book.enable(1, clock.now_ms())
        reader.device.book.start(1, clock.now_ms())
        reader.stand(tags_of_gtin("9520000000011", [1]), 600)
        clock.advance(8 * 3_600_000)
        await until(lambda: reader.device.running.at_ms == clock.now_ms(), seconds=10)
        assert len(reader.device.running.recent) <= 1
        clock.advance(1_000)
        await until(lambda: len(reader.device.running.recent) > 10, seconds=10)
    finally:
        await reader.stop()
