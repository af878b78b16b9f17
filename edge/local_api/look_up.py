"""An item on one page: what it costs, how much is where, its labels, its last days; and its minimum."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.labels.places import place_of
from edge.labels.service import LabelView
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.goods import balance_views, item_view
from edge.local_api.problems import Refused
from edge.local_api.shapes import LabelInfo
from edge.local_api.shelf import label_info
from edge.local_api.staff_shapes import DayView, ItemLookUp, MinimumSet, MoveView, SetMinimum
from edge.stock import history, low
from edge.store_db.database import Tx
from protocols.gs1.gtin import CodeRefused, read_code

DAYS = 14


def _find(call: Call) -> Item:
    """By barcode or short code, else by item id."""
    source, text = call.shop.desk.reader(), call.path["code"].strip()
    try:
        item = lookup.item_by_code(source, read_code(text).key)
    except CodeRefused as refused:
        item = lookup.item_by_id(source, text)
        if item is None and refused.code != "code_not_digits":
            raise Refused(422, refused.code, str(refused)) from refused
    item = item or lookup.item_by_id(source, text)
    if item is None:
        raise Refused(404, "unknown_item", "There is no such item in the catalogue of this store.")
    return item


def _label(call: Call, view: LabelView) -> LabelInfo:
    return label_info(view, place_of(call.shop.desk.reader(), view.label_id))


async def look_up(call: Call) -> ItemLookUp:
    item = _find(call)
    shop, source, clock = call.shop, call.shop.desk.reader(), call.shop.desk.clock
    zone = lookup.zone(source)
    days = history.days(source, item.item_id, now_ms=clock.now_ms(), time_zone=lookup.time_zone(source), count=DAYS)
    return ItemLookUp(
        item=item_view(call, item),
        currency="" if zone is None else zone.currency,
        minor_digits=2 if zone is None else zone.minor_digits,
        pack_quantity=item.pack_quantity,
        balances=balance_views(shop.stock.on_hand(item.item_id)),
        minimum_thousandths=low.minimum_of(source, item.item_id),
        counted_at_ms=history.counted_at_ms(source, item.item_id),
        labels=() if shop.labels is None else tuple(_label(call, view) for view in shop.labels.views_of(item.item_id)),
        moves=tuple(
            MoveView(
                at_ms=move.at_ms,
                place=move.place,
                quantity_thousandths=move.quantity_thousandths,
                reason=move.reason,
            )
            for move in history.recent_moves(source, item.item_id)
        ),
        days=tuple(
            DayView(
                date=day.date,
                came_thousandths=day.came_thousandths,
                went_thousandths=day.went_thousandths,
                left_thousandths=day.left_thousandths,
                by_reason=day.by_reason,
            )
            for day in days
        ),
    )


async def set_minimum(call: Call) -> MinimumSet:
    desk, item_id, who = call.shop.desk, call.path["item_id"], call.who().staff_id
    minimum_thousandths = call.body_as(SetMinimum).minimum_thousandths
    if lookup.item_by_id(desk.reader(), item_id) is None:
        raise Refused(404, "unknown_item", "There is no such item in the catalogue of this store.")
    if not 0 <= minimum_thousandths <= low.MINIMUM_THOUSANDTHS_MAX:
        raise Refused(422, "minimum", f"minimum_thousandths: 0 to {low.MINIMUM_THOUSANDTHS_MAX}.")

    def run(tx: Tx) -> None:
        low.set_minimum(tx, item_id, minimum_thousandths, staff_id=who, at_ms=desk.clock.now_ms())

    await desk.store.write(run)
    call.shop.alerts.touch()
    is_low = any(each.item_id == item_id for each in low.low_items(desk.reader()))
    return MinimumSet(item_id=item_id, minimum_thousandths=minimum_thousandths, low=is_low)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/lookup/{code}",
        summary="All about an item, by barcode, short code or item id: price, stock, labels, last days",
        handler=look_up,
        response=ItemLookUp,
        problems=(404, 422),
    ),
    Endpoint(
        method="PUT",
        path="/v1/stock/{item_id}/minimum",
        summary="Under how much of an item staff are alerted (all places together)",
        handler=set_minimum,
        request=SetMinimum,
        response=MinimumSet,
        right="stock",
        problems=(401, 403, 404, 422),
    ),
)
