"""WeChat Pay and Alipay over real HTTP under a virtual clock: every outcome, and afterwards both books are the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_bridges.code_providers import AlipayProvider, CodeProvider, WechatProvider, rsa_signer, rsa_verifier
from firmware_bridges.payment_codes import CodesDriver
from firmware_bridges.payment_memory import PaymentMemory
from firmware_bridges.payment_web import HttpPaymentWeb, WebPlace
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.payment.codes.alipay import AlipayMerchant
from protocols.payment.codes.wechat import WechatMerchant
from protocols.payment.port import Approved, Cancelled, Declined, Ended, NotFound, NotSent, Order, Outcome, Pending, Unknown
from simulators.payment_plans import PLANS, Plan
from simulators.payment_provider.server import PaymentProviderSimulator
from tests.support.payment_keys import ACCOUNT as SHOP
from tests.support.payment_keys import keys

ACCOUNT = WechatMerchant(*SHOP)
CODES = {"wechat": "13", "alipay": "28"}


@dataclass
class Ground:
    clock: FakeClock
    simulator: PaymentProviderSimulator
    folder: Path
    driver: CodesDriver
    kind: str
    outcomes: dict[str, Ended] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """What the cashier was told meanwhile."""

    def __post_init__(self) -> None:
        self.ids = IdSource(self.clock, SeededRandom(5))
        self.codes = iter(f"{CODES[self.kind]}{number:016d}" for number in range(1, 10_000))

    async def ask(self, amount_minor: int, reverses: str = "") -> tuple[Order, Outcome]:
        order = Order(self.ids.new(), "code", amount_minor, "CNY", code=next(self.codes), reverses_id=reverses)
        return order, await self.driver.ask(order)

    async def pay(self, amount_minor: int, reverses: str = "") -> Ended:
        return await self.settle(*await self.ask(amount_minor, reverses))

    async def settle(self, order: Order, outcome: Outcome) -> Ended:
        """Enquire as the till does, every second of virtual time."""
        for _ in range(400):
            if not isinstance(outcome, Unknown | Pending):
                self.outcomes[order.attempt_id] = outcome
                return outcome
            if isinstance(outcome, Unknown):
                self.unknown.append(outcome.why)
            self.clock.advance(1_000)
            outcome = await self.driver.enquire(order)
        raise AssertionError(f"never known: {outcome}")

    def restart(self) -> None:
        """The box loses power."""
        self.driver = driver_of(self.simulator, self.folder, self.clock)

    def books_agree(self) -> None:
        believed: dict[str, int] = {}
        for attempt_id, outcome in self.outcomes.items():
            if isinstance(outcome, Approved):
                believed[attempt_id.replace("-", "")] = outcome.amount_minor
        booked: dict[str, int] = {}
        for entry in self.simulator.provider.ledger.entries:
            charge = entry.kind == "charge"
            key = entry.attempt_id
            booked[key] = booked.get(key, 0) + (entry.amount_minor if charge else -entry.amount_minor)
        assert {key: amount for key, amount in booked.items() if amount} == believed
        asked = self.simulator.provider.asked
        assert len(asked) == len(set(asked)), "asked for once"


def driver_of(simulator: PaymentProviderSimulator, folder: Path, clock: FakeClock) -> CodesDriver:
    private, public = keys()
    web = HttpPaymentWeb(WebPlace(f"http://127.0.0.1:{simulator.port}"))
    providers: dict[str, CodeProvider] = {
        "wechat": WechatProvider(ACCOUNT, web, SeededRandom(9)),
        "alipay": AlipayProvider(AlipayMerchant("2021", rsa_signer(private), rsa_verifier(public)), web, clock),
    }
    memory = PaymentMemory(folder / "codes.jsonl", clock)
    memory.open()

    async def sleep(seconds: float) -> None:
        clock.advance(int(seconds * 1000))
        await asyncio.sleep(0)

    return CodesDriver("codes", providers, memory, clock, sleep)


@contextlib.asynccontextmanager
async def ground_of(folder: Path, kind: str) -> AsyncIterator[Ground]:
    clock = FakeClock()
    private, public = keys()
    simulator = PaymentProviderSimulator(
        "provider", 0, clock, account=ACCOUNT, alipay_sign=rsa_signer(private), alipay_verify=rsa_verifier(public)
    )
    await simulator.start()
    try:
        yield Ground(clock, simulator, folder, driver_of(simulator, folder, clock), kind)
    finally:
        await simulator.stop()


BOTH = pytest.mark.parametrize("kind", ["wechat", "alipay"])


OUTCOMES = {
    "approve": Approved,
    "decline": Declined,
    "waiting": Approved,
    "customer_abort": Declined,
    "no_reply_taken": Approved,
    "no_reply_not_taken": Declined,
    "reply_lost": Approved,
    "late_approval": Declined,
    "busy": Declined,
    "decline_then_approve": Approved,
    "printer_out": Approved,
    "reboot": Declined,
}
ALSO_ALIPAY = ("approve", "waiting", "no_reply_taken", "no_reply_not_taken", "late_approval", "busy")


@pytest.mark.parametrize(
    ("kind", "name"), [*(("wechat", name) for name in OUTCOMES), *(("alipay", name) for name in ALSO_ALIPAY)]
)
async def test_every_outcome_leaves_the_books_the_same(tmp_path: Path, kind: str, name: str) -> None:
    async with ground_of(tmp_path, kind) as ground:
        ground.simulator.provider.plans.script(PLANS[name])
        assert isinstance(await ground.pay(500), OUTCOMES[name])
        assert isinstance(await ground.pay(500), Approved)
        ground.books_agree()


@BOTH
async def test_an_undo_is_repeated_across_restarts_and_the_cashier_is_told(tmp_path: Path, kind: str) -> None:
    async with ground_of(tmp_path, kind) as ground:
        provider = ground.simulator.provider
        provider.plans.script(Plan(verdict="waiting", slow_ms=10_000_000))
        provider.undo_trouble = 6
        order, outcome = await ground.ask(500)
        assert isinstance(outcome, Unknown)
        assert "do not charge again" in outcome.why
        ground.restart()
        ended = await ground.settle(order, await ground.driver.enquire(order))
        assert isinstance(ended, Declined)
        assert all("do not charge again" in why for why in ground.unknown)
        ground.books_agree()


@BOTH
async def test_an_undo_whose_answer_was_lost_is_never_a_payment_after_all(tmp_path: Path, kind: str) -> None:
    async with ground_of(tmp_path, kind) as ground:
        provider = ground.simulator.provider
        provider.plans.script(Plan(reply="silent"))  # paid, and nobody hears of it
        provider.query_lost = True
        provider.undo_lost = 5
        order, outcome = await ground.ask(500)
        assert isinstance(outcome, Unknown)
        provider.query_lost = False
        ground.restart()
        assert isinstance(await ground.settle(order, await ground.driver.enquire(order)), Declined)
        assert provider.ledger.left_minor(order.attempt_id.replace("-", "")) == 0
        ground.books_agree()


async def test_wechat_s_undo_waits_fifteen_seconds(tmp_path: Path) -> None:
    async with ground_of(tmp_path, "wechat") as ground:
        ground.simulator.provider.plans.script(Plan(verdict="waiting", slow_ms=10_000_000))
        began = ground.clock.monotonic_ms()
        asking = asyncio.create_task(ground.ask(500))
        while not ground.driver._running:  # noqa: ASYNC110 - the order is under way
            await asyncio.sleep(0)
        (attempt_id,) = ground.driver._running
        await ground.driver.cancel(attempt_id)
        order, outcome = await asking
        assert await ground.settle(order, outcome) == Cancelled()
        (undone_at,) = ground.simulator.provider.undone_at_ms.values()
        assert undone_at - began >= 15_000
        ground.books_agree()


@BOTH
async def test_giving_back_in_parts_and_too_much(tmp_path: Path, kind: str) -> None:
    async with ground_of(tmp_path, kind) as ground:
        order, outcome = await ground.ask(1_000)
        await ground.settle(order, outcome)
        assert isinstance(await ground.pay(-400, order.attempt_id), Approved)
        ground.simulator.provider.plans.script(Plan(reply="silent"))
        assert isinstance(await ground.pay(-500, order.attempt_id), Approved), "given back once, and found"
        ground.simulator.provider.plans.script(Plan(reply="dropped"))
        assert await ground.pay(-100, order.attempt_id) == NotFound()
        assert isinstance(await ground.pay(-200, order.attempt_id), Declined)
        ground.books_agree()
        assert ground.simulator.provider.ledger.left_minor(order.attempt_id.replace("-", "")) == 100


async def test_no_way_to_the_provider_and_codes_of_nobody(tmp_path: Path) -> None:
    async with ground_of(tmp_path, "wechat") as ground:
        await ground.simulator.unplug()
        assert isinstance(await ground.pay(500), NotSent)
        await ground.simulator.plug_in()
        loyalty = Order(ground.ids.new(), "code", 500, "CNY", code="990000000000000001")
        assert await ground.driver.ask(loyalty) == Declined("not a payment code that this store takes")
        assert ground.simulator.provider.asked == []


async def test_a_code_is_good_for_one_payment(tmp_path: Path) -> None:
    async with ground_of(tmp_path, "wechat") as ground:
        ground.codes = iter(["130000000000000001"] * 2)
        assert isinstance(await ground.pay(500), Approved)
        assert await ground.pay(500) == Declined("the code was used before: ask for a new one")
        ground.books_agree()


async def test_lost_notes_do_not_lose_a_payment(tmp_path: Path) -> None:
    async with ground_of(tmp_path, "alipay") as ground:
        ground.simulator.provider.plans.script(Plan(reply="silent"))
        ground.clock.advance(1)
        order = Order(ground.ids.new(), "code", 500, "CNY", code=next(ground.codes))
        asking = asyncio.create_task(ground.driver.ask(order))
        while not ground.simulator.provider.asked:  # noqa: ASYNC110
            await asyncio.sleep(0)
        asking.cancel()
        (tmp_path / "codes.jsonl").unlink()
        ground.clock.advance(1_000)
        ground.restart()
        assert isinstance(await ground.settle(order, await ground.driver.enquire(order)), Approved)
        ground.books_agree()


def test_no_code_and_no_key_in_the_notes(tmp_path: Path) -> None:
    async def run() -> None:
        async with ground_of(tmp_path, "wechat") as ground:
            await ground.pay(500)

    asyncio.run(run())
    text = (tmp_path / "codes.jsonl").read_text()
    assert "13000000" not in text
    assert "kkkk" not in text
