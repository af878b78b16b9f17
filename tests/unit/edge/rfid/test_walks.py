"""Door and exit against the walks of the reader's simulator, whose truth is known: right or undecided, never wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from edge.rfid.portal import Direction, Portal, PortalSetup
from protocols.device_events import TagRead
from simulators.llrp_reader.walks import Walk, WalkHeard, some_tags, walk_reads
from tests.support.tag_scenes import OVER_MS, judged

ALARM_MS = 500
TURNS_MM = (-400, -200, 0, 200, 400)
THROUGH = (Walk.IN, Walk.OUT, Walk.PAUSE_OUT, Walk.TAIL_GATE, Walk.CROSSING)
NOWHERE = (Walk.TURN_BACK_INSIDE, Walk.TURN_BACK_OUTSIDE, Walk.STATIC, Walk.CHATTER, Walk.PASS_BY)


def heard(walk: Walk, seed: int, tags: int) -> tuple[WalkHeard, list[TagRead]]:
    found = walk_reads(walk, some_tags(tags), seed=seed, turn_mm=TURNS_MM[seed % len(TURNS_MM)])
    reads = [TagRead(each.tag.epc, 96, each.antenna, each.rssi_dbm, each.at_ms, each.at_ms) for each in found.reads]
    return found, reads


def score(found: WalkHeard, told: Iterable[tuple[bytes, Direction]], into: Counter[str]) -> None:
    """Every tag: told as it went, not told, or told wrong."""
    ways: dict[bytes, set[str]] = {}
    for epc, direction in told:
        if direction is not Direction.UNDECIDED:
            ways.setdefault(epc, set()).add(direction.value)
    for tag, truth in found.truth.items():
        said, right = ways.get(tag.epc, set()), set() if truth is None else {truth.value}
        into["right" if said == right else "undecided" if not said else "wrong"] += 1


def outcomes(walks: Iterable[Walk], seeds: Iterable[int], tags: int = 2) -> tuple[Counter[str], Counter[str]]:
    """The exit's and the door's."""
    exits, doors = Counter[str](), Counter[str]()
    for walk in walks:
        for seed in seeds:
            found, reads = heard(walk, seed, tags)
            told = judged(reads)
            score(found, [(each.epc, each.direction) for each, _ in told], exits)
            late = [at_ms - each.at_ms for each, at_ms in told if each.direction is Direction.OUT]
            assert max(late, default=0) <= ALARM_MS
            door = Portal(PortalSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2})))
            passages = door.take(reads) + door.advance(OVER_MS)
            score(found, [(each.epc, each.direction) for each in passages], doors)
    return exits, doors


def test_people_who_go_through_are_told_right_alone_behind_each_other_and_crossing() -> None:
    for found in outcomes(THROUGH, range(20)):
        assert found["wrong"] == 0
        assert found["undecided"] <= 0.05 * found.total()


def test_who_turns_back_stands_or_passes_by_goes_nowhere() -> None:
    for found in outcomes(NOWHERE, range(6)):
        assert found["right"] == found.total()


def test_a_trolley_of_goods_that_hide_each_other_is_told_piece_by_piece() -> None:
    for found in outcomes((Walk.TROLLEY_IN, Walk.TROLLEY_OUT), range(1), tags=40):
        assert found["wrong"] == 0
        assert found["right"] >= 0.95 * found.total()


@pytest.mark.soak
def test_of_ten_thousand_passes_none_is_wrong_at_the_exit_nor_at_the_door() -> None:
    for found in outcomes((Walk.IN, Walk.OUT), range(5_000, 10_000), tags=1):
        assert found.total() == 10_000
        assert found["wrong"] == 0
        assert found["right"] >= 9_500


@pytest.mark.soak
def test_of_thousands_of_turns_pauses_and_crowds_none_is_wrong() -> None:
    for found in outcomes((*THROUGH[2:], *NOWHERE[:2]), range(1_000, 1_300), tags=4):
        assert found["wrong"] == 0
        assert found["undecided"] <= 0.05 * found.total()
