"""How long shelf and till disagree: label-seconds per item while a label may show another price than is in force.

It counts in memory since the box began, on the monotonic clock. A label that shows nothing yet disagrees with nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.labels.ledger import LabelBook, price_set
from edge.labels.plan import Wanted
from protocols.clock import Clock

ITEMS_MAX = 50_000
"""Items counted one by one. Policy when reached: further ones count only in the total."""


def disagrees(book: LabelBook, wanted: Wanted) -> bool:
    """Whether a customer may read another price on the label than the one in force for what it should show."""
    return not price_set(book) <= {(price.item_id, price.price_minor) for price in wanted.prices}


class MismatchClock:
    """See the module."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, tuple[int, str]] = {}
        self._done_ms: dict[str, int] = {}
        self._total_ms = 0

    def note(self, label_id: str, item_id: str | None, *, disagreeing: bool) -> None:
        """How a label stands from now on. `item_id`: the item it is bound to."""
        mono_ms = self._clock.monotonic_ms()
        began = self._since.pop(label_id, None)
        if began is not None:
            self._add(began[1], mono_ms - began[0])
        if disagreeing and item_id is not None:
            self._since[label_id] = (mono_ms, item_id)

    def _add(self, item_id: str, ms: int) -> None:
        self._total_ms += ms
        if item_id in self._done_ms or len(self._done_ms) < ITEMS_MAX:
            self._done_ms[item_id] = self._done_ms.get(item_id, 0) + ms

    @property
    def labels_now(self) -> int:
        """Labels that disagree at this moment."""
        return len(self._since)

    @property
    def total_ms(self) -> int:
        """Label-milliseconds of all items since the box began."""
        mono_ms = self._clock.monotonic_ms()
        return self._total_ms + sum(mono_ms - since for since, _ in self._since.values())

    def by_item(self) -> Mapping[str, int]:
        """Label-milliseconds by item since the box began."""
        found, mono_ms = dict(self._done_ms), self._clock.monotonic_ms()
        for since, item_id in self._since.values():
            found[item_id] = found.get(item_id, 0) + mono_ms - since
        return found

    def worst(self, count: int) -> list[tuple[str, int]]:
        """The items with the most, the worst first."""
        return sorted(self.by_item().items(), key=lambda pair: (-pair[1], pair[0]))[:count]
