"""What a staff member's data must look like before a store gets it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.rights import LIMITED, RIGHTS

LIMIT_MAX = 100_000_000
LANGUAGES = frozenset({"en", "zh"})
_STAFF_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PIN = re.compile(r"[0-9]{4,8}")
_ROW_OF_DIGITS = "01234567890123456789"


@dataclass(frozen=True)
class StaffMember:
    """Someone who works in a store. `pin` is None when it stays as it is."""

    store_id: str
    staff_id: str
    name: str
    rights: tuple[str, ...] = ("till",)
    language: str = "en"
    active: bool = True
    pin: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    """How far a right goes: basis points or minor units (`protocols.contract.rights.LIMITED`)."""


def pin_problem(pin: str) -> str:
    """Why a PIN is refused, empty when it is fine: 4 to 8 digits, neither one digit repeated nor a run."""
    if not _PIN.fullmatch(pin):
        return "not 4 to 8 digits"
    if len(set(pin)) == 1:
        return "one digit repeated"
    if pin in _ROW_OF_DIGITS or pin[::-1] in _ROW_OF_DIGITS:
        return "digits in a row"
    return ""


def check_staff(member: StaffMember, *, is_new: bool) -> None:
    """Raise `Invalid` with every problem found."""
    problems: list[FieldProblem] = []
    if not _STAFF_ID.fullmatch(member.staff_id):
        problems.append(FieldProblem("staff_id", "not 1 to 32 letters, digits, _ or -", "Use the number on the name badge."))
    if not member.name.strip():
        problems.append(FieldProblem("name", "empty", "Give the name printed on receipts."))
    if unknown := sorted(set(member.rights) - RIGHTS):
        problems.append(
            FieldProblem("rights", f"unknown: {', '.join(unknown)}", f"Known rights: {', '.join(sorted(RIGHTS))}.")
        )
    for right, limit in member.limits.items():
        if right not in LIMITED:
            problems.append(
                FieldProblem(f"limits/{right}", "has no limit", f"Limited rights: {', '.join(sorted(LIMITED))}.")
            )
        elif not 0 <= limit <= LIMIT_MAX:
            problems.append(FieldProblem(f"limits/{right}", "out of range", f"0 to {LIMIT_MAX}."))
    if member.language not in LANGUAGES:
        problems.append(FieldProblem("language", f"unknown: {member.language}", "Use en or zh."))
    if member.pin is None and is_new:
        problems.append(FieldProblem("pin", "missing", "A new member of staff needs a PIN of 4 to 8 digits."))
    if member.pin is not None and (problem := pin_problem(member.pin)):
        problems.append(FieldProblem("pin", problem, "Choose 4 to 8 digits nobody guesses first."))
    if problems:
        raise Invalid.fields(problems)
