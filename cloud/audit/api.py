"""The route of the audit trail: newest first, filtered, within the caller's scope."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.audit.domain import Outcome
from cloud.audit.schemas import AuditPage, AuditView
from cloud.audit.store import FIRST_PAGE, TO_MS_MAX, Filter, list_rows
from cloud.web.access import AuditReader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor

router = APIRouter(prefix="/api/v1", tags=["audit"])
Word = Annotated[str | None, Query(max_length=200)]


@router.get("/audit")
async def list_audit(
    asking: AuditReader,
    login: Word = None,
    action: Annotated[
        str | None, Query(max_length=200, description="`price.changed`, or the subject alone: `price`")
    ] = None,
    object_id: Word = None,
    store_id: Word = None,
    outcome: Outcome | None = None,
    from_ms: Annotated[int, Query(ge=0, le=TO_MS_MAX)] = 0,
    to_ms: Annotated[int, Query(ge=0, le=TO_MS_MAX, description="Before this moment")] = TO_MS_MAX,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> AuditPage:
    """Who changed what, newest first. Who looks after some stores sees the rows that touch none but those."""
    wanted = Filter(login, action, object_id, store_id, outcome, from_ms, to_ms)
    before_id = number_cursor(after) or FIRST_PAGE
    async with asking.read() as tx:
        rows = await list_rows(tx, wanted, before_id, limit)
    next_cursor = encode_cursor(rows[-1].audit_id) if len(rows) == limit else None
    return AuditPage(rows=[AuditView.model_validate(asdict(row)) for row in rows], next=next_cursor)
