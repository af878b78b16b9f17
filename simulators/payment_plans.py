"""What a simulated payment terminal or provider does with the next payment: the honest outcomes, by name.

Every simulator of the kind keeps a ledger of its own, books first and answers afterwards (or not). A plan says what happens
to one payment; plans in the queue go first, then, when the amounts decide (`by_amount`), the last three digits of the
amount, then the plan that stands.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import msgspec

Verdict = Literal["approve", "decline", "customer_abort", "decline_then_approve", "busy", "end_of_day_required", "waiting"]
Reply = Literal["told", "silent", "cut", "dropped"]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment. `reply`: `told`; `silent` (it happens, nobody hears of it, the line stays up); `cut` (it happens, then
    the line is cut); `dropped` (the request is lost: nothing happens, nobody hears anything).
    """

    verdict: Verdict = "approve"
    code: str = ""
    """Why it is declined, in the simulator's own codes."""
    percent: int = 100
    """How much of the amount is approved."""
    slow_ms: int = 0
    """How much longer than usual it takes."""
    reply: Reply = "told"
    printer_out: bool = False
    """No slip comes out."""
    reboot_ms: int = 0
    """It goes down in the middle of the payment, which is not made, and comes back after so long."""


PLANS: dict[str, Plan] = {
    "approve": Plan(),
    "decline": Plan(verdict="decline"),
    "partial": Plan(percent=60),
    "customer_abort": Plan(verdict="customer_abort"),
    "slow": Plan(slow_ms=5_000),
    "no_reply_taken": Plan(reply="silent"),
    "no_reply_not_taken": Plan(reply="dropped"),
    "reply_lost": Plan(reply="cut"),
    "late_approval": Plan(slow_ms=200_000),
    "decline_then_approve": Plan(verdict="decline_then_approve"),
    "busy": Plan(verdict="busy"),
    "printer_out": Plan(printer_out=True),
    "reboot": Plan(reboot_ms=2_000),
    "end_of_day_required": Plan(verdict="end_of_day_required"),
    "waiting": Plan(verdict="waiting", slow_ms=8_000),
}
"""By name. `waiting`: the customer must confirm with a password first (codes on telephones)."""

ENDINGS: dict[int, str] = {
    151: "decline",
    152: "partial",
    153: "customer_abort",
    154: "slow",
    155: "no_reply_taken",
    156: "no_reply_not_taken",
    157: "reply_lost",
    158: "late_approval",
    159: "decline_then_approve",
    160: "busy",
    161: "printer_out",
    162: "reboot",
    163: "end_of_day_required",
    164: "waiting",
}
"""The last three digits of an amount in minor units, when amounts decide."""
QUEUE_MAX = 100


class Plans:
    """Which plan is next."""

    def __init__(self, *, by_amount: bool = False) -> None:
        self.standing = Plan()
        self.by_amount = by_amount
        self._queue: deque[Plan] = deque(maxlen=QUEUE_MAX)

    @property
    def waiting(self) -> int:
        """Plans in the queue."""
        return len(self._queue)

    def script(self, *plans: Plan) -> None:
        """These next, one a payment."""
        self._queue.extend(plans)

    def clear(self) -> None:
        """Everything as in good order."""
        self._queue.clear()
        self.standing = Plan()

    def next(self, amount_minor: int) -> Plan:
        """The plan of a payment that begins now."""
        if self._queue:
            return self._queue.popleft()
        if self.by_amount and (name := ENDINGS.get(amount_minor % 1_000)) is not None:
            return PLANS[name]
        return self.standing
