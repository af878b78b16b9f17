"""Baskets put aside and taken up again, on any till of the store. Both are durable before they are answered.

Bounds: at most `HELD_MAX` wait at a time, then holding is refused. One that waited longer than `HELD_HOURS` is abandoned, on
record, when the next is held or taken up, or a shift opens.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.catalogue import lookup
from edge.checkout import coupons, held_store, sale, store
from edge.checkout.after_sale import events
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.desk import Desk, seat_of
from edge.checkout.item_lines import GOODS, LABEL_CODE, shelf_price
from edge.checkout.member_prices import MEMBER
from edge.checkout.pricing import PricedBasket
from edge.checkout.reasons import Refusal
from edge.checkout.sale import Seat
from edge.checkout.session import Session, Step
from edge.store_db.database import Tx
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import FactBody
from protocols.contract.till_basket import HeldView, HoldSale, RecallSale, Repriced
from protocols.contract.till_facts import SaleAbandoned, TillEvent
from protocols.contract.values import ClockQuality

HELD_MAX = 50
HELD_HOURS = 24
NOTE_CHARACTERS_MAX = 100
_HOUR_MS = 3_600_000


async def hold(desk: Desk, session: Session, command_id: str, command: HoldSale) -> Step:
    """Put the open basket aside."""
    seat, basket = seat_of(session), session.basket
    if basket is None or not (basket.live_lines or basket.returns):
        raise Refusal("no_sale")
    if basket.tenders or basket.order_id:
        raise Refusal("hold_paid")
    if len(held_store.waiting(desk.reader())) >= HELD_MAX:
        raise Refusal("held_full", most=HELD_MAX)
    view = HeldView(
        sale_id=basket.sale_id,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        note=command.note.strip()[:NOTE_CHARACTERS_MAX],
        held_at_ms=desk.clock.now_ms(),
        units=sum(line.quantity for line in basket.live_lines),
        total_minor=session.priced.total_minor,
    )
    kept = msgspec.structs.replace(basket, tare_grams=0)

    def change(tx: Tx) -> None:
        held_store.put(tx, view, kept)
        desk.journal.append_many(tx, [*_expire(desk, tx), _event(EventCode.SUSPENDED, seat, view.sale_id, view.total_minor)])

    step = await desk.finish(session.without_basket(), command_id, change)
    await desk.drop_basket(session.till_id)
    return step


async def recall(desk: Desk, session: Session, command_id: str, command: RecallSale) -> Step:
    """Take a basket up, at today's prices and offers; the state says what changed."""
    seat = seat_of(session)
    if session.basket is not None:
        raise Refusal("sale_open")
    held = held_store.find(desk.reader(), command.sale_id)
    if held is None:
        raise Refusal("not_held")
    before = desk.priced(held)
    fresh = repriced(desk, held)
    after = desk.with_basket(session, fresh)
    shown = replace(after, repriced=_differences(before, after.priced))

    def change(tx: Tx) -> None:
        if not held_store.take(tx, held.sale_id, seat.till_id):
            raise Refusal("not_held")  # Another till was quicker.
        desk.journal.append_many(
            tx, [*_expire(desk, tx), _event(EventCode.RESUMED, seat, held.sale_id, after.priced.total_minor)]
        )

    step = await desk.finish(shown, command_id, change)
    await desk.keep_basket(session.till_id, fresh)
    return step


def repriced(desk: Desk, basket: Basket) -> Basket:
    """The basket as if it were begun now; what was priced by hand or by a label on the pack stays."""
    fresh = msgspec.structs.replace(
        basket,
        bundle_hash=desk.offers.current().hash,
        priced_at_ms=lookup.pricing_now_ms(desk.reader(), desk.clock),
    )
    groups = () if basket.member is None else basket.member.groups
    lines = tuple(_at_now(desk, line, groups) for line in basket.lines)
    return msgspec.structs.replace(fresh, lines=lines)


def _at_now(desk: Desk, line: BasketLine, groups: tuple[str, ...]) -> BasketLine:
    open_price = line.line_kind == GOODS and line.open_to_offers and line.price_reason != LABEL_CODE
    if line.voided or not open_price or line.fixed_minor is not None:
        return line
    try:
        price = shelf_price(desk, line.item_id, line.name, groups)
    except Refusal:
        return line  # It has no price any more: what the customer was told stands.
    return msgspec.structs.replace(
        line,
        unit_price_minor=price.unit_price_minor,
        list_price_minor=price.list_price_minor,
        everybody_minor=price.everybody_minor if price.reason == MEMBER else None,
        price_revision=price.revision,
        price_reason=price.reason,
        label_revision=price.label_revision,
    )


def _differences(before: PricedBasket, after: PricedBasket) -> tuple[Repriced, ...]:
    was = {each.line.line_no: each.net_minor for each in before.lines}
    return tuple(
        Repriced(
            line_no=each.line.line_no,
            name=each.line.name,
            name_zh=each.line.name_zh,
            was_minor=was[each.line.line_no],
            is_minor=each.net_minor,
        )
        for each in after.lines
        if was[each.line.line_no] != each.net_minor
    )


def expire(desk: Desk, tx: Tx) -> None:
    """Abandon what has waited too long, in the caller's transaction."""
    facts = _expire(desk, tx)
    if facts:
        desk.journal.append_many(tx, facts)


def _expire(desk: Desk, tx: Tx) -> list[FactBody]:
    """Does nothing while the clock cannot be trusted."""
    if desk.clock.quality() is ClockQuality.UNSYNCED:
        return []
    facts: list[FactBody] = []
    for old in held_store.old(tx, desk.clock.now_ms() - HELD_HOURS * _HOUR_MS):
        held_store.drop(tx, old.sale_id)
        store.abandon(tx, old.sale_id, desk.clock.now_ms())
        seat = Seat(till_id=old.till_id, cashier_id=old.cashier_id, shift_id="")
        if old.basket is not None:
            coupons.sale_over(tx, desk, old.basket)
            facts.extend([*sale.voids(old.basket, seat), *events(old.basket, seat)])
        facts.append(
            SaleAbandoned(
                sale_id=old.sale_id,
                till_id=old.till_id,
                cashier_id=old.cashier_id,
                total_minor=old.total_minor,
                line_count=0 if old.basket is None else len(old.basket.live_lines),
            )
        )
    return facts


def _event(code: EventCode, seat: Seat, sale_id: str, total_minor: int) -> TillEvent:
    return TillEvent(
        code=code,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        sale_id=sale_id,
        shift_id=seat.shift_id,
        amount_minor=total_minor,
    )
