"""Feed rows into the store database: the raw row (which is what is hashed) and its projection, in the caller's transaction.

A row of a kind this software does not know stays raw; it is projected after the upgrade (`reproject`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from edge.members import cache as members
from edge.store_db.connection import SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.device_table import DeviceTableRow
from protocols.contract.feed_members import MemberPolicyRow, MemberRow
from protocols.contract.feed_rows import (
    BarcodeRow,
    ItemRow,
    LabelTemplateRow,
    OpeningStockRow,
    OrderRow,
    PriceRow,
    PromotionRow,
    RecallRow,
    StaffRow,
    StoreRow,
    StyleRow,
    TaxClassRow,
    UnknownFeedRow,
    ZoneRow,
    decode_row,
    encode_row,
)
from protocols.contract.feed_stock import StockRow

queries = load("edge.catalogue")

_Projected = (
    RecallRow
    | OrderRow
    | TaxClassRow
    | StyleRow
    | ItemRow
    | BarcodeRow
    | ZoneRow
    | PriceRow
    | OpeningStockRow
    | StoreRow
    | StaffRow
)
"""Rows with a table of their own; label templates, promotions, members, the stock feed and the device table are read raw."""


@dataclass(slots=True)
class Applied:
    """What a change touched: items whose price or text may differ now, and keys of rows that stay raw."""

    items: set[str] = field(default_factory=set)
    beyond_items: bool = False
    """A zone, set-up, tax, style, staff, label template or promotion row changed: it may concern every item."""
    unknown_keys: list[str] = field(default_factory=list)
    stock_keys: set[str] = field(default_factory=set)
    """Keys of rows of the stock feed that came, changed or went: `edge.stock.feed` takes them in."""

    def touch(self, item_id: str | None) -> None:
        """Note a changed row; None: one that belongs to no item."""
        if item_id is None:
            self.beyond_items = True
        else:
            self.items.add(item_id)


def put_row(tx: Tx, feed_id: str, key: str, body: bytes, applied: Applied) -> bytes | None:
    """Store one row and project it; returns the body it replaced (for the state hash), or None."""
    old = _old_body(tx, feed_id, key)
    tx.execute(queries["put_row"], (feed_id, key, body))
    if old is not None:
        _unproject(tx, old, applied)
    _project(tx, key, body, applied)
    return old


def delete_row(tx: Tx, feed_id: str, key: str, applied: Applied) -> bytes | None:
    """Remove one row and its projection; returns the body it had, or None when there was none."""
    old = _old_body(tx, feed_id, key)
    if old is not None:
        tx.execute(queries["delete_row"], (feed_id, key))
        _unproject(tx, old, applied)
    return old


def replace_feed(tx: Tx, feed_id: str, rows: Iterable[tuple[str, bytes]], applied: Applied) -> None:
    """Make the feed's rows exactly these (a snapshot). Rows that did not change are not touched."""
    held: dict[str, bytes] = dict(tx.execute(queries["rows_of_feed"], (feed_id,)).fetchall())
    for key, body in rows:
        if held.pop(key, None) != body:
            put_row(tx, feed_id, key, body, applied)
    for key in held:
        delete_row(tx, feed_id, key, applied)


def drop_feed(tx: Tx, feed_id: str, applied: Applied) -> None:
    """Take every row of a feed out, with its projections: the store no longer follows it."""
    for key, _body in tx.execute(queries["rows_of_feed"], (feed_id,)).fetchall():
        delete_row(tx, feed_id, key, applied)


def reproject(tx: Tx, feed_id: str) -> Applied:
    """Project every raw row of a feed again, after an upgrade that knows more kinds."""
    applied = Applied()
    for key, body in tx.execute(queries["rows_of_feed"], (feed_id,)).fetchall():
        _project(tx, key, body, applied)
    return applied


def _old_body(tx: Tx, feed_id: str, key: str) -> bytes | None:
    row = tx.execute(queries["row_body"], (feed_id, key)).fetchone()
    return None if row is None else bytes(row[0])


def _project(tx: Tx, key: str, body: bytes, applied: Applied) -> None:
    try:
        row = decode_row(body)
    except UnknownFeedRow:
        applied.unknown_keys.append(key)
        return
    if isinstance(row, DeviceTableRow):
        return
    if isinstance(row, LabelTemplateRow | PromotionRow):
        applied.beyond_items = True
        return
    if isinstance(row, StockRow):
        applied.stock_keys.add(row.key())
        return
    if isinstance(row, MemberRow | MemberPolicyRow):
        if isinstance(row, MemberRow):
            members.project(tx, row)
        return
    name, parameters, item_id = _statement(row)
    tx.execute(queries[f"put_{name}"], parameters)
    applied.touch(item_id)


def _unproject(tx: Tx, body: bytes, applied: Applied) -> None:
    try:
        row = decode_row(body)
    except UnknownFeedRow:
        return
    if isinstance(row, DeviceTableRow):
        return
    if isinstance(row, LabelTemplateRow | PromotionRow):
        applied.beyond_items = True
        return
    if isinstance(row, StockRow):
        applied.stock_keys.add(row.key())
        return
    if isinstance(row, MemberRow | MemberPolicyRow):
        if isinstance(row, MemberRow):
            members.unproject(tx, row)
        return
    name, parameters, item_id = _statement(row)
    keys: Sequence[SqlValue] = {"price": parameters[:2], "opening": parameters[:2], "zone": (), "setup": ()}.get(
        name, parameters[:1]
    )
    tx.execute(queries[f"delete_{name}"], keys)
    applied.touch(item_id)


def _statement(row: _Projected) -> tuple[str, tuple[SqlValue, ...], str | None]:
    """(table, values in column order, the item touched)."""
    match row:
        case TaxClassRow():
            return "tax_class", (row.tax_class, row.name, row.rate_bp), None
        case StyleRow():
            return "style", (row.style_id, row.name, row.name_zh, row.brand, row.category), None
        case ItemRow():
            values = (row.item_id, row.style_id, row.name, row.name_zh, row.tax_class, int(row.weighed), row.tare_grams)
            content = (row.content_quantity, row.content_unit.value)
            style = (row.colour, row.size)
            rules = (row.min_age, row.deposit_item_id, int(row.serial_tracked), int(row.bag))
            kept = (int(row.batch_tracked), int(row.tagged))
            return "item", (*values, int(row.active), *content, *style, *rules, *kept), row.item_id
        case OrderRow():
            return "order", (row.order_id, encode_row(row)), None
        case RecallRow():
            return "recall", (row.recall_id, row.item_id, row.batch, row.reason, row.from_ms), row.item_id
        case BarcodeRow():
            return "barcode", (row.gtin, row.item_id, row.pack_quantity), row.item_id
        case ZoneRow():
            money = (row.currency, row.minor_digits, row.tax_mode.value, row.cash_rounding_minor)
            rounding = (row.cash_rounding_method.value, row.cash_rounding_scope.value)
            codes = ("\n".join(row.code_layouts), row.bag_item_id)
            return "zone", (row.zone, *money, row.price_law.value, *rounding, *codes), None
        case PriceRow():
            span = (row.effective_from_ms, row.effective_to_ms)
            book = (row.book_id, row.priority, row.customer_group, row.price_kind.value, row.was_minor)
            return "price", (row.item_id, row.revision, row.price_minor, *span, *book), row.item_id
        case OpeningStockRow():
            opening = (row.import_id, row.line_no, row.item_id, row.place.value, row.quantity_thousandths)
            return "opening", opening, row.item_id
        case StoreRow():
            return "setup", (encode_row(row),), None
        case StaffRow():
            rights, limits = ",".join(row.rights), msgspec.json.encode(row.limits).decode()
            return "staff", (row.staff_id, row.name, row.pin_hash, rights, row.language, int(row.active), limits), None
