"""Paper and drawer outside a sale: the last receipt again, marked as a copy, and the drawer opened with a reason."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout import receipts, store
from edge.checkout.approval import allowed_by, lent_by
from edge.checkout.desk import Desk
from edge.checkout.printing import as_copy, put_job
from edge.checkout.reasons import Refusal
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.session import Session, Step
from edge.checkout.store import SaleRow
from edge.staff import service as staff
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from protocols.contract import rights
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import decode_envelope
from protocols.contract.till_control import OpenDrawer, ReprintReceipt
from protocols.contract.till_facts import DrawerOpened, TillEvent

REASON_CHARACTERS_MAX = 200


async def reprint(desk: Desk, session: Session, command_id: str, command: ReprintReceipt) -> Step:
    """Print a receipt again, marked as a copy, on record. Another one than the till's last needs the right `reprint`."""
    cashier = session.need_cashier()
    approver, row = cashier, _last_sale(desk, session)
    if command.receipt and (row is None or command.receipt.strip() != row.receipt):
        approver = await allowed_by(desk, session, rights.REPRINT, command.approval)
        row = store.read_sale_by_receipt(desk.reader(), command.receipt.strip())
        if row is None:
            raise Refusal("receipt_unknown", receipt=command.receipt.strip()[:40])
    if row is None:
        raise Refusal("nothing_to_reprint")
    event = TillEvent(
        code=EventCode.COPY,
        till_id=session.till_id,
        cashier_id=cashier.staff_id,
        approver_id=lent_by(approver, cashier),
        sale_id=row.sale_id,
        detail=row.receipt,
    )
    document = as_copy(document_of(desk.reader(), row, desk.language))
    return await _queue(desk, session, command_id, document, sale_id=row.sale_id, fact=event)


def _last_sale(desk: Desk, session: Session) -> SaleRow | None:
    return None if session.last_sale is None else store.read_sale(desk.reader(), session.last_sale.sale_id)


async def open_drawer(desk: Desk, session: Session, command_id: str, command: OpenDrawer) -> Step:
    """Open the drawer between sales, with a reason, on record."""
    cashier, reason = session.need_cashier(), command.reason.strip()[:REASON_CHARACTERS_MAX]
    if session.basket is not None:
        raise Refusal("sale_open")
    if not reason:
        raise Refusal("why_missing")
    approver = await allowed_by(desk, session, rights.DRAWER, command.approval)
    fact = DrawerOpened(
        till_id=session.till_id, cashier_id=cashier.staff_id, reason=reason, approver_id=lent_by(approver, cashier)
    )
    return await _queue(desk, session, command_id, None, sale_id=None, fact=fact)


async def _queue(
    desk: Desk,
    session: Session,
    command_id: str,
    document: ReceiptDocument | None,
    *,
    sale_id: str | None,
    fact: DrawerOpened | TillEvent,
) -> Step:
    job_id = desk.ids.new()

    def change(tx: Tx) -> None:
        put_job(
            tx,
            job_id=job_id,
            till_id=session.till_id,
            sale_id=sale_id,
            made_at_ms=desk.clock.now_ms(),
            kick_drawer=document is None,
            document=document,
        )
        desk.journal.append(tx, fact)
        tx.after_commit(lambda: desk.prints.changed(session.till_id))

    return await desk.finish(session, command_id, change)


def document_of(source: Connection, row: SaleRow, language: str) -> ReceiptDocument:
    """A stored sale as a receipt, laid out with the store's present header."""
    sale, envelope, zone = row.closed(), decode_envelope(row.fact), lookup.zone(source)
    cashier = staff.find(source, sale.cashier_id)
    head = receipts.ReceiptHead(
        number=row.receipt,
        cashier_name=sale.cashier_id if cashier is None else cashier.name,
        closed_at_ms=envelope.at_ms,
        business_date=envelope.business_date,
        minor_digits=2 if zone is None else zone.minor_digits,
        language=language,
    )
    return receipts.receipt(sale, head, lookup.setup(source))
