"""Headquarters on paper: members, coupons and gift cards in memory behind the till's port, with a line that can be cut.

What it answers is decided here, plainly; the real one is in tests/integration/test_stored_value*.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.checkout.ports import Unreachable
from protocols.contract.feed_members import MemberRow
from protocols.contract.questions import (
    Answer,
    AskBalance,
    Balance,
    CouponReserved,
    FindMember,
    MembersFound,
    Question,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ReserveValue,
    ValueKind,
    ValueReleased,
    ValueReserved,
    account_id_of,
)


@dataclass
class PaperHq:
    """`reachable` False: the line is cut."""

    reachable: bool = True
    members: dict[str, list[MemberRow]] = field(default_factory=dict)
    """By what a till may say."""
    coupons: dict[str, str] = field(default_factory=dict)
    """Coupon id to promotion; taken out when set aside."""
    money: dict[str, int] = field(default_factory=dict)
    """By key of a card, or member."""
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By attempt."""
    asked: list[Question] = field(default_factory=list)

    async def ask(self, question: Question) -> Answer | Unreachable:
        if not self.reachable:
            return Unreachable("the line is cut")
        self.asked.append(question)
        return self._answer(question)

    def tell(self, question: Question) -> None:
        if self.reachable:
            self.asked.append(question)
            self._answer(question)

    def _answer(self, question: Question) -> Answer:
        match question:
            case FindMember():
                return MembersFound(members=tuple(self.members.get(question.member_id or question.code, ())))
            case ReserveCoupon():
                coupon_id = question.coupon_id or account_id_of(ValueKind.COUPON, question.key)
                if coupon_id not in self.coupons:
                    return QuestionRefused(code="coupon_taken" if (coupon_id, 1) in self.held.values() else "value_unknown")
                self.held[question.attempt_id] = (coupon_id, 1)
                promotion_id = self.coupons.pop(coupon_id)
                return CouponReserved(
                    reservation_id=question.attempt_id, coupon_id=coupon_id, promotion_id=promotion_id, expires_ms=0
                )
            case ReserveValue():
                key = question.member_id if question.value_kind is ValueKind.POINTS else question.key
                left = self.money.get(key)
                if left is None:
                    return QuestionRefused(code="value_unknown")
                if question.attempt_id not in self.held:
                    if left < question.amount:
                        return QuestionRefused(code="value_short", params={"balance": str(left)})
                    self.money[key] -= question.amount
                    self.held[question.attempt_id] = (key, question.amount)
                return ValueReserved(
                    reservation_id=f"r-{question.attempt_id}", amount=question.amount, left=self.money[key], expires_ms=0
                )
            case ReleaseValue():
                key, amount = self.held.pop(question.attempt_id, ("", 0))
                if key in self.money:
                    self.money[key] += amount
                return ValueReleased(released=amount)
            case AskBalance():
                known = self.money.get(question.key)
                return QuestionRefused(code="value_unknown") if known is None else Balance(free=known)
            case _:
                return QuestionRefused(code="not_known")
