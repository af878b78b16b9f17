"""SQL of invoices."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.invoices.domain import Buyer, Kind, ReceiptName, State, Sum

Q = load_queries(__file__, "invoices.sql")


@dataclass(frozen=True)
class RequestRow:
    store_id: str
    sale_id: str
    buyer_name: str
    buyer_tax_number: str
    deliver_to: str
    asked_at_ms: int


@dataclass(frozen=True)
class DocumentRow:
    """One paper. Amounts are positive, of red letters too."""

    document_id: str
    store_id: str
    sale_id: str
    return_id: str
    kind: Kind
    state: State
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    detail: str
    made_at_ms: int


@dataclass(frozen=True)
class RequestedRow:
    """A request as a list shows it. `amount_minor` None: the invoice is not made yet, its sale has not arrived."""

    store_id: str
    sale_id: str
    buyer_name: str
    asked_at_ms: int
    state: str
    currency: str
    amount_minor: int | None
    number: str
    detail: str
    red_letters: int


@dataclass(frozen=True)
class PendingRow:
    """One paper to be issued, with all the issuing program needs."""

    document_id: str
    store_id: str
    sale_id: str
    return_id: str
    kind: Kind
    currency: str
    amount_minor: int
    tax_minor: int
    made_at_ms: int
    buyer_name: str
    buyer_tax_number: str
    deliver_to: str
    invoice_number: str


@dataclass(frozen=True)
class SaleRow:
    store_id: str
    sale_id: str
    currency: str
    total_minor: int
    tax_minor: int


@dataclass(frozen=True)
class ReturnRow:
    returned_in: str
    return_id: str
    store_id: str
    sale_id: str
    currency: str
    total_minor: int
    tax_minor: int

    @property
    def sum(self) -> Sum:
        """What it takes off."""
        return Sum(self.total_minor, self.tax_minor)


async def store_exists(tx: Connection, store_id: str) -> bool:
    """Whether the store is in scope."""
    return await (await tx.execute(Q["store_exists"], {"store_id": store_id})).fetchone() is not None


async def sale_of_receipt(tx: Connection, store_id: str, name: ReceiptName) -> str | None:
    """The sale of a receipt, when it has arrived."""
    row = await (await tx.execute(Q["sale_of_receipt"], {"store_id": store_id, **vars(name)})).fetchone()
    return None if row is None else str(row[0])


async def ask(tx: Connection, store_id: str, sale_id: str, buyer: Buyer, asked_by: str, now_ms: int) -> bool:
    """Note a request; False when there is one."""
    values = {
        "store_id": store_id,
        "sale_id": sale_id,
        "buyer_name": buyer.name,
        "buyer_tax_number": buyer.tax_number,
        "deliver_to": buyer.deliver_to,
        "now_ms": now_ms,
        "asked_by": asked_by,
    }
    return (await tx.execute(Q["ask"], values)).rowcount == 1


async def request(tx: Connection, store_id: str, sale_id: str) -> RequestRow | None:
    """What was asked for a sale."""
    async with tx.cursor(row_factory=class_row(RequestRow)) as cursor:
        return await (await cursor.execute(Q["request"], {"store_id": store_id, "sale_id": sale_id})).fetchone()


async def documents(tx: Connection, store_id: str, sale_id: str) -> list[DocumentRow]:
    """The paper of a sale, oldest first."""
    async with tx.cursor(row_factory=class_row(DocumentRow)) as cursor:
        return await (await cursor.execute(Q["documents"], {"store_id": store_id, "sale_id": sale_id})).fetchall()


async def sales_to_invoice(tx: Connection, limit: int) -> list[SaleRow]:
    """Sales that were asked for and have arrived; locked."""
    async with tx.cursor(row_factory=class_row(SaleRow)) as cursor:
        return await (await cursor.execute(Q["sales_to_invoice"], {"limit": limit})).fetchall()


async def returns_without_paper(tx: Connection, limit: int, sale: SaleRow | None = None) -> list[ReturnRow]:
    """Returns of one sale, or of any invoiced one, that have no paper yet."""
    values = {
        "store_id": None if sale is None else sale.store_id,
        "sale_id": None if sale is None else sale.sale_id,
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(ReturnRow)) as cursor:
        return await (await cursor.execute(Q["returns_without_paper"], values)).fetchall()


async def put(tx: Connection, document: DocumentRow, returned_in: str) -> None:
    """Note a paper; one that is there already stays as it is."""
    await tx.execute(Q["put"], {**vars(document), "returned_in": returned_in, "now_ms": document.made_at_ms})


async def pending(tx: Connection, after_ms: int, after_id: str, limit: int) -> list[PendingRow]:
    """Papers to be issued, oldest first."""
    values = {"after_ms": after_ms, "after_id": after_id, "limit": limit}
    async with tx.cursor(row_factory=class_row(PendingRow)) as cursor:
        return await (await cursor.execute(Q["pending"], values)).fetchall()


async def document(tx: Connection, document_id: str) -> DocumentRow | None:
    """One paper, locked."""
    async with tx.cursor(row_factory=class_row(DocumentRow)) as cursor:
        return await (await cursor.execute(Q["document"], {"document_id": document_id})).fetchone()


async def end(tx: Connection, document_id: str, state: State, number: str, detail: str, now_ms: int) -> None:
    """How a paper ended."""
    values = {"document_id": document_id, "state": state, "number": number, "detail": detail, "now_ms": now_ms}
    await tx.execute(Q["end"], values)


async def requests(tx: Connection, *, state: str, store_id: str, limit: int) -> list[RequestedRow]:
    """What was asked for, newest first; empty `state` and `store_id`: all."""
    cursor = tx.cursor(row_factory=class_row(RequestedRow))
    await cursor.execute(Q["requests"], {"state": state, "store_id": store_id, "limit": limit})
    return await cursor.fetchall()
