"""A store that sells for weeks without headquarters: the real box on its real files, its clock put back by as many days.

What it costs (disk, time to start) is told, and once the line is there headquarters must hold every sale once.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge import bootstrap
from edge.clock import SystemClock
from edge.seams import Seams
from edge.settings import ClockSettings, Settings, StoreSettings, TillSettings
from protocols.clock import SeededRandom
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import Scan, SetQuantity, VoidLine
from protocols.contract.till_control import CloseShift, Login, Logout, OpenShift
from protocols.contract.till_payment import PayCash

DAY_MS = 86_400_000
OPENS_MS = 8 * 3_600_000
SALE_MS = 40_000
"""Between two sales of a till: a thousand take eleven hours."""
FLOAT_MINOR = 20_000
NOTE_MINOR = 5_000


class PastClock(SystemClock):
    """A trusted clock that stands where the story is."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(trust_always=True)
        self._at_ms = now_ms

    def now_ms(self) -> int:
        """Wall clock."""
        return self._at_ms

    def monotonic_ms(self) -> int:
        """Goes with the wall clock."""
        return self._at_ms

    def set(self, at_ms: int) -> None:
        """Go on to an instant."""
        self._at_ms = max(self._at_ms, at_ms)


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who sells."""

    staff_id: str
    pin: str


@dataclass(frozen=True, slots=True)
class Sold:
    """What the weeks came to."""

    sales: int
    total_minor: int
    sale_ids: frozenset[str]
    disk_bytes: int
    journal_facts: int


async def sell_for(
    folder: Path,
    store_id: str,
    cashier: Cashier,
    codes: Sequence[str],
    *,
    days: int,
    sales_a_day: int,
    seed: int,
    now_ms: int,
    say: Callable[[str], None] = lambda _words: None,
) -> Sold:
    """`days` days of `sales_a_day` sales at one till, the last of them yesterday. The box's files are in `folder`."""
    clock = PastClock(now_ms - (days + 1) * DAY_MS)
    settings = Settings(
        store=StoreSettings(id=store_id, data_dir=folder), clock=ClockSettings(trust="always"), tills=(TillSettings(id="1"),)
    )
    ground = bootstrap.lay_ground(settings, Seams(clock=lambda _settings: clock, random=SeededRandom(seed)))
    try:
        box = await bootstrap.build(ground)
        lane = _Lane(box, clock, random.Random(seed), codes)
        for day in range(days):
            clock.set(now_ms - (days - day) * DAY_MS - now_ms % DAY_MS + OPENS_MS)
            await lane.day(cashier, sales_a_day)
            say(f"day {day + 1} of {days}")
    finally:
        ground.second_copy.close()
        ground.baskets.close()
        ground.store.close()
    return Sold(
        sales=len(lane.sale_ids),
        total_minor=lane.total_minor,
        sale_ids=frozenset(lane.sale_ids),
        disk_bytes=_bytes(folder),
        journal_facts=_count(folder / "store.db"),
    )


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.db*"))


def _count(file: Path) -> int:
    connection = sqlite3.connect(file)
    try:
        (count,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    finally:
        connection.close()
    return int(count)


class _Lane:
    def __init__(self, box: bootstrap.Box, clock: PastClock, rng: random.Random, codes: Sequence[str]) -> None:
        self._till = box.tills["1"]
        self._clock = clock
        self._rng = rng
        self._codes = codes
        self._asked = 0
        self.sale_ids: list[str] = []
        self.total_minor = 0

    async def day(self, cashier: Cashier, sales: int) -> None:
        """Shift, sales, count."""
        await self._must(Login(staff_id=cashier.staff_id, pin=cashier.pin))
        opened = await self._must(OpenShift(float_minor=FLOAT_MINOR))
        drawer_minor = FLOAT_MINOR
        for _ in range(sales):
            drawer_minor += await self._sale()
        assert opened.state.shift is not None
        await self._must(CloseShift(counted_minor=drawer_minor))
        await self._must(Logout())

    async def _sale(self) -> int:
        """One customer; what came into the drawer."""
        for _ in range(self._rng.randint(1, 6)):
            answer = await self._must(Scan(code=self._rng.choice(self._codes)))
        last = answer.state.lines[-1]
        if last.grams is None and self._rng.random() < 0.2:
            answer = await self._must(SetQuantity(line_no=last.line_no, quantity=self._rng.randint(2, 4)))
        if len(answer.state.lines) > 1 and self._rng.random() < 0.05:
            answer = await self._must(VoidLine(line_no=1))
        due_minor = answer.state.due_minor
        tendered_minor = -(-due_minor // NOTE_MINOR) * NOTE_MINOR
        paid = await self._must(PayCash(tendered_minor=tendered_minor, expected_due_minor=due_minor))
        assert paid.sale is not None
        self.sale_ids.append(paid.sale.sale_id)
        self.total_minor += paid.sale.total_minor
        self._clock.set(self._clock.now_ms() + SALE_MS)
        return due_minor

    async def _must(self, command: TillCommand) -> TillAnswer:
        self._asked += 1
        answer = await self._till.handle(TillRequest(id=f"weeks-{self._clock.now_ms()}-{self._asked}", command=command))
        assert answer.ok, (type(command).__name__, answer.reason)
        return answer


def have_had_prices_for_ever(folder: Path) -> None:
    """The store's prices hold since long ago: it is not new, only the test's headquarters is."""
    connection = sqlite3.connect(folder / "store.db")
    with connection:
        connection.execute("UPDATE price SET effective_from_ms = 0")
        connection.execute("UPDATE price_clock SET trusted_ms = 0")
    connection.close()
