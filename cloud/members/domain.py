"""What may be said of a member, and how a till's word is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_members import (
    MEMBER_CODE_LENGTH_MAX,
    PHONE_TAIL_DIGITS,
    HeldCoupon,
    MemberPolicyRow,
    MemberRow,
    ValueAllowance,
    member_key,
)

NAME_LENGTH_MAX = 60
NOTE_LENGTH_MAX = 200
GROUPS_MAX = 8
CARDS_MAX = 5
COUPONS_TOLD_MAX = 10
"""Of one member, in a feed row: those that end soonest."""
TAIL_DIGITS_MIN = 3
PHONE_DIGITS_MIN = 7
_MEMBER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Member:
    """One member as headquarters knows them."""

    member_id: str
    store_id: str
    name: str
    phone: str
    phone_tail: str
    code: str
    cards: list[str]
    tier: str
    groups: list[str]
    birthday: str
    note: str
    consent_messages: bool
    consent_profile: bool
    active: bool
    joined_at_ms: int
    changed_at_ms: int
    points: int = 0
    points_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """How far stores may go."""

    salt: str
    believe_seconds: int
    points_per_unit: int
    points_step: int
    points_months: int
    remember_days: int


def digits_of(text: str) -> str:
    """A phone number without anything between its digits."""
    return "".join(char for char in text if char.isdigit())


def card_uid(text: str) -> str:
    """A card's UID as it is kept: hexadecimal without separators, capital."""
    return "".join(char for char in text if char not in " :-").upper()


def check_member(member: Member) -> None:
    """Raise `Invalid` with every problem found."""
    problems: list[FieldProblem] = []

    def need(holds: bool, field: str, problem: str, remedy: str) -> None:
        if not holds:
            problems.append(FieldProblem(field, problem, remedy))

    need(bool(_MEMBER_ID.fullmatch(member.member_id)), "member_id", "is no id", "1 to 40 letters, digits, '.', '_', '-'.")
    need(
        0 < len(member.name.strip()) <= NAME_LENGTH_MAX, "name", "empty or too long", "How the member wants to be addressed."
    )
    need(
        not member.phone or PHONE_DIGITS_MIN <= len(member.phone) <= 15,
        "phone",
        "is no phone number",
        f"{PHONE_DIGITS_MIN} to 15 digits, or empty.",
    )
    need(
        0 < len(member.code) <= MEMBER_CODE_LENGTH_MAX, "code", "empty or too long", "The number on the member's card or QR."
    )
    need(len(member.cards) <= CARDS_MAX, "cards", "too many", f"At most {CARDS_MAX} cards.")
    need(
        len(member.groups) <= GROUPS_MAX and all(_GROUP.fullmatch(group) for group in member.groups),
        "groups",
        "are no customer groups",
        f"At most {GROUPS_MAX}, each small letters, digits, '.', '_', '-'.",
    )
    need(_is_birthday(member.birthday), "birthday", "is no month and day", "MM-DD, or empty.")
    need(len(member.note) <= NOTE_LENGTH_MAX, "note", "too long", f"At most {NOTE_LENGTH_MAX} characters.")
    if problems:
        raise Invalid.fields(problems)


def _is_birthday(text: str) -> bool:
    if not text:
        return True
    if not re.fullmatch(r"\d\d-\d\d", text):
        return False
    month, day = int(text[:2]), int(text[3:])
    return 1 <= month <= 12 and 1 <= day <= _DAYS_OF[month - 1]


def check_policy(policy: Policy) -> None:
    """Raise `Invalid` with every problem found."""
    limits = {
        "believe_seconds": (policy.believe_seconds, 0, 30 * 86_400),
        "points_per_unit": (policy.points_per_unit, 0, 100_000),
        "points_step": (policy.points_step, 1, 100_000),
        "points_months": (policy.points_months, 0, 120),
        "remember_days": (policy.remember_days, 1, 730),
    }
    problems = [
        FieldProblem(field, f"{value} is out of range", f"{low} to {high}.")
        for field, (value, low, high) in limits.items()
        if not low <= value <= high
    ]
    if problems:
        raise Invalid.fields(problems)


def row_of(member: Member, coupons: Sequence[HeldCoupon], salt: str) -> MemberRow:
    """As stores know the member: no phone number, no card."""
    names = [member.code, *member.cards, *([member.phone] if member.phone else [])]
    return MemberRow(
        member_id=member.member_id,
        name=member.name,
        phone_tail=member.phone_tail,
        keys=tuple(dict.fromkeys(member_key(salt, name) for name in names)),
        tier=member.tier,
        groups=tuple(member.groups),
        birthday=member.birthday if member.consent_profile else "",
        note=member.note,
        points=max(0, member.points),
        points_as_of_ms=member.points_at_ms,
        coupons=tuple(coupons[:COUPONS_TOLD_MAX]),
        active=member.active,
    )


def policy_row(policy: Policy, allowances: Sequence[ValueAllowance]) -> MemberPolicyRow:
    """As stores know it."""
    return MemberPolicyRow(
        salt=policy.salt,
        believe_seconds=policy.believe_seconds,
        points_per_unit=policy.points_per_unit,
        points_step=policy.points_step,
        allowances=tuple(allowances),
    )


def is_tail(code: str) -> bool:
    """Whether a till's word is the last digits of a phone number."""
    return code.isdigit() and TAIL_DIGITS_MIN <= len(code) <= PHONE_TAIL_DIGITS
