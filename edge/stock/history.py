"""An item's recent past: its last moves, and what was on hand at the end of each of the last days."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from edge.stock.service import balances
from edge.store_db.connection import Connection
from edge.store_db.journal import business_date
from edge.store_db.queries import load
from protocols.contract.values import Place

queries = load("edge.stock", "stock.sql")

MOVES_SHOWN = 12
DAYS_MAX = 31
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PastMove:
    """A move that happened. Quantity is signed, in thousandths of the stock unit."""

    at_ms: int
    move_id: str
    line_no: int
    place: Place
    quantity_thousandths: int
    reason: str


@dataclass(slots=True)
class Day:
    """One day in the store's time zone (ISO date): what came, what went, what was left at its end, at all places."""

    date: str
    came_thousandths: int = 0
    went_thousandths: int = 0
    left_thousandths: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)


def recent_moves(source: Connection, item_id: str) -> list[PastMove]:
    """The newest moves of an item, newest first."""
    rows = source.execute(queries["recent_moves"], (item_id, MOVES_SHOWN))
    return [
        PastMove(at_ms, move_id, line_no, Place(place), quantity, why)
        for at_ms, move_id, line_no, place, quantity, why in rows
    ]


def counted_at_ms(source: Connection, item_id: str) -> int | None:
    """When somebody counted the item last; None when nobody did."""
    return max((row[0] for row in source.execute(queries["counted_at"], (item_id,))), default=None)


def days(source: Connection, item_id: str, *, now_ms: int, time_zone: str, count: int) -> list[Day]:
    """The last `count` days (1 to `DAYS_MAX`), oldest first, reckoned back from what is on hand now."""
    found = [Day(date) for date in _dates(now_ms, time_zone, count)]
    by_date = {day.date: day for day in found}
    start_ms = now_ms - (count + 1) * DAY_MS
    later = 0
    for at_ms, quantity, why in source.execute(queries["moves_since"], (item_id, start_ms)):
        date = business_date(at_ms, time_zone)
        day = by_date.get(date)
        if day is None:
            later += quantity if date > found[-1].date else 0
            continue
        day.came_thousandths += max(quantity, 0)
        day.went_thousandths += max(-quantity, 0)
        day.by_reason[why] = day.by_reason.get(why, 0) + quantity
    left = sum(each.on_hand_thousandths for each in balances(source, item_id)) - later
    for day in reversed(found):
        day.left_thousandths = left
        left -= day.came_thousandths - day.went_thousandths
    return found


def _dates(now_ms: int, time_zone: str, count: int) -> list[str]:
    """Today and the days before it, oldest first."""
    today = datetime.date.fromisoformat(business_date(now_ms, time_zone))
    return [(today - datetime.timedelta(days=back)).isoformat() for back in reversed(range(count))]
