"""An order made online, handed over at the till: its lines, prices and payment come from the order, and the sale has the id
that the order was given, so that it exists once wherever it is told of, and takes its goods from the shelf once.

Headquarters sends orders as rows `order` of the feed of members (`OrderRow`); it makes none yet.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.catalogue import lookup
from edge.checkout import store
from edge.checkout.basket import LINES_MAX, QUANTITY_MAX, Basket, BasketLine
from edge.checkout.desk import Desk, seat_of
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.checkout.store import Source, queries
from edge.store_db.database import Tx
from protocols.contract.feed_rows import OrderLine, OrderRow
from protocols.contract.till_basket import PickUpOrder

ORDER = "order"
"""The `price_reason` of an order's lines: what was agreed online."""

_orders = msgspec.json.Decoder(OrderRow)


async def pick_up(desk: Desk, session: Session, command_id: str, command: PickUpOrder) -> Step:
    """Put an order into an empty till. One till has it at a time, and it is handed over once."""
    seat = seat_of(session)
    desk.zone()
    if session.basket is not None:
        raise Refusal("sale_open")
    row = desk.reader().execute(queries["order"], (command.order_id,)).fetchone()
    if row is None:
        raise Refusal("no_order", order=command.order_id[:40])
    order = _orders.decode(row[0])
    if store.is_ended(desk.reader(), order.sale_id):
        raise Refusal("order_done", order=order.order_id)
    if not 1 <= len(order.lines) <= LINES_MAX:
        raise Refusal("no_order", order=order.order_id)
    basket = msgspec.structs.replace(
        desk.new_basket(),
        sale_id=order.sale_id,
        order_id=order.order_id,
        order_paid_minor=order.paid_minor,
        lines=tuple(_line(desk, order, number, line) for number, line in enumerate(order.lines, start=1)),
    )
    after = desk.with_basket(session, basket)

    def change(tx: Tx) -> None:
        if tx.execute(queries["take_order"], (order.order_id, seat.till_id)).fetchone() is None:
            raise Refusal("order_taken", order=order.order_id)

    step = await desk.finish(replace(after, last_scan=None), command_id, change)
    await desk.keep_basket(session.till_id, basket)
    return step


def is_elsewhere(source: Source, basket: Basket, till_id: str) -> bool:
    """Whether the basket's order was given up by this till."""
    if not basket.order_id:
        return False
    row = source.execute(queries["order_taken_by"], (basket.order_id,)).fetchone()
    return row is not None and row[0] != till_id


def give_up(tx: Tx, basket: Basket) -> None:
    """The order stays to be handed over another time."""
    tx.execute(queries["release_order"], (basket.order_id,))


def _line(desk: Desk, order: OrderRow, number: int, line: OrderLine) -> BasketLine:
    item = lookup.item_by_id(desk.reader(), line.item_id)
    if item is None or item.weighed or item.tax_rate_bp is None or not 1 <= line.quantity <= QUANTITY_MAX:
        raise Refusal("unknown_code", code=line.item_id[:40])
    return BasketLine(
        line_no=number,
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        gtin="",
        weighed=False,
        tax_class=item.tax_class,
        tax_rate_bp=item.tax_rate_bp,
        quantity=line.quantity,
        grams=None,
        unit_price_minor=line.unit_minor,
        list_price_minor=line.unit_minor,
        price_revision=0,
        price_reason=ORDER,
        label_revision=None,
        open_to_offers=False,
        reference=order.order_id,
    )
