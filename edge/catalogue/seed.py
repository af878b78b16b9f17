"""A box without headquarters learns its catalogue from a file: JSON lines, each one feed row."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from edge.catalogue.apply import Applied, replace_feed
from edge.store_db.database import Tx
from protocols.contract.feed_members import MemberPolicyRow, MemberRow
from protocols.contract.feed_rows import (
    CATALOGUE_FEED,
    TEMPLATES_FEED,
    FeedRow,
    LabelTemplateRow,
    OpeningStockRow,
    OrderRow,
    PriceRow,
    PromotionRow,
    StaffRow,
    StoreRow,
    UnknownFeedRow,
    ZoneRow,
    decode_row,
    encode_row,
    member_feed,
    opening_stock_feed,
    price_feed,
    promotion_feed,
    setup_feed,
    staff_feed,
    stock_feed,
)
from protocols.contract.feed_stock import AsnRow, MinimumRow, ReservationRow, ShelfPlanRow, StockRulesRow


class SeedRefused(Exception):
    """The file cannot be used; the text names the line."""


def read_seed(path: Path) -> list[FeedRow]:
    """The rows of a file. Raises `SeedRefused`."""
    rows: list[FeedRow] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SeedRefused(f"{path}: cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(decode_row(line.encode()))
        except (UnknownFeedRow, ValueError) as error:
            raise SeedRefused(f"{path}:{number}: is no feed row: {error}") from error
    return rows


def apply_seed(tx: Tx, store_id: str, rows: list[FeedRow]) -> Applied:
    """Put the rows into the feeds they belong to. Versions stay 0, so a later headquarters replaces them."""
    zone = next((row.zone for row in rows if isinstance(row, ZoneRow)), "default")
    feeds: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for row in rows:
        feeds[_feed_of(row, store_id, zone)].append((row.key(), encode_row(row)))
    applied = Applied()
    for feed_id, found in feeds.items():
        replace_feed(tx, feed_id, found, applied)
    return applied


def _feed_of(row: FeedRow, store_id: str, zone: str) -> str:
    match row:
        case ZoneRow() | PriceRow():
            return price_feed(zone)
        case StoreRow():
            return setup_feed(store_id)
        case StaffRow():
            return staff_feed(store_id)
        case OpeningStockRow():
            return opening_stock_feed(store_id)
        case LabelTemplateRow():
            return TEMPLATES_FEED
        case MemberRow() | MemberPolicyRow() | OrderRow():
            return member_feed(store_id)
        case AsnRow() | ReservationRow() | StockRulesRow() | MinimumRow() | ShelfPlanRow():
            return stock_feed(store_id)
        case PromotionRow():
            return promotion_feed(zone)
        case _:
            return CATALOGUE_FEED
