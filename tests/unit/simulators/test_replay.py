"""Replay mode's ground: virtual time, links in memory, the event log."""

from __future__ import annotations

import asyncio
import io

import pytest

from protocols.clock import SeededRandom
from simulators.replay.links import Chance, LinkFaults, MemoryNetwork, serial_line
from simulators.replay.log import EventLog
from simulators.replay.loop import NothingToDo, TimeStandsStill, VirtualClock, VirtualLoop, run_virtual
from simulators.world import Goods, Moment, Shopper, World


def test_hours_pass_at_once_and_timers_fire_in_order() -> None:
    async def main(loop: VirtualLoop) -> list[tuple[str, int]]:
        clock = VirtualClock(loop, 1_000)
        seen: list[tuple[str, int]] = []

        async def wake(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append((name, clock.now_ms()))

        await asyncio.gather(wake("late", 7_200), wake("early", 0.1), wake("between", 3_600.05))
        assert await asyncio.to_thread(lambda: "in place") == "in place"
        return seen

    assert run_virtual(main) == [("early", 1_100), ("between", 3_601_050), ("late", 7_201_000)]


def test_tasks_that_wait_for_each_other_for_ever_are_told_of() -> None:
    async def wait_for_nobody(_loop: VirtualLoop) -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingToDo):
        run_virtual(wait_for_nobody)


def test_a_task_that_never_waits_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.replay.loop.TURNS_MAX", 100)

    async def spin(_loop: VirtualLoop) -> None:
        while True:  # noqa: ASYNC110 - that is the point
            await asyncio.sleep(0)

    with pytest.raises(TimeStandsStill):
        run_virtual(spin)


def test_a_serial_line_splits_and_delays_but_keeps_the_order() -> None:
    async def main(loop: VirtualLoop) -> tuple[bytes, int]:
        heard: list[bytes] = []
        faults = LinkFaults(delay_ms=5, jitter_ms=50, split_percent=60)
        till, _device = serial_line(faults, Chance(SeededRandom(3)), heard.append)
        for number in range(20):
            till.put(b"question %02d " % number)
        await asyncio.sleep(10)
        return b"".join(heard), len(heard)

    text, pieces = run_virtual(main)
    assert text == b"".join(b"question %02d " % number for number in range(20))
    assert pieces > 20


def test_a_connection_carries_both_ways_and_its_end_is_heard() -> None:
    async def main(_loop: VirtualLoop) -> list[bytes]:
        network = MemoryNetwork(Chance(SeededRandom(4)))
        accepted: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        await network.serve(lambda reader, writer: accepted.append((reader, writer)), "printer", 9100)
        reader, writer = await network.connect("printer", 9100)
        writer.write(b"status?")
        there, back = accepted[0]
        heard = [await there.read(100)]
        back.write(b"ready")
        heard.append(await reader.read(100))
        back.close()
        heard.append(await reader.read(100))
        with pytest.raises(ConnectionRefusedError):
            await network.connect("printer", 9101)
        return heard

    assert run_virtual(main) == [b"status?", b"ready", b""]


def test_the_log_is_its_lines_and_their_digest() -> None:
    text = io.StringIO()
    log, same = EventLog(lambda: 3_723_004, to=text), EventLog(lambda: 3_723_004)
    for each in (log, same):
        each.note("till-1", "paid", total=250)
    assert text.getvalue() == "01:02:03.004 till-1 paid total=250\n"
    assert log.digest() == same.digest()
    same.note("till-1", "paid", total=251)
    assert log.digest() != same.digest()


def test_a_day_of_the_world_repeats_itself_and_runs_forward() -> None:
    def day(seed: int) -> list[Moment]:
        return World(seed, [Goods("4006381333931"), Goods("101", weighed=True)]).day(80, 9_000)

    moments = day(5)
    assert moments == day(5)
    assert moments != day(6)
    assert [each.at_ms for each in moments] == sorted(each.at_ms for each in moments)
    assert sum(isinstance(each.what, Shopper) for each in moments) == 80
    assert {type(each.what).__name__ for each in moments} == {"Shopper", "Delivery", "PriceChange"}
