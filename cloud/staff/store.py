"""SQL of staff."""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "staff.sql")


@dataclass(frozen=True)
class StaffRecord:
    """One row of `staff`; the PIN's hash stays inside."""

    staff_id: str
    name: str
    rights: list[str]
    language: str
    active: bool
    pin_hash: str = ""
    limits: dict[str, int] = field(default_factory=dict)


async def put_staff(tx: Connection, store_id: str, row: StaffRecord) -> None:
    """Add or replace."""
    await tx.execute(
        Q["put_staff"],
        {
            "store_id": store_id,
            "staff_id": row.staff_id,
            "name": row.name,
            "pin_hash": row.pin_hash,
            "rights": row.rights,
            "language": row.language,
            "active": row.active,
            "limits": Jsonb(row.limits),
        },
    )


async def get_staff(tx: Connection, store_id: str, staff_id: str) -> StaffRecord | None:
    """One member, with the PIN's hash; locked until the transaction ends."""
    async with tx.cursor(row_factory=class_row(StaffRecord)) as cursor:
        await cursor.execute(Q["get_staff"], {"store_id": store_id, "staff_id": staff_id})
        return await cursor.fetchone()


async def list_staff(tx: Connection, store_id: str, after: str, limit: int) -> list[StaffRecord]:
    """A store's staff by number, without PINs."""
    async with tx.cursor(row_factory=class_row(StaffRecord)) as cursor:
        await cursor.execute(Q["list_staff"], {"store_id": store_id, "after": after, "limit": limit})
        return await cursor.fetchall()
