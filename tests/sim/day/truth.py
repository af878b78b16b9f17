"""What the panels on the shelves really show, as prices: read from the simulated labels, past all our services."""

from __future__ import annotations

from edge.devices.fonts import font_files
from edge.labels.content import ShelfItem, label_content
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from simulators.replay.devices import MemoryAccessPoint
from tests.sim.day.goods import Item
from tests.sim.day.hq import DWELL_SECONDS

HARDWARE_TYPE = 1
DRAWING_MS = 10_000
"""A label confirms when it has the image, and draws it then; its former price binds for the dwell from the confirmation."""


class Violation(AssertionError):
    """Something that must always be true was not."""


class Shelf:
    """Labels, what they are bound to, and every picture an item can have."""

    def __init__(self, point: MemoryAccessPoint, items: list[Item]) -> None:
        self._point = point
        self._items = {item.item_id: item for item in items}
        self._renderer = LabelRenderer(font_files((), SYSTEM_FONTS))
        self._pictures: dict[str, tuple[str, int]] = {}
        self.bound: dict[str, str] = {}
        """Label to item."""
        for item in items:
            self.know(item.item_id, item.price_minor)

    def know(self, item_id: str, price_minor: int) -> None:
        """The item has this price somewhere from now on."""
        item = self._items[item_id]
        content = label_content(
            ShelfItem(
                item_id=item_id,
                name=item.row.name,
                name_zh=item.row.name_zh,
                price_minor=price_minor,
                price_revision=1,
                currency="EUR",
                minor_digits=2,
                gtin=item.gtin,
                weighed=item.row.weighed,
            )
        )
        drawn = self._renderer.render(content, HARDWARE_TYPE)
        self._pictures[drawn.planes.digest()] = (item_id, price_minor)

    def shown_now(self, label_id: str) -> tuple[str, int] | None:
        """Item and price a label shows; None: blank."""
        return self._pictures.get(self._point.point.tags[label_id].shown.planes_digest)

    def check_charged(self, item_id: str, unit_price_minor: int, at_ms: int) -> int:
        """Nobody pays more than a label shows, or showed within the dwell. Returns how many pictures were compared."""
        from_ms = at_ms - DWELL_SECONDS * 1_000 + DRAWING_MS
        compared = 0
        for label_id, bound in self.bound.items():
            if bound != item_id:
                continue
            until_ms = at_ms + 1
            for picture in reversed(self._point.point.tags[label_id].history):
                if until_ms <= from_ms:
                    break
                until_ms = picture.since_ms
                shown = self._pictures.get(picture.planes_digest)
                if picture.since_ms > at_ms or shown is None or shown[0] != item_id:
                    continue
                compared += 1
                if unit_price_minor > shown[1]:
                    raise Violation(f"{item_id} was charged {unit_price_minor} while label {label_id} showed {shown[1]}")
        return compared
