"""What the shelf truth tests of every label family share: prices that change, and a journal that can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.devices.label_parts import ShelfRenderer
from edge.labels.content import ShelfItem
from edge.store_db.database import Tx
from protocols.contract.facts import FactBody

ITEMS = ("milk", "bread", "tea")


@dataclass
class Shelf:
    """Prices in force."""

    renderer: ShelfRenderer
    prices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ITEMS, 100))
    revision: int = 1

    def shelf_item(self, item_id: str) -> ShelfItem | None:
        if item_id not in self.prices:
            return None
        return ShelfItem(item_id, item_id.title(), self.prices[item_id], self.revision, "EUR", 2)


@dataclass
class Facts:
    """The journal, as far as these tests look at it."""

    written: list[FactBody] = field(default_factory=list)

    def append(self, _tx: Tx, body: FactBody) -> None:
        self.written.append(body)
