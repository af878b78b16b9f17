"""Who is in the store and where: edges only, the same from the same reads however they were split, a flat cost."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rfid.loudness import GARMENTS, SAMPLES, Loudness, Mobility, has_moved
from edge.rfid.presence import LATE_MS, Edge, EdgeKind, Presence, PresenceSetup
from protocols.device_events import TagRead

SPOTS = {("r", 1): "floor", ("r", 2): "floor", ("r", 3): "store room"}
DEPART_MS = 10_000
SETUP = PresenceSetup(SPOTS, depart_ms=DEPART_MS)
TAG = b"\x30" + bytes(11)


def read(antenna: int, dbm: int, at_ms: int, epc: bytes = TAG) -> TagRead:
    return TagRead(epc, 96, antenna, dbm, at_ms, at_ms)


def kinds(edges: Sequence[Edge]) -> list[tuple[EdgeKind, str]]:
    return [(edge.kind, edge.spot) for edge in edges]


def test_a_tag_arrives_once_moves_when_it_is_louder_elsewhere_and_departs_when_it_is_silent() -> None:
    presence = Presence(SETUP)
    edges = presence.take("r", [read(1, -60, at_ms) for at_ms in range(0, 1_000, 100)])
    assert kinds(edges) == [(EdgeKind.ARRIVED, "floor")]
    edges = presence.take("r", [read(3, -50, at_ms) for at_ms in range(1_000, 1_300, 100)])
    assert kinds(edges) == [(EdgeKind.MOVED, "store room")]
    assert edges[0].from_spot == "floor"
    assert presence.advance(1_200 + DEPART_MS + LATE_MS) == []
    (gone,) = presence.advance(1_201 + DEPART_MS + LATE_MS)
    assert (gone.kind, gone.spot, gone.at_ms) == (EdgeKind.DEPARTED, "store room", 1_200 + DEPART_MS)
    assert presence.resident == 0


def test_one_stray_read_moves_nothing_nor_does_the_other_antenna_of_the_same_spot() -> None:
    presence = Presence(SETUP)
    presence.take("r", [read(1, -60, 0), read(1, -60, 100)])
    assert presence.take("r", [read(3, -40, 200)]) == []
    assert presence.take("r", [read(2, -40, 300), read(2, -40, 400)]) == []
    where = presence.where((TAG, 96))
    assert where is not None
    assert (where.spot, where.dbm) == ("floor", -40.0)


def test_what_is_asked_of_another_place_falls_with_the_silence_of_the_own() -> None:
    here, there = Loudness(), Loudness()
    here.add(-60, 0)
    for at_ms in (0, 100):
        there.add(-58, at_ms)
    profile = Mobility()
    assert not has_moved(here, there, 500, profile)
    assert has_moved(here, there, 1_100, profile), "0.6 s beyond the hold-off ask 4.8 dB less than 6"
    assert not has_moved(here, there, 60_000, GARMENTS), "a garment must be silent for minutes"


def test_the_mean_is_that_of_the_last_samples() -> None:
    loud = Loudness()
    for number in range(100):
        loud.add(-40 - number % 7, number)
    last = [-40 - number % 7 for number in range(100 - SAMPLES, 100)]
    assert loud.mean_dbm == pytest.approx(sum(last) / SAMPLES)


def test_a_tag_that_was_here_before_a_restart_does_not_arrive_again_and_still_departs() -> None:
    presence = Presence(SETUP)
    presence.restore([((TAG, 96), "store room")], 50_000)
    assert presence.take("r", [read(3, -60, 51_000)]) == []
    assert kinds(presence.advance(51_001 + DEPART_MS + LATE_MS)) == [(EdgeKind.DEPARTED, "store room")]


def test_one_that_is_heard_after_a_long_silence_departed_and_arrives_anew() -> None:
    presence = Presence(SETUP)
    presence.take("r", [read(1, -60, 0)])
    edges = presence.take("r", [read(3, -60, 100_000)])
    assert kinds(edges) == [(EdgeKind.DEPARTED, "floor"), (EdgeKind.ARRIVED, "store room")]
    assert edges[0].at_ms == DEPART_MS


def test_there_is_room_for_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.rfid.presence.RESIDENT_MAX", 5)
    presence = Presence(SETUP)
    presence.take("r", [read(1, -60, number, number.to_bytes(12, "big")) for number in range(9)])
    assert (presence.resident, presence.refused) == (5, 4)


def scene(seed: int) -> list[TagRead]:
    rng = random.Random(seed)
    reads, at_ms = list[TagRead](), 0
    for _ in range(400):
        at_ms += rng.choice((20, 50, 200, 3_000)) if rng.random() < 0.98 else DEPART_MS + 1_000
        tag = rng.randrange(4)
        reads.append(read(rng.choice((1, 2, 3)), -50 - rng.randrange(25), at_ms, tag.to_bytes(12, "big")))
    return reads


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.lists(st.integers(0, 400), max_size=30))
def test_the_same_reads_in_any_batches_give_the_same_edges(seed: int, cuts: list[int]) -> None:
    reads = scene(seed)
    whole, split = Presence(SETUP), Presence(SETUP)
    end_ms = reads[-1].last_seen_ms + 2 * DEPART_MS
    expected = whole.take("r", reads) + whole.advance(end_ms)
    found: list[Edge] = []
    places = sorted({0, len(reads), *cuts})
    for begin, end in itertools.pairwise(places):
        found += split.take("r", reads[begin:end])
        if reads[begin:end]:
            found += split.advance(reads[end - 1].last_seen_ms)
    found += split.advance(end_ms)

    def order(edge: Edge) -> tuple[int, bytes, str]:
        return edge.at_ms, edge.epc, edge.kind.value

    assert sorted(found, key=order) == sorted(expected, key=order)
