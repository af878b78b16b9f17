"""Gift cards and points as ways to pay: the payment port over the ledger at headquarters, with an allowance for outages.

An attempt is reserved at headquarters under its own id, so asking again never takes twice, and an enquiry is the same
question. Nothing is spent before the sale's fact arrives; a reservation that no sale used ends by itself. That is why giving
back within an open sale always succeeds, with or without headquarters.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.catalogue import lookup
from edge.checkout.ports import Headquarters, Unreachable
from edge.checkout.reasons import TEXTS, reason
from edge.members import cache, offline
from edge.members.offline import Acceptance
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import business_date
from protocols.clock import Clock, IdSource
from protocols.contract.feed_members import MemberPolicyRow
from protocols.contract.questions import (
    QuestionRefused,
    ReleaseValue,
    ReserveValue,
    ValueKind,
    ValueReserved,
    value_tail,
)
from protocols.contract.till_payment import MethodView
from protocols.payment.port import Approved, Declined, Order, Outcome, Unknown

_REFUSALS = {"value_unknown", "value_blocked", "value_short", "value_expired", "value_currency"}


@dataclass(frozen=True, slots=True)
class StoredValue:
    """One kind of stored value as a `MoneyTaker` (`edge.checkout.asking`)."""

    kind: ValueKind
    store_id: str
    store: StoreFile
    headquarters: Headquarters
    clock: Clock
    ids: IdSource

    def view(self) -> MethodView:
        """Usable while headquarters answers, and within the allowance when it does not."""
        rules = self._rules()
        if self.kind is ValueKind.POINTS and not rules.points_per_unit:
            return MethodView(method=self.kind, usable=False, reason=reason("points_do_not_pay"))
        if self.headquarters.reachable:
            return MethodView(method=self.kind)
        allowance = rules.allowance(self.kind)
        most = min(allowance.per_transaction, allowance.per_account_day, allowance.per_outage)
        if not most:
            return MethodView(method=self.kind, usable=False, reason=reason("value_offline"))
        limit_minor = most if self.kind is ValueKind.GIFT_CARD else self._minor_of(most, rules)
        return MethodView(method=self.kind, reason=reason("value_offline_limit"), limit_minor=limit_minor)

    async def ask(self, order: Order) -> Outcome:
        """Take an amount, or give it back."""
        if order.amount_minor < 0:
            return await self._give_back(order)
        rules = self._rules()
        amount = order.amount_minor if self.kind is ValueKind.GIFT_CARD else self._points_of(order.amount_minor, rules)
        if amount is None:
            return Declined(TEXTS["points_do_not_pay"])
        answer = await self.headquarters.ask(
            ReserveValue(
                question_id=self.ids.new(),
                value_kind=self.kind,
                attempt_id=order.attempt_id,
                sale_id=order.sale_id,
                till_id=order.till_id,
                amount=amount,
                currency=order.currency,
                key=order.code_key,
                member_id=order.member_id,
            )
        )
        if isinstance(answer, ValueReserved):
            return self._approved(order, amount, answer.reservation_id, answer.tail or value_tail(order.code))
        if isinstance(answer, QuestionRefused):
            return Declined(_words(answer))
        if isinstance(answer, Unreachable):
            return await self._alone(order, amount, rules)
        return Declined(TEXTS["value_unknown"])

    async def enquire(self, order: Order) -> Outcome:
        """The same question again has the same answer."""
        return await self.ask(order)

    async def cancel(self, _attempt_id: str) -> None:
        """There is nothing to stop: an answer comes at once."""

    async def _give_back(self, order: Order) -> Outcome:
        """Within an open sale: let it go. After a sale: the return's fact puts it back."""
        if order.reverses_id:
            released = ReleaseValue(question_id=self.ids.new(), attempt_id=order.reverses_id)
            await self.headquarters.ask(released)
            try:
                await self.store.write(lambda tx: offline.drop(tx, order.reverses_id))
            except (StoreFull, StoreBusy) as error:
                return Unknown(str(error))
        rules = self._rules()
        units = 0 if self.kind is ValueKind.GIFT_CARD else self._points_of(-order.amount_minor, rules) or 0
        tail = value_tail(order.code)
        return Approved(order.amount_minor, self._account(order, tail), tail, units)

    async def _alone(self, order: Order, amount: int, rules: MemberPolicyRow) -> Outcome:
        """Take it without asking, within the allowance; of points no more than the box knows of."""
        source = self.store.reader()
        if self.kind is ValueKind.POINTS:
            row = cache.member(source, self.store_id, order.member_id)
            if row is None or row.points < amount or not cache.believed(source, rules, self.clock.now_ms()):
                return Declined(TEXTS["value_offline"])
        account = order.code_key if self.kind is ValueKind.GIFT_CARD else order.member_id
        if not account:
            return Declined(TEXTS["value_unknown"])
        wanted = Acceptance(
            attempt_id=order.attempt_id,
            value_kind=self.kind,
            account=account,
            amount=amount,
            sale_id=order.sale_id,
            till_id=order.till_id,
            business_date=business_date(self.clock.now_ms(), lookup.time_zone(source)),
            at_ms=self.clock.now_ms(),
        )
        allowance = rules.allowance(self.kind)

        def take(tx: Tx) -> offline.TooMuch | None:
            return offline.accept(tx, wanted, allowance)

        try:
            refused = await self.store.write(take)
        except (StoreFull, StoreBusy) as error:
            return Unknown(str(error))
        if refused is not None:
            return Declined(reason("offline_limit", limit=refused.limit, left=refused.left).text)
        tail = value_tail(order.code)
        return self._approved(order, amount, self._account(order, tail), tail)

    def _approved(self, order: Order, amount: int, reference: str, tail: str) -> Approved:
        units = 0 if self.kind is ValueKind.GIFT_CARD else amount
        return Approved(order.amount_minor, reference, tail, units)

    def _account(self, order: Order, tail: str) -> str:
        """What the ledger finds the account by when it was not asked before."""
        return f"{order.code_key}:{tail}" if self.kind is ValueKind.GIFT_CARD and order.code_key else ""

    def _rules(self) -> MemberPolicyRow:
        return cache.policy(self.store.reader(), self.store_id)

    def _points_of(self, amount_minor: int, rules: MemberPolicyRow) -> int | None:
        """Points for an amount: rounded up, to whole steps; None when points do not pay."""
        zone = lookup.zone(self.store.reader())
        if zone is None or not rules.points_per_unit:
            return None
        unit_minor = int(10**zone.minor_digits)
        points = -(-amount_minor * rules.points_per_unit // unit_minor)
        return -(-points // rules.points_step) * rules.points_step

    def _minor_of(self, points: int, rules: MemberPolicyRow) -> int:
        zone = lookup.zone(self.store.reader())
        return 0 if zone is None else points * int(10**zone.minor_digits) // rules.points_per_unit


def _words(refused: QuestionRefused) -> str:
    if refused.code == "value_short":
        return reason("value_short", balance=refused.params.get("balance", "0")).text
    return TEXTS[refused.code if refused.code in _REFUSALS - {"value_currency"} else "value_unknown"]
