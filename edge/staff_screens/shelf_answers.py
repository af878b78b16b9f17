"""The shelf as the screens read it. A tolerant reader, as `answers`."""

from __future__ import annotations

from edge.staff_screens.answers import Body


class Aisle(Body, frozen=True, kw_only=True):
    """An empty name: labels nobody has placed."""

    aisle: str
    counts: dict[str, int]


class Slot(Body, frozen=True, kw_only=True):
    label_id: str
    shelf: int
    slot: int
    state: str
    item_name: str = ""
    item_name_zh: str = ""


class LabelTask(Body, frozen=True, kw_only=True):
    label_id: str
    aisle: str
    shelf: int
    slot: int
    item_name: str = ""
    item_name_zh: str = ""
    reason: str = ""
    since_ms: int


class ShelfMap(Body, frozen=True, kw_only=True):
    aisles: tuple[Aisle, ...]
    slots: tuple[Slot, ...] = ()
    left_out: int = 0
    tasks: tuple[LabelTask, ...] = ()


class Lane(Body, frozen=True, kw_only=True):
    """One access point's work."""

    access_point: str
    up: bool
    labels: int
    waiting: int
    in_flight: int
    late: int
    eta_ms: int


class Lanes(Body, frozen=True, kw_only=True):
    lanes: tuple[Lane, ...] = ()
    eta_ms: int = 0
    mismatched: int = 0


class PlaceLabel(Body, frozen=True, kw_only=True):
    aisle: str
    shelf: int
    slot: int


class FlashLabel(Body, frozen=True, kw_only=True):
    colour: str = "green"
    seconds: int = 30


class LabelLit(Body, frozen=True, kw_only=True):
    label_id: str
    lit: str


class LabelsLit(Body, frozen=True, kw_only=True):
    labels: tuple[LabelLit, ...]
