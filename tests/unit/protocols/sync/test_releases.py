"""What may be taken up together: the plan of a flip, its bytes, and that it is always whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sync.delta import FeedOp, decode_delta, encode_delta, published_form
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import MessageError
from protocols.sync.release import FeedLine, Release, Staged, plan_flip
from protocols.sync.snapshot import SnapshotHeader, SnapshotReader, write_snapshot

PAGE = Path(__file__).resolve().parents[4] / "docs" / "protocol.md"
GOODS, NORTH = "global/catalogue", "zone/north/price"


def item(feed_id: str, version: int, release: Release | None = None, *, epoch: str = "e") -> Staged:
    return Staged(feed_id, epoch, version, f"h{version}", release)


def line(version: int, *staged: Staged) -> FeedLine:
    return FeedLine("e", version, staged)


def taken(lines: dict[str, FeedLine], now_ms: int | None = 0) -> dict[str, int]:
    return {step.feed_id: step.version for step in plan_flip(lines, now_ms).steps}


RELEASE = Release(release_id="r1", feeds={GOODS: 6, NORTH: 4})


def test_half_a_release_waits_and_says_for_what() -> None:
    lines = {GOODS: line(5, item(GOODS, 6, RELEASE)), NORTH: line(3)}
    plan = plan_flip(lines, 0)
    assert plan.steps == ()
    assert plan.waits == {GOODS: "release r1 waits for zone/north/price 4"}


def test_a_whole_release_goes_in_one_flip_and_takes_what_is_before_and_behind() -> None:
    lines = {
        GOODS: line(5, item(GOODS, 6, RELEASE), item(GOODS, 7)),
        NORTH: line(3, item(NORTH, 4, RELEASE)),
    }
    assert taken(lines) == {GOODS: 7, NORTH: 4}


def test_a_feed_that_already_has_its_half_is_not_waited_for_and_neither_is_one_nobody_follows() -> None:
    assert taken({GOODS: line(5, item(GOODS, 6, RELEASE)), NORTH: line(9)}) == {GOODS: 6}
    assert taken({GOODS: line(5, item(GOODS, 6, RELEASE))}) == {GOODS: 6}


def test_the_same_number_in_another_epoch_is_not_the_same_version() -> None:
    assert taken({GOODS: line(5, item(GOODS, 6, RELEASE, epoch="new")), NORTH: line(9)}) == {}


def test_a_second_release_whose_other_half_is_missing_does_not_hold_the_first_back() -> None:
    second = Release(release_id="r2", feeds={GOODS: 7, NORTH: 5})
    lines = {
        GOODS: line(5, item(GOODS, 6, RELEASE), item(GOODS, 7, second)),
        NORTH: line(3, item(NORTH, 4, RELEASE)),
    }
    assert taken(lines) == {GOODS: 6, NORTH: 4}


def test_an_instant_is_waited_for_unless_a_later_release_overtakes_it() -> None:
    at = Release(release_id="r1", feeds={GOODS: 6, NORTH: 4}, effective_at_ms=1_000)
    lines = {GOODS: line(5, item(GOODS, 6, at)), NORTH: line(3, item(NORTH, 4, at))}
    assert plan_flip(lines, 999).due_ms == 1_000
    assert taken(lines, 999) == {}
    assert taken(lines, None) == {}, "a clock that cannot be trusted makes nothing due"
    assert taken(lines, 1_000) == {GOODS: 6, NORTH: 4}
    now = Release(release_id="r2", feeds={GOODS: 7, "zone/south/price": 2})
    lines[GOODS] = line(5, item(GOODS, 6, at), item(GOODS, 7, now))
    assert taken(lines, 999) == {GOODS: 7, NORTH: 4}, "versions have no gaps: what is before it goes with it"


def test_a_store_that_holds_nothing_yet_waits_for_no_instant() -> None:
    at = Release(release_id="r1", feeds={GOODS: 6, NORTH: 4}, effective_at_ms=1_000)
    lines = {GOODS: line(0, item(GOODS, 6, at)), NORTH: line(0, item(NORTH, 4, at))}
    assert taken(lines, 0) == {GOODS: 6, NORTH: 4}


FEEDS = ("a/a", "a/b", "a/c")


@st.composite
def some_lines(draw: st.DrawFn) -> dict[str, FeedLine]:
    """Releases over some of three feeds, and stores that received any prefix of each."""
    versions = dict.fromkeys(FEEDS, 1)
    sent: dict[str, list[Staged]] = {feed: [] for feed in FEEDS}
    for number in range(draw(st.integers(0, 6))):
        feeds = draw(st.lists(st.sampled_from(FEEDS), min_size=1, unique=True))
        for feed in feeds:
            versions[feed] += 1
        release = Release(
            release_id=f"r{number}",
            feeds={feed: versions[feed] for feed in feeds},
            effective_at_ms=draw(st.none() | st.integers(0, 3)),
        )
        for feed in feeds:
            sent[feed].append(item(feed, versions[feed], release if len(feeds) > 1 else None))
    return {feed: line(1, *sent[feed][: draw(st.integers(0, len(sent[feed])))]) for feed in FEEDS}


@given(lines=some_lines(), now_ms=st.none() | st.integers(0, 3))
def test_whatever_arrived_the_flip_is_whole(lines: dict[str, FeedLine], now_ms: int | None) -> None:
    reached = {feed: lines[feed].version for feed in FEEDS} | taken(lines, now_ms)
    for each in (each for one in lines.values() for each in one.staged if each.release is not None):
        assert each.release is not None
        parts = {reached[feed] >= version for feed, version in each.release.feeds.items()}
        assert len(parts) == 1, f"half of {each.release.release_id}"


@given(lines=some_lines())
def test_nothing_whole_is_left_behind(lines: dict[str, FeedLine]) -> None:
    """Once all instants have passed, what a further version could have been taken up with is not there."""
    reached = {feed: lines[feed].version for feed in FEEDS} | taken(lines, 3)
    plan = plan_flip(lines, 3)
    for feed, one in lines.items():
        left = [each for each in one.staged if each.version > reached[feed]]
        assert bool(left) == (feed in plan.waits), "what stays says why"


def test_a_delta_of_a_release_and_the_page_that_shows_it() -> None:
    state_hash = FeedHash.of_rows([("k", b"1")]).hex()
    delta = encode_delta(
        feed_id=NORTH, epoch="e", version=4, state_hash=state_hash, ops=[FeedOp("k", b"1")], release=RELEASE
    )
    shown = delta.partition(b"\n")[0]
    digest = hashlib.sha256(b'["k",1]').hexdigest()
    assert (
        shown
        == (
            f'{{"feed_id":"zone/north/price","epoch":"e","version":4,"state_hash":"{state_hash}","count":1,"digest":"{digest}",'
            '"release":{"release_id":"r1","feeds":{"global/catalogue":6,"zone/north/price":4}}}'
        ).encode()
    )
    assert shown.decode() in PAGE.read_text()
    assert decode_delta(delta).header.release == RELEASE
    assert decode_delta(published_form(delta)).header.release == RELEASE


def test_a_manifest_that_does_not_fit_a_header_is_refused_where_it_is_made() -> None:
    feeds = {f"zone/{'z' * 50}{number}/price": 1 for number in range(80)}
    with pytest.raises(MessageError) as refused:
        encode_delta(
            feed_id=NORTH, epoch="e", version=1, state_hash="", ops=[], release=Release(release_id="r", feeds=feeds)
        )
    assert refused.value.field == "release"


def test_a_snapshot_says_what_it_must_stand_with_and_an_old_reader_passes_over_it() -> None:
    with_it = Release(release_id="r1", feeds={GOODS: 6})
    header = SnapshotHeader(feed_id=NORTH, epoch="e", version=4, state_hash="0" * 64, count=0, release=with_it)
    reader = SnapshotReader()
    for chunk in write_snapshot(header, []):
        reader.feed(chunk)
    assert reader.finish() == header
    plain = SnapshotHeader(feed_id=NORTH, epoch="e", version=4, state_hash="0" * 64, count=0)
    first = next(iter(write_snapshot(plain, [])))
    assert first == b'{"feed_id":"zone/north/price","epoch":"e","version":4,"state_hash":"%s","count":0}\n' % (b"0" * 64)
