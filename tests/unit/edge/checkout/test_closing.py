"""The closing transaction with several tenders: facts, rows, shift and answer tell of the same money."""

from __future__ import annotations

from edge.checkout import shift_store, store
from edge.checkout.closing import Closing, close
from edge.checkout.desk import seat_of
from protocols.contract.sale_parts import Tender
from protocols.contract.till_basket import Scan
from tests.support.counter import Counter
from tests.support.goods import MILK_CODE


def _closing(selling: Counter, tenders: tuple[Tender, ...], *, rounding_minor: int = 0) -> Closing:
    session = selling.till._session
    basket = session.need_basket()
    return Closing(
        session=session,
        basket=basket,
        priced=session.priced,
        terms=selling.desk.terms(),
        seat=seat_of(session),
        command_id="c-close",
        tenders=tenders,
        rounding_minor=rounding_minor,
        job_id="job-close",
    )


async def test_several_tenders_cash_last(selling: Counter) -> None:
    await selling.do(Scan(code=MILK_CODE))
    total = selling.till.state().total_minor
    card = Tender(kind="card", amount_minor=total - 7, reference="A-1", attempt_id="a-1")
    closing = _closing(selling, (card, Tender(kind="cash", amount_minor=20, change_minor=15)), rounding_minor=-2)

    shown = await selling.store.write(lambda tx: close(tx, selling.desk, closing))

    assert (shown.total_minor, shown.due_minor) == (total, total - 2)
    assert (shown.tendered_minor, shown.change_minor) == (total - 7 + 20, 15)
    row = store.read_sale(selling.store.reader(), shown.sale_id)
    assert row is not None
    fact = row.closed()
    assert fact.tenders == closing.tenders
    paid = sum(tender.amount_minor - tender.change_minor for tender in fact.tenders)
    assert fact.total_minor + fact.rounding_minor == paid, "total + rounding = tenders less change"
    shift = shift_store.read_shift(selling.store.reader(), fact.shift_id)
    assert shift is not None
    assert (shift.sale_count, shift.cash_minor) == (1, 5), "only cash counts for the drawer"
    kept = store.find_answer(selling.store.reader(), "c-close")
    assert kept is not None
    assert kept.sale == shown


async def test_a_sale_without_cash_leaves_the_drawer_shut(selling: Counter) -> None:
    await selling.do(Scan(code=MILK_CODE))
    total = selling.till.state().total_minor
    closing = _closing(selling, (Tender(kind="card", amount_minor=total, attempt_id="a-1"),))

    await selling.store.write(lambda tx: close(tx, selling.desk, closing))

    (kick,) = selling.store.reader().execute("SELECT kick_drawer FROM print_job WHERE job_id = 'job-close'").fetchone()
    assert not kick
