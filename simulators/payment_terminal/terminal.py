"""The terminal itself: what it does with each message, and when. Pure: messages and instants in, answers out.

It is honest: what it approves is in its ledger first. It is not clever: a `pay` that comes twice charges twice, as with real
terminals; only an id it has answered `not_found` for is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from protocols.clock import RandomSource
from protocols.payment.wire import (
    Busy,
    CancelRequest,
    Enquiry,
    GiveBackRequest,
    Hello,
    Here,
    PayRequest,
    Result,
    TotalsRequest,
    ToTerminal,
    ToTill,
)
from simulators.payment_terminal.ledger import Acquirer, Entry, Ledger

WRONG_BY_MINOR = 100
CODE_DIGITS = 18
"""A payment code shown by a telephone."""

Asked = PayRequest | GiveBackRequest
Fate = Literal["told", "lost", "cut"]
"""Of an answer: told; lost on the way while the line stays up; or the line is cut instead."""


class TerminalFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong at the terminal; what is left out is in order."""

    decline: bool = False
    """Every payment is declined."""
    slow_ms: int = 0
    """How much longer than usual the customer and the bank take."""
    partial_percent: int = 0
    """Approve only this share of what was asked; 0: all of it."""
    wrong_amount: bool = False
    """Approve another amount than was asked."""
    occupied: bool = False
    """Another customer is at it: it begins nothing."""
    reply_lost: bool = False
    """The money moves; the answer does not arrive, the line stays up."""
    cut_after: bool = False
    """The money moves; then the line is cut before the answer."""
    cut_before: bool = False
    """The line is cut when a payment arrives, which is not begun."""
    duplicate: bool = False
    """Every answer comes twice."""
    enquiry_lost: bool = False
    """Enquiries are not answered."""
    out_of_order: bool = False
    """It says that it cannot take payments."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Something to say, or not."""

    message: ToTill
    fate: Fate = "told"


@dataclass(frozen=True, slots=True)
class _UnderWay:
    asked: Asked
    decides_at_ms: int


class Terminal:
    """One terminal. `hear` what the till says; `decide` when `deadline_ms` has come."""

    def __init__(self, terminal_id: str, rng: RandomSource, *, usual_ms: int = 0, acquirer: Acquirer | None = None) -> None:
        """`usual_ms`: how long a payment takes in good order. Without an `acquirer` it has one of its own."""
        self.terminal_id = terminal_id
        self._usual_ms = usual_ms
        self.faults = TerminalFaults()
        self.ledger = Ledger(terminal_id)
        self._acquirer = Acquirer() if acquirer is None else acquirer
        self._acquirer.ledgers.append(self.ledger)
        self.asked: list[str] = []
        """Attempt ids as they were asked for, repetitions and all."""
        self._rng = rng
        self._ended: dict[str, Result] = {}
        self._closed_ids: set[str] = set()
        self._under_way: _UnderWay | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When the payment under way is decided; None: nobody is at the terminal."""
        return None if self._under_way is None else self._under_way.decides_at_ms

    @property
    def under_way(self) -> str:
        """The attempt at the terminal now; empty: none."""
        return "" if self._under_way is None else self._under_way.asked.attempt_id

    def hear(self, message: ToTerminal, mono_ms: int, now_ms: int) -> list[Answer]:
        """One message of the till."""
        match message:
            case Hello():
                trouble = "out of order" if self.faults.out_of_order else ""
                return [Answer(Here(terminal_id=self.terminal_id, trouble=trouble))]
            case PayRequest() | GiveBackRequest():
                return self._begin(message, mono_ms, now_ms)
            case Enquiry():
                return [] if self.faults.enquiry_lost else [Answer(self._told(message.attempt_id))]
            case CancelRequest():
                return self._cancel(message.attempt_id)
            case TotalsRequest():
                return [Answer(self.ledger.end_of_day())]

    def decide(self, mono_ms: int, now_ms: int) -> list[Answer]:
        """End the payment under way, if its time has come."""
        current = self._under_way
        if current is None or mono_ms < current.decides_at_ms:
            return []
        self._under_way = None
        result = self._judge(current.asked, now_ms)
        self._ended[result.attempt_id] = result
        fate: Fate = "lost" if self.faults.reply_lost else "cut" if self.faults.cut_after else "told"
        return [Answer(result, fate)] * (2 if self.faults.duplicate else 1)

    def repeat(self) -> list[Answer]:
        """Call back: say the newest results once more, unasked."""
        return [Answer(result) for result in list(self._ended.values())[-3:]]

    def power_lost(self) -> None:
        """Whoever stood at the terminal was not charged; what was booked stays booked."""
        if self._under_way is not None:
            attempt_id = self._under_way.asked.attempt_id
            self._ended[attempt_id] = Result(attempt_id=attempt_id, outcome="declined", why="power failed")
            self._under_way = None

    def _begin(self, asked: Asked, mono_ms: int, now_ms: int) -> list[Answer]:
        if asked.attempt_id in self._closed_ids:
            return [Answer(Result(attempt_id=asked.attempt_id, outcome="not_found", why="given up by the till"))]
        if self.faults.cut_before:
            return [Answer(Busy(attempt_id=asked.attempt_id), "cut")]
        if self.faults.occupied or self._under_way is not None:
            return [Answer(Busy(attempt_id=asked.attempt_id))]
        self.asked.append(asked.attempt_id)
        self._under_way = _UnderWay(asked, mono_ms + self._usual_ms + self.faults.slow_ms)
        return self.decide(mono_ms, now_ms)

    def _told(self, attempt_id: str) -> Result:
        if self.under_way == attempt_id:
            return Result(attempt_id=attempt_id, outcome="pending")
        if attempt_id in self._ended:
            return self._ended[attempt_id]
        self._closed_ids.add(attempt_id)
        return Result(attempt_id=attempt_id, outcome="not_found")

    def _cancel(self, attempt_id: str) -> list[Answer]:
        if self.under_way != attempt_id:
            return []
        self._under_way = None
        self._ended[attempt_id] = Result(attempt_id=attempt_id, outcome="cancelled")
        return [Answer(self._ended[attempt_id])]

    def _judge(self, asked: Asked, now_ms: int) -> Result:
        why = self._refusal(asked)
        if why:
            return Result(attempt_id=asked.attempt_id, outcome="declined", why=why)
        amount_minor = max(1, asked.amount_minor * (self.faults.partial_percent or 100) // 100)
        tail = ""
        if isinstance(asked, PayRequest):
            amount_minor += WRONG_BY_MINOR if self.faults.wrong_amount else 0
            tail = f"{int.from_bytes(self._rng.bytes(2), 'big') % 10_000:04d}" if asked.method == "card" else ""
        number = len(self.ledger.entries) + 1
        entry = Entry(
            number=number,
            attempt_id=asked.attempt_id,
            kind="charge" if isinstance(asked, PayRequest) else "give_back",
            method=asked.method,
            amount_minor=amount_minor,
            currency=asked.currency,
            at_ms=now_ms,
            reference=f"{self.terminal_id}-{number:06d}",
            card_tail=tail,
            of_id=asked.of_id if isinstance(asked, GiveBackRequest) else "",
        )
        self.ledger.book(entry)
        return Result(
            attempt_id=entry.attempt_id,
            outcome="approved",
            amount_minor=entry.amount_minor,
            reference=entry.reference,
            card_tail=entry.card_tail,
        )

    def _refusal(self, asked: Asked) -> str:
        if self.faults.decline:
            return "declined by the bank"
        if isinstance(asked, GiveBackRequest):
            return "" if asked.amount_minor <= self._acquirer.left_minor(asked.of_id) else "more than was paid"
        if asked.method == "code" and not (asked.code.isdecimal() and len(asked.code) == CODE_DIGITS):
            return "not a payment code"
        return ""
