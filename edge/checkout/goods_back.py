"""Goods coming back as the closing transaction takes them (`edge.checkout.closing.GoodsBack`), all decided before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.catalogue import lookup
from edge.checkout import after_sale, presale_store, receipts, returns_store, store
from edge.checkout.basket import Basket
from edge.checkout.closing import Closed, Closing
from edge.checkout.desk import Desk
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.refund_plan import RETURN_CREDIT, Part, points_taken_back
from edge.checkout.return_receipts import return_receipt
from edge.checkout.returns import held_units
from edge.checkout.sold_sales import standing_of
from edge.stock import service as stock
from edge.store_db.database import Tx
from edge.store_db.journal import Appended
from protocols.contract.sale_parts import ReceiptNumber, Tender
from protocols.contract.till_facts import GoodsReturned


@dataclass(frozen=True, slots=True)
class Returning:
    """The return of a basket. `points_given_back`: of points that paid for the sale; `points_taken_back`: that it earned."""

    return_id: str
    basket: Basket
    points_taken_back: int = 0
    points_given_back: int = 0

    @property
    def total_minor(self) -> int:
        """What the goods pay, exact."""
        return refund_minor(self.basket)

    def fact_of(self, closing: Closing, receipt: ReceiptNumber) -> GoodsReturned:
        """The fact. Total + rounding = what the tenders come to."""
        first, sold = self.basket.returns[0], self.basket.sold
        total_minor = self.total_minor
        return GoodsReturned(
            return_id=self.return_id,
            command_id=closing.command_id,
            store_id=closing.terms.store_id,
            till_id=closing.seat.till_id,
            cashier_id=closing.seat.cashier_id,
            shift_id=closing.seat.shift_id,
            receipt=receipt,
            currency=closing.terms.currency,
            tax_mode=closing.terms.tax_mode,
            sale_id=first.sale_id,
            sold_store_id=first.sold_store_id,
            sold_receipt=first.sold_receipt,
            policy=first.policy,
            lines=tuple(each.line for each in self.basket.returns),
            total_minor=total_minor,
            tax_minor=sum(each.line.tax_minor for each in self.basket.returns),
            rounding_minor=sum(tender.amount_minor for tender in closing.refunds) - total_minor,
            tenders=closing.refunds,
            member_id=None if sold is None else sold.sale.member_id,
            points_taken_back=self.points_taken_back,
            points_given_back=self.points_given_back,
            unverified=any(each.unverified for each in self.basket.returns),
            exchange_sale_id=self.basket.sale_id if self.basket.live_lines else "",
        )

    def keep(self, tx: Tx, fact: GoodsReturned, appended: Appended) -> None:
        """Its rows, its units for good, and its stock."""
        held = held_units(self.basket.returns)
        returns_store.put_return(tx, fact, appended, basket_id=self.basket.sale_id, held=held)
        stock.returned(tx, fact, appended.row.at_ms)
        for line in after_sale.deposits_back(self.basket):
            presale_store.end(tx, line.reference, "returned", appended.row.at_ms)

    def document(self, tx: Tx, desk: Desk, closing: Closing, closed: Closed) -> ReceiptDocument:
        """The receipt of a return, or of an exchange."""
        fact, appended = closed.returned, closed.appended
        assert fact is not None, "goods came back"
        cashier, zone = closing.session.cashier, lookup.zone(tx)
        head = receipts.ReceiptHead(
            number=store.receipt_text(fact.till_id, fact.receipt.incarnation, fact.receipt.number),
            cashier_name=fact.cashier_id if cashier is None else cashier.name,
            closed_at_ms=appended.row.at_ms,
            business_date=appended.business_date,
            minor_digits=2 if zone is None else zone.minor_digits,
            language=desk.language,
        )
        return return_receipt(fact, closed.sale, head, lookup.setup(tx))


def refund_minor(basket: Basket) -> int:
    """What the goods coming back with a basket pay, exact."""
    return sum(each.line.refund_minor for each in basket.returns)


def exchange_of(
    desk: Desk, basket: Basket, total_minor: int, parts: Sequence[Part] = ()
) -> tuple[Returning | None, tuple[Tender, ...]]:
    """What comes back with a basket, and the credit both facts name. `parts`: how the rest of the money goes back."""
    if not basket.returns:
        return None, ()
    return returning(desk, basket, parts), credit(min(total_minor, refund_minor(basket)))


def tender_of(part: Part) -> Tender:
    """A part as the fact tells it. What goes back to a tender names it."""
    paid = part.paid
    return Tender(
        kind=part.kind,
        amount_minor=part.amount_minor,
        reference="" if paid is None else paid.reference,
        attempt_id="" if paid is None else paid.attempt_id,
        units=part.units,
    )


def returning(desk: Desk, basket: Basket, parts: Sequence[Part] = ()) -> Returning:
    """What comes back with a basket. `parts`: how money goes back, for the points among it."""
    given = sum(part.units for part in parts if part.kind == "points")
    return Returning(desk.ids.new(), basket, _points_taken(desk, basket), given)


def credit(amount_minor: int) -> tuple[Tender, ...]:
    """The tender of an exchange that both facts name; none when nothing is set off."""
    return (Tender(kind=RETURN_CREDIT, amount_minor=amount_minor),) if amount_minor else ()


def _points_taken(desk: Desk, basket: Basket) -> int:
    sold = basket.sold
    if sold is None or not sold.sale.points_earned:
        return 0
    zone = desk.zone()
    before = standing_of(desk, sold).history.refunded_minor
    sale = sold.sale
    return points_taken_back(sale.points_earned, sale.total_minor, before, refund_minor(basket), zone.minor_digits)
