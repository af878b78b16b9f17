"""A believable past for demos: what stores sold by day and item, from a seed, as the CSV file a chain would bring along.

It goes through the same import as any file. The same seed, stores and last day give the same bytes. Weekends sell more than
Mondays, some items sell ten times as well as others, a store has its own size, and sales grow a little over the weeks.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cloud.tables.write import Out, write_csv
from protocols.clock import SeededRandom
from protocols.contract.values import weighed_price_minor

HEADING = ("store", "date", "item id", "quantity", "net amount")
WEEKDAY_PERCENT = (82, 86, 92, 98, 124, 148, 70)
"""Monday to Sunday, of an average day."""
GROWTH_PERCENT_A_WEEK = 1
BEST_A_DAY = 60
"""Pieces of the best seller on an average day in an average store."""
ABSENT_PERCENT = 12
"""An item that is hardly asked for is not sold at all on so many days."""


@dataclass(frozen=True)
class SoldItem:
    """An item with its price: per piece, or per kilogram when weighed."""

    item_id: str
    weighed: bool
    price_minor: int


def history_csv(
    store_id: str, items: Sequence[SoldItem], last: datetime.date, days: int, *, seed: int, digits: int = 2
) -> bytes:
    """The file of one store: `days` days up to and including `last`."""
    return write_csv(HEADING, _rows(store_id, items, last, days, seed, digits))


def _rows(
    store_id: str, items: Sequence[SoldItem], last: datetime.date, days: int, seed: int, digits: int
) -> Iterator[tuple[Out, ...]]:
    chance = SeededRandom(seed)
    of_store = SeededRandom(seed + sum(store_id.encode()) * 7919)
    size_percent = 60 + _below(of_store, 90)
    liked = [_popularity(chance) for _ in items]
    for number in range(days):
        day = last - datetime.timedelta(days=days - 1 - number)
        percent = WEEKDAY_PERCENT[day.weekday()] * size_percent * (100 + GROWTH_PERCENT_A_WEEK * number // 7)
        for item, popularity in zip(items, liked, strict=True):
            sold = _sold(of_store, popularity, percent)
            if sold == 0:
                continue
            grams = sold * 1000 - 400 + _below(of_store, 800) if item.weighed else 0
            quantity: Out = Decimal(grams).scaleb(-3) if item.weighed else sold
            net = weighed_price_minor(grams, item.price_minor) if item.weighed else sold * item.price_minor
            yield store_id, day.isoformat(), item.item_id, quantity, Decimal(net).scaleb(-digits)


def _popularity(chance: SeededRandom) -> int:
    """Thousandths of the best seller; most items sell little."""
    dice = 1 + _below(chance, 1000)
    return max(15, 15_000 // dice) if dice > 15 else 1000


def _sold(chance: SeededRandom, popularity: int, percent: int) -> int:
    """Pieces of a day: the expected number, half to one and a half times of it."""
    if _below(chance, 100) < ABSENT_PERCENT and popularity < 200:
        return 0
    expected_millionths = BEST_A_DAY * popularity * percent // 1000  # percent of percent of percent: 10^6 is one
    drawn = expected_millionths * (50 + _below(chance, 101)) // 100
    return drawn // 1_000_000 + (_below(chance, 1_000_000) < drawn % 1_000_000)


def _below(chance: SeededRandom, limit: int) -> int:
    return int.from_bytes(chance.bytes(4), "big") % limit
