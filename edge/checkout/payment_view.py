"""Payments of a till as its screen shows them."""

from __future__ import annotations

from edge.checkout.attempts import CASH, Attempt, held, under_way
from edge.checkout.desk import Desk
from edge.checkout.reasons import reason
from edge.checkout.session import Session
from protocols.contract.till_payment import MethodView, PaymentView, TenderView


def tender_views(session: Session) -> tuple[TenderView, ...]:
    """What the open sale was paid with so far, in order; the last one is given back first."""
    return tuple(
        TenderView(
            tender_no=number,
            method=each.method,
            amount_minor=each.approved_minor,
            reference=each.card_tail or each.code_tail,
        )
        for number, each in enumerate(held(session.attempts), start=1)
    )


def payment_view(session: Session) -> PaymentView | None:
    """The payment under way, or how the last one ended until the next command."""
    current = under_way(session.attempts)
    if current is None:
        return session.told
    if session.told is not None and session.told.attempt_id == current.attempt_id:
        return session.told
    return PaymentView(
        attempt_id=current.attempt_id,
        method=current.method,
        amount_minor=current.amount_minor,
        state=_state(current),
        since_ms=current.asked_at_ms,
        reason=reason("payment_enquiring", detail=current.why) if current.state == "unknown" else None,
    )


def _state(attempt: Attempt) -> str:
    if attempt.state == "unknown":
        return "unknown"
    return "reversing" if attempt.gives_back else "asking"


def method_views(desk: Desk, session: Session) -> tuple[MethodView, ...]:
    """The ways to pay at this till; cash always works."""
    return (MethodView(method=CASH), *desk.payments.methods(session.till_id))
