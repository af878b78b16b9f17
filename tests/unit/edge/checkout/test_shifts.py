"""Shifts: cash moved, a blind count with an approved difference, and reports that the journal alone gives again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.checkout import shift_store
from edge.store_db import journal
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_basket import AbandonSale, Approval, Scan, VoidLine
from protocols.contract.till_control import (
    CloseShift,
    Logout,
    MoveCash,
    OpenDrawer,
    PrintXReport,
    PrintZReport,
    ReprintReceipt,
)
from protocols.contract.till_facts import CashMoved, ShiftClosed, TillEvent
from protocols.contract.till_payment import PayCash
from protocols.contract.till_rules import TillRules
from protocols.contract.values import Stream
from protocols.shifts import SHIFT_FACTS, ShiftReport, add_up
from tests.support.counter import Counter
from tests.support.goods import ANN, BOB, MILK_CODE, PIN

ANN_ALLOWS = Approval(staff_id=ANN, pin=PIN)


def report_of(counter: Counter) -> ShiftReport:
    found = shift_store.kept_report(counter.desk.reader(), "1", "")
    assert found is not None
    return found


def rebuilt_from_bytes(counter: Counter, shift_id: str) -> ShiftReport | None:
    """What anybody who holds the journal gets, HQ for one."""
    rows = journal.read_after(counter.desk.reader(), 0, Stream.TXN, 0, limit_rows=10_000)
    bodies = ((row.at_ms, decode_body(decode_envelope(row.fact))) for row in rows)
    return add_up(shift_id, ((at_ms, body) for at_ms, body in bodies if isinstance(body, SHIFT_FACTS)))  # type: ignore[misc]


async def sell(counter: Counter, times: int = 1) -> None:
    for _ in range(times):
        await counter.ok(Scan(code=MILK_CODE))
        await counter.ok(PayCash(tendered_minor=1_000))


async def test_cash_goes_in_and_out_with_a_reason(selling: Counter) -> None:
    await selling.ok(MoveCash(amount_minor=5_000, why="change from the bank"))
    await selling.ok(MoveCash(amount_minor=-2_000, why="flowers for the window"))
    moved = [fact for fact in selling.facts() if isinstance(fact, CashMoved)]
    assert [(fact.amount_minor, fact.why) for fact in moved] == [
        (5_000, "change from the bank"),
        (-2_000, "flowers for the window"),
    ]
    state = selling.till.state()
    assert state.shift is not None
    assert state.shift.expected_minor == state.shift.float_minor + 3_000


async def test_cash_that_is_not_there_cannot_be_taken(selling: Counter) -> None:
    assert await selling.refused(MoveCash(amount_minor=-10_000_000, why="bank")) == "cash_not_there"
    assert await selling.refused(MoveCash(amount_minor=100, why=" ")) == "why_missing"
    assert await selling.refused(MoveCash(amount_minor=0, why="nothing")) == "amount_invalid"


async def test_much_cash_in_the_drawer_is_asked_out_without_saying_how_much(selling: Counter) -> None:
    most_minor = TillRules().cash_warning_minor
    float_minor = 10_000
    await selling.ok(MoveCash(amount_minor=most_minor - float_minor, why="from the bank"))
    assert [alarm.code for alarm in selling.till.state().alarms] == []
    await selling.ok(MoveCash(amount_minor=1, why="one more"))
    (alarm,) = selling.till.state().alarms
    assert (alarm.code, alarm.params) == ("cash_high", {})
    await selling.ok(MoveCash(amount_minor=-1, why="to the bank"))
    assert selling.till.state().alarms == ()


async def test_a_cashier_without_the_right_needs_a_second_person(counter: Counter) -> None:
    await counter.open(BOB)
    assert await counter.refused(MoveCash(amount_minor=100, why="coins")) == "approval_needed"
    assert (
        await counter.refused(MoveCash(amount_minor=100, why="coins", approval=Approval(staff_id=ANN, pin="0")))
        == "wrong_pin"
    )
    own = Approval(staff_id=BOB, pin=PIN)
    assert await counter.refused(MoveCash(amount_minor=100, why="coins", approval=own)) == "approval_self"
    await counter.ok(MoveCash(amount_minor=100, why="coins", approval=ANN_ALLOWS))
    fact = counter.facts()[-1]
    assert isinstance(fact, CashMoved)
    assert (fact.cashier_id, fact.approver_id) == (BOB, ANN)


async def test_the_count_is_blind_for_who_may_not_know(counter: Counter) -> None:
    await counter.open(BOB)
    state = counter.till.state()
    assert state.shift is not None
    assert state.shift.expected_minor is None
    assert await counter.refused(PrintXReport()) == "approval_needed"
    await counter.ok(PrintXReport(approval=ANN_ALLOWS))
    event = counter.facts()[-1]
    assert isinstance(event, TillEvent)
    assert (event.code, event.approver_id) == (EventCode.X_REPORT, ANN)


async def test_a_large_difference_needs_a_second_person_and_a_reason_and_each_try_is_on_record(counter: Counter) -> None:
    await counter.open(BOB, float_minor=5_000)
    await sell(counter)
    expected_minor = 5_129
    assert await counter.refused(CloseShift(counted_minor=expected_minor - 501)) == "approval_needed"
    assert await counter.refused(CloseShift(counted_minor=expected_minor - 700, approval=ANN_ALLOWS)) == "why_missing"
    tries = [fact for fact in counter.facts() if isinstance(fact, TillEvent) and fact.code == EventCode.CASH_DIFFERENCE]
    assert [fact.amount_minor for fact in tries] == [-501, -700]
    await counter.ok(CloseShift(counted_minor=expected_minor - 700, approval=ANN_ALLOWS, why="coins fell down"))
    closed = counter.facts()[-1]
    assert isinstance(closed, ShiftClosed)
    assert (closed.difference_minor, closed.approver_id, closed.why) == (-700, ANN, "coins fell down")


async def test_a_small_difference_needs_nobody(counter: Counter) -> None:
    await counter.open(BOB, float_minor=5_000)
    await counter.ok(CloseShift(counted_minor=4_500))
    closed = counter.facts()[-1]
    assert isinstance(closed, ShiftClosed)
    assert (closed.difference_minor, closed.approver_id) == (-500, "")


async def test_z_numbers_have_no_gap(counter: Counter) -> None:
    for number in (1, 2, 3):
        await counter.open(float_minor=0)
        await counter.ok(CloseShift(counted_minor=0))
        assert report_of(counter).z_number == number
        counter.clock.advance(1_000)
        await counter.ok(Logout())


async def test_the_z_report_is_what_the_journal_says(counter: Counter) -> None:
    await counter.open(float_minor=10_000)
    await sell(counter, 3)
    await counter.ok(Scan(code=MILK_CODE))
    await counter.ok(VoidLine(line_no=1))
    await counter.ok(AbandonSale())
    await counter.ok(MoveCash(amount_minor=-1_000, why="bank"))
    await counter.ok(OpenDrawer(reason="a note is stuck"))
    await counter.ok(ReprintReceipt())
    await counter.ok(CloseShift(counted_minor=10_000 + 3 * 129 - 1_000))
    report = report_of(counter)
    assert (report.sale_count, report.sales_minor, report.abandoned_count, report.void_count) == (3, 387, 1, 1)
    assert (report.drawer_count, report.copy_count, report.cash_out_minor) == (1, 1, 1_000)
    assert (report.first_receipt, report.last_receipt) == (1, 3)
    assert report.difference_minor == 0
    assert sum(row.gross_minor for row in report.tax) == report.sales_minor
    assert rebuilt_from_bytes(counter, report.shift_id) == report


async def test_the_z_report_is_printed_and_can_be_printed_again_as_a_copy(counter: Counter) -> None:
    await counter.open(float_minor=0)
    assert await counter.refused(PrintZReport()) == "no_such_report"
    await counter.ok(CloseShift(counted_minor=0))
    job = counter.desk.prints.next_job("1")
    assert job is not None
    assert job.document is not None
    assert [line.left for line in job.document.lines[:2]] == ["Corner Shop", "Z REPORT 1"]
    await counter.ok(PrintZReport())
    await counter.desk.prints.mark_sent(job.job_id)
    copy = counter.desk.prints.next_job("1")
    assert copy is not None
    assert copy.document is not None
    assert copy.document.copy


async def test_another_receipt_than_the_last_needs_a_right(counter: Counter) -> None:
    await counter.open(BOB)
    await sell(counter, 2)
    await counter.ok(ReprintReceipt())
    assert await counter.refused(ReprintReceipt(receipt="1-0-000001")) == "approval_needed"
    assert await counter.refused(ReprintReceipt(receipt="1-0-000077", approval=ANN_ALLOWS)) == "receipt_unknown"
    await counter.ok(ReprintReceipt(receipt="1-0-000001", approval=ANN_ALLOWS))
    event = counter.facts()[-1]
    assert isinstance(event, TillEvent)
    assert (event.code, event.detail, event.approver_id) == (EventCode.COPY, "1-0-000001", ANN)


async def test_a_shift_longer_than_the_journal_is_closed_as_it_was_counted(counter: Counter) -> None:
    await counter.open(float_minor=1_000)
    await sell(counter, 2)
    await counter.desk.store.write(lambda tx: tx.execute("DELETE FROM journal"))
    await counter.ok(CloseShift(counted_minor=1_258))
    report = report_of(counter)
    assert (report.sale_count, report.cash_expected_minor, report.difference_minor) == (2, 1_258, 0)


@pytest.mark.parametrize("restart", [False, True])
async def test_a_restart_changes_nothing(counter: Counter, restart: bool) -> None:
    await counter.open(float_minor=1_000)
    await sell(counter)
    await counter.ok(MoveCash(amount_minor=200, why="coins"))
    if restart:
        await counter.restart()
    await sell(counter)
    await counter.ok(CloseShift(counted_minor=1_458))
    assert report_of(counter).difference_minor == 0


MOVES = st.lists(st.sampled_from(["sell", "void", "in", "out", "drawer", "copy"]), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
async def test_whatever_happens_the_running_count_is_the_added_up_one(
    tmp_path_factory: pytest.TempPathFactory, moves: list[str]
) -> None:
    counter = Counter(tmp_path_factory.mktemp("shift"))
    await counter.start()
    try:
        await counter.open(float_minor=1_000)
        for move in moves:
            await do(counter, move)
        state = counter.till.state()
        assert state.shift is not None
        shift = counter.till._session.shift
        assert shift is not None
        report = shift_store.rebuilt_report(counter.desk.reader(), "1", shift)
        assert report is not None
        assert report.cash_expected_minor == state.shift.expected_minor == shift.expected_minor
        assert report.sale_count == shift.sale_count
    finally:
        counter.stop()


async def do(counter: Counter, move: str) -> None:
    match move:
        case "sell":
            await sell(counter)
        case "void":
            await counter.ok(Scan(code=MILK_CODE))
            await counter.ok(VoidLine(line_no=1))
            await counter.ok(AbandonSale())
        case "in":
            await counter.ok(MoveCash(amount_minor=300, why="coins"))
        case "out":
            await counter.ok(MoveCash(amount_minor=-100, why="milk for the staff"))
        case "drawer":
            await counter.ok(OpenDrawer(reason="look"))
        case _:
            await counter.do(ReprintReceipt())
