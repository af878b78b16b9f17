"""Payment attempts: what one is, how it ends, and what the attempts of a sale come to. Pure.

```
asking ──answer──▶ approved | declined | cancelled | not_found
  │ no answer, a broken line, a restart                 approved ──an attempt that gives it back is approved──▶ reversed
  ▼
unknown ──enquiry, or a person with the slip──▶ approved | declined | cancelled | not_found
```
An attempt has one end. While one of a sale is `asking` or `unknown`, nothing else about the sale may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from protocols.contract.sale_parts import Tender
from protocols.payment.port import Approved, Cancelled, Declined, Ended, NotFound, NotSent, Order

State = Literal["asking", "unknown", "approved", "declined", "cancelled", "not_found", "reversed"]
How = Literal["answer", "enquiry", "person"]

CASH = "cash"
SLIP_CHARACTERS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One wish to take (or, negative, to give back) an amount. `code_key`: a hash of the code that was scanned."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    terminal_id: str = ""
    reverses_id: str = ""
    code_key: str = ""
    code_tail: str = ""
    member_id: str = ""
    state: State = "asking"
    asked_at_ms: int = 0
    approved_minor: int = 0
    units: int = 0
    reference: str = ""
    card_tail: str = ""
    why: str = ""

    @property
    def open(self) -> bool:
        """Its outcome is not known."""
        return self.state in {"asking", "unknown"}

    @property
    def gives_back(self) -> bool:
        """Money goes to the customer."""
        return self.amount_minor < 0

    def order(self, currency: str, *, code: str = "", reference: str = "") -> Order:
        """What is asked of whoever takes the money. `reference`: of the attempt that is given back."""
        return Order(
            attempt_id=self.attempt_id,
            method=self.method,
            amount_minor=self.amount_minor,
            currency=currency,
            code=code,
            code_key=self.code_key,
            sale_id=self.sale_id,
            till_id=self.till_id,
            member_id=self.member_id,
            reverses_id=self.reverses_id,
            reference=reference,
        )


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended, as it is stored and told."""

    state: State
    approved_minor: int = 0
    units: int = 0
    reference: str = ""
    card_tail: str = ""
    why: str = ""
    slip: str = ""
    """Lines of the terminal's slip."""


def end_of(outcome: Ended) -> End:
    """An outcome of the port as an end."""
    match outcome:
        case Approved():
            slip = "\n".join(outcome.slip)[:SLIP_CHARACTERS_MAX]
            return End("approved", outcome.amount_minor, outcome.units, outcome.reference, outcome.card_tail, slip=slip)
        case Declined(why):
            return End("declined", why=why)
        case Cancelled():
            return End("cancelled")
        case NotFound():
            return End("not_found")
        case NotSent(why):
            return End("not_found", why=why)


def under_way(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt whose outcome is not known; there is at most one."""
    return next((each for each in attempts if each.open), None)


def held(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts that count as paid (or paid back), in the order they were made, each with what is left of it: approved,
    and neither wholly given back nor the giving back of one of them."""
    ids = {each.attempt_id for each in attempts}
    back: dict[str, int] = {}
    for each in attempts:
        if each.reverses_id in ids and each.state == "approved":
            back[each.reverses_id] = back.get(each.reverses_id, 0) + each.approved_minor
    counting = (each for each in attempts if each.state == "approved" and each.reverses_id not in ids)
    left = (replace(each, approved_minor=each.approved_minor + back.get(each.attempt_id, 0)) for each in counting)
    return tuple(each for each in left if each.approved_minor)


def tenders(attempts: Sequence[Attempt]) -> tuple[Tender, ...]:
    """What a sale was paid with so far; what was paid back counts below zero."""
    return tuple(
        Tender(
            kind=each.method,
            amount_minor=each.approved_minor,
            reference=each.reference,
            attempt_id=each.attempt_id,
            units=each.units,
        )
        for each in held(attempts)
    )


def cash_last(paid: Sequence[Tender]) -> tuple[Tender, ...]:
    """Change is given from cash alone, and cash is named last."""
    return tuple(sorted(paid, key=lambda tender: tender.kind == CASH))
