"""Use cases of invoices: ask for one, make the papers that are due, and hear from the program that issues them.

The issuing program is any tax service's gateway: it reads `GET /api/v1/invoice-documents` (each row is a Standard Webhooks
payload, its id the document's), issues, and tells the number or why not. A paper is handed out until that is told, so the
program must take the document id as its own idempotency key; here a paper ends once.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from cloud.db.pool import Connection
from cloud.invoices import store
from cloud.invoices.domain import Buyer, Sum, invoice_sum, read_receipt
from cloud.invoices.store import DocumentRow, RequestRow, SaleRow
from cloud.refusals import Conflict, Invalid, Missing
from protocols.clock import IdSource

AT_ONCE = 50
RETURNS_OF_A_SALE_MAX = 1_000
NUMBER_LENGTH_MAX = 64


@dataclass(frozen=True)
class Standing:
    """How the invoice of a sale stands."""

    request: RequestRow
    documents: list[DocumentRow]


async def ask(
    tx: Connection, store_id: str, *, sale_id: str, receipt: str, buyer: Buyer, asked_by: str, now_ms: int, ids: IdSource
) -> Standing:
    """Ask for the invoice of a sale, named by its id (of the receipt's QR code) or its receipt number. Asking again changes
    nothing and tells how it stands. A sale that has not arrived (its till is offline) may be asked for by its id: the
    invoice is made once it comes. Raises `Invalid`, `Missing`, `Conflict` (asked for by another buyer)."""
    wanted = buyer.check()
    if not await store.store_exists(tx, store_id):
        raise Missing("no_store", f"There is no store '{store_id}'.")
    if not sale_id:
        found = await store.sale_of_receipt(tx, store_id, read_receipt(receipt))
        if found is None:
            raise Missing(
                "no_sale", f"There is no sale with the receipt '{receipt}' yet.", "Try again later, or use the QR code."
            )
        sale_id = found
    if len(sale_id) > NUMBER_LENGTH_MAX:
        raise Invalid.field("sale_id", "too long", "Use the id in the receipt's QR code.")
    if not await store.ask(tx, store_id, sale_id, wanted, asked_by, now_ms):
        known = await store.request(tx, store_id, sale_id)
        if known is not None and (known.buyer_name, known.buyer_tax_number) != (wanted.name, wanted.tax_number):
            raise Conflict("invoice_asked", "An invoice for this receipt was asked for by another buyer.", "Ask the store.")
    await make_due(tx, now_ms, ids)
    return await standing(tx, store_id, sale_id)


async def standing(tx: Connection, store_id: str, sale_id: str) -> Standing:
    """How the invoice of a sale stands. Raises `Missing`."""
    request = await store.request(tx, store_id, sale_id)
    if request is None:
        raise Missing("no_invoice", "No invoice was asked for.")
    return Standing(request, await store.documents(tx, store_id, sale_id))


async def make_due(tx: Connection, now_ms: int, ids: IdSource) -> int:
    """Make the papers that are due: invoices of sales that arrived, red letters of returns after them. How many."""
    sales = await store.sales_to_invoice(tx, AT_ONCE)
    for sale in sales:
        await _invoice(tx, sale, now_ms, ids)
    returns = await store.returns_without_paper(tx, AT_ONCE)
    for back in returns:
        paper = DocumentRow(
            ids.new(), back.store_id, back.sale_id, back.return_id, "red_letter", "pending", back.currency, back.total_minor,
            back.tax_minor, "", "", now_ms,
        )  # fmt: skip
        await store.put(tx, paper, back.returned_in)
    return len(sales) + len(returns)


async def _invoice(tx: Connection, sale: SaleRow, now_ms: int, ids: IdSource) -> None:
    """The invoice over what is kept, and a note of each return that is already off it."""
    returns = await store.returns_without_paper(tx, RETURNS_OF_A_SALE_MAX, sale)
    over = invoice_sum(Sum(sale.total_minor, sale.tax_minor), [back.sum for back in returns])
    for back in returns:
        note = DocumentRow(
            ids.new(), sale.store_id, sale.sale_id, back.return_id, "red_letter", "included", sale.currency,
            back.total_minor, back.tax_minor, "", "", now_ms,
        )  # fmt: skip
        await store.put(tx, note, back.returned_in)
    nothing_left = over.amount_minor <= 0
    paper = DocumentRow(
        ids.new(), sale.store_id, sale.sale_id, "", "invoice", "failed" if nothing_left else "pending", sale.currency,
        over.amount_minor, over.tax_minor, "", "everything came back" if nothing_left else "", now_ms,
    )  # fmt: skip
    await store.put(tx, paper, "")


async def issued(tx: Connection, document_id: str, number: str, now_ms: int) -> DocumentRow:
    """The issuing program gave a paper its number. Telling it again is harmless. Raises `Missing`, `Invalid`, `Conflict`."""
    plain = number.strip()
    if not 0 < len(plain) <= NUMBER_LENGTH_MAX:
        raise Invalid.field("number", f"not 1 to {NUMBER_LENGTH_MAX} characters", "Send the number of the issued paper.")
    row = await _document(tx, document_id)
    if row.state == "issued" and row.number == plain:
        return row
    if row.state not in {"pending", "failed"} or not row.amount_minor:
        raise Conflict("document_ended", f"This paper is '{row.state}' with the number '{row.number}'.")
    try:
        await store.end(tx, document_id, "issued", plain, "", now_ms)
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(
            "number_used", f"The number '{plain}' belongs to another paper.", "Check the issuing program."
        ) from error
    return await _document(tx, document_id)


async def failed(tx: Connection, document_id: str, detail: str, now_ms: int) -> DocumentRow:
    """The issuing program could not. It may still tell a number later. Raises `Missing`, `Conflict`."""
    row = await _document(tx, document_id)
    if row.state == "issued":
        raise Conflict("document_ended", f"This paper was issued with the number '{row.number}'.")
    await store.end(tx, document_id, "failed", "", detail.strip()[:500], now_ms)
    return await _document(tx, document_id)


async def _document(tx: Connection, document_id: str) -> DocumentRow:
    row = await store.document(tx, document_id)
    if row is None:
        raise Missing("no_document", "There is no such paper.", "See the list of invoices.")
    return row
