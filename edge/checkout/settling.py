"""From paid to closed: what a closing needs to know of tenders and rounding, and the session after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from edge.checkout import attempt_store
from edge.checkout.attempts import Attempt, cash_last, tenders
from edge.checkout.closing import Closing, close
from edge.checkout.desk import Desk, seat_of
from edge.checkout.goods_back import exchange_of, tender_of
from edge.checkout.pricing import given_tenders, with_tenders
from edge.checkout.refund_plan import Part
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
    paid = msgspec.structs.replace(basket, tenders=tenders(attempts))
    return replace(after, basket=paid, priced=with_tenders(session.priced, paid, desk.zone()))


def closing_of(
    desk: Desk, session: Session, command_id: str, cash: Tender | None = None, parts: Sequence[Part] = ()
) -> Closing:
    """The end of the session's basket. `cash`: what is paid now on top of what was paid before; `parts`: what is paid back
    now on top of what was paid back before. Goods going both ways are set off against each other."""
    priced, basket = session.priced, session.basket
    assert basket is not None, "there is something to close"
    paid = tenders(session.attempts)
    goods_back, set_off = exchange_of(desk, basket, priced.total_minor, parts)
    taken = cash_last((*(x for x in paid if x.amount_minor >= 0), *set_off, *(() if cash is None else (cash,))))
    given = tuple(msgspec.structs.replace(each, amount_minor=-each.amount_minor) for each in paid if each.amount_minor < 0)
    return Closing(
        session=session,
        basket=basket,
        priced=priced,
        terms=desk.terms(),
        seat=seat_of(session),
        command_id=command_id,
        tenders=taken,
        rounding_minor=_sum((*given_tenders(basket), *taken)) - priced.total_minor,
        job_id=desk.ids.new(),
        goods_back=goods_back,
        refunds=(*set_off, *given, *(tender_of(part) for part in parts)) if basket.returns else (),
    )


def _sum(paid: Sequence[Tender]) -> int:
    return sum(each.amount_minor - each.change_minor for each in paid)


def close_paid(tx: Tx, desk: Desk, closing: Closing) -> LastSale:
    """The closing transaction; its attempts become history in it."""
    attempt_store.close_sale(tx, closing.seat.till_id, closing.basket.sale_id)
    return close(tx, desk, closing)


def after_closing(closing: Closing, last_sale: LastSale) -> Session:
    """The till once the sale is stored."""
    session = closing.session
    shift = session.need_shift()
    shift = replace(
        shift,
        sale_count=shift.sale_count + (1 if closing.basket.live_lines else 0),
        cash_minor=shift.cash_minor + cash_minor(closing.tenders) - cash_minor(closing.refunds),
    )
    return replace(session.without_basket(), shift=shift, last_sale=last_sale, attempts=())
