"""POST /v1/edge/{store}/questions: a question asked while a customer waits (contract: `protocols/contract/questions.py`).

One that changes something is answered once, in the transaction that keeps its answer. Limits: `UNDER_WAY_MAX` questions of
one store at a time and `ALL_UNDER_WAY_MAX` in all (more: 503, ask again), a lock wait and a statement time below what a till
waits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from cloud.db.pool import Connection, Database, Scope
from cloud.db.queries import load_queries
from cloud.edge_api.question_desk import Asker, answer
from cloud.refusals import Conflict
from protocols.contract.questions import KEPT, Question, decode_question, encode_answer

Q = load_queries(__file__, "questions.sql")

UNDER_WAY_MAX = 8
ALL_UNDER_WAY_MAX = 64
KEEP_ANSWERS_MS = 7 * 86_400_000
FORGET_AT_ONCE = 20
"""Old answers are taken out a few at a time by those who ask."""


class Busy(Exception):
    """No room or no time now: ask again."""


class QuestionDoor:
    """Answers questions, not too many at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: Counter[str] = Counter()

    async def ask(self, store_id: str, body: bytes, now_ms: int) -> bytes:
        """The answer's bytes. Raises `QuestionError`, `Conflict` (an id that was another question), `Busy`."""
        question = decode_question(body)
        asker = Asker(store_id, now_ms)
        with self._room(store_id):
            try:
                async with self._database.transaction(Scope.everything()) as tx:
                    await tx.execute(Q["limits"])
                    if isinstance(question, KEPT):
                        return await _answered_once(tx, asker, question, body)
                    return encode_answer(await answer(tx, asker, question))
            except psycopg.OperationalError as error:  # a lock, a time-out, no connection
                raise Busy(str(error)) from error

    @contextmanager
    def _room(self, store_id: str) -> Iterator[None]:
        if self._under_way[store_id] >= UNDER_WAY_MAX or self._under_way.total() >= ALL_UNDER_WAY_MAX:
            raise Busy(f"{self._under_way[store_id]} questions of this store are under way")
        self._under_way[store_id] += 1
        try:
            yield
        finally:
            self._under_way[store_id] -= 1
            if not self._under_way[store_id]:
                del self._under_way[store_id]


async def _answered_once(tx: Connection, asker: Asker, question: Question, body: bytes) -> bytes:
    values = {
        "store_id": asker.store_id,
        "question_id": question.question_id,
        "asked_sha256": hashlib.sha256(body).digest(),
        "now_ms": asker.now_ms,
    }
    first = await (await tx.execute(Q["begin"], values)).fetchone()
    if first is None:  # asked before: whoever came first has committed by now
        row = await (await tx.execute(Q["kept"], values)).fetchone()
        if row is None or row[0] is None:
            raise Busy("the same question is being answered")
        if bytes(row[1]) != values["asked_sha256"]:
            raise Conflict("question_id_used", "This question_id was another question.", "Make a new id for each question.")
        return bytes(row[0])
    given = encode_answer(await answer(tx, asker, question))
    await tx.execute(Q["keep"], {**values, "answer": given})
    await tx.execute(Q["forget"], {"before_ms": asker.now_ms - KEEP_ANSWERS_MS, "limit": FORGET_AT_ONCE})
    return given
