"""SQL of tills."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.tills.reconcile import AcquirerLine

Q = load_queries(__file__, "tills.sql")


@dataclass(frozen=True)
class ShiftRow:
    """A closed shift."""

    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int | None
    closed_at_ms: int
    sale_count: int
    expected_minor: int
    counted_minor: int
    difference_minor: int
    cash_in_minor: int
    cash_out_minor: int
    why: str
    approver_id: str
    z_number: int
    business_date: str
    currency: str


@dataclass(frozen=True)
class OpenShiftRow:
    """A shift that runs, as far as HQ knows."""

    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    float_minor: int
    currency: str


@dataclass(frozen=True)
class ShiftTenderRow:
    """One tender of a closed shift."""

    kind: str
    expected_minor: int
    counted_minor: int | None
    sales: int
    refunds_minor: int


@dataclass(frozen=True)
class SpanRow:
    """Which steps of ingest hold what is asked for; None: nothing."""

    from_rev: int | None
    upto_rev: int | None


@dataclass(frozen=True)
class BatchRow:
    """A journal batch as it came."""

    first_seq: int
    payload: bytes


@dataclass(frozen=True)
class PlaceRow:
    """How a store writes money and time."""

    currency: str
    minor_digits: int
    time_zone: str


@dataclass(frozen=True)
class MovementRow:
    """A payment that took or gave back money."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    at_ms: int
    reference: str
    card_tail: str
    booked: bool
    reverses_id: str | None


@dataclass(frozen=True)
class FileRow:
    """An acquirer's file with lines of the day."""

    file_id: str
    name: str
    line_count: int
    added_at_ms: int
    added_by: str


async def shifts(
    tx: Connection, store_id: str | None, from_date: datetime.date, upto_date: datetime.date, limit: int
) -> list[ShiftRow]:
    """Closed shifts of a period, newest first."""
    async with tx.cursor(row_factory=class_row(ShiftRow)) as cursor:
        values = {"store_id": store_id, "from_date": from_date, "upto_date": upto_date, "limit": limit}
        return await (await cursor.execute(Q["shifts"], values)).fetchall()


async def open_shifts(tx: Connection, store_id: str | None, limit: int) -> list[OpenShiftRow]:
    """Shifts whose end HQ has not heard of, newest first."""
    async with tx.cursor(row_factory=class_row(OpenShiftRow)) as cursor:
        return await (await cursor.execute(Q["open_shifts"], {"store_id": store_id, "limit": limit})).fetchall()


async def tenders(tx: Connection, store_id: str, shift_id: str) -> list[ShiftTenderRow]:
    """Tenders of a closed shift, cash first."""
    async with tx.cursor(row_factory=class_row(ShiftTenderRow)) as cursor:
        return await (await cursor.execute(Q["tenders"], {"store_id": store_id, "shift_id": shift_id})).fetchall()


async def span_of_shift(tx: Connection, store_id: str, shift_id: str) -> SpanRow | None:
    """Where in the journal a shift lies; None when its opening is not known."""
    async with tx.cursor(row_factory=class_row(SpanRow)) as cursor:
        return await (await cursor.execute(Q["span_of_shift"], {"store_id": store_id, "shift_id": shift_id})).fetchone()


async def span_of_day(tx: Connection, store_id: str, day: datetime.date) -> SpanRow | None:
    """Where in the journal a business date lies."""
    async with tx.cursor(row_factory=class_row(SpanRow)) as cursor:
        return await (await cursor.execute(Q["span_of_day"], {"store_id": store_id, "day": day})).fetchone()


async def batches(tx: Connection, store_id: str, span: SpanRow) -> list[BatchRow]:
    """The batches of a span, in journal order."""
    async with tx.cursor(row_factory=class_row(BatchRow)) as cursor:
        values = {"store_id": store_id, "from_rev": span.from_rev, "upto_rev": span.upto_rev}
        return await (await cursor.execute(Q["batches"], values)).fetchall()


async def place(tx: Connection, store_id: str) -> PlaceRow | None:
    """How a store writes money and time; None outside the caller's scope."""
    async with tx.cursor(row_factory=class_row(PlaceRow)) as cursor:
        return await (await cursor.execute(Q["place"], {"store_id": store_id})).fetchone()


async def movements(tx: Connection, store_id: str, day: datetime.date, limit: int) -> list[MovementRow]:
    """Payments through terminals on a day of the store's own calendar."""
    async with tx.cursor(row_factory=class_row(MovementRow)) as cursor:
        return await (await cursor.execute(Q["movements"], {"store_id": store_id, "day": day, "limit": limit})).fetchall()


async def add_file(tx: Connection, store_id: str, row: FileRow, lines: Sequence[AcquirerLine]) -> bool:
    """Keep a file with its lines; False when it was there already."""
    added = await tx.execute(Q["add_file"], {"store_id": store_id, **asdict(row)})
    if added.rowcount == 0:
        return False
    async with tx.cursor() as cursor:
        values = [{"store_id": store_id, "file_id": row.file_id, **asdict(line)} for line in lines]
        await cursor.executemany(Q["add_line"], values)
    return True


async def drop_file(tx: Connection, store_id: str, file_id: str) -> bool:
    """Forget a file; False when there was none."""
    return (await tx.execute(Q["drop_file"], {"store_id": store_id, "file_id": file_id})).rowcount > 0


async def files(tx: Connection, store_id: str, day: datetime.date) -> list[FileRow]:
    """Files with lines of that day."""
    async with tx.cursor(row_factory=class_row(FileRow)) as cursor:
        return await (await cursor.execute(Q["files"], {"store_id": store_id, "day": day})).fetchall()


async def acquirer_lines(tx: Connection, store_id: str, day: datetime.date, limit: int) -> list[AcquirerLine]:
    """Lines of that day from every file."""
    async with tx.cursor(row_factory=class_row(AcquirerLine)) as cursor:
        values = {"store_id": store_id, "day": day, "limit": limit}
        return await (await cursor.execute(Q["acquirer_lines"], values)).fetchall()
