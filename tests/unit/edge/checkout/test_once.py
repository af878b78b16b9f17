"""Each command is applied once: repeated ids get the stored answer, over restarts too; what was open comes back."""

import uuid

import pytest

from edge.store_db.database import Tx
from protocols.contract.till import TillCommand
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_control import Logout
from protocols.contract.till_payment import PayCash
from protocols.device_events import WeightState
from tests.support.counter import Counter
from tests.support.goods import APPLES_CODE, BREAD_CODE, MILK_CODE


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_repeated_scan_adds_one_line(selling: Counter, restarted: bool) -> None:
    command_id = str(uuid.uuid4())
    first = await selling.do(Scan(code=MILK_CODE), command_id)
    if restarted:
        await selling.restart()
    again = await selling.do(Scan(code=MILK_CODE), command_id)
    assert (again.ok, again.reason, again.sale) == (first.ok, first.reason, first.sale)
    assert [line.quantity for line in again.state.lines] == [1]


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_repeated_payment_closes_one_sale_and_gives_the_same_proof(selling: Counter, restarted: bool) -> None:
    command_id = str(uuid.uuid4())
    await selling.ok(Scan(code=MILK_CODE))
    first = await selling.do(PayCash(tendered_minor=200), command_id)
    if restarted:
        await selling.restart()
    again = await selling.do(PayCash(tendered_minor=200), command_id)
    assert first.sale is not None
    assert again.sale == first.sale
    assert len(selling.sales()) == 1
    await selling.ok(Scan(code=BREAD_CODE))
    assert (await selling.do(PayCash(tendered_minor=200), command_id)).sale == first.sale
    assert len(selling.sales()) == 1, "an old id pays no new basket"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_repeated_refusal_does_not_succeed_behind_the_cashiers_back(selling: Counter, restarted: bool) -> None:
    command_id = str(uuid.uuid4())
    selling.scale.put(500, WeightState.MOTION)
    first = await selling.do(Scan(code=APPLES_CODE), command_id)
    if restarted:
        await selling.restart()
    selling.scale.put(500)
    again = await selling.do(Scan(code=APPLES_CODE), command_id)
    assert (again.ok, again.reason) == (first.ok, first.reason) == (False, first.reason)
    assert again.state.lines == ()


async def test_basket_shift_and_cashier_survive_a_restart(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    before = selling.till.state()
    await selling.restart()
    after = selling.till.state()
    assert after.revision > before.revision, "screens would take it for old news"
    assert (after.lines, after.shift, after.cashier_id, after.sale_id) == (
        before.lines,
        before.shift,
        before.cashier_id,
        before.sale_id,
    )
    await selling.ok(PayCash(tendered_minor=129))
    await selling.restart()
    assert selling.till.state().last_sale is not None


@pytest.mark.parametrize("ending", [PayCash(tendered_minor=129), AbandonSale()])
async def test_a_basket_whose_sale_ended_does_not_come_back(selling: Counter, ending: TillCommand) -> None:
    """As after a kill between the two files: the sale has ended in store.db, basket.db still holds its basket."""
    await selling.ok(Scan(code=MILK_CODE))
    row = selling.baskets.reader().execute("SELECT till_id, sale_id, body FROM basket").fetchone()
    assert row is not None
    await selling.ok(ending)

    def put_back(tx: Tx) -> None:
        tx.execute("INSERT INTO basket VALUES (?, ?, ?)", row)

    await selling.baskets.write(put_back)
    await selling.restart()
    assert selling.till.state().lines == ()
    await selling.ok(Logout())


async def test_receipt_numbers_have_no_gap_over_refusals_and_restarts(selling: Counter) -> None:
    for _ in range(3):
        await selling.ok(Scan(code=MILK_CODE))
        await selling.refused(PayCash(tendered_minor=1))
        await selling.ok(PayCash(tendered_minor=129))
        await selling.restart()
    assert [sale.receipt.number for sale in selling.sales()] == [1, 2, 3]


async def test_a_full_disk_refuses_the_payment_and_keeps_the_basket(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    pay_id = str(uuid.uuid4())

    def limit(pages: int) -> None:
        def run(tx: Tx) -> None:
            tx.execute(f"PRAGMA max_page_count = {pages}").fetchall()

        selling.store.write_and_wait(run)

    limit(1)  # SQLite takes this as "no page more than now"
    answers = []
    for _ in range(200):
        answer = await selling.do(PayCash(tendered_minor=129), pay_id)
        answers.append(answer)
        if not answer.ok:
            break
        pay_id = str(uuid.uuid4())
        await selling.ok(Scan(code=MILK_CODE))
    refused = answers[-1]
    assert refused.reason is not None
    assert refused.reason.code == "disk_full"
    assert len(selling.sales()) == len(answers) - 1
    assert refused.state.total_minor == 129, "the basket stands"
    limit(1_000_000)
    again = await selling.do(PayCash(tendered_minor=129), pay_id)
    assert again.ok, "with room again, the same command succeeds"
    assert [sale.receipt.number for sale in selling.sales()] == list(range(1, len(answers) + 1))
