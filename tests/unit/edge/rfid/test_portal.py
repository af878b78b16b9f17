"""The door: direction from what a simulated reader hears, never a guess, nothing for tags that only stand there."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.rfid.portal import GAP_MS, LATE_MS, Direction, Passage, Portal, PortalSetup
from protocols.clock import SeededRandom
from protocols.device_events import TagRead
from simulators.llrp_reader.air import SLOT_MS, Air, Tag, door_antennas
from simulators.llrp_reader.air import Direction as Way

SETUP = PortalSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2}))
OVER_MS = 1_000_000


def tag(number: int) -> Tag:
    return Tag((0x30 << 88 | number).to_bytes(12, "big"))


def heard(air: Air, until_ms: int) -> list[TagRead]:
    found = air.listen(until_ms, (0,))
    return [TagRead(each.tag.epc, 96, each.antenna, each.rssi_dbm, each.at_ms, each.at_ms) for each in found]


def one_pass(seed: int, way: Way, *, speed_mm_per_s: int = 1_500, read_percent: int = 60) -> list[Passage]:
    air = Air(door_antennas(4), SeededRandom(seed), 0, read_percent=read_percent)
    air.push([tag(1)], way, 0, speed_mm_per_s=speed_mm_per_s)
    portal = Portal(SETUP)
    return portal.take(heard(air, 20_000)) + portal.advance(OVER_MS)


def outcomes(speed_mm_per_s: int, read_percent: int, passes: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in range(passes):
        way = Way.IN if seed % 2 else Way.OUT
        passages = one_pass(seed, way, speed_mm_per_s=speed_mm_per_s, read_percent=read_percent)
        told = passages[0].direction.value if len(passages) == 1 else "none" if not passages else "several"
        found["right" if told == way.value else told if told in {"undecided", "none"} else "wrong"] += 1
    return found


def test_goods_carried_at_walking_speed_are_told_right_ninety_nine_times_in_a_hundred() -> None:
    found = outcomes(speed_mm_per_s=1_500, read_percent=60, passes=200)
    assert found["right"] >= 198
    assert found["wrong"] == 0


@pytest.mark.parametrize(("speed_mm_per_s", "read_percent"), [(500, 15), (1_500, 15), (4_000, 60), (4_000, 20)])
def test_a_pass_that_cannot_be_told_is_undecided_and_not_guessed(speed_mm_per_s: int, read_percent: int) -> None:
    found = outcomes(speed_mm_per_s, read_percent, passes=50)
    assert found["wrong"] == 0
    assert found["undecided"] > 0


@pytest.mark.parametrize("x_mm", [-1_500, 0, 2_500])
def test_a_tag_that_stands_beside_the_door_for_minutes_is_no_passage(x_mm: int) -> None:
    air, portal = Air(door_antennas(4), SeededRandom(x_mm), 0), Portal(SETUP)
    air.stand([tag(1)], x_mm)
    passages: list[Passage] = []
    for now_ms in range(0, 8 * 60_000, 5_000):
        passages += portal.take(heard(air, now_ms)) + portal.advance(now_ms)
    air.take_away([tag(1)])
    passages += portal.advance(OVER_MS * 10)
    assert [each for each in passages if each.direction is not Direction.UNDECIDED] == []
    assert portal.near == 0


def test_a_tag_that_stood_at_the_door_and_is_then_carried_out_has_left() -> None:
    air, portal = Air(door_antennas(4), SeededRandom(5), 0), Portal(SETUP)
    air.stand([tag(1)], 2_000)
    reads = heard(air, 60_000)
    air.take_away([tag(1)])
    air.push([tag(1)], Way.OUT, 60_000)
    reads += heard(air, 70_000)
    passages = portal.take(reads) + portal.advance(OVER_MS)
    assert [each.direction for each in passages] == [Direction.OUT]


def turned_round(seed: int) -> list[Passage]:
    """Somebody walks up to the door, into it or a little through it, waits there, and goes back the way they came."""
    rng = random.Random(seed)
    from_mm, turn_mm, step_mm = rng.choice((-3_000, 3_000)), rng.randint(-800, 800), rng.randint(15, 45)
    way = 1 if turn_mm > from_mm else -1
    there = list(range(from_mm, turn_mm, way * step_mm))
    places = [*there, *[turn_mm] * rng.randint(0, 60), *reversed(there)]
    air, portal, passages = Air(door_antennas(4), SeededRandom(seed), 0), Portal(SETUP), list[Passage]()
    for number, x_mm in enumerate(places):
        air.stand([tag(1)], x_mm)
        passages += portal.take(heard(air, (number + 1) * SLOT_MS))
    return passages + portal.advance(OVER_MS)


def test_whoever_turns_round_in_the_door_went_nowhere() -> None:
    told = Counter(each.direction for seed in range(60) for each in turned_round(seed))
    assert set(told) == {Direction.UNDECIDED}
    assert told[Direction.UNDECIDED] > 40


def test_a_pass_and_the_same_pass_backwards_prove_nothing() -> None:
    air = Air(door_antennas(4), SeededRandom(3), 0)
    air.push([tag(1)], Way.IN, 0)
    there = [read for read in heard(air, 10_000) if read.last_seen_ms < 2_000]
    back = [
        TagRead(read.epc, 96, read.antenna, read.rssi_dbm, 4_000 - read.last_seen_ms, 4_000 - read.first_seen_ms)
        for read in reversed(there)
    ]
    portal = Portal(SETUP)
    passages = portal.take(there + back) + portal.advance(OVER_MS)
    assert all(each.direction is Direction.UNDECIDED for each in passages)


def pallet(seed: int) -> list[TagRead]:
    air = Air(door_antennas(4), SeededRandom(seed), 0)
    air.push([tag(number) for number in range(5)], Way.IN, 0)
    air.stand([tag(99)], 700)
    reads = heard(air, 6_000)
    air.push([tag(2)], Way.OUT, 8_000)
    return reads + heard(air, 16_000)


def in_batches(reads: Sequence[TagRead], cuts: Sequence[int]) -> list[tuple[bytes, Direction, int, int, int]]:
    portal = Portal(SETUP)
    places = sorted({0, len(reads), *(cut % (len(reads) + 1) for cut in cuts)})
    passages: list[Passage] = []
    for begin, end in itertools.pairwise(places):
        batch = reads[begin:end]
        passages += portal.take(batch)
        if batch:
            passages += portal.advance(batch[-1].last_seen_ms)
    passages += portal.advance(OVER_MS)
    return sorted((each.epc, each.direction, each.first_ms, each.last_ms, each.reads) for each in passages)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 3), st.lists(st.integers(0, 10_000), max_size=40))
def test_the_same_reads_in_any_batches_give_the_same_passages(seed: int, cuts: list[int]) -> None:
    reads = pallet(seed)
    whole = in_batches(reads, [])
    assert len(whole) == 6
    assert in_batches(reads, cuts) == whole


def test_reads_that_arrive_a_little_late_and_out_of_order_change_nothing() -> None:
    reads = pallet(1)
    rng = random.Random(1)
    shuffled = sorted(reads, key=lambda read: read.last_seen_ms + rng.random() * LATE_MS)
    assert [each[:2] for each in in_batches(shuffled, [50, 400])] == [each[:2] for each in in_batches(reads, [])]


def test_a_pass_is_closed_by_the_gap_and_not_before() -> None:
    air, portal = Air(door_antennas(4), SeededRandom(1), 0), Portal(SETUP)
    air.push([tag(1)], Way.IN, 0)
    reads = heard(air, 10_000)
    assert portal.take(reads) == []
    last_ms = max(read.last_seen_ms for read in reads)
    assert portal.advance(last_ms + GAP_MS + LATE_MS) == []
    (passage,) = portal.advance(last_ms + GAP_MS + LATE_MS + 1)
    assert (passage.direction, passage.last_ms, passage.reads) == (Direction.IN, last_ms, len(reads))


def test_reads_of_foreign_antennas_faint_ones_and_ones_without_loudness_do_not_count() -> None:
    portal = Portal(SETUP)
    reads = [
        TagRead(b"x" * 12, 96, 9, -40, 0, 0),
        TagRead(b"x" * 12, 96, 1, -71, 0, 0),
        TagRead(b"x" * 12, 96, 1, None, 0, 0),
    ]
    assert portal.take(reads) == []
    assert portal.near == 0


def test_a_crowd_of_tags_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.rfid.portal.SIGHTINGS_MAX", 300)
    portal = Portal(SETUP)
    portal.take(TagRead(number.to_bytes(12, "big"), 96, 1, -50, number, number) for number in range(350))
    assert portal.near == 300
    assert portal.stray == 50
