"""Carries the steps of the seeded world's shoppers out at the tills, through the screen's contract, and keeps what was seen.

Everything is noted as the shopper saw it, before anybody looks into a database: these notes are what the checks believe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from protocols.contract.till import TillAnswer, TillCommand
from protocols.contract.till_basket import Scan, SetQuantity, TillLine, VoidLine
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from simulators import world
from simulators.world import ChangeQuantity, PutWeight, ScanCode, Shopper, Step, TakeOff
from tests.smoke.clock import now_ms
from tests.support.till_client import TillClient

WEIGHING_REFUSALS = {"weight_motion", "weight_zero", "scale_silent", "scale_fault", "weight_under_zero"}
WEIGH_TRIES = 100
FLOAT_MINOR = 10_000
THINK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Charged:
    """A price the till charged, and between which instants it decided."""

    item_id: str
    unit_price_minor: int
    asked_at_ms: int
    answered_at_ms: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A sale the screen showed as paid."""

    sale_id: str
    receipt: str
    total_minor: int
    lines: tuple[tuple[str, int, int], ...]
    """(item, pieces or grams, net) of each line not voided."""


@dataclass(slots=True)
class Notes:
    """What was seen at all tills."""

    paid: list[Paid] = field(default_factory=list)
    charged: list[Charged] = field(default_factory=list)
    weighed_lines: int = 0
    voided_lines: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Lane:
    """One till with its endless queue of shoppers."""

    client: TillClient
    shoppers: Iterator[Shopper]
    notes: Notes
    put_weight: Callable[[int], Awaitable[None]]
    after_sale: Callable[[], Awaitable[None]]
    """Called after each sale: the run counts and may break something."""
    mid_sale: Callable[[], Awaitable[None]]
    """Called with an open basket: the run may kill the box here."""
    before_shopper: Callable[[], Awaitable[None]]
    """Called between shoppers: the run may let the queue wait here while another box is set up."""

    async def open(self, staff_id: str, pin: str) -> None:
        """Log in and open the shift."""
        await self._must(Login(staff_id=staff_id, pin=pin))
        await self._must(OpenShift(float_minor=FLOAT_MINOR))

    async def shop(self, wanted: Callable[[], bool]) -> None:
        """Serve shoppers as long as sales are wanted."""
        while wanted():
            await self.before_shopper()
            await self._serve(next(self.shoppers))
            await self.after_sale()

    async def _serve(self, shopper: Shopper) -> None:
        for step in shopper.steps:
            await self._carry_out(step)
            if self._standing_lines():
                await self.mid_sale()
            await asyncio.sleep(THINK_SECONDS)

    async def _carry_out(self, step: Step) -> None:
        match step:
            case PutWeight(grams):
                await self.put_weight(grams)
            case TakeOff():
                await self.put_weight(0)
            case ScanCode(code, refused):
                await self._scan(code, refused=refused)
            case ChangeQuantity(quantity):
                await self._must(SetQuantity(line_no=self._standing_lines()[-1].line_no, quantity=quantity))
            case world.VoidLine(place):
                await self._must(VoidLine(line_no=self._standing_lines()[place].line_no))
                self.notes.voided_lines += 1
            case world.PayCash(note_minor):
                await self._pay(note_minor or 1)

    async def _scan(self, code: str, *, refused: bool) -> None:
        """Weighed goods are scanned again until the scale rests; everything else is taken, or refused, at once."""
        for _ in range(WEIGH_TRIES):
            asked_at_ms = now_ms()
            answer = await self.client.send(Scan(code=code))
            if answer.ok:
                self._note_charged(code, asked_at_ms)
                break
            why = answer.reason.code if answer.reason else ""
            self.notes.refusals[why] = self.notes.refusals.get(why, 0) + 1
            if why not in WEIGHING_REFUSALS:
                break
            await asyncio.sleep(0.1)
        if answer.ok == refused:
            self.notes.wrong.append(f"till {self.client.till_id}: scan of {code}: {answer.reason}")

    def _note_charged(self, code: str, asked_at_ms: int) -> None:
        lines = self._standing_lines()
        if not lines:
            self.notes.wrong.append(f"till {self.client.till_id}: {code} was taken but no line shows it")
            return
        line = lines[-1]
        self.notes.weighed_lines += line.grams is not None
        self.notes.charged.append(Charged(line.item_id, line.unit_price_minor, asked_at_ms, now_ms()))

    async def _pay(self, note_minor: int) -> None:
        lines = self._standing_lines()
        due_minor = 0 if self.client.state is None else self.client.state.due_minor
        answer = await self._must(
            PayCash(tendered_minor=-(-due_minor // note_minor) * note_minor, expected_due_minor=due_minor)
        )
        last = answer.sale
        if last is None:
            self.notes.wrong.append(f"till {self.client.till_id}: paid, but no sale is shown")
            return
        seen = tuple((line.item_id, line.quantity if line.grams is None else line.grams, line.net_minor) for line in lines)
        self.notes.paid.append(Paid(last.sale_id, last.receipt, last.total_minor, seen))

    def _standing_lines(self) -> list[TillLine]:
        state = self.client.state
        return [] if state is None else [line for line in state.lines if not line.voided]

    async def _must(self, command: TillCommand) -> TillAnswer:
        answer = await self.client.send(command)
        if not answer.ok:
            code = answer.reason.code if answer.reason else "?"
            self.notes.wrong.append(f"till {self.client.till_id}: {type(command).__name__} was refused: {code}")
        return answer
