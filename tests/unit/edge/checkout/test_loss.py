"""Loss rules: what is too much of something within a time, told once, and not lost by a restart."""

import asyncio

from edge.checkout.loss import WHATS, LossWatch
from edge.checkout.loss_guard import LossGuard
from protocols.contract.event_codes import EventCode
from protocols.contract.facts import StoreAlarm
from protocols.contract.till_control import OpenDrawer
from protocols.contract.till_facts import DrawerOpened, PaymentEnded, ShiftOpened, TillEvent
from protocols.contract.till_rules import LossRule, TillRules
from protocols.contract.values import Stream
from tests.support.counter import Counter
from tests.support.waiting import until

MINUTE_MS = 60_000
NO_SALE = (LossRule(what="no_sale", most=2, within_minutes=10),)


def opened(cashier_id: str = "ann") -> DrawerOpened:
    return DrawerOpened(till_id="1", cashier_id=cashier_id, reason="look")


def test_every_rule_of_a_new_store_can_be_counted() -> None:
    assert {rule.what for rule in TillRules().loss} <= set(WHATS)


def test_a_rule_speaks_once_when_it_is_passed() -> None:
    watch = LossWatch()
    said = [watch.note(minute * MINUTE_MS, [opened()], NO_SALE) for minute in range(5)]
    assert [len(alerts) for alerts in said] == [0, 0, 1, 0, 0]
    (alert,) = said[2]
    assert alert.detail == "what=no_sale count=3 within_minutes=10 till=1 cashier=ann"


def test_it_speaks_again_after_its_window_has_emptied() -> None:
    watch = LossWatch()
    instants = [0, 1, 2, 30, 31, 32]
    said = [len(watch.note(minute * MINUTE_MS, [opened()], NO_SALE)) for minute in instants]
    assert said == [0, 0, 1, 0, 0, 1]


def test_cashiers_are_counted_apart() -> None:
    watch = LossWatch()
    for cashier_id in ("ann", "bob", "ann", "bob"):
        assert watch.note(0, [opened(cashier_id)], NO_SALE) == []


def test_a_reversed_payment_is_the_cashiers_who_was_last_at_the_till() -> None:
    watch = LossWatch()
    rule = (LossRule(what="void_after_payment", most=0, within_minutes=10),)
    watch.note(0, [ShiftOpened(shift_id="s", till_id="1", cashier_id="ann", float_minor=0)], rule)
    watch.note(0, [TillEvent(code=EventCode.LOGIN, till_id="1", cashier_id="bob")], rule)
    ended = PaymentEnded(attempt_id="a", sale_id="s", till_id="1", method="card", amount_minor=100, outcome="reversed")
    (alert,) = watch.note(1, [ended], rule)
    assert (alert.cashier_id, alert.count) == ("bob", 1)


async def test_hq_is_told_and_a_restart_does_not_forget(counter: Counter) -> None:
    await counter.open()
    for _ in range(3):
        await counter.ok(OpenDrawer(reason="look"))
    guard = LossGuard(counter.store, counter.desk.journal, counter.clock)
    running = asyncio.create_task(guard.run())
    try:
        await counter.ok(OpenDrawer(reason="once more"))
        await until(lambda: bool(counter.facts(Stream.OPS)))
    finally:
        running.cancel()
    alarms = [fact for fact in counter.facts(Stream.OPS) if isinstance(fact, StoreAlarm)]
    assert [alarm.alarm for alarm in alarms] == ["loss_rule"]
    assert alarms[0].detail.startswith("what=no_sale count=4 within_minutes=60 till=1")
