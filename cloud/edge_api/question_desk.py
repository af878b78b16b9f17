"""Which use case answers which question of a store.

To add one: a struct in `protocols/contract/questions.py`, a use case of its subject, a line in `ANSWERS`. The use case runs
in a transaction of the whole chain: it is given the store that asks and sees to it that a store learns only what it may. It
refuses by returning `QuestionRefused`; it must change nothing then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from cloud.db.pool import Connection
from protocols.contract.questions import Answer, Question, QuestionRefused


@dataclass(frozen=True, slots=True)
class Asker:
    """Which store asks, and when."""

    store_id: str
    now_ms: int


UseCase: TypeAlias = Callable[[Connection, Asker, Any], Awaitable[Answer]]
"""Transaction, asker, and the question it is registered for."""

ANSWERS: dict[type, UseCase] = {}


async def answer(tx: Connection, asker: Asker, question: Question) -> Answer:
    """Answer one question."""
    use_case = ANSWERS.get(type(question))
    if use_case is None:
        return QuestionRefused(code="not_known", text="This headquarters does not answer such questions.")
    return await use_case(tx, asker, question)
