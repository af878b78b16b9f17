"""A right the cashier lacks, or whose limit is passed, lent by a second person at the till: by PIN, offline too."""

from __future__ import annotations

from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session
from edge.staff import service as staff
from edge.staff.service import Staff
from protocols.contract.till_basket import Approval


async def allowed_by(desk: Desk, session: Session, right: str, approval: Approval | None, size: int = 0) -> Staff:
    """Who allows it: the cashier, or the second person. `size`: basis points or minor units, held against the right's limit.

    Raises `Refusal`: `login_first`; `approval_needed` when the cashier may not and nobody else was named; `wrong_pin`,
    `unknown_staff`, `locked_out`, `approval_self`; `not_allowed` when the second person may not either.
    """
    cashier = session.need_cashier()
    if cashier.may(right, size):
        return cashier
    if approval is None:
        raise Refusal("approval_needed", right=right)
    if approval.staff_id == cashier.staff_id:
        raise Refusal("approval_self")
    person = staff.find(desk.reader(), approval.staff_id)
    if person is None or not person.active:
        raise Refusal("unknown_staff", staff_id=approval.staff_id[:40])
    try:
        matches = await desk.pins.matches(person, approval.pin)
    except staff.LockedOut as locked:
        raise Refusal("locked_out", seconds=locked.seconds_left) from locked
    if not matches:
        raise Refusal("wrong_pin")
    if not person.may(right, size):
        raise Refusal("not_allowed", right=right)
    return person


def lent_by(approver: Staff, cashier: Staff) -> str:
    """Whose right it was, for a fact: empty when it was the cashier's own."""
    return "" if approver.staff_id == cashier.staff_id else approver.staff_id
