"""Finding a label by its light, and making a label blank that is bound to nothing: commands that change no price.

They go straight to the access point that hears the label; the ledger does not know of them.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.labels.lane import Delivery
from edge.labels.service import LabelService, UnknownLabel

SECONDS_MAX = 240
FLASHED_AT_ONCE = 64
"""More labels than that would only make a shelf blink; the rest is told as `TOO_MANY`."""


class Colour(enum.StrEnum):
    """What a person looks for."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    WHITE = "white"


class Lit(enum.Enum):
    """What became of a flash. It is seen when the label checks in next, which may take a minute."""

    ORDERED = "ordered"
    NO_ANSWER = "no_answer"
    UNKNOWN_LABEL = "unknown_label"
    """The access point does not know it."""
    NO_ACCESS_POINT = "no_access_point"
    TOO_MANY = "too_many"


class StillBound(ValueError):
    """A bound label is made blank by unbinding it: the ledger must know of every image first."""


class LabelLights(Protocol):
    """An access point as far as lights and blank panels go."""

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        """Flash for a time; 0 seconds: stop. Never raises for what a device or a line can do."""

    async def wipe(self, label_id: str) -> Delivery:
        """Empty the label's queue and blank its panel. REFUSED: ask again."""


@dataclass(frozen=True, slots=True)
class LabelLit:
    """One label of a flash."""

    label_id: str
    lit: Lit


_LIT = {Delivery.QUEUED: Lit.ORDERED, Delivery.REFUSED: Lit.NO_ANSWER, Delivery.UNKNOWN_LABEL: Lit.UNKNOWN_LABEL}


class LabelFinder:
    """Lights of the store's labels. One instance per box."""

    def __init__(self, labels: LabelService, lights: Mapping[str, LabelLights]) -> None:
        """`lights` by the name of the access point, as the label service knows it."""
        self._labels = labels
        self._lights = lights

    async def flash(self, label_id: str, colour: Colour, seconds: int) -> Lit:
        """Flash one label for 1..`SECONDS_MAX` seconds; 0: stop. A label never bound is tried at every access point."""
        bounded = max(0, min(seconds, SECONDS_MAX))
        found = Lit.NO_ACCESS_POINT
        for lights in self._of(label_id):
            found = _LIT[await lights.flash(label_id, colour.value, bounded)]
            if found is Lit.ORDERED:
                break
        return found

    async def flash_item(self, item_id: str, colour: Colour, seconds: int) -> list[LabelLit]:
        """Flash every label of an item (pick to light), by id. What could not be ordered is in the list too."""
        return await self._flash_many((view.label_id for view in self._labels.views_of(item_id)), colour, seconds)

    async def wipe(self, label_id: str) -> Delivery:
        """Blank a label that is bound to nothing. Raises `StillBound`, `UnknownLabel` when no access point is set up."""
        if self._is_in_ledger(label_id):
            raise StillBound(f"label {label_id} is in the ledger: unbind it, that makes it blank")
        delivery: Delivery | None = None
        for lights in self._lights.values():
            delivery = await lights.wipe(label_id)
            if delivery is not Delivery.UNKNOWN_LABEL:
                break
        if delivery is None:
            raise UnknownLabel(f"no access point is set up that could reach label {label_id}")
        return delivery

    async def _flash_many(self, label_ids: Iterable[str], colour: Colour, seconds: int) -> list[LabelLit]:
        wanted = list(label_ids)
        lit = await asyncio.gather(*(self.flash(label_id, colour, seconds) for label_id in wanted[:FLASHED_AT_ONCE]))
        first = [LabelLit(label_id, each) for label_id, each in zip(wanted, lit, strict=False)]
        return first + [LabelLit(label_id, Lit.TOO_MANY) for label_id in wanted[FLASHED_AT_ONCE:]]

    def _is_in_ledger(self, label_id: str) -> bool:
        try:
            view = self._labels.view(label_id)
        except UnknownLabel:
            return False
        return view.state != "removed"

    def _of(self, label_id: str) -> list[LabelLights]:
        try:
            point = self._labels.view(label_id).access_point
        except UnknownLabel:
            return list(self._lights.values())
        return [self._lights[point]] if point in self._lights else []
