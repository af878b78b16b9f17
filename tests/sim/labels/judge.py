"""What customers read, and whether a till ever asked for more: from the panels' own history, past all the box believes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.sim.labels.air import Air
from tests.sim.labels.box import Box
from tests.sim.labels.pictures import Pictures


class Overcharged(AssertionError):
    """A till asked for more than a label showed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A price a customer can have read on a label within the dwell."""

    label_id: str
    item_id: str
    price_minor: int
    until_ms: int
    """The last moment it could be read (true time)."""


class Judge:
    """`dwell_ms`: how long a customer may carry a price to the till."""

    def __init__(self, air: Air, pictures: Pictures, dwell_ms: int) -> None:
        self._air = air
        self._pictures = pictures
        self._dwell_ms = dwell_ms
        self.away: set[str] = set()
        """Labels taken from the shelf, as a person journalled."""
        self._readable_from_ms: dict[str, int] = {}
        self.compared = 0

    def took_away(self, label_id: str) -> None:
        """A person says it is gone."""
        self.away.add(label_id)

    def hung_up(self, label_id: str, now_ms: int) -> None:
        """It is on a shelf again: what it shows counts from now on."""
        self.away.discard(label_id)
        self._readable_from_ms[label_id] = now_ms

    def shows(self, label_id: str) -> tuple[str, int] | None:
        """Item and price a label shows now."""
        return self._pictures.says[self._air.labels[label_id].history[-1].planes_digest]

    def readings(self, now_ms: int) -> Iterator[Reading]:
        """Everything a customer at a till can have read."""
        for label_id, plastic in self._air.labels.items():
            if label_id in self.away or not plastic.history:
                continue
            from_ms = max(now_ms - self._dwell_ms, self._readable_from_ms.get(label_id, 0))
            until_ms = now_ms
            for shown in reversed(plastic.history):
                if until_ms < from_ms:
                    break
                says = self._pictures.says[shown.planes_digest]
                if says is not None:
                    yield Reading(label_id, says[0], says[1], until_ms)
                until_ms = min(until_ms, shown.since_ms - 1)

    def check(self, box: Box, now_ms: int) -> None:
        """Nobody is asked for more than they can have read. Raises `Overcharged`."""
        charged: dict[str, int | None] = {}
        for reading in self.readings(now_ms):
            if reading.item_id not in charged:
                charged[reading.item_id] = box.charge(reading.item_id)
            asked = charged[reading.item_id]
            self.compared += 1
            if asked is not None and asked > reading.price_minor:
                ago = f"{now_ms - reading.until_ms} ms ago"
                raise Overcharged(
                    f"{reading.item_id}: asked {asked}, label {reading.label_id} showed {reading.price_minor} {ago}"
                )
