"""When a payment by code is asked about, and when it is taken back: the providers' timing rules over a clock that is told.

After `pay` comes an answer, or none. Then: query, again and again, until the customer has had his time; then undo, again and
again, until the provider says that it is undone. Once undoing has begun, no answer makes the order paid any more: an undo
that is still on its way would give the money back behind the till's back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocols.payment.codes.replies import CannotUndo, Failed, Paid, Reply, Undone, Waiting
from protocols.payment.port import Approved, Cancelled, Declined, Outcome, Pending, Unknown


@dataclass(frozen=True, slots=True)
class Rules:
    """A provider's times in milliseconds, counted from the payment's first byte."""

    doubt_query_ms: int
    """After no answer or a system error: ask so much later."""
    query_every_ms: int
    """While the customer confirms."""
    patience_ms: int
    """Then it is taken back."""
    undo_not_before_ms: int
    undo_every_ms: int


WECHAT_RULES = Rules(
    doubt_query_ms=5_000, query_every_ms=10_000, patience_ms=45_000, undo_not_before_ms=15_000, undo_every_ms=5_000
)
ALIPAY_RULES = Rules(
    doubt_query_ms=3_000, query_every_ms=3_000, patience_ms=60_000, undo_not_before_ms=0, undo_every_ms=3_000
)

Phase = Literal["asking", "waiting", "undoing", "over"]


@dataclass(frozen=True, slots=True)
class Step:
    """What to ask the provider, and when (monotonic)."""

    question: Literal["query", "undo"]
    at_ms: int


class CodeFlow:
    """One payment."""

    def __init__(self, rules: Rules, began_ms: int, *, resumed: bool = False, undoing: bool = False) -> None:
        """`resumed`: after a restart of the box; the customer has had his time, so only the earliest undo is waited for."""
        self._rules = rules
        self._began_ms = began_ms
        self._patience_ms = rules.undo_not_before_ms if resumed else rules.patience_ms
        self.phase: Phase = "undoing" if undoing else "waiting" if resumed else "asking"
        self._next_ms = began_ms
        self._asked_ms = began_ms
        """When the provider last said something of it, or did not."""
        self._stopped = False
        self.outcome: Outcome = Pending()

    def heard(self, reply: Reply, now_ms: int) -> None:
        """An answer, or that there was none."""
        if self.phase == "over":
            return
        if self.phase == "undoing":
            self._heard_of_undo(reply, now_ms)
            return
        match reply:
            case Paid(amount, reference):
                self._end(Approved(amount, reference))
            case Failed(why):
                self._end(Declined(why))
            case Undone():
                self._end(Declined("it was taken back"))
            case _:
                self.phase = "waiting"
                every = self._rules.query_every_ms if isinstance(reply, Waiting) else self._rules.doubt_query_ms
                self._next_ms = now_ms + every
                self._asked_ms = now_ms

    def wish_to_stop(self) -> None:
        """The cashier gives up: it is taken back as soon as that is allowed, unless it is paid before."""
        self._stopped = True

    def next(self) -> Step | None:
        """What to do next; None: it is over, or the answer to `pay` is still to come."""
        if self.phase in {"over", "asking"}:
            return None
        if self.phase == "undoing":
            return Step("undo", max(self._next_ms, self._began_ms + self._rules.undo_not_before_ms))
        undo_from_ms = self._undo_from_ms()
        if self._asked_ms >= undo_from_ms:
            return Step("undo", self._asked_ms)
        # The last question comes when his time is over: whoever confirmed in the last second has paid.
        return Step("query", min(self._next_ms, undo_from_ms))

    def begin_undo(self) -> None:
        """From now on it is taken back, whatever it was. Call once that is written down, before the first undo."""
        self.phase = "undoing"

    def _undo_from_ms(self) -> int:
        patience_ms = self._rules.undo_not_before_ms if self._stopped else self._patience_ms
        return self._began_ms + max(patience_ms, self._rules.undo_not_before_ms)

    def _heard_of_undo(self, reply: Reply, now_ms: int) -> None:
        match reply:
            case Undone():
                self._end(Cancelled() if self._stopped else Declined("not confirmed in time; it was taken back"))
            case CannotUndo(why):
                self.outcome = Unknown(f"it cannot be taken back by machine ({why}): look at the provider's list")
                self._next_ms = now_ms + self._rules.undo_every_ms
            case _:
                self._next_ms = now_ms + self._rules.undo_every_ms

    def _end(self, outcome: Outcome) -> None:
        self.phase = "over"
        self.outcome = outcome
