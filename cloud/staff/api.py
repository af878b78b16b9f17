"""Routes of staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.staff import service, store
from cloud.staff.domain import StaffMember
from cloud.staff.schemas import StaffBody, StaffPage, StaffView, StaffWritten
from cloud.web.access import Reader, StaffWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.in_scope import need_store
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["staff"])


@router.get("/stores/{store_id}/staff")
async def list_staff(
    store_id: str,
    asking: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> StaffPage:
    """Who may work in a store."""
    async with asking.read() as tx:
        await need_store(tx, store_id)
        rows = await store.list_staff(tx, store_id, text_cursor(after), limit)
    views = [
        StaffView(
            staff_id=row.staff_id,
            name=row.name,
            rights=row.rights,
            language=row.language,
            active=row.active,
            limits=row.limits,
        )
        for row in rows
    ]
    return StaffPage(rows=views, next=encode_cursor(rows[-1].staff_id) if len(rows) == limit else None)


@router.put("/stores/{store_id}/staff/{staff_id}", response_model=StaffWritten)
async def put_staff(
    store_id: str, staff_id: str, body: StaffBody, asking: StaffWriter, once: Annotated[Repeat, Depends(repeat_of)]
) -> Response:
    """Add or change a member of staff; the store learns of it at once."""
    member = StaffMember(
        store_id, staff_id, body.name, tuple(body.rights), body.language, body.active, body.pin, body.limits
    )

    async def use_case(tx: Connection) -> Done[StaffWritten]:
        change = await service.put_staff(tx, member, now_ms=asking.now_ms)
        answer = StaffWritten(store_id=store_id, staff_id=staff_id, feed_version=change.feed_version)
        verb = "added" if change.before is None else "changed"
        pin = "" if member.pin is None else "PIN set"
        return Done(answer, Entry(f"staff.{verb}", staff_id, (store_id,), "", change.before, change.after, pin))

    return await write(asking, once, use_case)
