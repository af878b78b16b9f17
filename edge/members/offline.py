"""Stored value taken while headquarters could not be asked: bounded per sale, per account and day, and per outage.

All tills of a box share the count: it is looked at and added to in the store database's one writing transaction. An outage
is the time since headquarters was heard last. Rows are kept `KEPT_DAYS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.members.cache import Q, heard_at_ms
from edge.store_db.database import Tx
from protocols.contract.feed_members import ValueAllowance

KEPT_DAYS = 40
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Something to be taken without asking. `account`: the key of a card, a member, a coupon."""

    attempt_id: str
    value_kind: str
    account: str
    amount: int
    sale_id: str
    till_id: str
    business_date: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Which limit it would pass, and how much is left of it."""

    limit: str
    """`sale`, `day`, `outage`, `none` (nothing may be taken at all)."""
    left: int


def accept(tx: Tx, wanted: Acceptance, allowance: ValueAllowance) -> TooMuch | None:
    """Take it, once for an attempt, or say what forbids it."""
    if tx.execute(Q["offline_known"], (wanted.attempt_id,)).fetchone() is not None:
        return None
    kind = wanted.value_kind
    of_day = (kind, wanted.account, wanted.business_date)
    room = {
        "sale": allowance.per_transaction - _sum(tx, "offline_of_sale", (kind, wanted.sale_id)),
        "day": allowance.per_account_day - _sum(tx, "offline_of_day", of_day),
        "outage": allowance.per_outage - _sum(tx, "offline_since", (kind, heard_at_ms(tx) or 0)),
    }
    limit = min(room, key=lambda name: room[name])
    if room[limit] < wanted.amount:
        nothing = not (allowance.per_transaction and allowance.per_account_day and allowance.per_outage)
        return TooMuch("none" if nothing else limit, max(0, room[limit]))
    tx.execute(
        Q["offline_add"],
        (
            wanted.attempt_id,
            kind,
            wanted.account,
            wanted.amount,
            wanted.sale_id,
            wanted.till_id,
            wanted.business_date,
            wanted.at_ms,
        ),
    )
    tx.execute(Q["offline_forget"], (wanted.at_ms - KEPT_DAYS * _DAY_MS,))
    return None


def drop(tx: Tx, attempt_id: str) -> None:
    """It was given back, or the sale never happened."""
    tx.execute(Q["offline_drop"], (attempt_id,))


def _sum(tx: Tx, query: str, values: tuple[str | int, ...]) -> int:
    row = tx.execute(Q[query], values).fetchone()
    return 0 if row is None else int(row[0])
