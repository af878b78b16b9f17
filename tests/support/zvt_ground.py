"""A ZVT driver on a real TCP line to the simulated terminal, kept connected without the supervisor's long pauses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from firmware_bridges.links import open_tcp
from firmware_bridges.payment_memory import PaymentMemory
from firmware_bridges.supervise import LinkBroken
from firmware_bridges.zvt_line import TcpZvtLine, ZvtLine
from firmware_bridges.zvt_terminal import ZvtDriver, ZvtOptions
from protocols.clock import IdSource, SeededRandom
from protocols.payment.port import Approved, Ended, Order, Outcome, Pending, Unknown
from simulators.clock import SystemClock
from simulators.zvt_terminal.server import ZvtSimulator
from tests.support.waiting import until

QUICK = ZvtOptions(answer_seconds=3.0, ack_seconds=0.3, door_seconds=0.1)
IDS = IdSource(SystemClock(), SeededRandom(3))


@dataclass
class ZvtGround:
    """`outcomes`: what became of every attempt, as the till would store it."""

    simulator: ZvtSimulator
    folder: Path
    options: ZvtOptions
    port: int
    driver: ZvtDriver
    outcomes: dict[str, Ended]
    orders: dict[str, Order]
    keeping: asyncio.Task[None] | None = None

    async def pay(self, amount_minor: int, *, reverses: str = "") -> str:
        """Ask once, enquire until it is known; the attempt's id."""
        before = self.outcomes.get(reverses)
        reference = before.reference if isinstance(before, Approved) else ""
        order = Order(IDS.new(), "card", amount_minor, "EUR", reverses_id=reverses, reference=reference)
        self.orders[order.attempt_id] = order
        await self.settle(order, await self.driver.ask(order))
        return order.attempt_id

    async def settle(self, order: Order, outcome: Outcome) -> None:
        """Enquire, as the till does, until somebody knows."""
        while isinstance(outcome, Unknown | Pending):
            await asyncio.sleep(0.02)
            outcome = await self.driver.enquire(replace(order, reference=""))
        self.outcomes[order.attempt_id] = outcome

    async def restart(self) -> None:
        """The box loses power: a new driver on the same notes."""
        await self.off()
        self.driver = driver_of(self.folder, self.port, self.options)
        self.on()
        await until(lambda: not self.driver.trouble)

    def on(self) -> None:
        """Keep it connected."""
        self.keeping = asyncio.create_task(keep_connected(self.driver))

    async def off(self) -> None:
        """Everything of the box ends."""
        if self.keeping is not None:
            self.keeping.cancel()
            await asyncio.wait({self.keeping})

    def books_agree(self) -> None:
        """What the till believes and what the terminal did, line by line."""
        believed = [
            (outcome.amount_minor, outcome.reference) for outcome in self.outcomes.values() if isinstance(outcome, Approved)
        ]
        booked = [
            (each.amount_minor if each.kind == "charge" else -each.amount_minor, each.reference)
            for each in self.simulator.terminal.ledger.entries
        ]
        assert sorted(believed) == sorted(booked)
        assert set(self.orders) == set(self.outcomes), "every order has an end"


def driver_of(folder: Path, port: int, options: ZvtOptions) -> ZvtDriver:
    """A driver over TCP."""

    async def open_line() -> ZvtLine:
        return TcpZvtLine(await open_tcp("127.0.0.1", port))

    return ZvtDriver(
        "terminal-1", open_line, PaymentMemory(folder / "terminal-1.jsonl", SystemClock()), SystemClock(), options
    )


async def keep_connected(driver: ZvtDriver) -> None:
    """What the supervisor does."""
    while True:
        with contextlib.suppress(LinkBroken):
            await driver.run(lambda _event: None)
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def zvt_ground(folder: Path, options: ZvtOptions = QUICK, *, bad_port: int = 0) -> AsyncIterator[ZvtGround]:
    """A terminal and a box that is connected. `bad_port`: the box reaches the terminal there."""
    simulator = ZvtSimulator("terminal-1", 0, SystemClock(), SeededRandom(7))
    await simulator.start()
    port = bad_port or simulator.port
    ground = ZvtGround(simulator, folder, options, port, driver_of(folder, port, options), {}, {})
    if not bad_port:
        ground.on()
        await until(lambda: not ground.driver.trouble)
    try:
        yield ground
    finally:
        await ground.off()
        await simulator.stop()
