"""The print queue: an original once, a copy when in doubt, the drawer kicked once. And what a receipt says."""

from edge.checkout import receipts
from edge.checkout.printing import KICK_WITHIN_MS, PRINT_WITHIN_MS, PrintJob
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import OpenDrawer, ReprintReceipt
from protocols.contract.till_payment import PayCash
from protocols.contract.values import ClockQuality
from tests.support.counter import Counter
from tests.support.goods import APPLES_CODE, MILK_CODE


async def sell(counter: Counter) -> None:
    await counter.ok(Scan(code=MILK_CODE))
    await counter.ok(PayCash(tendered_minor=200))


async def sell_and_open(counter: Counter) -> None:
    """Sold for cash, and the pulse on the drawer has left."""
    await sell(counter)
    await open_drawer(counter)


async def open_drawer(counter: Counter) -> None:
    job = counter.desk.prints.next_kick("1")
    assert job is not None
    await counter.desk.prints.mark_kick(job.job_id, "leaves")


def next_job(counter: Counter) -> PrintJob:
    job = counter.desk.prints.next_job("1")
    assert job is not None
    return job


def shown_print_state(counter: Counter) -> str:
    sale = counter.till.state().last_sale
    assert sale is not None
    return sale.print_state


async def test_the_pulse_on_the_drawer_leaves_once_before_the_paper(selling: Counter) -> None:
    await sell(selling)
    prints = selling.desk.prints
    job = prints.next_kick("1")
    assert job is not None
    assert job.kick_drawer
    assert prints.next_job("1") is None, "no paper before the drawer was seen to"
    await prints.mark_kick(job.job_id, "leaves")
    assert prints.next_kick("1") is None
    await selling.restart()
    await selling.store.write(selling.desk.prints.recover)
    assert selling.desk.prints.next_kick("1") is None, "killed after it was noted: never a second pulse"
    assert next_job(selling).job_id == job.job_id
    await selling.desk.prints.mark_kick(job.job_id, "is_due")
    assert selling.desk.prints.next_kick("1") is not None, "nothing left: it is due again"


async def test_a_drawer_does_not_open_minutes_after_the_sale(selling: Counter) -> None:
    await sell(selling)
    prints = selling.desk.prints
    job = prints.next_kick("1")
    assert job is not None
    assert not prints.kick_is_late(job)
    selling.clock.step_wall(KICK_WITHIN_MS + 1, ClockQuality.SYNCED)
    assert prints.kick_is_late(job)
    await prints.mark_kick(job.job_id, "is_late")
    assert prints.next_kick("1") is None
    assert next_job(selling).document is not None


async def test_a_pulse_alone_is_in_doubt_when_the_box_stops_and_is_not_given_again(counter: Counter) -> None:
    await counter.open()
    await counter.ok(OpenDrawer(reason="change"))
    job = counter.desk.prints.next_kick("1")
    assert job is not None
    await counter.desk.prints.mark_kick(job.job_id, "leaves")
    await counter.restart()
    await counter.store.write(counter.desk.prints.recover)
    assert counter.desk.prints.next_kick("1") is None
    assert counter.desk.prints.next_job("1") is None


async def test_a_confirmed_receipt_is_done(selling: Counter) -> None:
    await sell_and_open(selling)
    job = next_job(selling)
    assert (job.copy, job.kick_drawer) == (False, False)
    assert shown_print_state(selling) == "queued"
    await selling.desk.prints.mark_sent(job.job_id)
    assert selling.desk.prints.next_job("1") is None
    await selling.desk.prints.mark_outcome(job.job_id, "confirmed")
    assert shown_print_state(selling) == "confirmed"


async def test_a_receipt_in_doubt_is_followed_by_one_marked_copy_without_a_kick(selling: Counter) -> None:
    await sell_and_open(selling)
    job = next_job(selling)
    await selling.desk.prints.mark_sent(job.job_id)
    await selling.desk.prints.mark_outcome(job.job_id, "unknown")
    copy = next_job(selling)
    assert (copy.copy, copy.kick_drawer, copy.sale_id) == (True, False, job.sale_id)
    assert copy.document is not None
    assert receipts.as_text(copy.document).lstrip().startswith("*** COPY ***")
    await selling.desk.prints.mark_sent(copy.job_id)
    await selling.desk.prints.mark_outcome(copy.job_id, "unknown")
    assert selling.desk.prints.next_job("1") is None, "a copy in doubt is not copied for ever"


async def test_what_never_left_stays_queued(selling: Counter) -> None:
    await sell_and_open(selling)
    job = next_job(selling)
    await selling.desk.prints.mark_sent(job.job_id)
    await selling.desk.prints.mark_outcome(job.job_id, "not_sent")
    assert next_job(selling) == job


async def test_a_job_on_its_way_when_the_box_stopped_is_in_doubt(selling: Counter) -> None:
    await sell_and_open(selling)
    job = next_job(selling)
    await selling.desk.prints.mark_sent(job.job_id)
    await selling.restart()
    await selling.store.write(selling.desk.prints.recover)
    copy = next_job(selling)
    assert (copy.copy, copy.kick_drawer) == (True, False)


async def test_jobs_are_given_up_after_a_while_but_never_by_a_clock_gone_wrong(selling: Counter) -> None:
    await sell_and_open(selling)
    selling.clock.step_wall(PRINT_WITHIN_MS + 1, ClockQuality.UNSYNCED)
    await selling.store.write(selling.desk.prints.expire)
    assert selling.desk.prints.next_job("1") is not None
    selling.clock.step_wall(0, ClockQuality.SYNCED)
    await selling.store.write(selling.desk.prints.expire)
    assert selling.desk.prints.next_job("1") is None


async def test_the_cashier_reprints_the_last_receipt_as_a_copy(selling: Counter) -> None:
    await sell_and_open(selling)
    original = next_job(selling)
    await selling.desk.prints.mark_sent(original.job_id)
    await selling.ok(ReprintReceipt())
    copy = next_job(selling)
    assert (copy.copy, copy.kick_drawer) == (True, False)
    assert copy.document is not None
    assert original.document is not None
    assert copy.document.lines == original.document.lines


async def test_a_receipt_says_what_was_sold_for_what_by_whom_and_when(selling: Counter) -> None:
    selling.scale.put(1_239)
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(Scan(code=APPLES_CODE))
    await selling.ok(PayCash(tendered_minor=1_000))
    await open_drawer(selling)
    document = next_job(selling).document
    assert document is not None
    text = receipts.as_text(document)
    # 1,790,000,000 s is 2026-09-21 14:13:20 UTC, summer time in Berlin.
    expected = (
        "Corner Shop", "1 Main Street", "Milk 1 l", "2 x 1.29", "2.58", "1.234 kg x 2.99/kg", "3.69", "TOTAL EUR", "6.27",
        "Cash", "10.00", "Change", "3.73", "Tax 7.00% incl.", "0.41", "Receipt 1-0-000001", "Cashier Ann", "Till 1",
        "2026-09-21 16:13:20", "Business date 2026-09-21", "Thank you",
    )  # fmt: skip
    assert [words for words in expected if words not in text] == []
    assert max(receipts.width(line) for line in text.splitlines()) <= receipts.COLUMNS


def test_wide_characters_take_two_columns() -> None:
    line = receipts.ReceiptLine("牛奶" * 20, "1.00")
    assert receipts.width(receipts.columns_of(line, 42)) <= 42
    assert receipts.columns_of(line, 42).endswith(" 1.00")


def test_money_is_written_with_the_digits_of_its_currency() -> None:
    assert [receipts.money(amount, 2) for amount in (0, 5, 1_234, -5)] == ["0.00", "0.05", "12.34", "-0.05"]
    assert receipts.money(1_234, 0) == "1234"


async def test_stock_falls_in_the_sales_own_transaction(selling: Counter) -> None:
    from edge.stock import service as stock

    await sell_and_open(selling)
    [balance] = stock.balances(selling.store.reader(), "i-milk")
    assert balance.on_hand_thousandths == -1_000
    assert [sale.lines[0].stock_thousandths for sale in selling.sales()] == [1_000]
