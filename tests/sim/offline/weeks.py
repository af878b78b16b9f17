"""A store that sells for weeks without headquarters: the real box on its real files, its clock put back by as many days.

What it costs (disk, time to start) is told, and once the line is there headquarters must hold everything once.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge import bootstrap
from edge.bootstrap import PlugIns
from edge.seams import Seams
from edge.settings import ClockSettings, HqSettings, Settings, StoreSettings, TillSettings
from protocols.clock import SeededRandom
from tests.sim.offline.lane import Cashier, Lane
from tests.sim.offline.past import PastClock
from tests.sim.offline.tallies import Tallies
from tests.sim.offline.terminal import TERMINAL, Counter1

DAY_MS = 86_400_000
OPENS_MS = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class Sold:
    """What the weeks came to. `card_ledger_minor`: what the terminal took, by attempt."""

    tallies: Tallies
    card_ledger_minor: dict[str, int]
    disk_bytes: int
    journal_facts: int


async def sell_for(
    folder: Path,
    store_id: str,
    cashier: Cashier,
    codes: Sequence[str],
    members: Sequence[str],
    *,
    days: int,
    sales_a_day: int,
    seed: int,
    now_ms: int,
    say: Callable[[str], None] = lambda _words: None,
) -> Sold:
    """`days` days of `sales_a_day` sales at one till, the last of them yesterday. The box's files are in `folder`."""
    clock = PastClock(now_ms - (days + 1) * DAY_MS)
    rng = random.Random(seed)
    payments = Counter1(random.Random(seed + 1))
    settings = Settings(
        store=StoreSettings(id=store_id, data_dir=folder),
        clock=ClockSettings(trust="always"),
        hq=HqSettings(https_url="https://127.0.0.1:1"),  # there is one; the line to it is cut
        tills=(TillSettings(id="1", terminal=TERMINAL),),
    )
    ground = bootstrap.lay_ground(settings, Seams(clock=lambda _settings: clock, random=SeededRandom(seed)))
    try:
        box = await bootstrap.build(ground, lambda _ground: PlugIns(payments=payments))
        lane = Lane(box.tills["1"], payments, clock, rng, codes, members)
        for day in range(days):
            clock.set(_opens_ms(now_ms, days - day))
            await lane.day(cashier, sales_a_day)
            await ground.store.tidy()
            await ground.baskets.tidy()
            say(f"day {day + 1} of {days}")
    finally:
        ground.second_copy.close()
        ground.baskets.close()
        ground.store.close()
    return Sold(lane.tallies, dict(payments.terminal.moved_minor), _bytes(folder), _count(folder / "store.db"))


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.db*"))


def _count(file: Path) -> int:
    connection = sqlite3.connect(file)
    try:
        (count,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    finally:
        connection.close()
    return int(count)


def has_been_open_for(folder: Path, days: int, now_ms: int) -> None:
    """The store is not new, only the test's headquarters is: prices hold since long ago, and headquarters was heard last
    when the first day began."""
    connection = sqlite3.connect(folder / "store.db")
    with connection:
        connection.execute("UPDATE price SET effective_from_ms = 0")
        connection.execute("UPDATE price_clock SET trusted_ms = 0")
        connection.execute("UPDATE hq_contact SET heard_at_ms = ?", (_opens_ms(now_ms, days),))
    connection.close()


def _opens_ms(now_ms: int, days_ago: int) -> int:
    return now_ms - days_ago * DAY_MS - now_ms % DAY_MS + OPENS_MS
