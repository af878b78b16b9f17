"""A cashier at one till: serves shoppers, asks again after a power cut, and notes what the customer saw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protocols.clock import Clock, IdSource
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, TillLine, VoidLine
from protocols.contract.till_control import CloseShift, Login, OpenShift
from protocols.contract.till_payment import PayCash
from simulators import world
from simulators.replay.devices import MemoryScale
from simulators.replay.links import Chance
from simulators.replay.log import EventLog
from simulators.world import ChangeQuantity, PutWeight, ScanCode, Shopper, TakeOff
from tests.sim.day.box import Boot
from tests.sim.day.goods import PIN
from tests.sim.day.truth import Violation

FLOAT_MINOR = 20_000
QUEUE_MAX = 4
WEIGH_TRIES = 12
WEIGH_AGAIN_MS = 350
THINK_MS = 900
ANSWER_MS_MAX = 50
"""A command waits for no device and no line: in virtual time its answer comes at once."""
WEIGHING = {"weight_motion", "weight_zero", "scale_silent", "scale_fault", "weight_under_zero"}


class BasketLost(Exception):
    """A power cut took the open basket: the cashier begins again."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A sale as the customer saw it."""

    sale_id: str
    receipt: str
    total_minor: int
    due_minor: int
    tendered_minor: int
    change_minor: int
    lines: tuple[tuple[str, int, int], ...]
    """(item, pieces or grams, net) of each line not voided."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What the lane needs of the day."""

    clock: Clock
    log: EventLog
    box_up: Callable[[], Awaitable[Boot]]
    charged: Callable[[TillLine], None]
    """A line was just taken at this price."""
    paid: Callable[[str, Paid], Awaitable[None]]


class Lane:
    """One till."""

    def __init__(self, till_id: str, staff_id: str, scale: MemoryScale, ids: IdSource, chance: Chance, ways: Ways) -> None:
        self.till_id = till_id
        self.refused: dict[str, int] = {}
        self.skipped = 0
        self.asked_again = 0
        self.begun_again = 0
        self.waiting: asyncio.Queue[Shopper | None] = asyncio.Queue(QUEUE_MAX)
        self._staff_id = staff_id
        self._scale = scale
        self._ids = ids
        self._chance = chance
        self._ways = ways
        self._boot = 0
        self._basket_boot = 0
        self._basket: list[TillLine] = []
        """The open sale as the cashier saw it last, without voided lines."""

    async def open(self) -> None:
        """Log in and open the shift."""
        await self._must(Login(staff_id=self._staff_id, pin=PIN))
        await self._must(OpenShift(float_minor=FLOAT_MINOR))

    async def run(self) -> None:
        """Serve who comes, until None comes; then close the shift."""
        while (shopper := await self.waiting.get()) is not None:
            await self._serve(shopper)
        state = (await self._boot_now()).box.tills[self.till_id].state()
        assert state.shift is not None
        await self._must(CloseShift(counted_minor=state.shift.expected_minor))

    async def _serve(self, shopper: Shopper) -> None:
        while True:
            self._basket_boot, self._basket = (await self._boot_now()).number, []
            try:
                for step in shopper.steps:
                    await self._carry_out(step)
                    await asyncio.sleep((THINK_MS // 2 + self._chance.below(THINK_MS)) / 1000)
            except BasketLost:
                self.begun_again += 1
                if await self._lines():
                    await self._must(AbandonSale())
            else:
                return

    async def _carry_out(self, step: world.Step) -> None:
        match step:
            case PutWeight(grams):
                self._scale.cell.put(grams, settle_ms=300)
            case TakeOff():
                self._scale.cell.put(0, settle_ms=300)
            case ScanCode(code, refused):
                await self._scan(code, refused=refused)
            case ChangeQuantity(quantity):
                lines = await self._lines()
                if lines and lines[-1].grams is None:
                    await self._in_sale(SetQuantity(line_no=lines[-1].line_no, quantity=quantity))
            case world.VoidLine(place):
                lines = await self._lines()
                if len(lines) > 1:
                    await self._in_sale(VoidLine(line_no=lines[place % len(lines)].line_no))
            case world.PayCash(note_minor):
                await self._pay(note_minor or 1)

    async def _scan(self, code: str, *, refused: bool) -> None:
        for _ in range(WEIGH_TRIES):
            answer = await self._in_sale(Scan(code=code), may_refuse=True)
            if answer.ok:
                self._ways.charged([line for line in answer.state.lines if not line.voided][-1])
                break
            if _why(answer) not in WEIGHING:
                break
            await asyncio.sleep(WEIGH_AGAIN_MS / 1000)
        if answer.ok and refused:
            raise Violation(f"till {self.till_id} took {code}")
        if not answer.ok and not refused:
            if _why(answer) not in WEIGHING:
                raise Violation(f"till {self.till_id} refused {code}: {_why(answer)}")
            self.skipped += 1  # the scale is dead: the customer goes without, the till goes on

    async def _pay(self, note_minor: int) -> None:
        lines = await self._lines()
        if not lines:
            return
        state = (await self._boot_now()).box.tills[self.till_id].state()
        tendered = -(-state.due_minor // note_minor) * note_minor
        answer = await self._in_sale(PayCash(tendered_minor=tendered, expected_due_minor=state.due_minor))
        sale = answer.sale
        if sale is None:
            raise Violation(f"till {self.till_id}: paid, but no sale is shown")
        seen = tuple((line.item_id, line.quantity if line.grams is None else line.grams, line.net_minor) for line in lines)
        paid = Paid(
            sale.sale_id, sale.receipt, sale.total_minor, sale.due_minor, sale.tendered_minor, sale.change_minor, seen
        )
        self._ways.log.note(f"till-{self.till_id}", "paid", sale=paid.sale_id, receipt=paid.receipt, total=paid.total_minor)
        await self._ways.paid(self.till_id, paid)

    async def _lines(self) -> list[TillLine]:
        state = (await self._boot_now()).box.tills[self.till_id].state()
        return [line for line in state.lines if not line.voided]

    async def _boot_now(self) -> Boot:
        boot = await self._ways.box_up()
        if boot.number != self._boot:
            self._boot = boot.number
        return boot

    async def _in_sale(self, command: TillCommand, *, may_refuse: bool = False) -> TillAnswer:
        """A command about the open basket. Raises `BasketLost` when a power cut took some of it."""
        answer = await self._send(command)
        lines = [line for line in answer.state.lines if not line.voided]
        if self._boot != self._basket_boot and answer.sale is None:
            kept = isinstance(command, Scan) and answer.ok and lines[:-1] == self._basket
            if not kept:
                raise BasketLost
        if not answer.ok and not may_refuse:
            raise Violation(f"till {self.till_id}: {type(command).__name__} was refused: {_why(answer)}")
        self._basket_boot, self._basket = self._boot, lines
        return answer

    async def _must(self, command: TillCommand) -> TillAnswer:
        answer = await self._send(command)
        if not answer.ok:
            raise Violation(f"till {self.till_id}: {type(command).__name__} was refused: {_why(answer)}")
        return answer

    async def _send(self, command: TillCommand) -> TillAnswer:
        request = TillRequest(id=self._ids.new(), command=command)
        clock = self._ways.clock
        while True:
            boot = await self._boot_now()
            asked_ms = clock.monotonic_ms()
            asked = asyncio.ensure_future(boot.box.tills[self.till_id].ask(request))
            gone = asyncio.ensure_future(boot.gone.wait())
            await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if asked.done():
                break
            asked.cancel()
            self.asked_again += 1
        answer = asked.result()
        waited_ms = clock.monotonic_ms() - asked_ms
        if waited_ms > ANSWER_MS_MAX:
            raise Violation(f"till {self.till_id} waited {waited_ms} ms for {type(command).__name__}")
        if not answer.ok:
            why = _why(answer)
            self.refused[why] = self.refused.get(why, 0) + 1
            self._ways.log.note(f"till-{self.till_id}", "refused", command=type(command).__name__, why=why)
        return answer


def _why(answer: TillAnswer) -> str:
    return answer.reason.code if answer.reason is not None else ""
