"""Orders whose goods are held here, and recalled goods that must leave the shelves."""

from __future__ import annotations

import re

from edge.local_api.drafts import refusal_of
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.stock_shapes import (
    LotView,
    OrderLineView,
    OrderList,
    OrderView,
    PickOrder,
    RecallList,
    RecallView,
    TakeAway,
    TakenAway,
)
from edge.local_api.stock_tasks import lot_views, reading, today
from edge.stock import batches
from edge.stock.quarantine import RecallTask
from edge.stock.refusals import StockRefused
from edge.stock.reservations import HeldLine, Reservation

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


async def orders(call: Call) -> OrderList:
    found = tuple(_order(call, each) for each in call.shop.reservations.standing())
    return OrderList(now_ms=call.shop.desk.clock.now_ms(), orders=found)


def _order(call: Call, order: Reservation) -> OrderView:
    return OrderView(
        reservation_id=order.reservation_id,
        order_id=order.order_id,
        state=order.state,
        why=order.why,
        name=order.name,
        due_ms=order.due_ms,
        until_ms=order.until_ms,
        lines=tuple(_order_line(call, line) for line in order.lines),
    )


def _order_line(call: Call, line: HeldLine) -> OrderLineView:
    stands = [each for each in lot_views(batches.standing(call.shop.desk.reader(), line.item_id), today(call)) if each.first]
    return OrderLineView(
        item_id=line.item_id,
        name=line.name,
        name_zh=line.name_zh,
        weighed=line.weighed,
        wanted_thousandths=line.wanted_thousandths,
        held_thousandths=line.held_thousandths,
        picked_thousandths=line.picked_thousandths,
        where=min(stands, key=lambda each: (each.expires == "", each.expires), default=None),
    )


async def pick_order(call: Call) -> OrderView:
    picked = {line.item_id: line.quantity_thousandths for line in call.body_as(PickOrder).lines}
    try:
        found = await call.shop.reservations.pick(call.path["reservation_id"], picked, call.who().staff_id)
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return _order(call, found)


async def hand_over_order(call: Call) -> OrderView:
    try:
        found = await call.shop.reservations.hand_over(call.path["reservation_id"], call.who().staff_id)
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return _order(call, found)


async def recalls(call: Call) -> RecallList:
    return RecallList(recalls=tuple(_recall(task) for task in call.shop.quarantine.tasks()))


def _recall(task: RecallTask) -> RecallView:
    return RecallView(
        recall_id=task.recall_id,
        item_id=task.item_id,
        name=task.name,
        name_zh=task.name_zh,
        batch=task.batch,
        reason=task.reason,
        on_hand_thousandths=task.on_hand_thousandths,
        unnamed_thousandths=task.unnamed_thousandths,
        lots=tuple(
            LotView(
                place=lot.place,
                batch=lot.lot.batch,
                expires=lot.lot.expires,
                on_hand_thousandths=lot.on_hand_thousandths,
            )
            for lot in task.lots
        ),
    )


async def take_away(call: Call) -> TakenAway:
    command_id = call.body_as(TakeAway).command_id
    if not _ID.fullmatch(command_id):
        raise Refused(422, "command_id", "command_id: 1 to 64 letters, digits and hyphens; make a UUID.")
    try:
        moved = await call.shop.quarantine.take_away(command_id, call.path["recall_id"], call.who().staff_id)
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return TakenAway(moved_thousandths=moved)


ENDPOINTS = (
    reading("/v1/reservations", "Goods held for orders, the most urgent first", orders, OrderList),
    reading("/v1/recalls", "Recalled goods that stand in the shop", recalls, RecallList),
    Endpoint(
        method="POST",
        path="/v1/reservations/{reservation_id}/pick",
        summary="The goods of an order stand aside; what was not found is given up",
        handler=pick_order,
        request=PickOrder,
        response=OrderView,
        right="stock",
        problems=(401, 403, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/reservations/{reservation_id}/hand-over",
        summary="The customer or the carrier has the goods",
        handler=hand_over_order,
        response=OrderView,
        right="stock",
        problems=(401, 403, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/recalls/{recall_id}/quarantine",
        summary="All known batches of a recall go into quarantine",
        handler=take_away,
        request=TakeAway,
        response=TakenAway,
        right="stock",
        problems=(401, 403, 422),
    ),
)
