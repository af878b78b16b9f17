"""Feed rows become look-ups in one transaction; what this software does not know stays raw and harmless."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.catalogue import lookup
from edge.catalogue.apply import Applied, delete_row, put_row, replace_feed, reproject
from edge.catalogue.seed import SeedRefused, apply_seed, read_seed
from edge.catalogue.watch import CatalogueWatch
from edge.store_db.database import Database, Tx
from protocols.clock import FakeClock
from protocols.contract.feed_rows import CATALOGUE_FEED, BarcodeRow, FeedRow, encode_row, price_feed
from protocols.contract.values import ClockQuality
from tests.support.box_ground import open_store
from tests.support.goods import BREAD, MILK, MILK_CODE, SIX_PACK_CODE, STORE_ID, ZONE, assortment, price

PRICES = price_feed(ZONE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_store(tmp_path)
    database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, assortment()))
    yield database
    database.close()


def put(database: Database, feed_id: str, *rows: FeedRow) -> Applied:
    applied = Applied()

    def run(tx: Tx) -> None:
        for row in rows:
            put_row(tx, feed_id, row.key(), encode_row(row), applied)

    database.write_and_wait(run)
    return applied


def test_an_item_is_found_by_any_of_its_codes_with_its_pieces(database: Database) -> None:
    source = database.reader()
    single = lookup.item_by_code(source, MILK_CODE.rjust(14, "0"))
    pack = lookup.item_by_code(source, SIX_PACK_CODE.rjust(14, "0"))
    assert single is not None
    assert pack is not None
    assert (single.item_id, single.pack_quantity, pack.item_id, pack.pack_quantity) == (MILK, 1, MILK, 6)
    assert [pieces for _, pieces in lookup.codes_of_item(source, MILK)] == [1, 6]
    assert lookup.item_by_code(source, "0" * 14) is None


def test_names_are_searched_in_both_languages(database: Database) -> None:
    assert [found.item_id for found in lookup.search(database.reader(), "milk")] == [MILK]
    assert [found.item_id for found in lookup.search(database.reader(), "牛奶")] == [MILK]
    assert lookup.search(database.reader(), "Old thing") == [], "no longer sold"
    assert lookup.search(database.reader(), "%") == lookup.search(database.reader(), ""), "no pattern language for users"


def test_the_highest_revision_in_force_wins(database: Database) -> None:
    put(database, PRICES, price(MILK, 2, 99, from_ms=1_000, to_ms=2_000), price(MILK, 3, 149, from_ms=1_500, to_ms=1_600))

    def at(now_ms: int) -> int:
        found = lookup.price_in_force(database.reader(), MILK, now_ms)
        assert found is not None
        return found.price_minor

    assert [at(now_ms) for now_ms in (999, 1_000, 1_499, 1_500, 1_599, 1_600, 1_999, 2_000)] == [
        129, 99, 99, 149, 149, 99, 99, 129,
    ]  # fmt: skip


def test_a_deleted_row_is_gone_from_the_look_up(database: Database) -> None:
    row = price(MILK, 1, 129)
    old = database.write_and_wait(lambda tx: delete_row(tx, PRICES, row.key(), Applied()))
    assert old == encode_row(row)
    assert lookup.price_in_force(database.reader(), MILK, 5) is None
    assert database.write_and_wait(lambda tx: delete_row(tx, PRICES, row.key(), Applied())) is None


def test_a_barcode_that_moves_to_another_item_leaves_the_first(database: Database) -> None:
    code = MILK_CODE.rjust(14, "0")
    applied = put(database, CATALOGUE_FEED, BarcodeRow(gtin=code, item_id=BREAD))
    found = lookup.item_by_code(database.reader(), code)
    assert found is not None
    assert found.item_id == BREAD
    assert applied.items == {MILK, BREAD}, "both look different now"


def test_a_snapshot_makes_the_feed_exactly_its_rows(database: Database) -> None:
    rows = [(row.key(), encode_row(row)) for row in (price(MILK, 1, 129), price(MILK, 2, 150))]
    applied = Applied()
    database.write_and_wait(lambda tx: replace_feed(tx, PRICES, rows, applied))
    assert lookup.price_in_force(database.reader(), BREAD, 5) is None
    found = lookup.price_in_force(database.reader(), MILK, 5)
    assert found is not None
    assert found.price_minor == 150
    assert BREAD in applied.items
    assert lookup.zone(database.reader()) is None, "the zone row was not in the snapshot"


def test_an_unknown_kind_stays_raw_and_is_projected_after_the_upgrade(database: Database) -> None:
    applied = Applied()
    body = b'{"kind":"hologram","item_id":"i-milk"}'
    database.write_and_wait(lambda tx: put_row(tx, CATALOGUE_FEED, "hologram/1", body, applied))
    assert applied.unknown_keys == ["hologram/1"]
    kept = database.reader().execute("SELECT body FROM feed_row WHERE key = 'hologram/1'").fetchone()
    assert kept == (body,)
    again = database.write_and_wait(lambda tx: reproject(tx, CATALOGUE_FEED))
    assert again.unknown_keys == ["hologram/1"]
    assert MILK in again.items


def test_an_untrusted_clock_keeps_the_last_trusted_instant(database: Database) -> None:
    clock = FakeClock(now_ms=5_000)
    database.write_and_wait(lambda tx: lookup.remember_trusted_clock(tx, clock))
    clock.step_wall(1_000_000, ClockQuality.UNSYNCED)
    database.write_and_wait(lambda tx: lookup.remember_trusted_clock(tx, clock))
    assert lookup.pricing_now_ms(database.reader(), clock) == 5_000
    clock.step_wall(0, ClockQuality.HOLDOVER)
    assert lookup.pricing_now_ms(database.reader(), clock) == 1_005_000


def test_the_watch_tells_of_prices_that_begin_and_end(database: Database) -> None:
    clock = FakeClock(now_ms=5_000)
    put(database, PRICES, price(MILK, 2, 99, from_ms=6_000, to_ms=7_000))
    watch = CatalogueWatch(database, clock)
    heard: list[frozenset[str] | None] = []
    watch.listen(heard.append)
    for _ in range(4):
        clock.advance(600)
        watch.tick()
    assert heard == [frozenset({MILK}), frozenset({MILK})]
    clock.step_wall(-10_000, ClockQuality.SYNCED)
    watch.tick()
    assert heard[-1] is None
    watch.changed(["a"])
    assert heard[-1] == frozenset({"a"})


def test_a_seed_file_says_which_line_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "seed.jsonl"
    path.write_bytes(encode_row(price(MILK, 1, 5)) + b"\n\n{}\n")
    with pytest.raises(SeedRefused, match=r"seed\.jsonl:3: is no feed row"):
        read_seed(path)
    with pytest.raises(SeedRefused, match="cannot be read"):
        read_seed(tmp_path / "nothing")
