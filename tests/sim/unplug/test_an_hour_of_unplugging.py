"""Every device is pulled out and put back in random order for an hour of virtual time while two tills sell on.

No task and no object is left behind, every device is well again at the end, and no command at a till ever waits.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from protocols.clock import IdSource, SeededRandom
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import Pay, PayCash
from protocols.device_events import DeviceState
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.unplug.shop import TILLS, UnpluggedShop
from tests.support.goods import ANN, APPLES_CODE, BOB, BREAD_CODE, MILK_CODE, PIN

HOUR_SECONDS = 3_600
WARM_UP_SECONDS = 300
OUT_SECONDS_MAX = 90
ANSWER_MS_MAX = 50
"""A command waits for no device: in virtual time its answer comes at once."""
GROWN_TASKS_MAX = 4
GROWN_OBJECTS_MAX = 4_000
"""Of some 130,000: print jobs, receipts and answers are kept for a while."""


class Cashier:
    """Sells the same basket again and again, pays in cash or by card, and measures how long each answer took."""

    def __init__(self, shop: UnpluggedShop, till_id: str, staff_id: str) -> None:
        self.outcomes: Counter[str] = Counter()
        self.slowest_ms = 0
        self._shop = shop
        self._till_id = till_id
        self._staff_id = staff_id
        self._ids = IdSource(shop.clock, SeededRandom(int(till_id)))

    async def ask(self, command: TillCommand) -> TillAnswer:
        asked_ms = self._shop.clock.monotonic_ms()
        answer = await self._shop.box.tills[self._till_id].ask(TillRequest(id=self._ids.new(), command=command))
        self.slowest_ms = max(self.slowest_ms, self._shop.clock.monotonic_ms() - asked_ms)
        why = "" if answer.reason is None else f" {answer.reason.code}"
        self.outcomes[f"{type(command).__name__} {'ok' if answer.ok else 'refused'}{why}"] += 1
        return answer

    async def open(self) -> None:
        assert (await self.ask(Login(staff_id=self._staff_id, pin=PIN))).ok
        assert (await self.ask(OpenShift(float_minor=10_000))).ok

    async def sell_until(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sale = 0
        while loop.time() < seconds:
            sale += 1
            self._shop.scales[f"scale-{self._till_id}"].cell.put(500, settle_ms=300)
            self._shop.scanners[f"scanner-{self._till_id}"].scan(BREAD_CODE)
            await asyncio.sleep(2)
            await self.ask(Scan(code=APPLES_CODE))
            await self.ask(Scan(code=MILK_CODE))
            await asyncio.sleep(1)
            await self._pay(by_card=sale % 3 == 0)
            await asyncio.sleep(15)

    async def _pay(self, *, by_card: bool) -> None:
        due = self._shop.box.tills[self._till_id].state().due_minor
        if by_card:
            await self.ask(Pay(method="card", amount_minor=due, expected_due_minor=due))
            await asyncio.sleep(6)
        state = self._shop.box.tills[self._till_id].state()
        if state.due_minor and not (await self.ask(PayCash(tendered_minor=state.due_minor))).ok:
            await self.ask(AbandonSale())


async def pull_cables(shop: UnpluggedShop, until_seconds: float) -> Counter[str]:
    """At random, several at a time; each comes back after a while."""
    loop = asyncio.get_running_loop()
    pulled: Counter[str] = Counter()
    out: set[asyncio.Task[None]] = set()
    away: set[str] = set()

    async def one(number: int) -> None:
        plug = shop.plugs()[number]
        if plug.device_id in away:
            return
        away.add(plug.device_id)
        pulled[plug.device_id] += 1
        await plug.out()
        await asyncio.sleep(1 + shop.chance.below(OUT_SECONDS_MAX * 1_000) / 1000)
        await plug.back()
        away.discard(plug.device_id)

    while loop.time() < until_seconds:
        task = asyncio.create_task(one(shop.chance.below(len(shop.plugs()))))
        out.add(task)
        task.add_done_callback(out.discard)
        await asyncio.sleep(0.5 + shop.chance.below(8_000) / 1000)
    await asyncio.gather(*out)
    return pulled


def living() -> tuple[int, int]:
    gc.collect()
    return len(asyncio.all_tasks()), len(gc.get_objects())


@pytest.fixture
def _quiet() -> Iterator[None]:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("seed", [1])
def test_an_hour_of_unplugging(seed: int, tmp_path: Path) -> None:
    async def scene(loop: VirtualLoop) -> None:
        shop = UnpluggedShop(loop, tmp_path, seed)
        await shop.start()
        await asyncio.sleep(10)
        assert {view.state for view in shop.box.shop.devices.views()} == {"ready"}
        cashiers = [Cashier(shop, till, person) for till, person in zip(TILLS, (ANN, BOB), strict=True)]
        for cashier in cashiers:
            await cashier.open()
        pulled: Counter[str] = Counter()
        marks: list[tuple[int, int]] = []
        for until in (WARM_UP_SECONDS, HOUR_SECONDS):
            async with asyncio.TaskGroup() as tasks:
                pulling = tasks.create_task(pull_cables(shop, until))
                for cashier in cashiers:
                    tasks.create_task(cashier.sell_until(until))
            pulled += pulling.result()
            await asyncio.sleep(OUT_SECONDS_MAX)
            states = {view.device_id: (view.state, view.reason) for view in shop.box.shop.devices.views()}
            assert {state for state, _ in states.values()} == {DeviceState.READY.value}, states
            marks.append(living())
        assert min(pulled[plug.device_id] for plug in shop.plugs()) > 10, pulled
        assert marks[1][0] <= marks[0][0] + GROWN_TASKS_MAX, marks
        assert marks[1][1] <= marks[0][1] + GROWN_OBJECTS_MAX, marks
        for cashier in cashiers:
            assert cashier.slowest_ms <= ANSWER_MS_MAX, cashier.outcomes
            assert cashier.outcomes["PayCash ok"] > 50, cashier.outcomes
            refused = {name for name in cashier.outcomes if "refused" in name}
            assert refused <= ALLOWED, cashier.outcomes
        await shop.stop()

    run_virtual(scene)


ALLOWED = {
    *(f"Scan refused {why}" for why in ("weight_motion", "weight_zero", "scale_silent", "scale_fault", "weight_stale")),
    "Pay refused terminal_offline",
}
"""What a till may say when a device is away; anything else is a bug."""
