"""SQL of sales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.sales.domain import Arrival, SaleRow

Q = load_queries(__file__, "sales.sql")


@dataclass(frozen=True)
class SaleHead:
    """A sale without its lines; fields as in `protocols.contract.facts.SaleClosed`."""

    store_id: str
    sale_id: str
    incarnation: int
    seq: int
    event_id: str
    command_id: str
    till_id: str
    cashier_id: str
    shift_id: str
    receipt_till_id: str
    receipt_incarnation: int
    receipt_number: int
    currency: str
    tax_mode: str
    place: str
    total_minor: int
    tax_minor: int
    rounding_minor: int
    promotion_bundle: str
    price_feed_version: int
    member_id: str | None
    opened_at_ms: int
    closed_at_ms: int
    clock: str
    business_date: str


@dataclass(frozen=True)
class LineRow:
    """One line; `discounts` and `overrides` are JSON text or None."""

    line_no: int
    item_id: str
    name: str
    gtin: str
    quantity: int
    grams: int | None
    stock_thousandths: int
    unit_price_minor: int
    price_revision: int
    list_price_minor: int
    price_reason: str
    label_revision: int | None
    net_minor: int
    tax_class: str
    tax_rate_bp: int
    tax_minor: int
    batch: str | None
    serial: str | None
    discounts: str | None
    overrides: str | None


@dataclass(frozen=True)
class TenderRow:
    """Money received."""

    tender_no: int
    kind: str
    amount_minor: int
    change_minor: int
    reference: str


@dataclass(frozen=True)
class ReturnedLineRow:
    """Units of a line that came back, at whichever store."""

    store_id: str
    return_id: str
    policy: str
    unverified: bool
    at_ms: int
    line_no: int
    item_id: str
    name: str
    quantity: int
    grams: int | None
    reason: str
    refund_minor: int


@dataclass(frozen=True)
class MinuteCount:
    """Sales of one store that arrived in the minute that begins at `minute_ms`."""

    store_id: str
    minute_ms: int
    sales: int


@dataclass(frozen=True)
class DayTotal:
    """Sales of one store on one business date."""

    store_id: str
    currency: str
    business_date: str
    sales: int
    total_minor: int


async def newest(tx: Connection, before: Arrival, limit: int, only: str | None) -> list[SaleRow]:
    """Sales before a place in the order of arrival, newest first; of one store if `only` is set."""
    values = {
        "tx": str(before.tx),
        "store_id": before.store_id,
        "ingest_rev": before.ingest_rev,
        "seq": before.seq,
        "limit": limit,
        "only": only,
    }
    return _rows(await (await tx.execute(Q["newest_of_store" if only else "newest"], values)).fetchall())


async def since(tx: Connection, after: Arrival, limit: int, only: str | None) -> list[SaleRow]:
    """Sales after a place in the order of arrival, oldest first; nothing that a running transaction could still precede."""
    values = {
        "tx": str(after.tx),
        "store_id": after.store_id,
        "ingest_rev": after.ingest_rev,
        "seq": after.seq,
        "limit": limit,
        "only": only,
    }
    return _rows(await (await tx.execute(Q["since"], values)).fetchall())


def _rows(rows: Sequence[tuple[object, ...]]) -> list[SaleRow]:
    return [SaleRow(Arrival(*row[:4]), *row[4:]) for row in rows]  # type: ignore[arg-type]


async def horizon(tx: Connection) -> Arrival:
    """The place from which on everything is still to come."""
    row = await (await tx.execute(Q["horizon"])).fetchone()
    assert row is not None
    return Arrival(int(row[0]), "", 0, 0)


async def sale(tx: Connection, store_id: str, sale_id: str) -> SaleHead | None:
    """One sale within the caller's scope."""
    async with tx.cursor(row_factory=class_row(SaleHead)) as cursor:
        await cursor.execute(Q["sale"], {"store_id": store_id, "sale_id": sale_id})
        return await cursor.fetchone()


async def lines(tx: Connection, store_id: str, sale_id: str) -> list[LineRow]:
    """Its lines, in order."""
    async with tx.cursor(row_factory=class_row(LineRow)) as cursor:
        await cursor.execute(Q["lines"], {"store_id": store_id, "sale_id": sale_id})
        return await cursor.fetchall()


async def tenders(tx: Connection, store_id: str, sale_id: str) -> list[TenderRow]:
    """Its tenders, in order."""
    async with tx.cursor(row_factory=class_row(TenderRow)) as cursor:
        await cursor.execute(Q["tenders"], {"store_id": store_id, "sale_id": sale_id})
        return await cursor.fetchall()


async def returns(tx: Connection, store_id: str, sale_id: str) -> list[ReturnedLineRow]:
    """What came back of it, oldest first."""
    async with tx.cursor(row_factory=class_row(ReturnedLineRow)) as cursor:
        await cursor.execute(Q["returns"], {"store_id": store_id, "sale_id": sale_id})
        return await cursor.fetchall()


async def counts(tx: Connection, from_ms: int, only: str | None) -> list[MinuteCount]:
    """Sales per store and minute of arrival."""
    async with tx.cursor(row_factory=class_row(MinuteCount)) as cursor:
        await cursor.execute(Q["counts"], {"from_ms": from_ms, "only": only})
        return await cursor.fetchall()


async def totals(tx: Connection, from_ms: int, only: str | None) -> list[DayTotal]:
    """Sales and turnover per store and business date, of sales closed since `from_ms` by the store's clock."""
    async with tx.cursor(row_factory=class_row(DayTotal)) as cursor:
        await cursor.execute(Q["totals"], {"from_ms": from_ms, "only": only})
        return await cursor.fetchall()
