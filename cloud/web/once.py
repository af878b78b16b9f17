"""A write is done once, however often it is sent with the same `Idempotency-Key`.

The answer is stored in the transaction of the change itself, so there is no moment in which one exists without the other;
so is what is noted in the audit trail. A repeat notes nothing: nothing changed.
The same key with another body is refused (422), while the first is still running too (409). A refused write stores
nothing: it may be corrected and sent again. Routes whose answer carries a secret take no key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Header, Request, Response
from pydantic import BaseModel

from cloud.audit.domain import Done
from cloud.db.pool import Connection, Scope
from cloud.db.queries import load_queries
from cloud.refusals import Conflict, Invalid
from cloud.web.access import Asking

Q = load_queries(__file__, "once.sql")
log = structlog.get_logger("cloud.web")

KEPT_MS = 48 * 3600 * 1000
KEY_LENGTH_MAX = 255

REPLAYED = "Idempotency-Replayed"

UseCase = Callable[[Connection], Awaitable[Done[BaseModel | None]]]
"""Without an answer (None) the status is 204."""
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=KEY_LENGTH_MAX,
        min_length=1,
        description="Any text that is new for each intended write; sent again with it, the write is not done twice.",
    ),
]


@dataclass(frozen=True)
class Repeat:
    """What tells one write from another: the caller's key and a hash of the request. `what` is for the log."""

    key: str | None
    fingerprint: bytes
    what: str


async def repeat_of(request: Request, key: KeyHeader = None) -> Repeat:
    """Dependency: read the key and fingerprint the request."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return Repeat(key, digest.digest(), f"{request.method} {request.url.path}")


async def write(asking: Asking, repeat: Repeat, use_case: UseCase, *, scope: Scope | None = None) -> Response:
    """Run a use case in one transaction, note it and answer with its result, or repeat the stored answer.

    Who did what is logged once it is committed; never the body, which may hold a PIN.
    """

    async def once(tx: Connection) -> Done[Response]:
        stored = None if repeat.key is None else await _stored_answer(tx, asking, repeat)
        if stored is not None:
            return Done(_answer(stored, {REPLAYED: "true"}), None)
        done = await use_case(tx)
        body = b"" if done.answer is None else done.answer.model_dump_json().encode()
        if repeat.key is not None:
            await _remember(tx, asking, repeat, body)
        return Done(_answer(body), done.noted)

    answer = await asking.change(once, scope=scope)
    log.info("written", person=asking.person.login, what=repeat.what, repeated=REPLAYED in answer.headers)
    return answer


async def _remember(tx: Connection, asking: Asking, repeat: Repeat, body: bytes) -> None:
    await tx.execute(
        Q["remember"],
        {
            "person_id": asking.person.person_id,
            "key": repeat.key,
            "fingerprint": repeat.fingerprint,
            "answer": body,
            "now_ms": asking.now_ms,
        },
    )
    await tx.execute(Q["forget"], {"forget_before_ms": asking.now_ms - KEPT_MS})


async def _stored_answer(tx: Connection, asking: Asking, repeat: Repeat) -> bytes | None:
    who = {"person_id": asking.person.person_id, "key": repeat.key}
    row = await (await tx.execute(Q["try_lock"], {"name": f"{asking.person.person_id}|{repeat.key}"})).fetchone()
    if row is None or not row[0]:
        raise Conflict(
            "still_running", "A write with this Idempotency-Key is still running.", "Wait a moment and send it again."
        )
    found = await (await tx.execute(Q["recall"], who)).fetchone()
    if found is None:
        return None
    if bytes(found[0]) != repeat.fingerprint:
        raise Invalid(
            "key_reused", "This Idempotency-Key was used for another request.", "Use a new key for each intended write."
        )
    return bytes(found[1])


def _answer(body: bytes, headers: dict[str, str] | None = None) -> Response:
    if not body:
        return Response(status_code=204, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
