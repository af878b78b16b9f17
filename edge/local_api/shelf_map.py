"""Where labels hang, the shelf as a picture with the state of each label, and finding one by its light."""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.labels import places
from edge.labels.lights import SECONDS_MAX, Colour, LabelFinder
from edge.labels.places import BadPlace, Place
from edge.labels.service import LabelService, UnknownLabel
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.shapes import LabelInfo, Shape
from edge.local_api.shelf import label_info, labels_of

TASKS_TOLD_MAX = 50
SLOTS_TOLD_MAX = 1_000
"""Labels of one aisle in one answer; `left_out` tells how many more there are."""
_NOWHERE = Place("", 0, 0)
_LABEL_ID = re.compile(r"[0-9A-Fa-f]{12,16}")


class PlaceLabel(Shape, frozen=True, kw_only=True):
    """`shelf` 1 is the lowest board, `slot` 1 the leftmost place."""

    aisle: str
    shelf: int
    slot: int


class AisleView(Shape, frozen=True, kw_only=True):
    """One aisle: how many labels are in which state. An empty name: labels nobody has placed yet."""

    aisle: str
    counts: dict[str, int]


class SlotView(Shape, frozen=True, kw_only=True):
    """One label in the picture. Board and slot 0: not placed."""

    label_id: str
    shelf: int
    slot: int
    state: str
    item_name: str
    item_name_zh: str


class LabelTask(Shape, frozen=True, kw_only=True):
    """A label that needs a person: not proven for longer than the store allows, with the reason the box knows."""

    label_id: str
    aisle: str
    shelf: int
    slot: int
    item_name: str
    item_name_zh: str
    reason: str
    since_ms: int


class ShelfMap(Shape, frozen=True, kw_only=True):
    """All aisles by name, and the labels of the one that was asked for: from the highest board down, from left to right."""

    aisles: tuple[AisleView, ...]
    slots: tuple[SlotView, ...] = ()
    left_out: int = 0
    tasks: tuple[LabelTask, ...] = ()
    """The first `TASKS_TOLD_MAX`, in the order a person walks; told with the aisles, not with one of them."""


class FlashLabel(Shape, frozen=True, kw_only=True):
    """0 seconds: stop."""

    colour: Colour = Colour.GREEN
    seconds: int = 30


class LabelLit(Shape, frozen=True, kw_only=True):
    """`lit`: `ordered` (seen when the label checks in next, which may take a minute), or why not: `no_answer`,
    `unknown_label`, `no_access_point`, `too_many`."""

    label_id: str
    lit: str


class LabelsLit(Shape, frozen=True, kw_only=True):
    labels: tuple[LabelLit, ...]


def _finder(call: Call) -> LabelFinder:
    if call.shop.finder is None:
        raise Refused(503, "no_labels", "This store has no label access point in its settings.")
    return call.shop.finder


async def shelf_map(call: Call) -> ShelfMap:
    labels, reader = call.shop.labels, call.shop.desk.reader()
    if labels is None:
        return ShelfMap(aisles=())
    states = {label_id: state for label_id, state in labels.states().items() if state != "removed"}
    hung = {each.label_id: each.place for each in places.all_placed(reader) if each.label_id in states}
    counts: dict[str, dict[str, int]] = {}
    for label_id, state in states.items():
        aisle = counts.setdefault(hung[label_id].aisle if label_id in hung else "", {})
        aisle[state] = aisle.get(state, 0) + 1
    views = tuple(AisleView(aisle=name, counts=counts[name]) for name in sorted(counts, key=_aisle_order))
    if "aisle" not in call.query:
        return ShelfMap(aisles=views, tasks=_tasks(labels, hung))
    wanted = call.query["aisle"]
    inside = [(label_id, place) for label_id, place in hung.items() if place.aisle == wanted]
    if not wanted:
        inside = [(label_id, _NOWHERE) for label_id in states if label_id not in hung]
    slots = tuple(_slot(labels, label_id, place, states[label_id]) for label_id, place in inside[:SLOTS_TOLD_MAX])
    return ShelfMap(aisles=views, slots=slots, left_out=max(0, len(inside) - SLOTS_TOLD_MAX))


def _tasks(labels: LabelService, hung: Mapping[str, Place]) -> tuple[LabelTask, ...]:
    late = labels.late()

    def walk(label_id: str) -> tuple[tuple[bool, int, str], int, int, str]:
        place = hung.get(label_id, _NOWHERE)
        return _aisle_order(place.aisle), -place.shelf, place.slot, label_id

    return tuple(
        _task(labels, label_id, hung.get(label_id, _NOWHERE), late[label_id])
        for label_id in sorted(late, key=walk)[:TASKS_TOLD_MAX]
    )


def _task(labels: LabelService, label_id: str, place: Place, since_ms: int) -> LabelTask:
    view = labels.view(label_id)
    return LabelTask(
        label_id=label_id,
        aisle=place.aisle,
        shelf=place.shelf,
        slot=place.slot,
        item_name=view.item_name,
        item_name_zh=view.item_name_zh,
        reason=view.reason,
        since_ms=since_ms,
    )


def _aisle_order(name: str) -> tuple[bool, int, str]:
    """A2 before A10, what is not placed last."""
    digits = re.sub(r"[^0-9]", "", name)
    return not name, int(digits or "0"), name


def _slot(labels: LabelService, label_id: str, place: Place, state: str) -> SlotView:
    view = labels.view(label_id)
    return SlotView(
        label_id=label_id,
        shelf=place.shelf,
        slot=place.slot,
        state=state,
        item_name=view.item_name,
        item_name_zh=view.item_name_zh,
    )


async def place_label(call: Call) -> LabelInfo:
    wanted = call.body_as(PlaceLabel)
    try:
        where = places.place(wanted.aisle, wanted.shelf, wanted.slot)
    except BadPlace as error:
        raise Refused(422, "bad_place", f"{error}.") from error
    return await _put(call, where)


async def forget_place(call: Call) -> LabelInfo:
    return await _put(call, None)


async def _put(call: Call, where: Place | None) -> LabelInfo:
    label_id = call.path["label_id"]
    try:
        view = labels_of(call).view(label_id)
    except UnknownLabel as error:
        raise Refused(404, "unknown_label", f"{error}") from error
    await call.shop.places.put(label_id, where, call.who().staff_id)
    labels_of(call).moved(label_id)
    return label_info(view, where)


async def flash_label(call: Call) -> LabelsLit:
    wanted, label_id = call.body_as(FlashLabel), call.path["label_id"]
    if not _LABEL_ID.fullmatch(label_id):
        raise Refused(422, "label_id", f"{label_id[:40]!r} is no label id: 12 to 16 hexadecimal digits, as printed on it.")
    lit = await _finder(call).flash(label_id, wanted.colour, _seconds(wanted))
    return LabelsLit(labels=(LabelLit(label_id=label_id, lit=lit.value),))


async def flash_item(call: Call) -> LabelsLit:
    wanted = call.body_as(FlashLabel)
    lit = await _finder(call).flash_item(call.path["item_id"], wanted.colour, _seconds(wanted))
    return LabelsLit(labels=tuple(LabelLit(label_id=each.label_id, lit=each.lit.value) for each in lit))


def _seconds(wanted: FlashLabel) -> int:
    if not 0 <= wanted.seconds <= SECONDS_MAX:
        raise Refused(422, "seconds", f"seconds: 0 (stop) to {SECONDS_MAX}.")
    return wanted.seconds


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/shelf",
        summary="The shelf as a picture: aisles with the states of their labels, and one aisle label by label",
        handler=shelf_map,
        response=ShelfMap,
        query={"aisle": "tell the labels of this aisle too; empty: those nobody has placed"},
    ),
    Endpoint(
        method="PUT",
        path="/v1/labels/{label_id}/place",
        summary="Say where a label hangs",
        handler=place_label,
        request=PlaceLabel,
        response=LabelInfo,
        right="labels",
        problems=(401, 403, 404, 422, 503),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/labels/{label_id}/place",
        summary="Nobody knows any more where a label hangs",
        handler=forget_place,
        response=LabelInfo,
        right="labels",
        problems=(401, 403, 404, 503),
    ),
    Endpoint(
        method="POST",
        path="/v1/labels/{label_id}/flash",
        summary="Find a label: let its light flash",
        handler=flash_label,
        request=FlashLabel,
        response=LabelsLit,
        right="labels",
        problems=(401, 403, 422, 503),
    ),
    Endpoint(
        method="POST",
        path="/v1/items/{item_id}/flash",
        summary="Let every label of an item flash, and say which could not be asked to",
        handler=flash_item,
        request=FlashLabel,
        response=LabelsLit,
        right="labels",
        problems=(401, 403, 422, 503),
    ),
)
