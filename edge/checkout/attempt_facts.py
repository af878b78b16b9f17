"""The facts of payment attempts. Pure."""

from __future__ import annotations

from edge.checkout.attempts import Attempt, End, How
from protocols.contract.till_facts import PaymentAsked, PaymentEnded


def asked(attempt: Attempt) -> PaymentAsked:
    """An attempt is about to be asked for."""
    return PaymentAsked(
        attempt_id=attempt.attempt_id,
        sale_id=attempt.sale_id,
        till_id=attempt.till_id,
        method=attempt.method,
        amount_minor=attempt.amount_minor,
        terminal_id=attempt.terminal_id,
        reverses_id=attempt.reverses_id,
    )


def ended_fact(attempt: Attempt, end: End, how: How = "answer", *, why: str = "", approver_id: str = "") -> PaymentEnded:
    """An attempt ended. What gave money back is `reversed` when it was approved. `why`: of the person who settled it."""
    approved = end.state == "approved"
    return PaymentEnded(
        attempt_id=attempt.attempt_id,
        sale_id=attempt.sale_id,
        till_id=attempt.till_id,
        method=attempt.method,
        amount_minor=end.approved_minor if approved else attempt.amount_minor,
        outcome="reversed" if approved and attempt.gives_back else end.state,
        how=how,
        reference=end.reference,
        card_tail=end.card_tail,
        reason=why or end.why,
        approver_id=approver_id,
    )
