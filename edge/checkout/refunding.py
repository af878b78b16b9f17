"""What is still to be paid back for a basket, part by part: the plan, less what terminals gave back already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from edge.checkout.basket import Basket
from edge.checkout.closing import Closing
from edge.checkout.desk import Desk
from edge.checkout.goods_back import refund_minor
from edge.checkout.refund_plan import CASH, Owed, Part, plan, without_sale
from edge.checkout.returns import backs_of
from edge.checkout.rounding import cash_due_minor
from edge.checkout.session import Session
from edge.checkout.settling import closing_of
from edge.checkout.sold_sales import standing_of
from protocols.contract.values import RoundingScope

BY_LEDGER = frozenset({"gift_card", "points", "order"})
"""Paid back by what headquarters makes of the fact: no device takes part."""


def parts_left(desk: Desk, session: Session, method: str = "") -> tuple[Part, ...]:
    """How the money of the open basket still goes back; goods going out are set off first."""
    basket = session.basket
    if basket is None or not basket.returns:
        return ()
    return _less_given(desk, _planned(desk, basket, session.priced.total_minor, method), basket)


def by_device(parts: Sequence[Part]) -> Part | None:
    """The next part that a terminal must pay back."""
    return next((part for part in parts if part.kind not in BY_LEDGER and part.kind != CASH), None)


def closing_when_paid_back(desk: Desk, session: Session, attempt_id: str) -> Closing | None:
    """The end of a return whose last part a terminal has just paid back; None: there is more, or nobody is at the till."""
    basket = session.basket
    if basket is None or not basket.returns or session.cashier is None or session.shift is None:
        return None
    return None if parts_left(desk, session) else closing_of(desk, session, attempt_id)


def _planned(desk: Desk, basket: Basket, total_minor: int, method: str) -> tuple[Part, ...]:
    zone = desk.zone()
    whole = zone.cash_rounding_scope is RoundingScope.DOCUMENT

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
    return plan(
        sold.sale.tenders,
        standing.history.by_tender,
        owed,
        round_cash=round_cash,
        round_all=round_cash if whole else None,
        method=method,
    )


def _less_given(desk: Desk, parts: tuple[Part, ...], basket: Basket) -> tuple[Part, ...]:
    """Each kind less what went back that way; what went back another way than planned is taken off the last parts."""
    given: Counter[str] = Counter()
    for tender in basket.tenders:
        given[tender.kind] -= min(0, tender.amount_minor)
    left = [_less(part, given) for part in parts]
    otherwise = Counter({"": given.total()})
    zone = desk.zone()
    taken = [_less(part, otherwise, "") for part in reversed(left)]
    return tuple(
        replace(part, amount_minor=amount)
        for part in reversed(taken)
        if (amount := cash_due_minor(part.amount_minor, zone) if part.kind == CASH else part.amount_minor) > 0
    )


def _less(part: Part, given: Counter[str], kind: str | None = None) -> Part:
    name = part.kind if kind is None else kind
    off = min(part.amount_minor, given[name])
    given[name] -= off
    return replace(part, amount_minor=part.amount_minor - off)
