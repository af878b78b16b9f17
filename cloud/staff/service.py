"""Use cases of staff: the row and the store's feed change in the caller's one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cloud.db.feed_changes import commit_feed, put_row
from cloud.db.pool import Connection
from cloud.staff import store
from cloud.staff.domain import StaffMember, check_staff
from cloud.users.secrets import hash_pin
from cloud.web.in_scope import need_store
from protocols.contract.feed_rows import StaffRow, encode_row, staff_feed


@dataclass(frozen=True)
class StaffChange:
    """A member before (None: new) and after, and the feed version that carries it."""

    before: store.StaffRecord | None
    after: store.StaffRecord
    feed_version: int


async def put_staff(tx: Connection, member: StaffMember, *, now_ms: int) -> StaffChange:
    """Add or change a member of staff. Raises `Invalid` or `Missing`."""
    await need_store(tx, member.store_id)
    known = await store.get_staff(tx, member.store_id, member.staff_id)
    check_staff(member, is_new=known is None)
    pin_hash = known.pin_hash if known is not None else ""
    if member.pin is not None:
        pin_hash = await asyncio.to_thread(hash_pin, member.pin)
    record = store.StaffRecord(
        member.staff_id, member.name, list(member.rights), member.language, member.active, pin_hash, dict(member.limits)
    )
    await store.put_staff(tx, member.store_id, record)
    row = StaffRow(
        staff_id=member.staff_id,
        name=member.name,
        pin_hash=pin_hash,
        rights=member.rights,
        language=member.language,
        active=member.active,
        limits=dict(member.limits),
    )
    feed = staff_feed(member.store_id)
    await put_row(tx, feed, row.key(), encode_row(row))
    return StaffChange(known, record, await commit_feed(tx, feed, now_ms))
