"""Closing a return: the difference is paid back, to where it came from as the store's rules say."""

from __future__ import annotations

from dataclasses import replace

from edge.catalogue import lookup
from edge.checkout.approval import allowed_by
from edge.checkout.basket import Basket
from edge.checkout.closing import Closing, close
from edge.checkout.desk import Desk, seat_of
from edge.checkout.goods_back import credit, refund_minor, returning
from edge.checkout.pricing import cash_due_minor
from edge.checkout.reasons import Refusal
from edge.checkout.refund_plan import CASH, Owed, Part, plan, without_sale
from edge.checkout.returns import backs_of
from edge.checkout.session import Session, Step, StoredAnswer
from edge.checkout.sold_sales import standing_of
from protocols.contract import rights
from protocols.contract.sale_parts import Tender
from protocols.contract.till_payment import Refund

BY_LEDGER = frozenset({"gift_card", "points", "order"})
"""Paid back by what headquarters makes of the fact: no device takes part."""


async def refund(desk: Desk, session: Session, command_id: str, command: Refund) -> Step:
    """Pay the difference of a basket back and close it. When this returns, it is on the disk."""
    seat, basket = seat_of(session), session.basket
    if basket is None or not basket.returns:
        raise Refusal("refund_nothing")
    if basket.tenders:
        raise Refusal("return_while_paying")
    priced = session.priced
    owed_minor = refund_minor(basket) - priced.total_minor
    if owed_minor < 0:
        raise Refusal("refund_pay_first")
    parts = refund_parts(desk, basket, priced.total_minor, command.method)
    _check_expected(command.expected_refund_minor, parts, owed_minor)
    await _check_allowed(desk, session, command, parts)
    by_device = next((part.kind for part in parts if part.kind not in BY_LEDGER and part.kind != CASH), None)
    if by_device is not None:
        raise Refusal("refund_other_way", method=by_device)
    set_off = credit(priced.total_minor)
    closing = Closing(
        session=session,
        basket=basket,
        priced=priced,
        terms=desk.terms(),
        seat=seat,
        command_id=command_id,
        tenders=set_off,
        rounding_minor=0,
        job_id=desk.ids.new(),
        goods_back=returning(desk, basket, parts),
        refunds=(*set_off, *(tender_of(part) for part in parts)),
    )
    last_sale = await desk.store.write(lambda tx: close(tx, desk, closing))
    await desk.second_copy.secure()
    await desk.drop_basket(session.till_id)
    cash_minor = sum(part.amount_minor for part in parts if part.kind == CASH)
    shift = session.need_shift()
    sold = shift.sale_count + (1 if basket.live_lines else 0)
    after = replace(shift, sale_count=sold, cash_minor=shift.cash_minor - cash_minor)
    return Step(replace(session.without_basket(), shift=after, last_sale=last_sale), StoredAnswer(ok=True, sale=last_sale))


def refund_parts(desk: Desk, basket: Basket, total_minor: int, method: str = "") -> tuple[Part, ...]:
    """How the money of a basket goes back, goods going out for `total_minor` set off."""
    zone = desk.zone()

    def round_cash(amount_minor: int) -> int:
        return cash_due_minor(amount_minor, zone)

    goods_minor = refund_minor(basket)
    credit_minor = min(total_minor, goods_minor)
    sold = basket.sold
    if sold is None:
        return without_sale(goods_minor, credit_minor, round_cash=round_cash, method=method)
    standing = standing_of(desk, sold)
    last = standing.last(backs_of(standing, basket.returns))
    owed = Owed(goods_minor, credit_minor, last=last, kept_minor=standing.kept_minor)
    return plan(sold.sale.tenders, standing.history.by_tender, owed, round_cash=round_cash, method=method)


def tender_of(part: Part) -> Tender:
    """A part as the fact tells it. What goes back to a tender names it."""
    paid = part.paid
    return Tender(
        kind=part.kind,
        amount_minor=part.amount_minor,
        reference="" if paid is None else paid.reference,
        attempt_id="" if paid is None else paid.attempt_id,
        units=part.units,
    )


def _check_expected(expected_minor: int, parts: tuple[Part, ...], owed_minor: int) -> None:
    """The screen may show the exact difference, or what is really paid after rounding."""
    pays_minor = sum(part.amount_minor for part in parts)
    if expected_minor not in {pays_minor, owed_minor}:
        raise Refusal("refund_changed", was=expected_minor, due=pays_minor)


async def _check_allowed(desk: Desk, session: Session, command: Refund, parts: tuple[Part, ...]) -> None:
    setup = lookup.setup(desk.reader())
    cap_minor = 0 if setup is None else setup.refund_cash_max_minor
    cash_minor = sum(part.amount_minor for part in parts if part.kind == CASH)
    if command.method or (cap_minor and cash_minor > cap_minor):
        await allowed_by(desk, session, rights.REVERSE, command.approval)
