"""The provider itself: orders by their number, an honest ledger, and plans for what the customer does. Pure.

An order number is used once: whoever asks again gets the first result. Undoing closes a number for ever, also one that never
came; of a paid one it gives the money back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulators.payment_plans import Plan, Plans
from simulators.payment_terminal.ledger import Acquirer, Entry, Ledger

State = Literal["waiting", "paid", "failed", "undone"]
CODES_MAX = 100_000


class NoReply(Exception):
    """The shop hears nothing."""


@dataclass(slots=True)
class ProviderOrder:
    """One order. `confirms_at_ms`: when the customer will have confirmed."""

    number: str
    amount_minor: int
    state: State
    reference: str = ""
    why: str = ""
    confirms_at_ms: int = 0
    abandons: bool = False
    """The customer will say no."""


class Provider:
    """One provider with all its orders."""

    def __init__(self, provider_id: str, *, usual_ms: int = 0, acquirer: Acquirer | None = None) -> None:
        self.plans = Plans()
        self.ledger = Ledger(provider_id)
        acquirer = Acquirer() if acquirer is None else acquirer
        acquirer.ledgers.append(self.ledger)
        self.asked: list[str] = []
        """Order numbers as they came with `pay`, repetitions and all."""
        self.undo_trouble = 0
        """So many undos are answered with "call again"."""
        self.undo_lost = 0
        """So many undos are carried out, and nobody hears of it."""
        self.query_lost = False
        self.undone_at_ms: dict[str, int] = {}
        """When the first undo of an order came."""
        self._usual_ms = usual_ms
        self._orders: dict[str, ProviderOrder] = {}
        self._refunds: dict[str, Entry] = {}
        self._codes: set[str] = set()

    def pay(self, number: str, amount_minor: int, code: str, currency: str, mono_ms: int, now_ms: int) -> ProviderOrder:
        """Raises `NoReply`."""
        self.asked.append(number)
        known = self._orders.get(number)
        if known is not None:
            return self._grown(known, mono_ms, now_ms, currency)
        plan = self.plans.next(amount_minor)
        if plan.reply == "dropped" or plan.reboot_ms:
            raise NoReply
        order = self._new(number, amount_minor, code, plan, mono_ms)
        self._orders[number] = order
        self._grown(order, mono_ms, now_ms, currency)
        if plan.reply != "told":
            raise NoReply
        return order

    def query(self, number: str, mono_ms: int, now_ms: int, currency: str = "CNY") -> ProviderOrder | None:
        """None: it never came. Raises `NoReply`."""
        if self.query_lost:
            raise NoReply
        order = self._orders.get(number)
        return None if order is None else self._grown(order, mono_ms, now_ms, currency)

    def undo(self, number: str, mono_ms: int, now_ms: int) -> bool:
        """True: it is undone for good. False: call again. Raises `NoReply`."""
        self.undone_at_ms.setdefault(number, mono_ms)
        if self.undo_trouble > 0:
            self.undo_trouble -= 1
            return False
        order = self._orders.setdefault(number, ProviderOrder(number, 0, "undone"))
        if order.state == "paid":
            self._book(number, "give_back", self._left(number), now_ms, of=number)
        order.state = "undone"
        if self.undo_lost > 0:
            self.undo_lost -= 1
            raise NoReply
        return True

    def refund(self, refund_no: str, number: str, amount_minor: int, now_ms: int) -> Entry | str:
        """The refund; the reason why not. Raises `NoReply`."""
        if refund_no in self._refunds:
            return self._refunds[refund_no]
        plan = self.plans.next(amount_minor)
        if plan.reply == "dropped":
            raise NoReply
        if plan.verdict == "decline" or amount_minor > self._left(number):
            return "TRADE_ERROR"
        self._refunds[refund_no] = self._book(refund_no, "give_back", amount_minor, now_ms, of=number)
        if plan.reply != "told":
            raise NoReply
        return self._refunds[refund_no]

    def find_refund(self, refund_no: str) -> Entry | None:
        """A refund."""
        return self._refunds.get(refund_no)

    @property
    def under_way(self) -> str:
        """An order whose customer has not confirmed yet."""
        return next((order.number for order in self._orders.values() if order.state == "waiting"), "")

    def _new(self, number: str, amount_minor: int, code: str, plan: Plan, mono_ms: int) -> ProviderOrder:
        confirms_at_ms = mono_ms + self._usual_ms + plan.slow_ms
        if code in self._codes:
            return ProviderOrder(number, amount_minor, "failed", why="AUTH_CODE_INVALID")
        if len(self._codes) < CODES_MAX:
            self._codes.add(code)
        match plan.verdict:
            case "decline":
                return ProviderOrder(number, amount_minor, "failed", why=plan.code or "NOTENOUGH")
            case "busy" | "end_of_day_required":
                return ProviderOrder(number, amount_minor, "failed", why="SYSTEMERROR")
            case _:
                abandons = plan.verdict == "customer_abort"
                return ProviderOrder(number, amount_minor, "waiting", confirms_at_ms=confirms_at_ms, abandons=abandons)

    def _grown(self, order: ProviderOrder, mono_ms: int, now_ms: int, currency: str) -> ProviderOrder:
        if order.state == "waiting" and mono_ms >= order.confirms_at_ms:
            if order.abandons:
                order.state, order.why = "failed", "PAYERROR"
                return order
            entry = self._book(order.number, "charge", order.amount_minor, now_ms, currency=currency)
            order.state, order.reference = "paid", entry.reference
        return order

    def _left(self, number: str) -> int:
        return self.ledger.left_minor(number)

    def _book(
        self,
        attempt_id: str,
        kind: Literal["charge", "give_back"],
        amount: int,
        now_ms: int,
        *,
        of: str = "",
        currency: str = "CNY",
    ) -> Entry:
        count = len(self.ledger.entries) + 1
        entry = Entry(
            number=count,
            attempt_id=attempt_id,
            kind=kind,
            method="code",
            amount_minor=amount,
            currency=currency,
            at_ms=now_ms,
            reference=f"42000{count:023d}",
            of_id=of,
        )
        self.ledger.book(entry)
        return entry
