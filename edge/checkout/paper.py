"""Paper and drawer outside a sale: the last receipt again, marked as a copy, and the drawer opened with a reason."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout import receipts, store
from edge.checkout.desk import Desk
from edge.checkout.printing import as_copy, put_job
from edge.checkout.reasons import Refusal
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.session import Session, Step
from edge.checkout.store import SaleRow
from edge.staff import service as staff
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from protocols.contract.facts import decode_envelope
from protocols.contract.till_control import OpenDrawer, ReprintReceipt
from protocols.contract.till_facts import DrawerOpened

REASON_CHARACTERS_MAX = 200


async def reprint(desk: Desk, session: Session, command_id: str, _command: ReprintReceipt) -> Step:
    """Print the till's last receipt again, marked as a copy."""
    session.need_cashier()
    row = None if session.last_sale is None else store.read_sale(desk.reader(), session.last_sale.sale_id)
    if row is None:
        raise Refusal("nothing_to_reprint")
    document = as_copy(document_of(desk.reader(), row, desk.language))
    return await _queue(desk, session, command_id, document, sale_id=row.sale_id, fact=None)


async def open_drawer(desk: Desk, session: Session, command_id: str, command: OpenDrawer) -> Step:
    """Open the drawer without a sale, on record."""
    cashier = session.need_cashier("drawer")
    fact = DrawerOpened(
        till_id=session.till_id, cashier_id=cashier.staff_id, reason=command.reason.strip()[:REASON_CHARACTERS_MAX]
    )
    return await _queue(desk, session, command_id, None, sale_id=None, fact=fact)


async def _queue(
    desk: Desk,
    session: Session,
    command_id: str,
    document: ReceiptDocument | None,
    *,
    sale_id: str | None,
    fact: DrawerOpened | None,
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
        if fact is not None:
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
