"""Smart shelves against headquarters' plan: what lies there, what is below its minimum, what lies wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from edge.rfid import store
from edge.rfid.presence import Ear, TagKey
from edge.rfid.shelf import Below, Plan, ShelfLine, Shelves, lines_of
from edge.store_db import journal
from edge.store_db.database import StoreFile
from protocols.clock import Clock
from protocols.contract.feed_rows import UnknownFeedRow, decode_row, stock_feed
from protocols.contract.feed_stock import ShelfPlanRow
from protocols.device_events import TagsRead
from protocols.gs1.epc import identify

LOOK_MS = 5_000
ITEMS_KEPT_MAX = 50_000
"""Items of tags remembered. Policy when reached: all are looked up again."""


class ShelfService:
    """All smart shelves. `ears`: the antennas that look at one, with a name for those headquarters has no plan for."""

    def __init__(
        self,
        db: StoreFile,
        clock: Clock,
        ears: Mapping[Ear, str],
        on_below: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`on_below(count)`: so many items are below the minimum of their shelf."""
        self._db = db
        self._clock = clock
        self._names = dict(ears)
        self._machine = Shelves({ear: _spot(ear) for ear in ears})
        self._below = Below()
        self._on_below = on_below
        self._items: dict[TagKey, str] = {}
        self._look_ms = 0
        self._shown: dict[Ear, tuple[ShelfLine, ...]] = {}
        self._low: frozenset[tuple[str, str]] = frozenset()

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        self._machine.take(event.device_id, event.reads)

    def step(self) -> None:
        """Time passes; every few seconds the shelves are held against their plans."""
        now_ms = self._clock.monotonic_ms()
        self._machine.advance(now_ms)
        if now_ms < self._look_ms:
            return
        self._look_ms = now_ms + LOOK_MS
        plans, lying = self._plans(), self._machine.lying()
        self._shown = {
            ear: lines_of(plans.get(ear), [self._item_of(key) for key in lying.get(_spot(ear), [])]) for ear in self._names
        }
        low = self._below.look({_spot(ear): lines for ear, lines in self._shown.items()}, now_ms)
        self._low = frozenset(low)
        self._on_below(len(low))

    def catalogue_changed(self) -> None:
        """Tags nobody knew may have an item now."""
        self._items.clear()

    def shelves(self) -> list[tuple[Ear, str, tuple[ShelfLine, ...], frozenset[str]]]:
        """(antenna, name, lines, items below the minimum for too long) of every shelf."""
        plans = self._plans()
        return [
            (
                ear,
                plans[ear].shelf if ear in plans else name,
                self._shown.get(ear, ()),
                frozenset(item_id for spot, item_id in self._low if spot == _spot(ear)),
            )
            for ear, name in self._names.items()
        ]

    def _item_of(self, key: TagKey) -> str:
        known = self._items.get(key)
        if known is None:
            if len(self._items) >= ITEMS_KEPT_MAX:
                self._items.clear()
            known, _, _ = store.item_of(self._db.reader(), identify(*key).gtin)
            self._items[key] = known
        return known

    def _plans(self) -> dict[Ear, Plan]:
        source, found = self._db.reader(), dict[Ear, Plan]()
        for body in store.shelf_plans(source, stock_feed(journal.identity(source).store_id)):
            try:
                row = decode_row(body)
            except (UnknownFeedRow, msgspec.DecodeError):
                continue  # newer software wrote it
            if isinstance(row, ShelfPlanRow):
                plan = Plan(row.name, frozenset(row.item_ids), row.minimum_pieces)
                found[row.device_id, row.antenna] = plan
        return found


def _spot(ear: Ear) -> str:
    return f"{ear[0]}/{ear[1]}"
