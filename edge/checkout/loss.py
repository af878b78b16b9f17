"""What loss prevention looks at: so many voids, openings, refunds … of one cashier within a time. Pure.

A rule speaks once when it is passed, and again only after its window has emptied to what is ordinary.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from protocols.contract.event_codes import EventCode
from protocols.contract.facts import FactBody
from protocols.contract.till_facts import (
    DrawerOpened,
    GoodsReturned,
    LineVoided,
    PaymentEnded,
    SaleAbandoned,
    ShiftOpened,
    TillEvent,
)
from protocols.contract.till_rules import LossRule

WINDOW_MAX = 1_000
"""Times kept per rule and cashier. Policy when reached: the oldest goes."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class LossAlert:
    """A rule was passed."""

    what: str
    till_id: str
    cashier_id: str
    count: int
    within_minutes: int

    @property
    def detail(self) -> str:
        """For the alarm HQ gets: words a machine can split and a person can read."""
        return (
            f"what={self.what} count={self.count} within_minutes={self.within_minutes} till={self.till_id} "
            f"cashier={self.cashier_id}"
        )


def _by_event(code: EventCode) -> Callable[[FactBody], bool]:
    return lambda fact: isinstance(fact, TillEvent) and fact.code == code


WHATS: dict[str, Callable[[FactBody], bool]] = {
    "void": lambda fact: isinstance(fact, LineVoided),
    "no_sale": lambda fact: isinstance(fact, DrawerOpened),
    "abandoned": lambda fact: isinstance(fact, SaleAbandoned),
    "refund": lambda fact: isinstance(fact, GoodsReturned) and fact.policy != "no_receipt",
    "refund_without_receipt": lambda fact: isinstance(fact, GoodsReturned) and fact.policy == "no_receipt",
    "void_after_payment": lambda fact: isinstance(fact, PaymentEnded) and fact.outcome == "reversed",
    "price_change": _by_event(EventCode.PRICE_CHANGED),
    "copy": _by_event(EventCode.COPY),
    "count_again": _by_event(EventCode.CASH_DIFFERENCE),
}
"""What a rule can count."""


class LossWatch:
    """Counts facts against rules. A fact that names no cashier (a payment's end) is of the last one seen at its till."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[int]] = {}
        self._speaking: set[tuple[str, str]] = set()
        self._at_till: dict[str, str] = {}

    def note(self, at_ms: int, facts: Iterable[FactBody], rules: tuple[LossRule, ...]) -> list[LossAlert]:
        """Count facts of an instant; the rules they pass."""
        found: list[LossAlert] = []
        for fact in facts:
            till_id = getattr(fact, "till_id", "")
            cashier_id = getattr(fact, "cashier_id", "") or self._at_till.get(till_id, "")
            if isinstance(fact, ShiftOpened | TillEvent) and fact.cashier_id:
                self._at_till[till_id] = fact.cashier_id
            found.extend(
                alert
                for rule in rules
                if rule.what in WHATS and WHATS[rule.what](fact)
                for alert in self._count(rule, at_ms, till_id, cashier_id)
            )
        return found

    def _count(self, rule: LossRule, at_ms: int, till_id: str, cashier_id: str) -> list[LossAlert]:
        key = (rule.what, cashier_id)
        times = self._times.setdefault(key, deque(maxlen=WINDOW_MAX))
        times.append(at_ms)
        since_ms = at_ms - rule.within_minutes * MINUTE_MS
        while times and times[0] <= since_ms:
            times.popleft()
        if len(times) <= rule.most:
            self._speaking.discard(key)
            return []
        if key in self._speaking:
            return []
        self._speaking.add(key)
        return [LossAlert(rule.what, till_id, cashier_id, len(times), rule.within_minutes)]
