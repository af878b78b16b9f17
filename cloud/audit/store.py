"""SQL of the audit trail: rows are added and read, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from cloud.audit.domain import (
    REFUSALS_KEPT_A_LOGIN,
    REFUSALS_KEPT_AN_HOUR,
    TEXT_LENGTH_MAX,
    Actor,
    Entry,
    Outcome,
    recorded,
)
from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "audit.sql")

HOUR_MS = 3_600_000
TO_MS_MAX = 2**62
FIRST_PAGE = 2**62


@dataclass(frozen=True)
class AuditRow:
    """One row as it is read. `before` and `after` are JSON text, or empty."""

    audit_id: int
    at_ms: int
    outcome: str
    login: str
    via: str
    request_id: str
    action: str
    object_id: str
    stores: list[str]
    zone: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; None leaves a field open. `action` may be a subject alone: `price`."""

    login: str | None = None
    action: str | None = None
    object_id: str | None = None
    store_id: str | None = None
    outcome: Outcome | None = None
    from_ms: int = 0
    to_ms: int = TO_MS_MAX


async def add(tx: Connection, actor: Actor, entry: Entry, now_ms: int) -> None:
    """Note a change in its own transaction. A transaction of some stores may only note what touches none but those."""
    await tx.execute(
        Q["add"],
        {
            **asdict(actor),
            "at_ms": now_ms,
            "outcome": Outcome.DONE,
            "action": entry.action,
            "object_id": entry.object_id[:TEXT_LENGTH_MAX],
            "stores": list(entry.stores),
            "zone": entry.zone,
            "before": recorded(entry.before),
            "after": recorded(entry.after),
            "reason": entry.reason[:TEXT_LENGTH_MAX],
        },
    )


async def add_refusal(
    tx: Connection, actor: Actor, outcome: Outcome, action: str, object_id: str, reason: str, now_ms: int
) -> bool:
    """Note what was not allowed; False when this hour's rows are used up. For a transaction over everything."""
    cursor = await tx.execute(
        Q["add_refusal"],
        {
            **asdict(actor),
            "at_ms": now_ms,
            "outcome": outcome,
            "action": action,
            "object_id": object_id[:TEXT_LENGTH_MAX],
            "reason": reason[:TEXT_LENGTH_MAX],
            "since_ms": now_ms - HOUR_MS,
            "kept_max": REFUSALS_KEPT_AN_HOUR,
            "kept_of_login_max": REFUSALS_KEPT_A_LOGIN,
        },
    )
    return cursor.rowcount == 1


async def list_rows(tx: Connection, wanted: Filter, before_id: int, limit: int) -> list[AuditRow]:
    """Rows within the caller's scope with a number below `before_id`, newest first."""
    async with tx.cursor(row_factory=class_row(AuditRow)) as cursor:
        await cursor.execute(Q["list"], {**asdict(wanted), "before_id": before_id, "limit": limit})
        return await cursor.fetchall()
