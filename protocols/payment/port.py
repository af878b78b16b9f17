"""The payment port: what a till asks of whoever takes money for it, and what may come of it.

One port for every way to pay that is not cash: a card terminal, a terminal that takes payment codes, a ledger of stored
value at headquarters. An adapter keeps four promises:

1. `Order.attempt_id` names one wish. It is asked for once; whoever asks again asks *what became of it* (an enquiry).
2. `NotFound` closes the door: an attempt that was answered so can never begin afterwards. An adapter for a device that
   cannot promise that answers `Unknown` until it is certain.
3. `NotSent` only when no byte of the order can have left.
4. Everything else that is not an answer of the other side is `Unknown`: time-out, broken line, unreadable answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Order:
    """Take an amount, or (negative) give it back. Money in minor units."""

    attempt_id: str
    method: str
    """`card`, `code`, `gift_card`, `points` …"""
    amount_minor: int
    currency: str
    code: str = ""
    """The payment code or card number as scanned: it goes out with the order and is kept nowhere."""
    code_key: str = ""
    """A hash that stands for a gift card (`protocols.contract.questions.value_key`)."""
    sale_id: str = ""
    till_id: str = ""
    member_id: str = ""
    """Whose points."""
    reverses_id: str = ""
    """The attempt that is given back, wholly or in part."""
    reference: str = ""
    """What the other side calls that attempt."""

    def __repr__(self) -> str:
        return f"Order({self.attempt_id!r}, {self.method!r}, {self.amount_minor}, reverses={self.reverses_id!r})"


@dataclass(frozen=True, slots=True)
class Approved:
    """The money moved. `amount_minor` has the order's sign; it may be less than was asked (a partial approval)."""

    amount_minor: int
    reference: str = ""
    card_tail: str = ""
    """The last four digits at most."""
    units: int = 0
    """Points, when points were spent."""
    slip: tuple[str, ...] = ()
    """The customer's copy of the terminal's own slip, line by line, masked; for the receipt."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The other side refused; no money moved. `why`: its words."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Stopped by a person before money moved."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """The other side never saw the attempt, and would refuse to begin it now."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the order left: nobody can have seen it."""

    why: str


@dataclass(frozen=True, slots=True)
class Pending:
    """An enquiry found the attempt still under way."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say yet. Only an enquiry, or a person with the slip in hand, ends it."""

    why: str


Ended: TypeAlias = Approved | Declined | Cancelled | NotFound | NotSent
"""Final: the attempt is over."""
Outcome: TypeAlias = Ended | Pending | Unknown
