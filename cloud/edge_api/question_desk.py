"""Which use case answers which question of a store.

To add one: a struct in `protocols/contract/questions.py`, a use case of its subject, a line in `ANSWERS`. The use case runs
in a transaction of the whole chain: it is given the store that asks and sees to it that a store learns only what it may. It
refuses by returning `QuestionRefused`; it must change nothing then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from cloud.db.pool import Connection
from cloud.members import questions as members
from cloud.returns import questions as returns
from cloud.stored_value import questions as stored_value
from protocols.contract.questions import (
    Answer,
    AskBalance,
    FindMember,
    Question,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ReserveValue,
)
from protocols.contract.returns import FindSale, ReserveReturn

UseCase: TypeAlias = Callable[[Connection, str, Any, int], Awaitable[Answer]]
"""Transaction, the store that asks, the question it is registered for, and the time in milliseconds."""

ANSWERS: dict[type, UseCase] = {
    ReserveValue: stored_value.reserve_value,
    ReserveCoupon: stored_value.reserve_coupon,
    ReleaseValue: stored_value.release_value,
    AskBalance: stored_value.balance,
    FindMember: members.find_member,
    FindSale: returns.find_sale,
    ReserveReturn: returns.reserve_return,
}


async def answer(tx: Connection, store_id: str, question: Question, now_ms: int) -> Answer:
    """Answer one question."""
    use_case = ANSWERS.get(type(question))
    if use_case is None:
        return QuestionRefused(code="not_known", text="This headquarters does not answer such questions.")
    return await use_case(tx, store_id, question, now_ms)
