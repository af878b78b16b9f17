"""Shelf labels: list, bind, remove."""

from __future__ import annotations

import dataclasses
import re

from edge.labels import places
from edge.labels.bindings import TooManyItems
from edge.labels.content import ShelfItem
from edge.labels.places import Place
from edge.labels.service import LabelService, LabelView, UnknownAccessPoint, UnknownItem, UnknownLabel
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.shapes import (
    BindLabel,
    LabelInfo,
    LabelItem,
    LabelLane,
    LabelLanes,
    LabelList,
    PositionView,
)

_LABEL_ID = re.compile(r"[0-9A-Fa-f]{12,16}")


def labels_of(call: Call) -> LabelService:
    """The store's labels. Raises `Refused` when it has none."""
    if call.shop.labels is None:
        raise Refused(503, "no_labels", "This store has no label access point in its settings.")
    return call.shop.labels


def label_info(view: LabelView, place: Place | None = None) -> LabelInfo:
    """A label as the API tells it; `place`: where it hangs."""
    return LabelInfo(
        label_id=view.label_id,
        item_id=view.item_id,
        item_name=view.item_name,
        item_name_zh=view.item_name_zh,
        access_point=view.access_point,
        state=view.state,
        reason=view.reason,
        wanted_price_minor=view.wanted_price_minor,
        wanted_revision=view.wanted_revision,
        sent_price_minor=view.sent_price_minor,
        sent_at_ms=view.sent_at_ms,
        shown_price_minor=view.shown_price_minor,
        shown_at_ms=view.shown_at_ms,
        possible_prices_minor=view.possible_prices_minor,
        behind_since_ms=view.behind_since_ms,
        battery_mv=view.battery_mv,
        last_seen_ms=view.last_seen_ms,
        level=view.level,
        level_at_ms=view.level_at_ms,
        eta_ms=view.eta_ms,
        more_items=tuple(_item(each) for each in view.more_items),
        position=None if place is None else PositionView(aisle=place.aisle, shelf=place.shelf, slot=place.slot),
    )


def _item(each: ShelfItem | str) -> LabelItem:
    if isinstance(each, str):
        return LabelItem(item_id=each, name=each, name_zh="", price_minor=None)
    return LabelItem(item_id=each.item_id, name=each.name, name_zh=each.name_zh, price_minor=each.price_minor)


def _told(call: Call, view: LabelView) -> LabelInfo:
    return label_info(view, places.place_of(call.shop.desk.reader(), view.label_id))


async def list_labels(call: Call) -> LabelList:
    labels = call.shop.labels
    if labels is None:
        return LabelList(labels=())
    states = labels.states()
    counts: dict[str, int] = {}
    for state in states.values():
        counts[state] = counts.get(state, 0) + 1
    wanted, part = call.query.get("state", ""), call.query.get("part", "").upper()
    ids = [label_id for label_id, state in states.items() if wanted in ("", state) and part in label_id.upper()]
    limit = call.query.get("limit", "")
    if limit and not limit.isdigit():
        raise Refused(422, "limit", "limit: how many labels at most.")
    taken = ids[: int(limit)] if limit else ids
    hung = places.places_of(call.shop.desk.reader(), taken)
    return LabelList(
        labels=tuple(label_info(labels.view(label_id), hung.get(label_id)) for label_id in taken),
        unbound_seen=tuple(labels.unbound_seen()),
        counts=counts,
        left_out=len(ids) - len(taken),
    )


async def lanes(call: Call) -> LabelLanes:
    labels = call.shop.labels
    if labels is None:
        return LabelLanes()
    found = tuple(LabelLane(**dataclasses.asdict(lane)) for lane in labels.lanes())
    return LabelLanes(
        lanes=found,
        eta_ms=max((lane.eta_ms for lane in found), default=0),
        mismatched=labels.mismatch.labels_now,
        mismatch_ms=labels.mismatch.total_ms,
    )


async def label(call: Call) -> LabelInfo:
    try:
        return _told(call, labels_of(call).view(call.path["label_id"]))
    except UnknownLabel as error:
        raise Refused(404, "unknown_label", f"{error}") from error


async def bind_label(call: Call) -> LabelInfo:
    wanted, label_id = call.body_as(BindLabel), call.path["label_id"]
    if not _LABEL_ID.fullmatch(label_id):
        raise Refused(422, "label_id", f"{label_id[:40]!r} is no label id: 12 to 16 hexadecimal digits, as printed on it.")
    try:
        view = await labels_of(call).bind(
            label_id,
            wanted.item_id,
            staff_id=call.who().staff_id,
            access_point=wanted.access_point,
            hardware_type=wanted.hardware_type,
            more_items=wanted.more_items,
        )
    except UnknownItem as error:
        raise Refused(422, "unknown_item", f"{error}") from error
    except TooManyItems as error:
        raise Refused(422, "too_many_items", f"{error}.") from error
    except UnknownAccessPoint as error:
        raise Refused(422, "unknown_access_point", f"{error}") from error
    return _told(call, view)


async def remove_label(call: Call) -> LabelInfo:
    labels, label_id = labels_of(call), call.path["label_id"]
    try:
        await labels.remove(label_id, staff_id=call.who().staff_id)
        await call.shop.places.put(label_id, None, call.who().staff_id)
        return _told(call, labels.view(label_id))
    except UnknownLabel as error:
        raise Refused(404, "unknown_label", f"{error}") from error


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/labels",
        summary="Shelf labels: all, or those of a state",
        handler=list_labels,
        response=LabelList,
        query={"state": "only these", "part": "a part of the label id", "limit": "how many at most"},
        problems=(422,),
    ),
    Endpoint(
        method="GET",
        path="/v1/label-lanes",
        summary="What each label access point has to do, and when it will be done",
        handler=lanes,
        response=LabelLanes,
    ),
    Endpoint(
        method="GET",
        path="/v1/labels/{label_id}",
        summary="One shelf label",
        handler=label,
        response=LabelInfo,
        problems=(404, 503),
    ),
    Endpoint(
        method="PUT",
        path="/v1/labels/{label_id}",
        summary="Bind a label to an item, or blank it",
        handler=bind_label,
        request=BindLabel,
        response=LabelInfo,
        right="labels",
        problems=(401, 403, 422, 503),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/labels/{label_id}",
        summary="Confirm that a label is gone from the shelf: what it may show no longer binds the till",
        handler=remove_label,
        response=LabelInfo,
        right="labels",
        problems=(401, 403, 404, 503),
    ),
)
