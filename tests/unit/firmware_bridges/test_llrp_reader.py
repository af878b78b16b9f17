"""A reader's clock against the box's: whatever it shows, reads lie in the box's time, held ones in the past."""

from __future__ import annotations

import pytest

from edge.rfid.portal import Direction, Portal, PortalSetup
from firmware_bridges.llrp_reader import ReaderClock, clock_remark
from protocols.device_events import TagRead
from protocols.llrp.client import ClockTold, TagsReported
from protocols.llrp.reads import TagRecord
from simulators.llrp_reader.air import Direction as Way
from simulators.llrp_reader.air import Tag
from tests.support.llrp_pair import STEP_MS, Pair

YEAR_2000_US = 946_684_800_000_000


def record(last_us: int | None, first_us: int | None = None) -> TagRecord:
    return TagRecord(bytes(12), 1, -50, last_us if first_us is None else first_us, last_us)


def times(clock: ReaderClock, arrived_ms: int, *seen_us: int | None, live: bool = True) -> list[int]:
    return [read.last_seen_ms for read in clock.normalise([record(each) for each in seen_us], arrived_ms, live=live)]


@pytest.mark.parametrize("base_us", [5_000_000, YEAR_2000_US, 4_000_000_000_000_000])
def test_the_newest_read_of_the_first_report_happened_when_it_arrived(base_us: int) -> None:
    assert times(ReaderClock(), 1_000, base_us - 300_000, base_us) == [700, 1_000]


def test_the_report_that_waited_least_sets_the_clock() -> None:
    clock = ReaderClock()
    assert times(clock, 1_000, YEAR_2000_US) == [1_000]
    assert times(clock, 1_050, YEAR_2000_US + 70_000) == [1_050]
    assert times(clock, 1_900, YEAR_2000_US + 500_000) == [1_480], "late by 420 ms"


def test_a_clock_that_is_set_forward_or_back_is_followed() -> None:
    clock = ReaderClock()
    times(clock, 1_000, YEAR_2000_US)
    assert times(clock, 2_000, YEAR_2000_US * 2) == [2_000]
    assert times(clock, 3_000, YEAR_2000_US) == [3_000]


def test_a_read_is_never_in_the_future_and_one_without_time_is_now() -> None:
    clock = ReaderClock()
    assert times(clock, 1_000, None) == [1_000]
    (read,) = clock.normalise([record(7_000_000, 9_000_000)], 2_000)
    assert (read.first_seen_ms, read.last_seen_ms) == (2_000, 2_000), "last before first"
    (read,) = clock.normalise([record(7_000_000, 6_500_000)], 2_000)
    assert (read.first_seen_ms, read.last_seen_ms) == (1_500, 2_000)


@pytest.mark.parametrize(
    ("last_us", "said"),
    [(None, ""), (5_000_000, ""), (YEAR_2000_US, "slow"), (1_790_000_000_000_000, ""), (1_790_000_100_000_000, "fast")],
)
def test_a_wrong_wall_clock_is_remarked_and_an_uptime_is_none(last_us: int | None, said: str) -> None:
    remark = clock_remark(last_us, 1_790_000_000_000)
    assert (said in remark) if said else (remark == "")


def test_goods_that_went_in_while_the_line_was_down_are_told_afterwards_with_their_direction() -> None:
    """The reader holds its reports; its greeting says how long ago they were."""
    pair = Pair()
    pair.run(200)
    pair.break_off()
    tags = [Tag(bytes([number]) * 12) for number in range(1, 6)]
    pair.reader.air.push(tags, Way.IN, pair.now_ms)
    for _ in range(10_000 // STEP_MS):
        pair.now_ms += STEP_MS
        pair.reader.tick(pair.now_ms)
    pair.events.clear()
    pair.connect()
    pair.run(400)
    clock, reads = ReaderClock(), list[TagRead]()
    for event in pair.events:
        if isinstance(event, ClockTold):
            clock.set(event.microseconds, pair.now_ms)
        elif isinstance(event, TagsReported):
            reads += clock.normalise(event.records, pair.now_ms, live=False)
    portal = Portal(PortalSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2})))
    passages = portal.take(reads) + portal.advance(pair.now_ms)
    assert [each.direction for each in passages] == [Direction.IN] * 5
    assert all(each.last_ms < pair.now_ms - 5_000 for each in passages)
