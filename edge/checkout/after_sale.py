"""What a sale leaves behind beside its own rows, and what is told with it: serial numbers, presales, held baskets, and the
events an auditor asks for. Everything runs inside the closing transaction."""

from __future__ import annotations

from edge.checkout import held_store, presale_store, sale, serials
from edge.checkout.basket import PRESALE, Basket
from edge.checkout.guards import AGE
from edge.checkout.sale import Seat
from edge.store_db.database import Tx
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import FactBody
from protocols.contract.sale_parts import SaleLine
from protocols.contract.till_facts import PresaleEnded, PresaleTaken, SaleClosed, TillEvent


def told_with(basket: Basket, seat: Seat) -> list[FactBody]:
    """Facts that go before the sale's own: voided lines, changed prices and overrides, deposits taken."""
    return [*sale.voids(basket, seat), *events(basket, seat), *_presales(basket), *_presales_ended(basket, seat)]


def events(basket: Basket, seat: Seat) -> list[TillEvent]:
    """What people allowed or changed by hand in this basket, its voided lines included."""
    found = []
    for line in basket.lines:
        for override in line.overrides:
            if override.what == AGE:
                continue
            found.append(
                TillEvent(
                    code=EventCode.PRICE_CHANGED if override.what in {"price", "discount"} else EventCode.CORRECTION,
                    till_id=seat.till_id,
                    cashier_id=seat.cashier_id,
                    approver_id=override.approver_id,
                    sale_id=basket.sale_id,
                    shift_id=seat.shift_id,
                    item_id=line.item_id,
                    detail=f"{override.what}: {override.reason}",
                    before=override.before,
                    after=override.after,
                )
            )
    if basket.manual is not None:
        manual = basket.manual
        found.append(
            TillEvent(
                code=EventCode.PRICE_CHANGED,
                till_id=seat.till_id,
                cashier_id=seat.cashier_id,
                approver_id=manual.approver_id,
                sale_id=basket.sale_id,
                shift_id=seat.shift_id,
                amount_minor=manual.amount_minor,
                detail=f"discount on the basket: {manual.why}",
                after=f"{manual.percent_bp} bp" if manual.percent_bp else str(manual.amount_minor),
            )
        )
    return found


def keep(tx: Tx, basket: Basket, closed: SaleClosed, at_ms: int) -> None:
    """Rows of the sale's consequences."""
    serials.sold(tx, closed, at_ms)
    held_store.drop(tx, basket.sale_id)
    presale_store.keep(tx, basket, at_ms)


def deposits_back(basket: Basket) -> list[SaleLine]:
    """The deposits a basket gives back, as they were sold."""
    if basket.sold is None:
        return []
    lines = {line.line_no: line for line in basket.sold.sale.lines if line.line_kind == PRESALE}
    return [lines[each.line.sold_line_no] for each in basket.returns if each.line.sold_line_no in lines]


def _presales_ended(basket: Basket, seat: Seat) -> list[PresaleEnded]:
    return [
        PresaleEnded(
            presale_id=line.reference,
            how="returned",
            amount_minor=line.net_minor,
            till_id=seat.till_id,
            cashier_id=seat.cashier_id,
        )
        for line in deposits_back(basket)
    ]


def _presales(basket: Basket) -> list[PresaleTaken]:
    return [
        PresaleTaken(
            presale_id=each.presale_id,
            sale_id=basket.sale_id,
            item_id=each.item_id,
            quantity=each.quantity,
            deposit_minor=each.deposit_minor,
            note=each.note,
        )
        for each in basket.presales
    ]
