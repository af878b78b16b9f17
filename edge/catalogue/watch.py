"""Tells labels and tills when items change: after a feed was applied, and when a scheduled price begins or ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edge.catalogue import lookup
from edge.store_db.database import StoreFile
from protocols.clock import Clock

Listener = Callable[[frozenset[str] | None], None]
"""Told the items that changed; None: any may have."""


class CatalogueWatch:
    """One per box. Everything runs on the event loop."""

    def __init__(self, store: StoreFile, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._listeners: list[Listener] = []
        self._looked_at_ms = lookup.pricing_now_ms(store.reader(), clock)

    def listen(self, listener: Listener) -> None:
        """Call `listener` on every change."""
        self._listeners.append(listener)

    def changed(self, item_ids: Iterable[str] | None) -> None:
        """A feed was applied."""
        items = None if item_ids is None else frozenset(item_ids)
        for listener in self._listeners:
            listener(items)

    def tick(self) -> bool:
        """Time passed: tell of items whose price began or ended since the last tick. A clock set back tells of all.

        True when there was something to tell.
        """
        now_ms = lookup.pricing_now_ms(self._store.reader(), self._clock)
        before_ms, self._looked_at_ms = self._looked_at_ms, now_ms
        if now_ms < before_ms:
            self.changed(None)
            return True
        if items := lookup.items_flipping(self._store.reader(), before_ms, now_ms):
            self.changed(items)
            return True
        return False
