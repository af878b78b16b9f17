"""A week twice: the same world, once without the system and once with it."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from protocols.contract.facts import StockMoved
from protocols.contract.values import THOUSANDTHS
from tests.sim.stock_week import rates
from tests.sim.stock_week.box import StoreBox
from tests.sim.stock_week.checks import check, mended
from tests.sim.stock_week.counts import count, right_share
from tests.sim.stock_week.drift import drifted
from tests.sim.stock_week.goods import DAY_MS, HOUR_MS, feed_rows
from tests.sim.stock_week.shops import BookShop, TagShop
from tests.sim.stock_week.world import Key, World

CLOSED_MS, COUNTED_MS = 21 * HOUR_MS, 23 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Plan:
    """`kills`: writing statements after which the box dies, one after the other, each with "just after it"."""

    seed: int
    items: int = 5_000
    days: int = 7
    drift_weeks: int = rates.WEEKS_SINCE_STOCKTAKE
    kills: tuple[tuple[int, bool], ...] = ()


STATEMENTS_AN_ITEM_AND_DAY = 100
"""About so many writing statements an item costs the box in a day."""


def a_kill_a_day(seed: int, items: int, days: int) -> tuple[tuple[int, bool], ...]:
    """Kills at random points, about one a day."""
    rng = random.Random(f"kills {seed}")
    return tuple((rng.randint(1, 2 * STATEMENTS_AN_ITEM_AND_DAY * items), rng.random() < 0.5) for _ in range(days))


@dataclass(slots=True)
class Week:
    """What a run came to. Shares of (item, place) that are right: at the start, and each day before and after its count."""

    began: float
    evenings: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    statements: int = 0
    """Writing ones, since the opening stock was booked."""
    digest: str = ""


def play(plan: Plan, folder: Path, *, readers: bool, say: Callable[[str], None] = lambda _words: None) -> Week:
    """One run, with its checks at the end. Raises AssertionError when the book's own sums are not right."""
    return asyncio.run(_play(plan, folder, readers, say))


async def _play(plan: Plan, folder: Path, readers: bool, say: Callable[[str], None]) -> Week:
    world = World(plan.seed, plan.items)
    book = drifted(world, plan.drift_weeks * 7)
    first_day = plan.drift_weeks * 7
    box = StoreBox(folder, plan.seed, readers=readers)
    box.go_to(first_day * DAY_MS)
    await box.start(feed_rows(world.items))
    await box.open_stock(_opening(world, book))
    shop = TagShop(box, plan.seed) if readers else BookShop(box, plan.seed)
    digest = hashlib.sha256()
    try:
        week = Week(right_share(box, world)[0])
        opened = box.fuse.counted
        box.on_kill = lambda: _next_kill(box, plan)
        box.on_kill()
        await shop.cashier.open()
        for day in range(first_day, first_day + plan.days):
            for happened in world.day():
                digest.update(repr(happened).encode())
                week.happened[type(happened).__name__] += 1
                await shop.react(happened)
            box.go_to(day * DAY_MS + CLOSED_MS)
            week.evenings.append(right_share(box, world)[0])
            if isinstance(shop, TagShop):
                await count(shop, world, day)
            await box.ground.store.tidy()
            box.go_to(day * DAY_MS + COUNTED_MS)
            share, week.wrong = right_share(box, world)
            week.counted.append(share)
            say(f"day {day - first_day + 1}: {week.evenings[-1]:.4f}, counted {share:.4f}, {dict(shop.did)}")
        check(box, shop)
        shop.did.update(mended(box))
        for fact in box.facts():
            digest.update(fact)
    finally:
        box.stop()
    week.did, week.kills, week.statements, week.digest = shop.did, box.kills, box.fuse.counted - opened, digest.hexdigest()
    return week


def _opening(world: World, book: Counter[Key]) -> list[StockMoved]:
    """The book after weeks without a count. What it has of dated goods is all of the first piece's batch."""
    by_id = {item.item_id: item for item in world.items}
    found = []
    for (item_id, place), pieces in sorted(book.items()):
        here = world.stands[item_id, place]
        batch, expires = here[0].lot() if by_id[item_id].dated and here else ("", "")
        if pieces:
            found.append(
                StockMoved(
                    move_id=f"opening/{item_id}/{place.value}", item_id=item_id, place=place,
                    quantity_thousandths=pieces * THOUSANDTHS, reason="opening", batch=batch, expires=expires,
                )
            )  # fmt: skip
    return found


def _next_kill(box: StoreBox, plan: Plan) -> None:
    """Arm the next kill, when there is one left."""
    if box.kills < len(plan.kills):
        statements, after = plan.kills[box.kills]
        box.fuse.arm(statements, after=after)
