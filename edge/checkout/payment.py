"""Paying in cash: the sale closes at once."""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import sale
from edge.checkout.closing import Closing, close
from edge.checkout.desk import Desk, seat_of
from edge.checkout.session import Session, Step, StoredAnswer
from protocols.contract.sale_parts import Tender
from protocols.contract.till_payment import PayCash


async def pay_cash(desk: Desk, session: Session, command_id: str, command: PayCash) -> Step:
    """Close the sale with cash. When this returns, the sale is on the disk (and on the second medium, if that works)."""
    seat, basket, priced = seat_of(session), session.need_basket(), session.priced
    sale.check_expected(command.expected_due_minor, priced.due_minor)
    change_minor = sale.check_tendered(command.tendered_minor, priced.due_minor)
    cash = Tender(kind="cash", amount_minor=command.tendered_minor, change_minor=change_minor)
    closing = Closing(
        session=session,
        basket=basket,
        priced=priced,
        terms=desk.terms(),
        seat=seat,
        command_id=command_id,
        tenders=(*basket.tenders, cash),
        rounding_minor=priced.due_minor - priced.remaining_minor,
        job_id=desk.ids.new(),
    )
    last_sale = await desk.store.write(lambda tx: close(tx, desk, closing))
    await desk.second_copy.secure()
    await desk.drop_basket(session.till_id)
    shift = session.need_shift().with_sale(command.tendered_minor - change_minor)
    after = replace(session.without_basket(), shift=shift, last_sale=last_sale)
    return Step(after, StoredAnswer(ok=True, sale=last_sale))
