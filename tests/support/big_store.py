"""A store database with 100,000 items: three barcodes' worth of look-ups for every till test at size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from edge.catalogue.seed import apply_seed
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from protocols.contract.feed_rows import BarcodeRow, FeedRow, ItemRow, PriceRow, PromotionRow
from protocols.gs1.gtin import with_check_digit
from protocols.promotions.bundle import encode_promotion
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope, Tier
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


def offers() -> list[Promotion]:
    """Eight offers that overlap: shares off and groups on a twentieth of the articles each, two reductions on the whole."""
    slices = [Scope(items=tuple(f"big-{number:06d}" for number in range(start, ITEMS, 40))) for start in range(6)]
    return [
        PercentOff(promotion_id="p1", revision=1, name="10 % off", starts_ms=0, scope=slices[0], off_bp=1_000),
        PercentOff(promotion_id="p2", revision=1, name="20 % off", starts_ms=0, scope=slices[1], off_bp=2_000),
        NForM(promotion_id="p3", revision=1, name="3 for 2", starts_ms=0, scope=slices[2], take=3, pay=2),
        NthItem(promotion_id="p4", revision=1, name="2nd at half", starts_ms=0, scope=slices[3], nth=2, off_bp=5_000),
        GroupPrice(promotion_id="p5", revision=1, name="3 for 9.99", starts_ms=0, scope=slices[4], count=3, price_minor=999),
        PercentOff(promotion_id="p6", revision=1, name="5 % off", starts_ms=0, scope=slices[5], off_bp=500),
        Threshold(
            promotion_id="p7", revision=1, name="50 - 5", starts_ms=0, tiers=(Tier(reach_minor=5_000, off_minor=500),)
        ),
        Threshold(
            promotion_id="p8", revision=1, name="100 - 12", starts_ms=0, tiers=(Tier(reach_minor=10_000, off_minor=1_200),)
        ),
    ]


def offer_rows() -> list[FeedRow]:
    """The same as rows of the zone's feed."""
    return [
        PromotionRow(promotion_id=each.promotion_id, revision=1, rule=msgspec.Raw(encode_promotion(each)))
        for each in offers()
    ]


def make(folder: Path, items: int = ITEMS, *, more: Sequence[FeedRow] = ()) -> None:
    """Create `store.db` in the folder; `more` rows beside the articles."""
    database = Database(folder / "store.db", kind="store")

    def run(tx: Tx) -> None:
        journal.create_identity(tx, store_id=STORE_ID, edge_id="e-1", db_nonce="n", now_ms=1)
        apply_seed(tx, STORE_ID, [*rows(items), *more])

    database.write_and_wait(run)
    database.close()
