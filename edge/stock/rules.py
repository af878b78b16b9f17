"""The rules of the store's stock as headquarters set them, and single rows of its stock feed."""

from __future__ import annotations

from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.feed_rows import UnknownFeedRow, decode_row, stock_feed
from protocols.contract.feed_stock import StockRow, StockRulesRow
from protocols.contract.values import Place

queries = load("edge.stock", "feed.sql")
Source = Connection | Tx

SELLABLE = (Place.SALES_FLOOR, Place.BACK_ROOM, Place.FITTING_ROOM)
"""Goods there can be sold or promised; what is in transit or in quarantine cannot."""


def rules(source: Source) -> StockRulesRow:
    """How this store keeps its stock; the defaults while headquarters said nothing."""
    found = row_of(source, StockRulesRow().key())
    return found if isinstance(found, StockRulesRow) else StockRulesRow()


def row_of(source: Source, key: str) -> StockRow | None:
    """One row of the stock feed; None when there is none, or one this software cannot read."""
    identity = journal.identity_or_none(source)
    if identity is None:
        return None
    row = source.execute(queries["row"], (stock_feed(identity.store_id), key)).fetchone()
    return None if row is None else _read(bytes(row[0]))


def rows_under(source: Source, prefix: str) -> list[StockRow]:
    """The rows whose key begins so (`asn/`), by key."""
    feed_id = stock_feed(journal.identity(source).store_id)
    span = (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1))
    found = [_read(bytes(body)) for _, body in source.execute(queries["rows"], (feed_id, *span)).fetchall()]
    return [row for row in found if row is not None]


def _read(body: bytes) -> StockRow | None:
    try:
        row = decode_row(body)
    except UnknownFeedRow:
        return None
    return row if isinstance(row, StockRow) else None
