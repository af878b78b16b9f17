"""A ZVT terminal over real TCP: every honest outcome, and afterwards the till's and the terminal's books are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridges.zvt_terminal import ZvtOptions
from protocols.payment.port import Approved, Cancelled, Declined, NotFound, NotSent, Order, Pending, Unknown
from protocols.payment.zvt.messages import authorise
from simulators.payment_plans import PLANS, Plan
from tests.support.waiting import until
from tests.support.zvt_ground import IDS, QUICK, ZvtGround, zvt_ground


async def test_a_payment_its_slip_and_its_reversal(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        taken = await ground.pay(1_000)
        outcome = ground.outcomes[taken]
        assert isinstance(outcome, Approved)
        assert outcome.amount_minor == 1_000
        assert outcome.reference == "28004869/0001/000001"
        assert len(outcome.card_tail) == 4
        assert outcome.slip[0] == "** KUNDENBELEG **"
        assert f"**** {outcome.card_tail}" in outcome.slip[3]
        back = ground.outcomes[await ground.pay(-1_000, reverses=taken)]
        assert isinstance(back, Approved)
        assert [command for command, _ in ground.simulator.terminal.asked] == [0x0601, 0x0630]
        ground.books_agree()


async def test_a_part_is_given_back_as_a_refund_and_what_is_too_late_for_a_reversal_too(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        taken = await ground.pay(1_000)
        await ground.pay(-400, reverses=taken)
        assert await ground.driver.end_of_day() == ""
        again = await ground.pay(700)
        assert await ground.driver.end_of_day() == ""
        await ground.pay(-700, reverses=again)
        assert [command for command, _ in ground.simulator.terminal.asked] == [0x0601, 0x0631, 0x0601, 0x0630, 0x0631]
        ground.books_agree()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("approve", Approved),
        ("decline", Declined),
        ("partial", Approved),
        ("customer_abort", Cancelled),
        ("no_reply_taken", Approved),
        ("no_reply_not_taken", NotFound),
        ("reply_lost", Approved),
        ("decline_then_approve", Approved),
        ("busy", NotSent),
        ("printer_out", Approved),
        ("end_of_day_required", Declined),
    ],
)
async def test_every_outcome_leaves_the_books_the_same(tmp_path: Path, name: str, expected: type) -> None:
    async with zvt_ground(tmp_path) as ground:
        await ground.pay(500)  # the same amount as the next one: only the receipt tells them apart
        ground.simulator.terminal.plans.script(PLANS[name])
        outcome = ground.outcomes[await ground.pay(500)]
        assert isinstance(outcome, expected)
        if name == "partial":
            assert outcome == Approved(300, outcome.reference, outcome.card_tail, slip=outcome.slip)  # type: ignore[union-attr]
        if name == "end_of_day_required":
            assert outcome == Declined("the terminal wants its end of day first")
            assert await ground.driver.end_of_day() == ""
        ground.simulator.heal()
        await until(lambda: not ground.driver.trouble)
        assert isinstance(ground.outcomes[await ground.pay(500)], Approved)
        ground.books_agree()


async def test_an_approval_that_comes_after_the_time_out_is_found(tmp_path: Path) -> None:
    options = ZvtOptions(answer_seconds=0.1, ack_seconds=0.1, door_seconds=0.1)
    async with zvt_ground(tmp_path, options) as ground:
        terminal = ground.simulator.terminal
        terminal.deaf_to_abort = True
        terminal.plans.script(Plan(slow_ms=600))
        outcome = ground.outcomes[await ground.pay(800)]
        assert isinstance(outcome, Approved)
        ground.books_agree()


async def test_a_customer_who_does_not_come_is_told_off_at_the_terminal(tmp_path: Path) -> None:
    options = ZvtOptions(answer_seconds=0.1, ack_seconds=0.5, door_seconds=0.1)
    async with zvt_ground(tmp_path, options) as ground:
        ground.simulator.terminal.plans.script(Plan(slow_ms=60_000))
        assert ground.outcomes[await ground.pay(800)] == Cancelled()
        ground.books_agree()


async def test_a_reboot_in_the_middle_of_a_payment_charges_nobody(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        ground.simulator.terminal.plans.script(Plan(reboot_ms=50, slow_ms=20))
        assert ground.outcomes[await ground.pay(800)] == NotFound()
        await until(lambda: not ground.driver.trouble)
        await ground.pay(800)
        ground.books_agree()


async def test_no_other_payment_begins_before_the_outcome_is_known(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        ground.simulator.terminal.plans.script(PLANS["reply_lost"])
        order_id = await ask_only(ground, 500)
        await until(lambda: not ground.driver.trouble)
        refused = ground.outcomes[await ground.pay(500)]
        assert isinstance(refused, NotSent)
        await settle(ground, order_id)
        assert isinstance(ground.outcomes[await ground.pay(500)], Approved)
        ground.books_agree()


async def test_another_persons_receipt_is_never_taken_for_ours(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        ground.simulator.terminal.plans.script(PLANS["no_reply_not_taken"])
        order_id = await ask_only(ground, 500)
        await ground.off()
        # Somebody takes 9.99 at the terminal itself, although the registration forbids it.
        other = ground.simulator.terminal
        other.registered = True
        other.hear(authorise(999), 0, 0)
        await ground.restart()
        doubt = await ground.driver.enquire(ground.orders[order_id])
        assert "another payment" in repr(doubt)
        assert isinstance(ground.outcomes[await ground.pay(100)], Approved), "the next customer is not held up"


async def test_notes_that_are_lost_prove_nothing(tmp_path: Path) -> None:
    async with zvt_ground(tmp_path) as ground:
        ground.simulator.terminal.plans.script(PLANS["reply_lost"])
        order_id = await ask_only(ground, 500)
        await ground.off()
        (tmp_path / "terminal-1.jsonl").unlink()
        await ground.restart()
        assert "notes" in repr(await ground.driver.enquire(ground.orders[order_id]))


async def ask_only(ground: ZvtGround, amount_minor: int) -> str:
    """Ask, and leave the outcome unknown."""
    order = Order(IDS.new(), "card", amount_minor, "EUR")
    ground.orders[order.attempt_id] = order
    assert isinstance(await ground.driver.ask(order), Unknown)
    return order.attempt_id


async def settle(ground: ZvtGround, order_id: str) -> None:
    order = ground.orders[order_id]
    await ground.settle(order, await ground.driver.enquire(order))


async def test_the_box_restarts_wherever_a_payment_stands(tmp_path: Path) -> None:
    """The line is cut, and the box restarted, at every message of the terminal in turn."""
    async with zvt_ground(tmp_path, QUICK) as ground:
        for cut_at in range(1, 11):
            heard = 0

            def cut(_apdu: object, cut_at: int = cut_at) -> None:
                nonlocal heard
                heard += 1
                if heard == cut_at:
                    ground.simulator.cut()

            ground.simulator.told = cut
            order = await begin(ground, 500)
            ground.simulator.told = lambda _apdu: None
            if order:
                await ground.restart()
                await settle(ground, order)
            await until(lambda: not ground.driver.trouble)
        ground.books_agree()


async def begin(ground: ZvtGround, amount_minor: int) -> str:
    """Ask; the id when the outcome is unknown."""
    order = Order(IDS.new(), "card", amount_minor, "EUR")
    ground.orders[order.attempt_id] = order
    outcome = await ground.driver.ask(order)
    if isinstance(outcome, Unknown | Pending):
        return order.attempt_id
    ground.outcomes[order.attempt_id] = outcome
    return ""
