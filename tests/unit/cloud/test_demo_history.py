"""The demo's past: the same bytes for the same seed, whole weeks that look like weeks, and amounts that are prices."""

from __future__ import annotations

import datetime
from collections import defaultdict
from decimal import Decimal

from cloud.demo_history import SoldItem, history_csv
from cloud.tables.read import read_table

LAST = datetime.date(2026, 11, 26)
ITEMS = [SoldItem(f"A{number:06}", weighed=number % 10 == 0, price_minor=129 + number) for number in range(1, 61)]


def test_a_seed_is_a_past() -> None:
    first = history_csv("S001", ITEMS, LAST, 14, seed=1)
    assert first == history_csv("S001", ITEMS, LAST, 14, seed=1)
    assert first != history_csv("S001", ITEMS, LAST, 14, seed=2)
    assert first.replace(b"S001", b"S002") != history_csv("S002", ITEMS, LAST, 14, seed=1)


def test_days_are_complete_saturdays_are_best_and_every_amount_is_a_price() -> None:
    table = read_table(history_csv("S001", ITEMS, LAST, 56, seed=1))
    by_day: dict[str, Decimal] = defaultdict(Decimal)
    prices = {item.item_id: item for item in ITEMS}
    for row in table.rows:
        _, day, item_id, quantity, net = map(str, row.cells)
        by_day[day] += Decimal(net)
        if not prices[item_id].weighed:
            assert Decimal(net) * 100 == int(quantity) * prices[item_id].price_minor
        assert Decimal(quantity) > 0
    assert len(by_day) == 56
    assert max(by_day) == LAST.isoformat()
    weekdays: dict[int, Decimal] = defaultdict(Decimal)
    for day, net in by_day.items():
        weekdays[datetime.date.fromisoformat(day).weekday()] += net
    assert max(weekdays, key=lambda day: weekdays[day]) == 5
    assert min(weekdays, key=lambda day: weekdays[day]) == 6
