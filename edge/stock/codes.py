"""What a scan into a list means: an item, how much of it, its batch and date, the one piece it is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.stock.batches import Lot
from edge.stock.refusals import TEXTS, StockRefused
from edge.store_db.database import Tx
from edge.store_db.journal import business_date
from protocols.contract.values import THOUSANDTHS
from protocols.gs1.gtin import CodeRefused
from protocols.gs1.scan import Scanned, read_scan

CODE_SHOWN_MAX = 40


@dataclass(frozen=True, slots=True)
class Goods:
    """What was scanned. `thousandths`: of one scan; 0 for a weighed item without a weight in its code."""

    item: Item
    gtin: str
    lot: Lot
    serial: str
    thousandths: int


def read(tx: Tx, text: str, now_ms: int) -> Goods:
    """Read a barcode, a 2D code, a Digital Link or a short code. Raises `StockRefused`."""
    today = datetime.date.fromisoformat(business_date(now_ms, lookup.time_zone(tx)))
    zone = lookup.zone(tx)
    shown = text.strip()[:CODE_SHOWN_MAX]
    try:
        scanned = read_scan(text, today=today, layouts=() if zone is None else zone.layouts)
    except CodeRefused as refused:
        raise StockRefused(refused.code if refused.code in TEXTS else "code_unreadable", code=shown) from refused
    item = next((found for key in scanned.keys if (found := lookup.item_by_code(tx, key)) is not None), None)
    if item is None:
        raise StockRefused("unknown_code", code=shown)
    expires = scanned.expires or scanned.best_before
    lot = Lot(scanned.batch, "" if expires is None else expires.isoformat())
    return Goods(item, scanned.gtin, lot, scanned.serial, _thousandths(item, scanned))


def _thousandths(item: Item, scanned: Scanned) -> int:
    if item.weighed:
        return scanned.grams or 0
    return (scanned.pieces or 1) * item.pack_quantity * THOUSANDTHS
