"""The newest sales and what each of the last minutes brought. Pure and bounded, whatever arrives."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from cloud.console.answers import MinuteCount, Sale

MINUTE_MS = 60_000
MINUTES = 60
KEPT = 100


class RecentSales:
    """Takes in sales in the order of arrival, each once."""

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[str, str], Sale] = OrderedDict()
        self._minutes: dict[int, int] = {}

    def begin(self, newest: Iterable[Sale], minutes: Iterable[MinuteCount]) -> None:
        """Start from what headquarters holds: sales oldest first, and counts that include them."""
        self._newest = OrderedDict(((sale.store_id, sale.sale_id), sale) for sale in newest)
        self._minutes = {}
        for row in minutes:
            self._minutes[row.minute_ms] = self._minutes.get(row.minute_ms, 0) + row.sales

    def add(self, sales: Iterable[Sale]) -> list[Sale]:
        """Take in more, oldest first; returns those that are new here."""
        fresh = []
        for sale in sales:
            key = (sale.store_id, sale.sale_id)
            if key in self._newest:
                continue
            self._newest[key] = sale
            while len(self._newest) > KEPT:
                self._newest.popitem(last=False)
            minute = sale.arrived_ms // MINUTE_MS * MINUTE_MS
            self._minutes[minute] = self._minutes.get(minute, 0) + 1
            fresh.append(sale)
        return fresh

    @property
    def newest(self) -> list[Sale]:
        """Newest first, at most `KEPT`."""
        return list(reversed(self._newest.values()))

    def per_minute(self, now_ms: int) -> list[tuple[int, int]]:
        """(beginning of the minute, sales) of the last `MINUTES` minutes, oldest first, this one included."""
        this = now_ms // MINUTE_MS * MINUTE_MS
        first = this - (MINUTES - 1) * MINUTE_MS
        self._minutes = {minute: count for minute, count in self._minutes.items() if minute >= first}
        return [(minute, self._minutes.get(minute, 0)) for minute in range(first, this + 1, MINUTE_MS)]
