"""What was released together comes into force together, or not at all; what is staged survives a killed process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.catalogue import lookup
from edge.catalogue.watch import CatalogueWatch
from edge.store_db import journal
from edge.store_db.database import Database
from edge.sync import staged
from edge.sync.feeds import FeedHashDiffers, FeedMovedOn, FeedStore, FlipFailed
from protocols.clock import FakeClock
from protocols.contract.feed_rows import CATALOGUE_FEED, FeedRow, ItemRow, PriceRow, TaxClassRow, ZoneRow, encode_row
from protocols.sync.delta import Delta, FeedOp, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.release import FlipStep, Release, Staged
from protocols.sync.snapshot import SnapshotHeader, write_snapshot
from tests.support.box_ground import new_journal, open_store

PRICES = "zone/north/price"
FOLLOWED = (CATALOGUE_FEED, PRICES)
RELEASE = Release(release_id="r1", feeds={CATALOGUE_FEED: 2, PRICES: 2})
GOODS: list[FeedRow] = [TaxClassRow(tax_class="t", name="T", rate_bp=700)]
NEW_GOODS: list[FeedRow] = [*GOODS, ItemRow(item_id="A", style_id="s", name="Apple", tax_class="t")]
FIRST_PRICES: list[FeedRow] = [ZoneRow(zone="north", currency="EUR")]
NEW_PRICES: list[FeedRow] = [*FIRST_PRICES, PriceRow(item_id="A", revision=1, price_minor=99, effective_from_ms=0)]


def pairs(rows: list[FeedRow]) -> list[tuple[str, bytes]]:
    return [(row.key(), encode_row(row)) for row in rows]


def delta(feed_id: str, version: int, before: list[FeedRow], after: list[FeedRow], release: Release | None) -> Delta:
    ops = [FeedOp(row.key(), encode_row(row)) for row in after if row not in before]
    state = FeedHash.of_rows(pairs(after)).hex()
    return decode_delta(
        encode_delta(feed_id=feed_id, epoch="e", version=version, state_hash=state, ops=ops, release=release)
    )


class Ground:
    """A store at version 1 of both feeds. `restart` is a new process on the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.open(open_store(folder))

    def open(self, database: Database) -> None:
        self.database = database
        self.watch = CatalogueWatch(database, self.clock)
        self.feeds = FeedStore(database, new_journal(self.clock), self.watch, self.clock)

    def restart(self) -> None:
        path = self.database.path
        self.database.close()
        self.open(Database(path, kind="store"))

    async def begin(self) -> None:
        await self.feeds.apply_snapshot(self.snapshot(CATALOGUE_FEED, GOODS, 1), FOLLOWED)
        await self.feeds.apply_snapshot(self.snapshot(PRICES, FIRST_PRICES, 1), FOLLOWED)

    def snapshot(self, feed_id: str, rows: list[FeedRow], version: int, release: Release | None = None) -> Path:
        state = FeedHash.of_rows(pairs(rows)).hex()
        header = SnapshotHeader(
            feed_id=feed_id, epoch="e", version=version, state_hash=state, count=len(rows), release=release
        )
        path = self.folder / "coming.snapshot"
        path.write_bytes(b"".join(write_snapshot(header, pairs(rows))))
        return path

    def shelf(self) -> tuple[bool, bool]:
        """(is the item known, has it a price)"""
        source = self.database.reader()
        price = lookup.price_in_force(source, "A", self.clock.now_ms())
        return lookup.item_by_id(source, "A") is not None, price is not None

    def versions(self) -> dict[str, int]:
        return {feed.feed_id: feed.version for feed in journal.feeds(self.database.reader())}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    found = Ground(tmp_path)
    yield found
    found.database.close()


def step(item: Staged) -> FlipStep:
    return FlipStep(item.feed_id, item.epoch, item.version, item.state_hash)


async def test_a_new_item_and_its_price_appear_in_the_same_instant_even_after_a_kill(ground: Ground) -> None:
    await ground.begin()
    goods = await ground.feeds.stage_delta(delta(CATALOGUE_FEED, 2, GOODS, NEW_GOODS, RELEASE))
    assert ground.shelf() == (False, False), "held back"
    ground.restart()
    assert [each.item for each in staged.kept(ground.database.reader())] == [goods]
    prices = await ground.feeds.stage_delta(delta(PRICES, 2, FIRST_PRICES, NEW_PRICES, RELEASE))
    seen: list[tuple[bool, bool]] = []
    ground.watch.listen(lambda _items: seen.append(ground.shelf()))
    await ground.feeds.flip((step(goods), step(prices)), FOLLOWED)
    assert ground.shelf() == (True, True)
    assert set(seen) == {(True, True)}, "nobody ever heard of one without the other"
    assert staged.kept(ground.database.reader()) == []
    assert ground.versions() == {CATALOGUE_FEED: 2, PRICES: 2}


async def test_a_flip_of_which_one_half_is_missing_changes_nothing(ground: Ground) -> None:
    await ground.begin()
    goods = await ground.feeds.stage_delta(delta(CATALOGUE_FEED, 2, GOODS, NEW_GOODS, RELEASE))
    missing = FlipStep(PRICES, "e", 2, "0" * 64)
    with pytest.raises(FlipFailed) as failed:
        await ground.feeds.flip((step(goods), missing), FOLLOWED)
    assert (failed.value.feed_id, failed.value.hash_mismatch) == (PRICES, False)
    assert ground.shelf() == (False, False)
    assert ground.versions() == {CATALOGUE_FEED: 1, PRICES: 1}
    assert len(staged.kept(ground.database.reader())) == 1, "what is staged stays"


async def test_a_staged_snapshot_flips_with_a_delta_and_its_file_goes(ground: Ground) -> None:
    await ground.begin()
    both = Release(release_id="r1", feeds={PRICES: 2})
    goods = await ground.feeds.apply_snapshot(ground.snapshot(CATALOGUE_FEED, NEW_GOODS, 5, both), FOLLOWED)
    assert isinstance(goods, Staged)
    behind = await ground.feeds.stage_delta(
        delta(CATALOGUE_FEED, 6, NEW_GOODS, [*NEW_GOODS, TaxClassRow(tax_class="u", name="U", rate_bp=0)], None)
    )
    prices = await ground.feeds.stage_delta(delta(PRICES, 2, FIRST_PRICES, NEW_PRICES, RELEASE))
    assert ground.shelf() == (False, False)
    ground.restart()
    await ground.feeds.flip((step(behind), step(prices)), FOLLOWED)
    assert ground.shelf() == (True, True)
    assert ground.versions() == {CATALOGUE_FEED: 6, PRICES: 2}
    assert list((ground.folder / "staging").glob("*.held")) == []


async def test_a_snapshot_file_that_went_bad_is_told_apart_and_the_old_state_stands(ground: Ground) -> None:
    await ground.begin()
    goods = await ground.feeds.apply_snapshot(ground.snapshot(CATALOGUE_FEED, NEW_GOODS, 2, RELEASE), FOLLOWED)
    prices = await ground.feeds.stage_delta(delta(PRICES, 2, FIRST_PRICES, NEW_PRICES, RELEASE))
    assert isinstance(goods, Staged)
    held = next((ground.folder / "staging").glob("*.held"))
    held.write_bytes(held.read_bytes()[:-3])
    with pytest.raises(FlipFailed) as failed:
        await ground.feeds.flip((step(prices), step(goods)), FOLLOWED)
    assert failed.value.feed_id == CATALOGUE_FEED
    assert ground.shelf() == (False, False)


async def test_only_what_proves_out_is_staged(ground: Ground) -> None:
    await ground.begin()
    wrong = delta(CATALOGUE_FEED, 2, GOODS, NEW_GOODS, RELEASE)
    wrong = Delta(wrong.header, wrong.ops[:-1])
    with pytest.raises(FeedHashDiffers):
        await ground.feeds.stage_delta(wrong)
    with pytest.raises(FeedMovedOn):
        await ground.feeds.stage_delta(delta(CATALOGUE_FEED, 3, GOODS, NEW_GOODS, None))
    assert staged.kept(ground.database.reader()) == []


async def test_what_is_staged_of_a_feed_that_is_no_longer_followed_goes(ground: Ground) -> None:
    await ground.begin()
    await ground.feeds.stage_delta(delta(PRICES, 2, FIRST_PRICES, NEW_PRICES, RELEASE))
    await ground.feeds.drop_unfollowed((CATALOGUE_FEED, "zone/south/price"))
    assert staged.kept(ground.database.reader()) == []
