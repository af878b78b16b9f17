"""Feeds land in one transaction, proven by their hash; what HQ is told is what the catalogue holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.catalogue import lookup
from edge.catalogue.watch import CatalogueWatch
from edge.store_db import journal
from edge.sync.feeds import FeedHashDiffers, FeedMovedOn, FeedStore, family
from protocols.clock import FakeClock
from protocols.contract.facts import FeedApplied, decode_body, decode_envelope
from protocols.contract.feed_rows import FeedRow, PriceRow, ZoneRow, encode_row
from protocols.contract.values import Stream
from protocols.sync.delta import Delta, FeedOp, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import MessageError
from protocols.sync.snapshot import SnapshotHeader, write_snapshot
from tests.support.box_ground import new_journal, open_store

NORTH, SOUTH = "zone/north/price", "zone/south/price"


class Ground:
    """A store database with a feed store over it."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.folder = folder
        self.database = open_store(folder)
        self.watch = CatalogueWatch(self.database, clock)
        self.feeds = FeedStore(self.database, new_journal(clock), self.watch, clock)
        self.now_ms = clock.now_ms()

    def price(self, item_id: str) -> int | None:
        found = lookup.price_in_force(self.database.reader(), item_id, self.now_ms)
        return None if found is None else found.price_minor

    def facts(self) -> list[FeedApplied]:
        rows = journal.read_after(self.database.reader(), 0, Stream.OPS, 0, limit_rows=100)
        bodies = [decode_body(decode_envelope(row.fact)) for row in rows]
        return [body for body in bodies if isinstance(body, FeedApplied)]

    def snapshot(self, feed_id: str, rows: list[FeedRow], *, version: int = 1) -> Path:
        pairs = [(row.key(), encode_row(row)) for row in rows]
        state = FeedHash.of_rows(pairs).hex()
        header = SnapshotHeader(feed_id=feed_id, epoch="e", version=version, state_hash=state, count=len(pairs))
        path = self.folder / "feed.snapshot"
        path.write_bytes(b"".join(write_snapshot(header, pairs)))
        return path


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    found = Ground(tmp_path)
    yield found
    found.database.close()


def price(item_id: str, price_minor: int, revision: int = 1) -> PriceRow:
    return PriceRow(item_id=item_id, revision=revision, price_minor=price_minor, effective_from_ms=0)


def zone(name: str) -> ZoneRow:
    return ZoneRow(zone=name, currency="EUR")


def delta(feed_id: str, version: int, before: list[FeedRow], after: list[FeedRow], *, state_hash: str = "") -> Delta:
    old = {row.key(): encode_row(row) for row in before}
    new = {row.key(): encode_row(row) for row in after}
    ops = [FeedOp(key, body) for key, body in new.items() if old.get(key) != body]
    ops += [FeedOp(key, None) for key in old if key not in new]
    state = state_hash or FeedHash.of_rows(new.items()).hex()
    return decode_delta(encode_delta(feed_id=feed_id, epoch="e", version=version, state_hash=state, ops=ops))


async def test_a_snapshot_then_deltas_change_the_price_at_the_till_and_tell_hq(ground: Ground) -> None:
    first: list[FeedRow] = [zone("north"), price("A", 100), price("B", 200)]
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, first), [NORTH])
    assert (ground.price("A"), ground.price("B")) == (100, 200)
    second: list[FeedRow] = [zone("north"), price("A", 100), price("A", 120, revision=2)]
    await ground.feeds.apply_delta(delta(NORTH, 2, first, second))
    assert (ground.price("A"), ground.price("B")) == (120, None)
    assert [(fact.version, fact.how) for fact in ground.facts()] == [(1, "snapshot"), (2, "delta")]


async def test_a_delta_that_does_not_prove_out_changes_nothing(ground: Ground) -> None:
    first: list[FeedRow] = [zone("north"), price("A", 100)]
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, first), [NORTH])
    with pytest.raises(FeedHashDiffers):
        await ground.feeds.apply_delta(delta(NORTH, 2, first, [zone("north"), price("A", 90, 2)], state_hash="ab" * 32))
    with pytest.raises(FeedMovedOn):
        await ground.feeds.apply_delta(delta(NORTH, 3, first, first))
    assert ground.price("A") == 100
    assert [feed.version for feed in journal.feeds(ground.database.reader())] == [1]
    assert len(ground.facts()) == 1


async def test_a_cut_or_altered_snapshot_touches_nothing(ground: Ground) -> None:
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, [zone("north"), price("A", 100)]), [NORTH])
    path = ground.snapshot(NORTH, [zone("north"), price("A", 90)], version=2)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:30], whole.replace(b'"version":2', b'"version":3')[:-3], b""):
        path.write_bytes(damaged)
        with pytest.raises(MessageError):
            await ground.feeds.apply_snapshot(path, [NORTH])
    assert ground.price("A") == 100


async def test_a_store_that_moves_to_another_zone_changes_prices_in_one_step(ground: Ground) -> None:
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, [zone("north"), price("A", 100), price("B", 1)]), [NORTH])
    await ground.feeds.drop_unfollowed([SOUTH])
    assert ground.price("A") == 100, "the old prices stand until the new ones are here"
    heard: list[frozenset[str] | None] = []
    ground.watch.listen(heard.append)
    await ground.feeds.apply_snapshot(ground.snapshot(SOUTH, [zone("south"), price("A", 110)]), [SOUTH])
    assert (ground.price("A"), ground.price("B")) == (110, None)
    assert [feed.feed_id for feed in journal.feeds(ground.database.reader())] == [SOUTH]
    assert None in heard, "every item may have changed"


async def test_a_feed_nobody_takes_the_place_of_goes_at_once(ground: Ground) -> None:
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, [zone("north"), price("A", 100)]), [NORTH])
    await ground.feeds.drop_unfollowed(["global/catalogue"])
    assert ground.price("A") is None
    assert journal.feeds(ground.database.reader()) == []


async def test_listeners_hear_which_items_changed_after_the_commit(ground: Ground) -> None:
    first: list[FeedRow] = [zone("north"), price("A", 100), price("B", 200)]
    await ground.feeds.apply_snapshot(ground.snapshot(NORTH, first), [NORTH])
    heard: list[frozenset[str] | None] = []
    ground.watch.listen(heard.append)
    await ground.feeds.apply_delta(delta(NORTH, 2, first, [*first, price("B", 190, revision=2)]))
    assert heard == [frozenset({"B"})]


def test_families() -> None:
    assert family(NORTH) == family(SOUTH) == "zone/price"
    assert family("global/catalogue") != family("store/s-1/setup")
