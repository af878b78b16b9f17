"""A store database with 100,000 items: three barcodes' worth of look-ups for every till test at size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.catalogue.seed import apply_seed
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from protocols.contract.feed_rows import BarcodeRow, FeedRow, ItemRow, PriceRow
from protocols.gs1.gtin import with_check_digit
from tests.support.goods import STORE_ID, assortment

ITEMS = 100_000


def code_of(number: int) -> str:
    """The barcode of an item of the big assortment."""
    return with_check_digit(f"5{number:011d}")


def rows(items: int = ITEMS) -> Iterator[FeedRow]:
    """The small assortment and `items` more."""
    yield from assortment()
    for number in range(items):
        item_id = f"big-{number:06d}"
        yield ItemRow(item_id=item_id, style_id="st-1", name=f"Article {number}", tax_class="std" if number % 3 else "food")
        yield BarcodeRow(gtin=code_of(number).rjust(14, "0"), item_id=item_id)
        yield PriceRow(item_id=item_id, revision=1, price_minor=100 + number % 900, effective_from_ms=0)


def make(folder: Path, items: int = ITEMS) -> None:
    """Create `store.db` in the folder."""
    database = Database(folder / "store.db", kind="store")

    def run(tx: Tx) -> None:
        journal.create_identity(tx, store_id=STORE_ID, edge_id="e-1", db_nonce="n", now_ms=1)
        apply_seed(tx, STORE_ID, list(rows(items)))

    database.write_and_wait(run)
    database.close()
