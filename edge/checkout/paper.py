"""Paper and drawer outside a sale: the last receipt again, marked as a copy, and the drawer opened with a reason."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.checkout import attempt_store, receipts, returns_store, store
from edge.checkout.approval import allowed_by, lent_by
from edge.checkout.desk import Desk
from edge.checkout.printing import as_copy, put_job
from edge.checkout.reasons import Refusal
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.return_receipts import return_receipt
from edge.checkout.session import Session, Step
from edge.checkout.sold_sales import STORE_MARK, receipt_name
from edge.staff import service as staff
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from protocols.contract import rights
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_control import OpenDrawer, ReprintReceipt
from protocols.contract.till_facts import DrawerOpened, GoodsReturned, TillEvent

REASON_CHARACTERS_MAX = 200


async def reprint(desk: Desk, session: Session, command_id: str, command: ReprintReceipt) -> Step:
    """Print a receipt again, marked as a copy, on record. Another one than the till's last needs the right `reprint`."""
    cashier = session.need_cashier()
    approver, last = cashier, "" if session.last_sale is None else session.last_sale.receipt
    wanted = command.receipt.strip().removeprefix(f"{desk.store_id}{STORE_MARK}") or last
    if not wanted:
        raise Refusal("nothing_to_reprint")
    if wanted != last:
        approver = await allowed_by(desk, session, rights.REPRINT, command.approval)
    printed = printed_of(desk.reader(), wanted, desk.language)
    if printed is None:
        raise Refusal("receipt_unknown", receipt=wanted[:40])
    sale_id, document = printed
    event = TillEvent(
        code=EventCode.COPY,
        till_id=session.till_id,
        cashier_id=cashier.staff_id,
        approver_id=lent_by(approver, cashier),
        sale_id=sale_id,
        detail=wanted,
    )
    return await _queue(desk, session, command_id, as_copy(document), sale_id=sale_id, fact=event)


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


def printed_of(source: Connection, receipt: str, language: str) -> tuple[str, ReceiptDocument] | None:
    """What was printed under a receipt number of this store, and the sale or basket it belongs to, laid out with the store's
    present header: a sale, a return, or both (an exchange)."""
    name = receipt_name(receipt)
    if name is None or name.store_id:
        return None
    row = store.read_sale_by_receipt(source, receipt)
    sale = None if row is None else row.closed()
    came_back = returns_store.find_return(source, name.till_id, name.incarnation, name.number)
    envelope = came_back or (None if row is None else row.fact)
    if envelope is None:
        return None
    setup = lookup.setup(source)
    if came_back is None:
        assert sale is not None, "one of the two was found"
        head = _head(source, receipt, envelope, sale.cashier_id, language)
        head = msgspec.structs.replace(head, slip=attempt_store.slips(source, sale.sale_id))
        return sale.sale_id, receipts.receipt(sale, head, setup)
    back = decode_body(decode_envelope(came_back))
    assert isinstance(back, GoodsReturned)
    head = _head(source, receipt, envelope, back.cashier_id, language)
    return back.exchange_sale_id or back.return_id, return_receipt(back, sale, head, setup)


def _head(source: Connection, receipt: str, fact: bytes, cashier_id: str, language: str) -> receipts.ReceiptHead:
    envelope, zone, cashier = decode_envelope(fact), lookup.zone(source), staff.find(source, cashier_id)
    return receipts.ReceiptHead(
        number=receipt,
        cashier_name=cashier_id if cashier is None else cashier.name,
        closed_at_ms=envelope.at_ms,
        business_date=envelope.business_date,
        minor_digits=2 if zone is None else zone.minor_digits,
        language=language,
    )
