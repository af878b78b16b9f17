"""SQL of stored value beside the ledger: lists, batches, clashes, allowances."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "stored_value.sql")


@dataclass(frozen=True)
class AccountRow:
    """An account with what lies in it."""

    account_id: str
    kind: str
    tail: str
    member_id: str | None
    currency: str
    promotion_id: str
    batch_id: str
    blocked: bool
    owed: int
    opened_at_ms: int
    free: int
    held: int
    expires_ms: int | None


@dataclass(frozen=True)
class MovementRow:
    """One line of the ledger."""

    movement_id: int
    lot_id: int | None
    what: str
    free_delta: int
    held_delta: int
    store_id: str
    sale_id: str
    reason: str
    at_ms: int


@dataclass(frozen=True)
class WrongRow:
    """A lot (or what an account owes) that is not the sum of its movements."""

    account_id: str
    lot_id: int | None
    free: int
    held: int
    free_by_ledger: int
    held_by_ledger: int


@dataclass(frozen=True)
class BatchRow:
    """Coupons issued together."""

    batch_id: str
    promotion_id: str
    issued_at_ms: int
    issued: int
    set_aside: int
    gone: int
    valid_to_ms: int | None
    valid_from_ms: int


@dataclass(frozen=True)
class ClashRow:
    """A sale that took what was not there any more."""

    clash_id: int
    store_id: str
    store_name: str
    sale_id: str
    value_kind: str
    account_id: str
    tail: str
    member_id: str
    currency: str
    amount: int
    short: int
    why: str
    at_ms: int
    settled_at_ms: int | None
    settled_by: str
    settled_how: str


@dataclass(frozen=True)
class AllowanceRow:
    """What a store may take alone of one kind; store '': every store without a row of its own."""

    store_id: str
    value_kind: str
    per_transaction: int
    per_account_day: int
    per_outage: int


async def accounts(
    tx: Connection, *, kind: str = "", tail: str = "", member_id: str = "", account_id: str = "", after: str = "", limit: int
) -> list[AccountRow]:
    """Accounts by id."""
    values = {"kind": kind, "tail": tail, "member_id": member_id, "account_id": account_id, "after": after, "limit": limit}
    async with tx.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(Q["list_accounts"], values)
        return await cursor.fetchall()


async def movements(tx: Connection, account_id: str, limit: int) -> list[MovementRow]:
    """The newest lines of an account."""
    async with tx.cursor(row_factory=class_row(MovementRow)) as cursor:
        await cursor.execute(Q["movements"], {"account_id": account_id, "limit": limit})
        return await cursor.fetchall()


async def wrong(tx: Connection, limit: int) -> list[WrongRow]:
    """Where lots and ledger differ: nowhere, unless somebody wrote into the database."""
    async with tx.cursor(row_factory=class_row(WrongRow)) as cursor:
        await cursor.execute(Q["wrong"], {"limit": limit})
        return await cursor.fetchall()


async def batches(tx: Connection, limit: int) -> list[BatchRow]:
    """Newest first."""
    async with tx.cursor(row_factory=class_row(BatchRow)) as cursor:
        await cursor.execute(Q["batches"], {"limit": limit})
        return await cursor.fetchall()


async def clashes(tx: Connection, before: int, limit: int, *, settled: bool) -> list[ClashRow]:
    """Newest first, those still to be looked at, or all."""
    async with tx.cursor(row_factory=class_row(ClashRow)) as cursor:
        await cursor.execute(Q["clashes"], {"before": before, "limit": limit, "settled": settled})
        return await cursor.fetchall()


async def allowances(tx: Connection) -> list[AllowanceRow]:
    """Those of every store first."""
    async with tx.cursor(row_factory=class_row(AllowanceRow)) as cursor:
        await cursor.execute(Q["allowances"])
        return await cursor.fetchall()


async def put_allowance(tx: Connection, row: AllowanceRow) -> None:
    """Add or replace; stores are told by the keeper of members."""
    await tx.execute(Q["put_allowance" if row.store_id else "put_default"], asdict(row))
    await tx.execute(Q["tell_stores"])
