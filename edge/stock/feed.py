"""What headquarters says of this store's stock: rows of its stock feed, read as they are.

`changed` runs in the transaction that took the rows in: minima hold from then on, and what is to be held for an order is
answered at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.stock import low, reservations, sizes
from edge.stock.rules import row_of
from edge.store_db import journal as journals
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.contract.feed_rows import stock_feed
from protocols.contract.feed_stock import MinimumRow, ReservationRow

queries = load("edge.stock", "feed.sql")

MINIMUM, RESERVATION, RULES = "minimum/", "reservation/", "stock_rules"


def changed(tx: Tx, journal: Journal, keys: Iterable[str], at_ms: int) -> None:
    """Rows under these keys came, changed or went."""
    for key in sorted(keys):
        if key.startswith(MINIMUM):
            _minimum(tx, key, at_ms)
        elif key.startswith(RESERVATION):
            _reservation(tx, journal, key, at_ms)
        elif key == RULES:
            sizes.check_all(tx, at_ms)


def has_rows(source: Connection | Tx) -> bool:
    """Whether headquarters has sent anything."""
    feed_id = stock_feed(journals.identity(source).store_id)
    return source.execute(queries["all_keys"], (feed_id,)).fetchone() is not None


def catch_up(tx: Tx, journal: Journal, at_ms: int) -> None:
    """Take in what lies in the feed and was never taken in: after an upgrade, or from a first catalogue on a card."""
    feed_id = stock_feed(journals.identity(tx).store_id)
    changed(tx, journal, [row[0] for row in tx.execute(queries["all_keys"], (feed_id,)).fetchall()], at_ms)


def _minimum(tx: Tx, key: str, at_ms: int) -> None:
    row = row_of(tx, key)
    item_id = key.removeprefix(MINIMUM)
    if isinstance(row, MinimumRow) and row.minimum_thousandths > 0:
        tx.execute(queries["put_minimum"], (row.item_id, row.minimum_thousandths))
    else:
        tx.execute(queries["drop_minimum"], (item_id,))
    low.check(tx, item_id, at_ms)


def _reservation(tx: Tx, journal: Journal, key: str, at_ms: int) -> None:
    row = row_of(tx, key)
    if isinstance(row, ReservationRow):
        reservations.asked(tx, journal, row, at_ms)
    else:
        reservations.withdrawn(tx, journal, key.removeprefix(RESERVATION), at_ms)
