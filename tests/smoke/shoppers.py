"""Seeded shoppers at the tills: they scan, weigh, void and pay through the screen's own contract, and keep what they saw.

Everything is noted as the shopper saw it, before anybody looks into a database: these notes are what the checks believe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from protocols.clock import RandomSource, SeededRandom
from protocols.contract.till import (
    Login,
    OpenShift,
    PayCash,
    Scan,
    SetQuantity,
    TillAnswer,
    TillCommand,
    TillLine,
    VoidLine,
)
from tests.smoke.clock import now_ms
from tests.support.till_client import TillClient

WEIGHING_REFUSALS = {"weight_motion", "weight_zero", "scale_silent", "scale_fault", "weight_under_zero"}
WEIGH_TRIES = 100
FLOAT_MINOR = 10_000
NOTE_MINOR = 500
"""Customers round up to the next five."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What a shopper can take from the shelf."""

    item_id: str
    code: str
    weighed: bool


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


class Chance:
    """Small choices from a seed."""

    def __init__(self, rng: RandomSource) -> None:
        self._rng = rng

    def below(self, limit: int) -> int:
        """0 <= choice < limit."""
        return int.from_bytes(self._rng.bytes(4), "big") % limit

    def one_in(self, count: int) -> bool:
        """True once in `count` times."""
        return self.below(count) == 0


@dataclass(slots=True)
class Lane:
    """One till with its endless queue of shoppers."""

    client: TillClient
    goods: list[Goods]
    notes: Notes
    chance: Chance
    put_weight: Callable[[int], Awaitable[None]]
    after_sale: Callable[[], Awaitable[None]]
    """Called after each sale: the run counts and may break something."""
    mid_sale: Callable[[], Awaitable[None]]
    """Called with an open basket: the run may kill the box here."""

    async def open(self, staff_id: str, pin: str) -> None:
        """Log in and open the shift."""
        await self._must(Login(staff_id=staff_id, pin=pin))
        await self._must(OpenShift(float_minor=FLOAT_MINOR))

    async def shop(self, wanted: Callable[[], bool]) -> None:
        """Serve shoppers as long as sales are wanted."""
        while wanted():
            await self._serve()
            await self.after_sale()

    async def _serve(self) -> None:
        for number in range(1 + self.chance.below(6)):
            await self._take(self.goods[self.chance.below(len(self.goods))])
            if number == 0:
                await self.mid_sale()
            await asyncio.sleep(0.02 + self.chance.below(60) / 1000)
        await self._change_mind()
        lines = self._standing_lines()
        if not lines:
            await self._take(self.goods[-1])
            lines = self._standing_lines()
        await self._pay(lines)

    async def _take(self, goods: Goods) -> None:
        if goods.weighed:
            await self.put_weight(100 + self.chance.below(2_400))
        for _ in range(WEIGH_TRIES):
            asked_at_ms = now_ms()
            answer = await self.client.send(Scan(code=goods.code))
            if answer.ok:
                self._note_charged(goods, asked_at_ms)
                break
            code = answer.reason.code if answer.reason else ""
            self.notes.refusals[code] = self.notes.refusals.get(code, 0) + 1
            if code not in WEIGHING_REFUSALS:
                self.notes.wrong.append(f"till {self.client.till_id}: scan of {goods.code} was refused: {code}")
                return
            await asyncio.sleep(0.1)
        if goods.weighed:
            self.notes.weighed_lines += 1
            await self.put_weight(0)

    def _note_charged(self, goods: Goods, asked_at_ms: int) -> None:
        lines = [line for line in self._standing_lines() if line.item_id == goods.item_id]
        if not lines:
            self.notes.wrong.append(f"till {self.client.till_id}: {goods.code} was taken but no line shows it")
            return
        self.notes.charged.append(Charged(goods.item_id, lines[-1].unit_price_minor, asked_at_ms, now_ms()))

    async def _change_mind(self) -> None:
        lines = self._standing_lines()
        pieces = [line for line in lines if line.grams is None]
        if pieces and self.chance.one_in(4):
            line = pieces[self.chance.below(len(pieces))]
            await self._must(SetQuantity(line_no=line.line_no, quantity=1 + self.chance.below(5)))
        if len(lines) > 1 and self.chance.one_in(6):
            await self._must(VoidLine(line_no=lines[self.chance.below(len(lines))].line_no))
            self.notes.voided_lines += 1

    async def _pay(self, lines: list[TillLine]) -> None:
        due_minor = 0 if self.client.state is None else self.client.state.due_minor
        tendered_minor = -(-due_minor // NOTE_MINOR) * NOTE_MINOR
        answer = await self._must(PayCash(tendered_minor=tendered_minor))
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


def chance_of(seed: int, name: str) -> Chance:
    """A stream of choices of its own for each part of the run."""
    return Chance(SeededRandom(seed * 1_000 + sum(name.encode())))
