"""Walks past a door without any socket: the same seed hears the same, nearer is louder, each walk has its shape."""

from __future__ import annotations

import pytest

from protocols.clock import SeededRandom
from simulators.llrp_reader.air import Air, Asking, Direction, Heard
from simulators.llrp_reader.gen2 import Flags, Query, Slots, Target
from simulators.llrp_reader.paths import Path, through
from simulators.llrp_reader.presets import Place, preset
from simulators.llrp_reader.radio import BEAM_DEG, Antenna, door_antennas, loudness, wakes_share
from simulators.llrp_reader.walks import (
    TAIL_GATE_GAP_MS,
    TROLLEY_TAGS,
    Walk,
    carriers,
    carriers_reads,
    some_tags,
    walk_reads,
)

TWO = some_tags(2)


@pytest.mark.parametrize("walk", Walk)
def test_the_same_seed_hears_the_same_and_another_seed_something_else(walk: Walk) -> None:
    first, again, other = (walk_reads(walk, TWO, seed=seed, lasts_ms=10_000) for seed in (1, 1, 2))
    assert first == again
    assert first.reads != other.reads
    assert [read.at_ms for read in first.reads] == sorted(read.at_ms for read in first.reads)


def middle_ms(reads: tuple[Heard, ...], antennas: set[int]) -> float:
    times = [read.at_ms for read in reads if read.antenna in antennas]
    return sum(times) / len(times)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("walk", "outside_first"), [(Walk.IN, True), (Walk.OUT, False), (Walk.TROLLEY_OUT, False)])
def test_the_antennas_of_the_side_one_comes_from_hear_first(walk: Walk, outside_first: bool, seed: int) -> None:
    heard = walk_reads(walk, TWO, seed=seed)
    assert (middle_ms(heard.reads, {1, 2}) < middle_ms(heard.reads, {3, 4})) is outside_first
    assert set(heard.truth.values()) == {Direction.IN if outside_first else Direction.OUT}


def test_who_turns_back_is_gone_the_way_they_came() -> None:
    heard = walk_reads(Walk.TURN_BACK_INSIDE, TWO, seed=4, turn_mm=200)
    assert set(heard.truth.values()) == {None}
    halves = [read.antenna for read in heard.reads if abs(read.at_ms - heard.over_ms / 2) > 1_200]
    assert halves.count(3) + halves.count(4) > 1.5 * (halves.count(1) + halves.count(2))


def test_tail_gate_and_crossing_share_the_tags() -> None:
    heard = walk_reads(Walk.TAIL_GATE, some_tags(4), seed=2)
    last = {read.tag: read.at_ms for read in heard.reads}
    behind_ms = last[some_tags(2)[1]] - last[some_tags(1)[0]]
    assert abs(behind_ms - TAIL_GATE_GAP_MS) < 400
    assert sorted(str(each) for each in walk_reads(Walk.CROSSING, TWO, seed=2).truth.values()) == [
        "Direction.IN",
        "Direction.OUT",
    ]


def test_a_trolley_of_sixty_is_read_to_the_last_tag() -> None:
    tags = some_tags(TROLLEY_TAGS)
    assert {read.tag for read in walk_reads(Walk.TROLLEY_OUT, tags, seed=1).reads} == set(tags)


def test_a_static_tag_is_read_evenly_and_a_chattering_one_now_and_then() -> None:
    static = walk_reads(Walk.STATIC, TWO[:1], seed=1, lasts_ms=20_000).reads
    chatter = walk_reads(Walk.CHATTER, TWO[:1], seed=1, lasts_ms=20_000).reads
    assert 20 < len(chatter) < len(static) / 2


def test_walks_can_happen_together() -> None:
    both = carriers(Walk.OUT, TWO[:1]) + carriers(Walk.STATIC, TWO[1:], lasts_ms=8_000)
    heard = carriers_reads(both, seed=1)
    assert heard.truth == {TWO[0]: Direction.OUT, TWO[1]: None}
    assert {read.tag for read in heard.reads} == set(TWO)


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        walk_reads(Walk.IN, TWO, seed=1, speed_mm_per_s=0)


# Physics.


def test_nearer_is_louder_and_surer() -> None:
    places = [loudness(Antenna(1, 0), 0, y_mm) for y_mm in (500, 1_000, 2_000, 4_000)]
    assert [each.rssi_dbm for each in places] == sorted((each.rssi_dbm for each in places), reverse=True)
    assert places[1].rssi_dbm == pytest.approx(-46)
    assert places[2].rssi_dbm == pytest.approx(-58, abs=0.1), "twice as far: 12 dB less"
    shares = [wakes_share(each.forward_db) for each in places]
    assert shares[0] == 1
    assert 0 < shares[3] < 0.5


def test_an_antenna_hears_best_where_it_looks() -> None:
    antenna = Antenna(1, 0, beam_deg=BEAM_DEG)
    ahead, edge, behind = (loudness(antenna, x, y).forward_db for x, y in ((0, 1_000), (707, 707), (0, -1_000)))
    assert ahead - edge == pytest.approx(3, abs=0.1), "half the beam to the side: 3 dB"
    assert ahead - behind == pytest.approx(20, abs=0.1)
    turned = Antenna(1, 0, facing_deg=45, beam_deg=BEAM_DEG)
    assert loudness(turned, 707, 707).forward_db > edge


def heard_at(power_cdbm: int, *, unplugged: int = 0) -> list[Heard]:
    air = Air(door_antennas(2), SeededRandom(1), 0)
    air.stand(TWO, 1_500)
    air.unplugged = {unplugged} - {0}
    return air.listen(10_000, (0,), Asking(powers_cdbm={1: power_cdbm, 2: power_cdbm}))


def test_less_power_hears_less_and_fainter() -> None:
    strong, weak = heard_at(3_000), heard_at(2_300)
    assert len(weak) < len(strong) / 2
    assert max(read.rssi_dbm for read in weak) < max(read.rssi_dbm for read in strong)
    assert heard_at(1_000) == []
    assert {read.antenna for read in heard_at(3_000, unplugged=2)} == {1}


# Gen2.


def reads_in(query: Query, seconds: int, *, gap: tuple[int, int] | None = None) -> list[Heard]:
    air = Air(door_antennas(2), SeededRandom(1), 0, read_percent=100)
    air.stand(TWO[:1], 0)
    if gap is None:
        return air.listen(seconds * 1_000, (0,), Asking(query))
    heard = air.listen(gap[0], (0,), Asking(query))
    air.skip(gap[1])
    return heard + air.listen(seconds * 1_000, (0,), Asking(query))


def test_sessions_keep_a_tag_quiet_for_their_time() -> None:
    assert len(reads_in(Query(session=0), 10)) > 300, "S0: every round"
    assert 2 <= len(reads_in(Query(session=1), 10)) <= 12, "S1: again after its second or so, in the field or not"
    assert len(reads_in(Query(session=2), 60)) == 1, "S2: once while it is in the field"
    assert len(reads_in(Query(session=2), 60, gap=(5_000, 30_000))) == 2, "and once more after the field was off"
    assert len(reads_in(Query(session=3), 60, gap=(5_000, 6_000))) == 1, "a short break is not enough"


def test_a_reader_may_ask_for_b_or_for_both_in_turn() -> None:
    assert reads_in(Query(session=2, target=Target.B), 10) == [], "it is A"
    assert len(reads_in(Query(session=2, target=Target.DUAL), 10)) > 100


def test_flags_are_kept_by_session() -> None:
    flags = Flags(b"tag")
    flags.turn(2, 0)
    assert [flags.is_b(session, 1) for session in range(4)] == [False, False, True, False]
    flags.turn(2, 1)
    assert not flags.is_b(2, 2)


def test_many_tags_take_slots_collide_and_are_all_read_in_the_end() -> None:
    chance = SeededRandom(1)
    slots = Slots(population=8)
    found = slots.singulate(100, 10_000_000, Query(), chance.bytes)
    assert sorted(found.read) == list(range(100))
    assert found.all_read
    assert found.collisions > 5
    short = Slots(population=128).singulate(100, 25_000, Query(), chance.bytes)
    assert 10 < len(short.read) < 42, "a dwell of 25 ms has room for so many"
    assert not short.all_read


def test_a_path_ends() -> None:
    path = through((-1_000, 0, -1_000), 1_000, wait_ms=500)
    assert path.takes_ms == 2_500
    assert [path.at(at) for at in (-1, 0, 500, 1_200, 2_500, 2_501)] == [
        None, (-1_000, 800), (-500, 800), (0, 800), (-1_000, 800), None,
    ]  # fmt: skip
    assert Path(((0, 5, 5),)).at(0) == (5, 5)


# Presets.


def read_at(place: Place, y_mm: int, seconds: int = 5) -> list[Heard]:
    air = Air(door_antennas(4), SeededRandom(1), 0)
    asking = preset(place, air.antennas)
    air.begin(Slots(asking.query.population))
    air.stand(some_tags(20), 0, y_mm)
    return air.listen(seconds * 1_000, (0,), asking)


def test_places_are_set_for_their_purpose() -> None:
    assert len(read_at(Place.EXIT, 800)) > 1_000, "every round"
    assert len(read_at(Place.COUNT, 800)) == 20, "each once"
    assert len(read_at(Place.MOBILITY, 800, 2)) > 20
    assert len({read.tag for read in read_at(Place.CHECKOUT, 300)}) == 20
    assert len({read.tag for read in read_at(Place.CHECKOUT, 2_500)}) == 0, "what is not in the bin is not read"
    assert len(read_at(Place.FITTING_ROOM, 2_000)) < len(read_at(Place.MOBILITY, 2_000))
