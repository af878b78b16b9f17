"""A second person allows what one may not do alone: by PIN, at the same screen."""

from __future__ import annotations

from edge.local_api.endpoint import Call
from edge.local_api.problems import Refused
from edge.staff import service as staff
from edge.staff.service import LockedOut, Staff
from protocols.contract.till_basket import Approval

WITHOUT_LIMIT = 10**15
"""Minor units nobody reaches."""


def limit_of(person: Staff, right: str) -> int:
    """How far a right goes; -1 without the right."""
    return person.limits.get(right, WITHOUT_LIMIT) if right in person.rights else -1


async def allowing(call: Call, right: str, size: int, approval: Approval | None) -> str:
    """The second person's id, or empty when none was named. Raises `Refused` when they may not, or are not who they say."""
    if approval is None:
        return ""
    if approval.staff_id == call.who().staff_id:
        raise Refused(422, "approval_self", "You cannot allow your own work: a second person must.")
    person = staff.find(call.shop.desk.reader(), approval.staff_id)
    try:
        known = person is not None and person.active and await call.shop.desk.pins.matches(person, approval.pin)
    except LockedOut as locked:
        raise Refused(429, "locked_out", f"Too many wrong PINs. Wait {locked.seconds_left} seconds.") from locked
    if person is None or not known:
        raise Refused(422, "wrong_pin", "The PIN is wrong.")
    if limit_of(person, right) < size:
        raise Refused(403, "approver_may_not", f"{person.name} may not allow this (right {right!r}).")
    return person.staff_id
