"""From paid to closed: what a closing needs to know of tenders and rounding, and the session after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from edge.checkout import attempt_store
from edge.checkout.attempts import Attempt, cash_last, tenders
from edge.checkout.closing import Closing, close
from edge.checkout.desk import Desk, seat_of
from edge.checkout.session import Session
from edge.checkout.store import cash_minor
from edge.store_db.database import Tx
from protocols.contract.sale_parts import Tender
from protocols.contract.till import LastSale


def with_attempts(desk: Desk, session: Session, attempts: Sequence[Attempt]) -> Session:
    """The session after its payments changed: basket and prices tell of the same tenders."""
    basket = session.basket
    after = replace(session, attempts=tuple(attempts))
    if basket is None:
        return after
    return desk.with_basket(after, msgspec.structs.replace(basket, tenders=tenders(attempts)))


def closing_of(desk: Desk, session: Session, command_id: str, cash: Tender | None = None) -> Closing:
    """The end of the session's sale. `cash`: what is paid now on top of what was paid before."""
    priced = session.priced
    paid_minor = priced.paid_minor + (0 if cash is None else cash.amount_minor - cash.change_minor)
    return Closing(
        session=session,
        basket=session.need_basket(),
        priced=priced,
        terms=desk.terms(),
        seat=seat_of(session),
        command_id=command_id,
        tenders=cash_last((*tenders(session.attempts), *(() if cash is None else (cash,)))),
        rounding_minor=paid_minor - (priced.total_minor - priced.refund_minor),
        job_id=desk.ids.new(),
    )


def close_paid(tx: Tx, desk: Desk, closing: Closing) -> LastSale:
    """The closing transaction; its attempts become history in it."""
    attempt_store.close_sale(tx, closing.seat.till_id, closing.basket.sale_id)
    return close(tx, desk, closing)


def after_closing(closing: Closing, last_sale: LastSale) -> Session:
    """The till once the sale is stored."""
    session = closing.session
    shift = session.need_shift().with_sale(cash_minor(closing.tenders))
    return replace(session.without_basket(), shift=shift, last_sale=last_sale, attempts=())
