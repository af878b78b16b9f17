"""At 100,000 items, two tills scanning at full speed: every scan is one piece of the right item at its price."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from pathlib import Path

from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.till import COMMANDS_WAITING_MAX, Till, restore
from edge.store_db.database import Database
from protocols.clock import FakeClock
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support import big_store
from tests.support.counter import make_desk
from tests.support.goods import ANN, PIN

BASKETS = 25
SCANS = 20


async def ask(till: Till, command: TillCommand) -> TillAnswer:
    answer = await till.ask(TillRequest(id=str(uuid.uuid4()), command=command))
    assert answer.ok, answer.reason
    return answer


async def shop(till: Till, seed: int) -> int:
    """Fill and pay baskets; returns what they came to."""
    rng, total_minor = random.Random(seed), 0
    await ask(till, Login(staff_id=ANN, pin=PIN))
    await ask(till, OpenShift(float_minor=0))
    for _ in range(BASKETS):
        numbers = [rng.randrange(big_store.ITEMS) for _ in range(SCANS)]
        answers = await asyncio.gather(*(ask(till, Scan(code=big_store.code_of(number))) for number in numbers))
        lines = answers[-1].state.lines
        assert [line.item_id for line in lines] == [f"big-{number:06d}" for number in numbers], "in the order scanned"
        assert [line.net_minor for line in lines] == [100 + number % 900 for number in numbers]
        paid = await ask(till, PayCash(tendered_minor=100_000))
        assert paid.sale is not None
        total_minor += paid.sale.total_minor
    return total_minor


async def test_two_tills_at_full_speed(tmp_path: Path) -> None:
    assert SCANS < COMMANDS_WAITING_MAX
    await asyncio.to_thread(big_store.make, tmp_path)
    store = Database(tmp_path / "store.db", kind="store")
    baskets = Database(tmp_path / "basket.db", kind="basket")
    desk = make_desk(store, baskets, FakeClock())
    tills = [Till(desk, await restore(desk, TillSetup(till_id=name)), Quiet(), boot_number=1) for name in ("1", "2")]
    workers = [asyncio.create_task(till.run()) for till in tills]
    taken_minor = await asyncio.gather(*(shop(till, seed) for seed, till in enumerate(tills)))
    for till, cash_minor in zip(tills, taken_minor, strict=True):
        shift = till.state().shift
        assert shift is not None
        assert (shift.sale_count, shift.expected_minor) == (BASKETS, cash_minor)
    for worker in workers:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
    baskets.close()
    store.close()


async def test_more_commands_than_a_till_may_hold_are_told_to_come_again(tmp_path: Path) -> None:
    await asyncio.to_thread(big_store.make, tmp_path, 10)
    store = Database(tmp_path / "store.db", kind="store")
    baskets = Database(tmp_path / "basket.db", kind="basket")
    desk = make_desk(store, baskets, FakeClock())
    till = Till(desk, await restore(desk, TillSetup(till_id="1")), Quiet(), boot_number=1)
    asked = [
        asyncio.create_task(till.ask(TillRequest(id=str(uuid.uuid4()), command=Login(staff_id=ANN, pin="0"))))
        for _ in range(COMMANDS_WAITING_MAX + 1)
    ]
    answer = await asked[-1]
    assert answer.reason is not None
    assert answer.reason.code == "box_busy"
    for task in asked[:-1]:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    baskets.close()
    store.close()
