"""Routes of invoices: ask for one, see how it stands; and, for the program that issues them, the papers that wait."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.invoices import service, store
from cloud.invoices.domain import Buyer
from cloud.invoices.schemas import (
    DocumentView,
    EndBody,
    InvoiceBody,
    InvoiceEvent,
    InvoiceEvents,
    InvoiceView,
    Requested,
    RequestedView,
)
from cloud.web.access import Reader, StoresWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["invoices"])
LISTED_MAX = 200
Once = Annotated[Repeat, Depends(repeat_of)]


@router.post("/stores/{store_id}/invoices", response_model=InvoiceView)
async def ask_for_invoice(store_id: str, body: InvoiceBody, asking: StoresWriter, once: Once) -> Response:
    """Ask for the invoice of a receipt: made once, however often it is asked for."""

    async def use_case(tx: Connection) -> Done[InvoiceView]:
        found = await service.ask(
            tx,
            store_id,
            sale_id=body.sale_id.strip(),
            receipt=body.receipt,
            buyer=Buyer(body.buyer_name, body.buyer_tax_number, body.deliver_to),
            asked_by=asking.person.login,
            now_ms=asking.now_ms,
            ids=asking.hq.ids,
        )
        noted = Entry("invoice.asked", found.request.sale_id, stores=(store_id,), after={"buyer_name": body.buyer_name})
        return Done(InvoiceView.of(found), noted)

    return await write(asking, once, use_case)


@router.get("/stores/{store_id}/invoices/{sale_id}")
async def get_invoice(store_id: str, sale_id: str, asking: Reader) -> InvoiceView:
    """How the invoice of a sale stands, with its papers."""
    async with asking.read() as tx:
        return InvoiceView.of(await service.standing(tx, store_id, sale_id))


@router.get("/invoices")
async def list_invoices(
    asking: Reader,
    state: Literal["", "waiting", "pending", "issued", "failed"] = "",
    store_id: Annotated[str, Query(max_length=64)] = "",
) -> Requested:
    """Invoices that were asked for, newest first."""
    async with asking.read() as tx:
        rows = await store.requests(tx, state=state, store_id=store_id, limit=LISTED_MAX + 1)
    return Requested(rows=[RequestedView(**vars(row)) for row in rows[:LISTED_MAX]], cut=len(rows) > LISTED_MAX)


@router.get("/invoice-documents")
async def papers_to_issue(
    asking: Reader, after: str | None = None, limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT
) -> InvoiceEvents:
    """Papers that wait to be issued, oldest first, each as a Standard Webhooks payload. They stay here until their end is
    told: take the document id as the idempotency key of what you do with them."""
    place = cast("tuple[int, str] | None", mixed_cursor(after, int, str)) or (0, "")
    async with asking.read() as tx:
        rows = await store.pending(tx, place[0], place[1], limit)
    last = rows[-1] if len(rows) == limit else None
    return InvoiceEvents(
        rows=[InvoiceEvent.of(row) for row in rows],
        next=None if last is None else encode_cursor(last.made_at_ms, last.document_id),
    )


@router.post("/invoice-documents/{document_id}/end", response_model=DocumentView)
async def end_paper(document_id: str, body: EndBody, asking: StoresWriter, once: Once) -> Response:
    """Tell the number of an issued paper, or why it could not be issued. A paper is issued once; the same number again is
    harmless."""

    async def use_case(tx: Connection) -> Done[DocumentView]:
        if body.failed and not body.number:
            row = await service.failed(tx, document_id, body.failed, asking.now_ms)
        else:
            row = await service.issued(tx, document_id, body.number, asking.now_ms)
        noted = Entry("invoice.ended", document_id, stores=(row.store_id,), after={"state": row.state, "number": row.number})
        return Done(DocumentView(**asdict(row)), noted)

    return await write(asking, once, use_case)
