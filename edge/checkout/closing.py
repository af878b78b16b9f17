"""Closing: the one transaction after which a sale (or a return, or both) exists. Everything it touches is in the store
database, or nothing is.

Whatever can be decided before is decided before (`Closing`): the lines and what they cost, the tenders, the rounding, what
comes back. The transaction takes the receipt number and writes: facts, sale, stock, shift, print job, and the answer under
the command that closed it. A basket with goods going both ways (an exchange) has one receipt number for both facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.catalogue import lookup
from edge.checkout import after_sale, attempt_store, coupons, receipts, sale, serials, store
from edge.checkout.basket import Basket
from edge.checkout.desk import Desk
from edge.checkout.pricing import PricedBasket, given_tenders
from edge.checkout.printing import put_job
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.sale import Seat, Terms
from edge.checkout.session import Session, StoredAnswer
from edge.rfid import fates
from edge.stock import reservations
from edge.stock import service as stock
from edge.store_db import journal
from edge.store_db.database import Tx
from edge.store_db.journal import Appended
from protocols.contract.facts import FactBody
from protocols.contract.sale_parts import ReceiptNumber, Tender
from protocols.contract.till import LastSale
from protocols.contract.till_facts import GoodsReturned, SaleClosed


class GoodsBack(Protocol):
    """What comes back in the transaction, decided before it begins (`edge.checkout.returns` makes it)."""

    def fact_of(self, closing: Closing, receipt: ReceiptNumber) -> GoodsReturned:
        """The fact of the return. Must not read or write anything."""

    def keep(self, tx: Tx, fact: GoodsReturned, appended: Appended) -> None:
        """Its rows and its stock, in the closing transaction."""

    def document(self, tx: Tx, desk: Desk, closing: Closing, closed: Closed) -> ReceiptDocument:
        """The receipt of a transaction in which goods came back."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Everything decided before the transaction begins. Cash is the last of the tenders; change is given from cash alone."""

    session: Session
    basket: Basket
    priced: PricedBasket
    terms: Terms
    seat: Seat
    command_id: str
    """What closed it: the cashier's command, or the payment attempt whose approval left nothing to pay."""
    tenders: tuple[Tender, ...]
    rounding_minor: int
    """Cash rounding: total + rounding = what the tenders come to, change taken off."""
    job_id: str
    goods_back: GoodsBack | None = None
    refunds: tuple[Tender, ...] = ()
    """How what comes back is paid for; amounts positive. In an exchange `return_credit` stands here and in `tenders`."""

    @property
    def kicks_drawer(self) -> bool:
        """Money has to go into the drawer or come out of it."""
        return any(tender.kind == "cash" for tender in (*self.tenders, *self.refunds))


@dataclass(frozen=True, slots=True)
class Closed:
    """The facts of the transaction; at least one of the two is there."""

    sale: SaleClosed | None
    returned: GoodsReturned | None
    appended: Appended
    """The last of them, as journalled."""
    returned_appended: Appended | None = None


def close(tx: Tx, desk: Desk, closing: Closing) -> LastSale:
    """Write all of it. What is returned is the proof that it is paid, once the transaction is on the disk."""
    till_id = closing.seat.till_id
    incarnation = journal.identity(tx).incarnation
    number = store.next_receipt_number(tx, till_id, incarnation)
    closed = _facts(tx, desk, closing, ReceiptNumber(till_id=till_id, incarnation=incarnation, number=number))
    at_ms = closed.appended.row.at_ms
    if closed.sale is not None:
        store.put_sale(tx, closed.sale, closed.appended)
        stock.sold(tx, closed.sale, at_ms)
        fates.sold(tx, closed.sale, at_ms)
        after_sale.keep(tx, closing.basket, closed.sale, at_ms)
        reservations.after_sale(tx, desk.journal, closed.sale, at_ms)
    if closed.returned is not None and closing.goods_back is not None:
        closing.goods_back.keep(tx, closed.returned, closed.returned_appended or closed.appended)
        serials.came_back(tx, closed.returned)
        fates.returned(tx, closed.returned, at_ms)
    coupons.sale_over(tx, desk, closing.basket, [used.coupon_id for used in closing.priced.coupons])
    document = _document(tx, desk, closing, closed)
    if closing.session.setup.printer_id is not None:
        put_job(
            tx,
            job_id=closing.job_id,
            till_id=till_id,
            sale_id=closing.basket.sale_id,
            made_at_ms=at_ms,
            kick_drawer=closing.kicks_drawer,
            document=document,
        )
    last_sale = _last_sale(closing, document.number)
    store.keep_answer(tx, closing.command_id, till_id, at_ms, StoredAnswer(ok=True, sale=last_sale))
    tx.after_commit(lambda: desk.prints.changed(till_id))
    return last_sale


def _facts(tx: Tx, desk: Desk, closing: Closing, receipt: ReceiptNumber) -> Closed:
    sold = returned = None
    facts: list[FactBody] = after_sale.told_with(closing.basket, closing.seat)
    if closing.goods_back is not None:
        returned = closing.goods_back.fact_of(closing, receipt)
        facts.append(returned)
    if closing.basket.live_lines:
        sold = sale.closed(
            closing.basket,
            closing.priced,
            closing.terms,
            closing.seat,
            command_id=closing.command_id,
            receipt=receipt,
            tenders=(*given_tenders(closing.basket), *closing.tenders),
            rounding_minor=closing.rounding_minor,
            return_id="" if returned is None else returned.return_id,
        )
        facts.append(sold)
    appended = desk.journal.append_many(tx, facts)
    return Closed(sold, returned, appended[-1], None if returned is None else appended[facts.index(returned)])


def _document(tx: Tx, desk: Desk, closing: Closing, closed: Closed) -> ReceiptDocument:
    if closing.goods_back is not None:
        return closing.goods_back.document(tx, desk, closing, closed)
    assert closed.sale is not None, "goods go out, or come back"
    fact, appended = closed.sale, closed.appended
    cashier, zone = closing.session.cashier, lookup.zone(tx)
    head = receipts.ReceiptHead(
        number=store.receipt_text(fact.till_id, fact.receipt.incarnation, fact.receipt.number),
        cashier_name=fact.cashier_id if cashier is None else cashier.name,
        closed_at_ms=appended.row.at_ms,
        business_date=appended.business_date,
        minor_digits=2 if zone is None else zone.minor_digits,
        language=desk.language,
        points_balance=_points_balance(closing.basket, fact),
        slip=attempt_store.slips(tx, fact.sale_id),
    )
    return receipts.receipt(fact, head, lookup.setup(tx))


def _points_balance(basket: Basket, sale: SaleClosed) -> int | None:
    """After this sale. None, and not printed, when headquarters was not asked: an old balance is a wrong one."""
    member = basket.member
    if member is None or not member.fresh:
        return None
    spent = sum(tender.units for tender in sale.tenders if tender.kind == "points")
    return member.points - spent + sale.points_earned


def _last_sale(closing: Closing, receipt: str) -> LastSale:
    total_minor = closing.priced.total_minor
    return LastSale(
        sale_id=closing.basket.sale_id,
        receipt=receipt,
        total_minor=total_minor,
        due_minor=total_minor + closing.rounding_minor,
        tendered_minor=sum(tender.amount_minor for tender in closing.tenders),
        change_minor=sum(tender.change_minor for tender in closing.tenders),
        refunded_minor=sum(tender.amount_minor for tender in closing.refunds if tender.kind != "return_credit"),
        print_state="none" if closing.session.setup.printer_id is None else "queued",
    )
