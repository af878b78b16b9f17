"""A model shelf in virtual time: the real box against access points with all their traps, and a seeded stream of trouble."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge.labels.service import LabelSettings
from edge.store_db.errors import StoreDbError
from protocols.contract.feed_rows import (
    CATALOGUE_FEED,
    FeedRow,
    ItemRow,
    PriceRow,
    TaxClassRow,
    ZoneRow,
    encode_row,
    price_feed,
    store_price_feed,
)
from protocols.contract.values import ClockQuality, FeedId, PriceKind, TaxMode
from simulators.oepl_ap.settings import ApFaults, ApSettings
from simulators.replay.loop import VirtualClock, VirtualLoop
from tests.sim.labels.air import TRAPS, Air, Plastic
from tests.sim.labels.box import Box, Journal
from tests.sim.labels.clocks import BoxClock
from tests.sim.labels.judge import Judge
from tests.sim.labels.pictures import Pictures

BEGAN_MS = 1_790_000_000_000
STORE_ID = "S1"
ZONE = "north"
ZONE_FEED, STORE_FEED = price_feed(ZONE), store_price_feed(STORE_ID)
REFRESH_MS = 1_500
SETTINGS = LabelSettings(dwell_ms=45_000, settle_ms=60_000, task_after_ms=3_600_000, refresh_ms=REFRESH_MS + 500)
QUIET_SECONDS_MAX = 2 * 3_600
PRICES = (80, 99, 100, 119, 120, 150)
REVISIONS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """How big, and how much trouble."""

    items: int = 4
    labels: int = 7
    points: int = 2
    events: int = 1_000
    clean: bool = False
    only: tuple[str, ...] = ()
    """Names of actions; empty: all."""


class Unsettled(AssertionError):
    """The trouble ended, and the shelf still does not say what the till charges."""


@dataclass(slots=True)
class Hq:
    """Prices as headquarters wants them in this store."""

    rows: dict[tuple[FeedId, str], bytes] = field(default_factory=dict)
    prices: dict[str, dict[int, tuple[FeedId, PriceRow]]] = field(default_factory=dict)

    def put(self, feed_id: FeedId, row: FeedRow) -> tuple[FeedId, str, bytes]:
        """Publish a row."""
        body = encode_row(row)
        self.rows[feed_id, row.key()] = body
        if isinstance(row, PriceRow):
            self.prices.setdefault(row.item_id, {})[row.revision] = (feed_id, row)
        return feed_id, row.key(), body

    def withdraw(self, item_id: str, revision: int) -> tuple[FeedId, str]:
        """Take a price back."""
        feed_id, row = self.prices[item_id].pop(revision)
        del self.rows[feed_id, row.key()]
        return feed_id, row.key()


class World:
    """Everything of one run. `run` it in a `VirtualLoop`."""

    def __init__(self, loop: VirtualLoop, seed: int, folder: Path, plan: Plan) -> None:
        self.rng = random.Random(seed)
        self.plan = plan
        self.true = VirtualClock(loop, BEGAN_MS)
        self.clock = BoxClock(self.true)
        self.pictures = Pictures()
        self.journal = Journal()
        self.items = [f"item-{number}" for number in range(plan.items)]
        self.hq = Hq()
        self.air = self._hang_up(seed)
        self.judge = Judge(self.air, self.pictures, SETTINGS.dwell_ms)
        self.box: Box | None = None
        self.acts = 0
        self.counts: dict[str, int] = {}
        self._path = folder / "store.db"
        self._up_at = 0
        self._revision = 0
        self._hindered: set[str] = set()
        self._background: list[asyncio.Task[object]] = []

    def _hang_up(self, seed: int) -> Air:
        names = [f"ap-{number}" for number in range(self.plan.points)]
        # A label switched on anew may get an old file of an access point that served it long ago: see docs/label-ledger.md.
        settings = {
            name: ApSettings(
                ap_id=name,
                label_count=0,
                check_in_ms=20_000,
                refresh_ms=REFRESH_MS,
                save_ms=300_000,
                clean=self.plan.clean,
                traps=TRAPS if self.plan.points == 1 else replace(TRAPS, resends_last_file=False),
            )
            for name in names
        }
        air = Air(self.true, settings, seed)
        for number in range(self.plan.labels):
            kind, version = ((0x00, 0x26), (0x33, 0x27))[number % 2]
            heard_by = {name: -40 - 7 * self.rng.randrange(8) for name in names}
            air.put(Plastic(f"{0x21A00000001 + number:016X}", kind, version), heard_by)
        return air

    @property
    def events(self) -> int:
        """What happened so far: what the schedule did, and mishaps of radios and lines."""
        return self.acts + self.air.mishaps

    # Beginning and end.

    async def run(self) -> None:
        """From an empty store to a shelf that says what the till charges."""
        self._background = [asyncio.create_task(point.run()) for point in self.air.points.values()]
        try:
            await self._open_shop()
            while self.events < self.plan.events:
                await self._one_event()
            await self.settle()
        finally:
            if self.box is not None:
                await self.box.kill()
            for task in self._background:
                task.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)

    async def _open_shop(self) -> None:
        self.hq.put(CATALOGUE_FEED, TaxClassRow(tax_class="std", name="standard", rate_bp=1900))
        self.hq.put(ZONE_FEED, ZoneRow(zone=ZONE, currency="EUR", minor_digits=2, tax_mode=TaxMode.INCLUSIVE))
        for item_id in self.items:
            self.hq.put(CATALOGUE_FEED, ItemRow(item_id=item_id, style_id=item_id, name=item_id, tax_class="std"))
            self._publish(item_id, 100)
        await self._boot()
        await asyncio.sleep(60)
        assert self.box is not None
        for number, label_id in enumerate(self.air.labels):
            await self.box.labels.bind(label_id, self.items[number % len(self.items)])

    async def _boot(self) -> None:
        self.clock.booted(self.rng.randrange(10**9))
        self.box = Box(
            self._path, self.air.points, self.clock, self.pictures, self.journal, SETTINGS,
            random.Random(self.rng.getrandbits(64)),
        )  # fmt: skip
        self.box.start()
        await self.box.hold(self.hq.rows)

    async def kill(self) -> None:
        """SIGKILL; it boots again some time later."""
        if self.box is None:
            return
        await self.box.kill()
        self.box = None
        self._up_at = self.true.monotonic_ms() + self.rng.choices(DOWN_MS, DOWN_WEIGHTS)[0]

    async def settle(self) -> None:
        """End all trouble, wait, and compare every label with the till. Raises `Unsettled`."""
        for name in self.air.points:
            self._unhinder(name)
        self.clock.wrong_by_ms, self.clock.trust = 0, ClockQuality.SYNCED
        for label_id in self.air.labels:
            self.air.set_heard(label_id, dict.fromkeys(self.air.hearers(label_id), -50))
        self._up_at = 0
        await self._keep_box_up()
        await self._say_again_what_is_gone()
        for _ in range(QUIET_SECONDS_MAX // 60):
            await asyncio.sleep(60)
            await self._keep_box_up()
            self._look()
            if (wrong := self.disagreements()) == []:
                break
        if wrong:
            raise Unsettled("; ".join(wrong))

    async def _say_again_what_is_gone(self) -> None:
        """Whoever took a label away and got no answer says so again."""
        for label_id in sorted(self.judge.away):
            while self.box is None or self.box.life.over or self.box.labels.view(label_id).state != "removed":
                self._up_at = 0
                await self._keep_box_up()
                if self.box is not None:
                    with contextlib.suppress(StoreDbError):
                        await self.box.labels.remove(label_id, staff_id="anna")

    def disagreements(self) -> list[str]:
        """Where shelf, till and ledger differ."""
        box = self.box
        if box is None:
            return ["the box is down"]
        wrong = []
        for label_id in self.air.labels:
            if label_id in self.judge.away:
                continue
            view = box.labels.view(label_id)
            force = None if view.item_id is None else box.in_force(view.item_id)
            if view.item_id is not None and force is None:
                continue
            wanted = None if force is None or view.item_id is None else (view.item_id, force[0])
            if (shows := self.judge.shows(label_id)) != wanted:
                wrong.append(f"{label_id} shows {shows}, not {wanted} ({view.state}, {view.reason})")
            elif view.state not in ("shown", "unbound"):
                wrong.append(f"{label_id} is {view.state} ({view.reason})")
        for item_id in self.items:
            force = box.in_force(item_id)
            if force is not None and box.charge(item_id) != force[0]:
                wrong.append(f"{item_id} costs {box.charge(item_id)}, not {force[0]}")
        return wrong

    # Events.

    async def _one_event(self) -> None:
        names = self.plan.only or tuple(ACTIONS)
        name = self.rng.choices(names, [ACTIONS[each][0] for each in names])[0]
        if self.box is None and name in NEEDS_BOX:
            await asyncio.sleep(max(0, self._up_at - self.true.monotonic_ms()) / 1000)
            await self._keep_box_up()
        self.counts[name] = self.counts.get(name, 0) + 1
        self.acts += 1
        with contextlib.suppress(StoreDbError):  # killed in the middle of it
            await ACTIONS[name][1](self)
        self._look()
        if (pause_ms := self.rng.choice(PAUSES_MS)) > 0:
            await asyncio.sleep(pause_ms / 1000)
            await self._keep_box_up()
            self._look()

    async def _keep_box_up(self) -> None:
        if self.box is not None and self.box.life.over:
            await self.kill()
        if self.box is None and self.true.monotonic_ms() >= self._up_at:
            await self._boot()

    def _look(self) -> None:
        if self.box is None or self.box.life.over:
            return
        if (crash := self.box.crashed()) is not None:
            raise AssertionError("the box crashed") from crash
        self.judge.check(self.box, self.true.now_ms())

    def _publish(self, item_id: str, price_minor: int, **more: object) -> tuple[FeedId, str, bytes]:
        self._revision += 1
        row = PriceRow(
            item_id=item_id,
            revision=self._revision,
            price_minor=price_minor,
            **({"effective_from_ms": self.true.now_ms() - 1} | more),  # type: ignore[arg-type]
        )
        return self.hq.put(STORE_FEED if row.book_id else ZONE_FEED, row)

    async def _tell_box(self, puts: list[tuple[FeedId, str, bytes]], deletes: list[tuple[FeedId, str]]) -> None:
        if self.box is None:
            return
        again = 2 if self.rng.random() < 0.2 else 1
        for _ in range(again):
            await self.box.change(puts, deletes)

    def _forget_old_revisions(self, item_id: str) -> list[tuple[FeedId, str]]:
        """HQ withdraws what can never be in force again."""
        mine = [(revision, row) for revision, (feed, row) in self.hq.prices[item_id].items() if feed == ZONE_FEED]
        started = sorted(
            revision for revision, row in mine if row.effective_from_ms < self.true.now_ms() and not row.priority
        )
        ended = [
            revision
            for revision, (_, row) in self.hq.prices[item_id].items()
            if row.effective_to_ms is not None and row.effective_to_ms < self.true.now_ms()
        ]
        old = ended + [revision for revision in started[:-REVISIONS_KEPT] if revision not in ended]
        return [self.hq.withdraw(item_id, revision) for revision in old]

    async def price(self) -> None:
        """A new price of the zone, now or soon."""
        item_id = self.rng.choice(self.items)
        later_ms = self.rng.choice((0, 0, 0, 3_000, 60_000, 900_000))
        row = self._publish(item_id, self.rng.choice(PRICES), effective_from_ms=self.true.now_ms() + later_ms)
        await self._tell_box([row], self._forget_old_revisions(item_id))

    async def promotion(self) -> None:
        """A price of the store's own book that ends by itself."""
        item_id = self.rng.choice(self.items)
        begin_ms = self.true.now_ms() + self.rng.choice((0, 10_000, 120_000))
        row = self._publish(
            item_id, self.rng.choice(PRICES), effective_from_ms=begin_ms,
            effective_to_ms=begin_ms + self.rng.choice((15_000, 120_000, 1_200_000)), book_id="promo",
            priority=self.rng.choice((5, 10)), price_kind=PriceKind.PROMOTION, was_minor=150,
        )  # fmt: skip
        await self._tell_box([row], self._forget_old_revisions(item_id))

    async def same_price(self) -> None:
        """A new revision that changes nothing to be seen."""
        item_id = self.rng.choice(self.items)
        newest = max(
            (row for feed, row in self.hq.prices[item_id].values() if feed == ZONE_FEED), key=lambda row: row.revision
        )
        await self._tell_box([self._publish(item_id, newest.price_minor)], self._forget_old_revisions(item_id))

    async def recall(self) -> None:
        """A published price is taken back; the one before is in force again."""
        item_id = self.rng.choice(self.items)
        revisions = sorted(self.hq.prices[item_id])
        if len(revisions) > 1:
            await self._tell_box([], [self.hq.withdraw(item_id, self.rng.choice(revisions[1:]))])

    async def snapshot(self) -> None:
        """The feeds come whole once more."""
        if self.box is not None:
            await self.box.hold(self.hq.rows)

    async def hinder(self) -> None:
        """An access point's radio gets bad, or well again."""
        name = self.rng.choice(list(self.air.points))
        if name in self._hindered and self.rng.random() < 0.6:
            self._unhinder(name)
            return
        self._hindered.add(name)
        point, chance = self.air.points[name], self.rng
        point.point.faults = ApFaults(
            busy=chance.random() < 0.1,
            flash_full=chance.random() < 0.1,
            radio_full=chance.random() < 0.1,
            missed_check_in_percent=chance.choice((0, 20, 60)),
            lost_complete_percent=chance.choice((0, 30, 80)),
            duplicate_complete_percent=chance.choice((0, 30)),
            failed_transfer_percent=chance.choice((0, 30)),
            lost_answer_percent=chance.choice((0, 30)),
        )
        point.line.jitter_ms = chance.choice((0, 500, 4_000))
        point.line.cut_percent = chance.choice((0, 0, 10))
        point.reachable = chance.random() < 0.8

    def _unhinder(self, name: str) -> None:
        self._hindered.discard(name)
        point = self.air.points[name]
        point.point.faults = ApFaults()
        point.line.jitter_ms = point.line.cut_percent = 0
        point.reachable = True

    async def restart_point(self) -> None:
        """It reboots, or loses its power and with it what it learnt since it saved last."""
        point = self.air.points[self.rng.choice(list(self.air.points))]
        if point.point.up:
            down_ms = self.rng.choice((800, 15_000, 90_000))
            work = point.restart(down_ms=down_ms, orderly=self.rng.random() < 0.5)
            self._background.append(asyncio.create_task(work))

    async def clock_step(self) -> None:
        """The wall clock jumps, trusted or not; or it is set right."""
        if self.clock.trust is ClockQuality.UNSYNCED or self.clock.wrong_by_ms:
            self.clock.wrong_by_ms, self.clock.trust = 0, ClockQuality.SYNCED
            return
        self.clock.wrong_by_ms = self.rng.choice((-86_400_000, -600_000, -3_000, 3_000, 600_000, 30 * 86_400_000))
        trusted = self.rng.random() < 0.3 and abs(self.clock.wrong_by_ms) <= 600_000
        self.clock.trust = ClockQuality.HOLDOVER if trusted else ClockQuality.UNSYNCED

    async def kill_now(self) -> None:
        """Between two instructions."""
        await self.kill()

    async def kill_in_commit(self) -> None:
        """In its next durable transaction."""
        if self.box is not None:
            self.box.life.armed = True

    async def bind(self) -> None:
        """A label gets another item, or none."""
        if self.box is None:
            return
        label_id = self.rng.choice(list(self.air.labels))
        item_id = self.rng.choice([*self.items, None])
        if item_id is not None and self.box.in_force(item_id) is None:
            return
        if label_id in self.judge.away:
            self.air.set_heard(label_id, self._somewhere(label_id))
            # From the moment the box knows it, customers may read it.
            await self.box.labels.bind(label_id, item_id)
            self.judge.hung_up(label_id, self.true.now_ms())
        else:
            await self.box.labels.bind(label_id, item_id)

    async def take_away(self) -> None:
        """A label is taken from the shelf, and a person says so."""
        at_hand = [label_id for label_id in self.air.labels if label_id not in self.judge.away]
        if self.box is None or len(at_hand) < 3:
            return
        label_id = self.rng.choice(at_hand)
        self.air.set_heard(label_id, {})
        self.judge.took_away(label_id)
        await self.box.labels.remove(label_id, staff_id="anna")

    async def move(self) -> None:
        """Who hears a label changes: both, one, or nobody for a while."""
        label_id = self.rng.choice(list(self.air.labels))
        if label_id not in self.judge.away:
            self.air.set_heard(label_id, self._somewhere(label_id) if self.rng.random() < 0.7 else {})

    def _somewhere(self, label_id: str) -> dict[str, int]:
        names = self.air.hearers(label_id)
        heard = self.rng.sample(names, self.rng.randint(1, len(names)))
        return {name: -40 - 7 * self.rng.randrange(8) for name in heard}

    async def pull_battery(self) -> None:
        """A label boots with an empty memory."""
        self.air.pull_battery(self.rng.choice(list(self.air.labels)))

    async def wait(self) -> None:
        """Nothing happens, for longer."""
        await asyncio.sleep(self.rng.choice((60, 300, 1_500)))


DOWN_MS, DOWN_WEIGHTS = (300, 2_000, 6_000, 120_000), (4, 4, 4, 1)
NEEDS_BOX = frozenset({"kill_now", "kill_in_commit", "bind", "take_away", "snapshot", "clock_step"})
PAUSES_MS = (0, 0, 50, 300, 700, 3_000)

ACTIONS: dict[str, tuple[float, Callable[[World], Awaitable[None]]]] = {
    "price": (14, World.price),
    "promotion": (8, World.promotion),
    "same_price": (4, World.same_price),
    "recall": (5, World.recall),
    "snapshot": (1, World.snapshot),
    "hinder": (10, World.hinder),
    "restart_point": (4, World.restart_point),
    "clock_step": (4, World.clock_step),
    "kill_now": (1, World.kill_now),
    "kill_in_commit": (1, World.kill_in_commit),
    "bind": (8, World.bind),
    "take_away": (3, World.take_away),
    "move": (8, World.move),
    "pull_battery": (2, World.pull_battery),
    "wait": (0.06, World.wait),
}
