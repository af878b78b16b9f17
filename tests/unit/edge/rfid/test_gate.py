"""The exit gate: told within half a second after the pass, never wrong, silent about what stands or turns round."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.rfid.chatter import Chatter
from edge.rfid.gate import ExitGate
from edge.rfid.portal import Direction
from edge.rfid.sightings import Side
from protocols.clock import SeededRandom
from protocols.device_events import TagRead
from simulators.llrp_reader.air import Air, door_antennas
from simulators.llrp_reader.air import Direction as Way
from tests.support.tag_scenes import GATE, OVER_MS, heard, judged, reads_of_pass, reads_of_walk, tag

ALARM_MS = 500


def outcomes(passes: int, seed: int = 0) -> Counter[str]:
    found: Counter[str] = Counter()
    for number in range(seed, seed + passes):
        way = Way.IN if number % 2 else Way.OUT
        told = judged(reads_of_pass(number, way))
        ways = {each.direction.value for each, _ in told}
        found["right" if ways == {way.value} else "undecided" if ways <= {"undecided"} else "wrong"] += 1
        late = [at_ms - each.at_ms for each, at_ms in told if each.direction is Direction.OUT]
        assert max(late, default=0) <= ALARM_MS
    return found


def test_who_walks_through_is_told_right_and_never_wrong_within_half_a_second() -> None:
    found = outcomes(400)
    assert found["wrong"] == 0
    assert found["undecided"] <= 20
    assert found["right"] >= 380


@pytest.mark.soak
def test_of_ten_thousand_passes_none_is_wrong() -> None:
    found = outcomes(10_000, seed=1_000)
    assert found["wrong"] == 0
    assert found["undecided"] <= 500


@pytest.mark.parametrize("x_mm", [-1_000, 600, 1_500, 2_500])
def test_an_hour_of_a_tag_beside_the_gate_is_silent(x_mm: int) -> None:
    """A share of the hour here, the whole of it in the soak run."""
    assert standing(x_mm, minutes=6) == []


@pytest.mark.soak
@pytest.mark.parametrize("read_percent", [15, 60, 95])
def test_a_whole_hour_of_a_tag_beside_the_gate_is_silent(read_percent: int) -> None:
    for x_mm in (-2_000, -600, 0, 600, 2_000):
        assert standing(x_mm, minutes=60, read_percent=read_percent) == []


def standing(x_mm: int, *, minutes: int, read_percent: int = 60) -> list[Direction]:
    air, gate = Air(door_antennas(4), SeededRandom(x_mm), 0, read_percent=read_percent), ExitGate(GATE)
    air.stand([tag(1)], x_mm)
    told = []
    for now_ms in range(0, minutes * 60_000, 100):
        told += gate.take(heard(air, now_ms)) + gate.advance(now_ms)
    told += gate.advance(OVER_MS * 10)
    return [each.direction for each in told if each.direction is not Direction.UNDECIDED]


@pytest.mark.parametrize("x_mm", [1_000, 2_000])
def test_a_tag_that_lay_beside_the_gate_and_is_then_carried_out_is_told(x_mm: int) -> None:
    for seed in range(20):
        air = Air(door_antennas(4), SeededRandom(seed), 0)
        air.stand([tag(1)], x_mm)
        reads = heard(air, 30_000)
        air.take_away([tag(1)])
        air.push([tag(1)], Way.OUT, 30_000)
        reads += heard(air, 36_000)
        assert [each.direction for each, _ in judged(reads)] == [Direction.OUT]


@pytest.mark.parametrize("from_mm", [-3_000, 3_000])
@pytest.mark.parametrize("rests", [0, 60, 400])
def test_whoever_turns_round_in_the_gate_went_nowhere(from_mm: int, rests: int) -> None:
    for seed in range(15):
        rng = random.Random(seed)
        turn_mm, step_mm = rng.randint(-800, 800), rng.randint(15, 45)
        there = list(range(from_mm, turn_mm, step_mm if turn_mm > from_mm else -step_mm))
        told = judged(reads_of_walk(seed, [*there, *[turn_mm] * rests, *reversed(there)]))
        assert {each.direction for each, _ in told} <= {Direction.UNDECIDED}


def test_two_people_one_behind_the_other_are_both_told() -> None:
    for seed in range(20):
        air = Air(door_antennas(4), SeededRandom(seed), 0)
        air.push([tag(1), tag(2)], Way.OUT, 0)
        air.push([tag(3)], Way.OUT, 500)
        air.push([tag(4)], Way.IN, 500)
        told = judged(heard(air, 12_000))
        ways = {each.epc: each.direction for each, _ in told if each.direction is not Direction.UNDECIDED}
        assert {ways.get(tag(number).epc, Direction.OUT) for number in (1, 2, 3)} == {Direction.OUT}
        assert ways.get(tag(4).epc, Direction.IN) is Direction.IN
        assert len(ways) >= 3


def test_light_barriers_decide_what_antennas_could_not_and_contradict_what_they_said() -> None:
    reads = reads_of_pass(3, Way.OUT)
    first_ms, last_ms = reads[0].last_seen_ms, reads[-1].last_seen_ms
    few = [read for number, read in enumerate(reads) if number % 6 == 0]
    assert {each.direction for each, _ in judged(few)} <= {Direction.UNDECIDED}
    middle_ms = (first_ms + last_ms) // 2
    for order, reads_seen, expected in (
        ((Side.INSIDE, Side.OUTSIDE), few, Direction.OUT),
        ((Side.OUTSIDE, Side.INSIDE), reads, Direction.UNDECIDED),
    ):
        gate = ExitGate(GATE)
        gate.beams.broken(order[0], middle_ms - 200)
        gate.beams.broken(order[1], middle_ms + 200)
        assert {each.direction for each, _ in judged(reads_seen, gate=gate)} == {expected}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 5), st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_the_same_reads_are_told_alike_however_they_were_split_and_looked_at(seed: int, steps: list[int]) -> None:
    reads = scene(seed)
    whole = sorted((each.epc, each.direction, each.first_ms, each.at_ms) for each, _ in judged(reads, step_ms=100))
    gate, index, now_ms, told = ExitGate(GATE), 0, 0, []
    turn = 0
    while now_ms < reads[-1].last_seen_ms + 4_000:
        now_ms += steps[turn % len(steps)]
        turn += 1
        batch = []
        while index < len(reads) and reads[index].last_seen_ms <= now_ms:
            batch.append(reads[index])
            index += 1
        told += gate.take(batch) + gate.advance(now_ms)
    assert sorted((each.epc, each.direction, each.first_ms, each.at_ms) for each in told) == whole


def scene(seed: int) -> list[TagRead]:
    air = Air(door_antennas(4), SeededRandom(seed), 0)
    air.push([tag(number) for number in range(3)], Way.OUT, 0)
    air.stand([tag(99)], 900)
    reads = heard(air, 5_000)
    air.push([tag(7)], Way.IN, 6_000)
    return reads + heard(air, 12_000)


def test_a_tag_that_is_always_heard_alike_is_static_and_a_moving_one_is_not() -> None:
    still, moving = Chatter(0), Chatter(0)
    for number in range(200):
        still.add(1, -60 + number % 3, number * 100)
        moving.add(1, -70 + number // 8, number * 100)
    assert still.static
    assert not moving.static


def test_a_crowd_at_the_gate_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.rfid.gate.NEAR_MAX", 50)
    gate = ExitGate(GATE)
    gate.take(TagRead(number.to_bytes(12, "big"), 96, 1, -50, number, number) for number in range(120))
    assert gate.near == 50
