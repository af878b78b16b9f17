"""Goods in and out of the basket: scan (and weigh), quantity, void, abandon. Nothing here waits for a disk but `abandon`."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout import basket as baskets
from edge.checkout import sale, store
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.desk import Desk, seat_of
from edge.checkout.ports import WeightReading
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.store_db.database import Tx
from protocols.contract.facts import FactBody
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.device_events import WeightState
from protocols.gs1.gtin import CodeRefused, ScannedCode, read_code

WEIGHT_AGE_MAX_MS = 1_000
"""A weight older than this is not the weight of what lies on the scale now."""

_WEIGHT_REFUSALS = {
    WeightState.MOTION: "weight_motion",
    WeightState.ZERO: "weight_zero",
    WeightState.UNDER_ZERO: "weight_under_zero",
    WeightState.OVER_CAPACITY: "weight_over_capacity",
    WeightState.FAULT: "scale_fault",
}


async def scan(desk: Desk, session: Session, command_id: str, command: Scan) -> Step:
    """Add what was scanned at the lowest price it may be charged; a weighed item takes the weight on the till's scale."""
    seat_of(session)
    desk.zone()
    code = _read(command.code)
    item = lookup.item_by_code(desk.reader(), code.key)
    if item is None:
        raise Refusal("unknown_code", code=command.code[:40])
    line = _line(desk, session, item, code)
    before = session.basket or desk.new_basket()
    after = baskets.add(before, line)
    if len(after.lines) > baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)
    return await desk.finish_basket(session, command_id, after)


async def set_quantity(desk: Desk, session: Session, command_id: str, command: SetQuantity) -> Step:
    """Change the pieces of a line. Fewer pieces need the right to void."""
    seat_of(session)
    basket, line = _find(session, command.line_no)
    if line.weighed:
        raise Refusal("weighed_quantity")
    if not 1 <= command.quantity <= baskets.QUANTITY_MAX:
        raise Refusal("quantity_invalid", most=baskets.QUANTITY_MAX)
    if command.quantity < line.quantity:
        session.need_cashier("void")
    after = baskets.change_line(basket, line.line_no, lambda line: msgspec.structs.replace(line, quantity=command.quantity))
    return await desk.finish_basket(session, command_id, after)


async def void_line(desk: Desk, session: Session, command_id: str, command: VoidLine) -> Step:
    """Take a line out. It is told to HQ when the sale ends."""
    seat_of(session)
    session.need_cashier("void")
    basket, line = _find(session, command.line_no)
    after = baskets.change_line(basket, line.line_no, lambda line: msgspec.structs.replace(line, voided=True))
    return await desk.finish_basket(session, command_id, after)


async def abandon_sale(desk: Desk, session: Session, command_id: str, _command: AbandonSale) -> Step:
    """Throw the basket away, on record."""
    seat = seat_of(session)
    session.need_cashier("void")
    basket = session.basket
    if basket is None:
        raise Refusal("no_sale")
    facts: list[FactBody] = [*sale.voids(basket, seat), sale.abandoned(basket, session.priced, seat)]

    def change(tx: Tx) -> None:
        store.abandon(tx, basket.sale_id, desk.clock.now_ms())
        desk.journal.append_many(tx, facts)

    step = await desk.finish(session.without_basket(), command_id, change)
    await desk.drop_basket(session.till_id)
    return step


def _read(text: str) -> ScannedCode:
    try:
        return read_code(text)
    except CodeRefused as refused:
        params = {} if refused.code == "code_empty" else {"code": text.strip()[:40]}
        raise Refusal(refused.code, **params) from refused


def _line(desk: Desk, session: Session, item: Item, code: ScannedCode) -> BasketLine:
    if not item.active:
        raise Refusal("item_inactive", name=item.name)
    price = lookup.price_in_force(desk.reader(), item.item_id, lookup.pricing_now_ms(desk.reader(), desk.clock))
    if price is None:
        raise Refusal("no_price", name=item.name)
    if item.tax_rate_bp is None:
        raise Refusal("no_tax_class", name=item.name)
    shown = desk.labels.lowest_for(item.item_id)
    lower = shown if shown is not None and shown.price_minor < price.price_minor else None
    return BasketLine(
        line_no=0,
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        gtin=code.key if code.is_gtin else "",
        weighed=item.weighed,
        tax_class=item.tax_class,
        tax_rate_bp=item.tax_rate_bp,
        quantity=1 if item.weighed else item.pack_quantity,
        grams=_weigh(desk, session, item) if item.weighed else None,
        unit_price_minor=price.price_minor if lower is None else lower.price_minor,
        list_price_minor=price.price_minor,
        price_revision=price.revision,
        price_reason="list" if lower is None else "lower_label",
        label_revision=None if lower is None else lower.revision,
    )


def _weigh(desk: Desk, session: Session, item: Item) -> int:
    """Net grams on the till's scale. Raises `Refusal` unless the scale rests with goods on it, as of now."""
    scale_id = session.setup.scale_id
    if scale_id is None:
        raise Refusal("no_scale", name=item.name)
    reading = desk.scales.latest(scale_id)
    grams = usable_grams(reading, desk.clock.monotonic_ms())
    if grams is None or reading is None:
        silent = reading is None or desk.clock.monotonic_ms() - reading.at_mono_ms > WEIGHT_AGE_MAX_MS
        raise Refusal("scale_silent" if silent or reading is None else _WEIGHT_REFUSALS.get(reading.state, "weight_zero"))
    net_grams = grams if reading.net else grams - item.tare_grams
    if net_grams <= 0:
        raise Refusal("weight_zero")
    return net_grams


def usable_grams(reading: WeightReading | None, mono_ms: int) -> int | None:
    """The grams that may be sold: the scale rests, shows more than zero, and said so within the last second."""
    if reading is None or mono_ms - reading.at_mono_ms > WEIGHT_AGE_MAX_MS:
        return None
    if reading.state is not WeightState.STABLE or reading.grams is None or reading.grams <= 0:
        return None
    return reading.grams


def _find(session: Session, line_no: int) -> tuple[Basket, BasketLine]:
    basket = session.basket
    line = None if basket is None else basket.line(line_no)
    if basket is None or line is None:
        raise Refusal("no_such_line", line_no=line_no)
    return basket, line
