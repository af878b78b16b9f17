"""Tasks around goods: what is on its way, where batches stand, what expires, what runs out, what to count next."""

from __future__ import annotations

import re

from edge.catalogue import lookup
from edge.local_api.endpoint import Call, Endpoint, Handler
from edge.local_api.problems import Refused
from edge.local_api.stock_shapes import (
    DueItem,
    DueList,
    ExpiringList,
    ExpiringView,
    ItemLots,
    LotView,
    LowItemView,
    NoticeLineView,
    NoticeList,
    NoticeView,
    SerialView,
    Shortages,
    SizeGapView,
    SizeLeft,
)
from edge.stock import batches, comparing, cycle, expiry, low, notices, reservations, sizes
from edge.stock.batches import Standing
from edge.stock.notices import Notice
from edge.stock.rules import SELLABLE, rules
from edge.store_db.journal import business_date
from protocols.contract.values import Place

SERIALS_SHOWN = 200
NOTICE_LINES_SHOWN = 100
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


async def open_notices(call: Call) -> NoticeList:
    return NoticeList(notices=tuple(_notice(call, each) for each in notices.open_notices(call.shop.desk.reader())))


def _notice(call: Call, notice: Notice) -> NoticeView:
    lines = []
    for item_id in notice.items[:NOTICE_LINES_SHOWN]:
        item = lookup.item_by_id(call.shop.desk.reader(), item_id)
        lines.append(
            NoticeLineView(
                item_id=item_id,
                name=item_id if item is None else item.name,
                name_zh="" if item is None else item.name_zh,
                weighed=item is not None and item.weighed,
                open_thousandths=notice.open_thousandths(item_id),
            )
        )
    return NoticeView(
        asn_id=notice.asn_id,
        reference=notice.reference,
        sender=notice.sender,
        expected_ms=notice.expected_ms,
        place=notice.place,
        transfer=bool(notice.transfer_id),
        came=any(notice.came.values()),
        lines=tuple(lines),
    )


def today(call: Call) -> str:
    """The day of the store, by the clock that prices go by."""
    source = call.shop.desk.reader()
    return business_date(lookup.pricing_now_ms(source, call.shop.desk.clock), lookup.time_zone(source))


async def item_lots(call: Call) -> ItemLots:
    source, item_id = call.shop.desk.reader(), call.path["item_id"]
    item = lookup.item_by_id(source, item_id)
    compared = comparing.compare_item(source, item_id, call.shop.desk.clock.now_ms())
    if item is None or compared is None:
        raise Refused(404, "unknown_item", "There is no such item in the catalogue of this store.")
    serials = source.execute(batches.queries["serials_of"], (item_id, SERIALS_SHOWN)).fetchall()
    return ItemLots(
        item_id=item_id,
        name=item.name,
        name_zh=item.name_zh,
        weighed=item.weighed,
        lots=tuple(lot_views(batches.standing(source, item_id), today(call))),
        serials=tuple(SerialView(serial=serial, place=place, batch=batch) for serial, place, batch in serials),
        held_thousandths=reservations.held_of(source, item_id),
        available_thousandths=reservations.available_of(source, item_id),
        seen_thousandths=compared.seen_thousandths if compared.tagged else None,
        confidence_bp=compared.confidence_bp,
    )


def lot_views(stands: list[Standing], today: str) -> list[LotView]:
    """Lots by place; of each place goods are sold from, the first on hand that is not past its date is the one to take."""
    found: list[LotView] = []
    begun: set[Place] = set()
    for each in stands:
        if not each.on_hand_thousandths:
            continue
        past = bool(each.lot.expires) and each.lot.expires < today
        first = each.on_hand_thousandths > 0 and not past and each.place in SELLABLE and each.place not in begun
        if first:
            begun.add(each.place)
        found.append(
            LotView(
                place=each.place,
                batch=each.lot.batch,
                expires=each.lot.expires,
                on_hand_thousandths=each.on_hand_thousandths,
                first=first,
                past=past,
            )
        )
    return found


async def expiring(call: Call) -> ExpiringList:
    source = call.shop.desk.reader()
    steps = rules(source).markdown_steps
    found = []
    for each in expiry.expiring(source, today(call)):
        step = expiry.step_of(each.days_left, steps)
        found.append(
            ExpiringView(
                item_id=each.standing.item_id,
                name=each.name,
                name_zh=each.name_zh,
                weighed=each.weighed,
                place=each.standing.place,
                batch=each.standing.lot.batch,
                expires=each.standing.lot.expires,
                days_left=each.days_left,
                on_hand_thousandths=each.standing.on_hand_thousandths,
                off_bp=0 if step is None else step.off_bp,
                proposed=step is not None and expiry.is_proposed(source, each, step),
            )
        )
    return ExpiringList(lots=tuple(found))


async def shortages(call: Call) -> Shortages:
    source = call.shop.desk.reader()
    gaps = tuple(
        SizeGapView(
            style_id=gap.style_id,
            name=gap.name,
            name_zh=gap.name_zh,
            colour=gap.colour,
            missing=gap.missing,
            left=tuple(SizeLeft(size=size, on_hand_thousandths=left) for size, left in gap.left),
            since_ms=gap.since_ms,
        )
        for gap in sizes.gaps(source)
    )
    lows = tuple(
        LowItemView(
            item_id=each.item_id,
            name=each.name,
            name_zh=each.name_zh,
            since_ms=each.since_ms,
            minimum_thousandths=each.minimum_thousandths,
            on_hand_thousandths=each.on_hand_thousandths,
        )
        for each in low.low_items(source)
    )
    return Shortages(gaps=gaps, low=lows)


async def due_counts(call: Call) -> DueList:
    try:
        place = Place(call.query.get("place", Place.SALES_FLOOR.value))
    except ValueError:
        raise Refused(422, "place", f"place: one of {', '.join(Place)}.") from None
    found = cycle.due(call.shop.desk.reader(), place)
    return DueList(
        items=tuple(
            DueItem(
                item_id=each.item_id,
                name=each.name,
                name_zh=each.name_zh,
                why=each.why,
                counted_at_ms=each.counted_at_ms,
            )
            for each in found
        )
    )


def reading(path: str, summary: str, handler: Handler, response: object, problems: tuple[int, ...] = ()) -> Endpoint:
    return Endpoint(
        method="GET",
        path=path,
        summary=summary,
        handler=handler,
        response=response,
        right="stock",
        problems=(401, 403, *problems),
    )


ENDPOINTS = (
    reading("/v1/notices", "Deliveries and transfers on their way", open_notices, NoticeList),
    reading(
        "/v1/lots/{item_id}",
        "An item's stock by place and batch, what is held, what its tags say",
        item_lots,
        ItemLots,
        (404,),
    ),
    reading("/v1/expiring", "Batches near their date, the soonest first, with proposed price cuts", expiring, ExpiringList),
    reading("/v1/shortages", "Broken sizes, and items under their minimum", shortages, Shortages),
    Endpoint(
        method="GET",
        path="/v1/due-counts",
        summary="Which items to count next at a place",
        handler=due_counts,
        response=DueList,
        query={"place": "a place of the store"},
        right="stock",
        problems=(401, 403, 422),
    ),
)
