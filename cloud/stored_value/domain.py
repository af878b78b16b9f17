"""Accounts, lots and what may be taken from them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.questions import ValueKind

RESERVATION_MS = 15 * 60_000
"""How long something stays aside for a sale; the sale consumes it later too, when it is still there."""
AMOUNT_MAX = 10_000_000
"""Of one lot: minor units or points."""
COUPONS_AT_ONCE = 5_000
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that nobody takes for another: no 0, 1, I, O."""
CODE_LENGTH = 12
"""60 bits: nobody guesses one."""


class What(enum.StrEnum):
    """Why something moved."""

    ISSUE = "issue"
    LOAD = "load"
    RESERVE = "reserve"
    CONSUME = "consume"
    RELEASE = "release"
    RESTORE = "restore"
    EXPIRE = "expire"
    ADJUST = "adjust"
    OWE = "owe"
    SETTLE = "settle"


class Why(enum.StrEnum):
    """Why a sale could not have what it took."""

    OVERDRAWN = "overdrawn"
    USED_BEFORE = "used_before"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """One card, one member's points, one coupon."""

    account_id: str
    kind: ValueKind
    key: str
    tail: str
    member_id: str | None
    currency: str
    promotion_id: str
    batch_id: str
    blocked: bool
    valid_from_ms: int
    owed: int
    opened_at_ms: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A part of an account that ends together."""

    lot_id: int
    amount: int
    free: int
    held: int
    expires_ms: int | None
    origin: str
    at_ms: int

    def spendable(self, now_ms: int) -> int:
        """What of it may be spent now."""
        return self.free if self.expires_ms is None or self.expires_ms > now_ms else 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Something set aside for one payment attempt or coupon of a sale."""

    reservation_id: str
    account_id: str
    store_id: str
    attempt_id: str
    sale_id: str
    till_id: str
    amount: int
    state: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where and for what something moved."""

    now_ms: int
    store_id: str = ""
    sale_id: str = ""
    reason: str = ""


def free_to_spend(account: Account, lots: Iterable[Lot], now_ms: int) -> int:
    """What may be spent now: spendable lots less what is owed."""
    return max(0, sum(lot.spendable(now_ms) for lot in lots) - account.owed)


def spread(lots: Sequence[Lot], amount: int, now_ms: int) -> list[tuple[Lot, int]]:
    """Take `amount`, from the lot that ends soonest first; what cannot be taken is left out."""
    taken: list[tuple[Lot, int]] = []
    for lot in sorted(lots, key=lambda each: (each.expires_ms is None, each.expires_ms or 0, each.lot_id)):
        part = min(amount, lot.spendable(now_ms))
        if part > 0:
            taken.append((lot, part))
            amount -= part
    return taken


def check_amount(field: str, amount: int) -> None:
    """Raise `Invalid` for what is no amount."""
    if not 0 < amount <= AMOUNT_MAX:
        raise Invalid.field(field, f"{amount} is not between 1 and {AMOUNT_MAX}", "Give an amount in minor units or points.")


def check_batch(
    promotion_id: str, count: int, member_ids: Sequence[str], valid_from_ms: int, valid_to_ms: int | None
) -> None:
    """Raise `Invalid` for coupons that cannot be made."""
    problems = []
    if not promotion_id.strip() or len(promotion_id) > 64:
        problems.append(FieldProblem("promotion_id", "empty or too long", "Name the promotion the coupon opens."))
    if not 0 < max(count, len(member_ids)) <= COUPONS_AT_ONCE:
        problems.append(FieldProblem("count", "out of range", f"1 to {COUPONS_AT_ONCE} coupons at once."))
    if valid_to_ms is not None and valid_to_ms <= valid_from_ms:
        problems.append(FieldProblem("valid_to_ms", "not after the beginning", "Let it end later than it begins."))
    if problems:
        raise Invalid.fields(problems)


def code_of(drawn: bytes) -> str:
    """A coupon code or card number from `CODE_LENGTH` random bytes, in groups of four."""
    letters = "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in drawn[:CODE_LENGTH])
    return "-".join(letters[place : place + 4] for place in range(0, CODE_LENGTH, 4))
