"""Paying: the one transaction after which a sale exists. Everything it touches is in the store database, or nothing is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.catalogue import lookup
from edge.checkout import receipts, sale, store
from edge.checkout.basket import Basket, Totals
from edge.checkout.desk import Desk, seat_of
from edge.checkout.printing import put_job
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.sale import Seat, Terms
from edge.checkout.session import Session, Step, StoredAnswer
from edge.stock import service as stock
from edge.store_db import journal
from edge.store_db.database import Tx
from edge.store_db.journal import Appended
from protocols.contract.facts import FactBody
from protocols.contract.sale_parts import ReceiptNumber
from protocols.contract.till import LastSale
from protocols.contract.till_facts import SaleClosed
from protocols.contract.till_payment import PayCash


@dataclass(frozen=True, slots=True)
class _Closing:
    """Everything decided before the transaction begins."""

    session: Session
    basket: Basket
    totals: Totals
    terms: Terms
    seat: Seat
    command_id: str
    tendered_minor: int
    job_id: str


async def pay_cash(desk: Desk, session: Session, command_id: str, command: PayCash) -> Step:
    """Close the sale with cash. When this returns, the sale is on the disk (and on the second medium, if that works)."""
    seat, basket = seat_of(session), session.need_basket()
    totals = desk.totals(basket)
    sale.check_expected(command.expected_due_minor, totals.due_minor)
    sale.check_tendered(command.tendered_minor, totals.due_minor)
    closing = _Closing(
        session=session,
        basket=basket,
        totals=totals,
        terms=desk.terms(),
        seat=seat,
        command_id=command_id,
        tendered_minor=command.tendered_minor,
        job_id=desk.ids.new(),
    )
    last_sale = await desk.store.write(lambda tx: _close(tx, desk, closing))
    await desk.second_copy.secure()
    await desk.drop_basket(session.till_id)
    shift = session.need_shift().with_sale(totals.due_minor)
    after = replace(session, basket=None, shift=shift, last_sale=last_sale)
    return Step(after, StoredAnswer(ok=True, sale=last_sale))


def _close(tx: Tx, desk: Desk, closing: _Closing) -> LastSale:
    """Receipt number, facts, sale, stock, shift, print job and the answer under its command id."""
    till_id = closing.seat.till_id
    incarnation = journal.identity(tx).incarnation
    number = store.next_receipt_number(tx, till_id, incarnation)
    fact = sale.closed(
        closing.basket,
        closing.totals,
        closing.terms,
        closing.seat,
        command_id=closing.command_id,
        receipt=ReceiptNumber(till_id=till_id, incarnation=incarnation, number=number),
        tendered_minor=closing.tendered_minor,
    )
    facts: list[FactBody] = [*sale.voids(closing.basket, closing.seat), fact]
    appended = desk.journal.append_many(tx, facts)[-1]
    store.put_sale(tx, fact, closing.totals, appended)
    stock.sold(tx, fact, appended.row.at_ms)
    document = _document(tx, desk, closing, fact, appended)
    at_ms = appended.row.at_ms
    if closing.session.setup.printer_id is not None:
        put_job(
            tx,
            job_id=closing.job_id,
            till_id=till_id,
            sale_id=fact.sale_id,
            made_at_ms=at_ms,
            kick_drawer=True,
            document=document,
        )
    cash = fact.tenders[0]
    last_sale = LastSale(
        sale_id=fact.sale_id,
        receipt=document.number,
        total_minor=fact.total_minor,
        due_minor=closing.totals.due_minor,
        tendered_minor=cash.amount_minor,
        change_minor=cash.change_minor,
        print_state="none" if closing.session.setup.printer_id is None else "queued",
    )
    store.keep_answer(tx, closing.command_id, till_id, at_ms, StoredAnswer(ok=True, sale=last_sale))
    tx.after_commit(lambda: desk.prints.changed(till_id))
    return last_sale


def _document(tx: Tx, desk: Desk, closing: _Closing, fact: SaleClosed, appended: Appended) -> ReceiptDocument:
    cashier, zone = closing.session.cashier, lookup.zone(tx)
    head = receipts.ReceiptHead(
        number=store.receipt_text(fact.till_id, fact.receipt.incarnation, fact.receipt.number),
        cashier_name=fact.cashier_id if cashier is None else cashier.name,
        closed_at_ms=appended.row.at_ms,
        business_date=appended.business_date,
        minor_digits=2 if zone is None else zone.minor_digits,
        language=desk.language,
    )
    return receipts.receipt(fact, head, lookup.setup(tx))
