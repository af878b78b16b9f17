"""A store day from one seed: the real box and the real HQ, shoppers and faults between them, checked after every step.

Everything but PostgreSQL lives on one virtual loop; PostgreSQL is called like a function (`tests.sim.day.hq`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from edge.stock.service import StockService
from edge.store_db import journal
from edge.store_db.errors import StoreClosed, StoreDbError
from protocols.clock import IdSource, SeededRandom
from protocols.contract.facts import GoodsReceived, ReceivedLine, StockMoved
from protocols.contract.feed_rows import price_feed
from protocols.contract.till_basket import TillLine
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import Place, Stream
from protocols.sync.messages import encode_message
from protocols.sync.topics import Channel, store_topic
from simulators.oepl_ap.access_point import ApSettings
from simulators.printer.device import EscPosPrinter
from simulators.replay.devices import MemoryAccessPoint, MemoryScale
from simulators.replay.links import Chance, MemoryNetwork
from simulators.replay.log import EventLog
from simulators.replay.loop import VirtualClock, VirtualLoop
from simulators.world import Delivery, PriceChange, Shopper, World
from tests.sim.day import checks, faults
from tests.sim.day.box import SHARDS, Around, Boot, HqWeb, settings_for
from tests.sim.day.broker import MemoryBroker
from tests.sim.day.goods import OPENING_THOUSANDTHS, STAFF, ZONE, Item, assortment
from tests.sim.day.hq import Hq, running_hq, same_epochs
from tests.sim.day.lane import Lane, Paid, Ways
from tests.sim.day.truth import DRAWING_MS, HARDWARE_TYPE, Shelf, Violation
from tests.support.hq_ground import GroundDatabase
from tests.support.lossy_disk import Disk

OPENS_AT_MS = 1_790_000_000_000
TILLS = ("1", "2")
GROUP_MS = 50
CHECK_IN_MS = 20_000
LOOK_SECONDS = 2.0
DAY_SECONDS_MAX = 2 * 86_400
REST_LOOK_SECONDS = 10.0
HQ_LOOKED_AT_EVERY = 10


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How long and how hard a day is."""

    seed: int
    sales: int = 60
    gap_ms: int = 9_000
    """Between two shoppers, on average."""
    labels: int = 10
    rounds: int = 1
    """How often each kind of fault happens."""
    line_down_seconds: int = 400
    """How long the line to HQ is down at most, the first time."""
    rest_seconds_max: int = 2 * 3_600
    """How long the store may take, in its own time, to come to rest when nothing breaks any more."""


@dataclass(slots=True)
class Outcome:
    """What a day came to."""

    digest: str
    virtual_seconds: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Day:
    """One day. `run` raises `Violation` when something is not true that must be."""

    def __init__(self, plan: DayPlan, hq: Hq, clock: VirtualClock, log: EventLog, folder: Path) -> None:
        seed = plan.seed
        self.plan = plan
        self.clock = clock
        self.log = log
        self.hq = hq
        self.items = assortment()
        self.broker: MemoryBroker
        self.web = HqWeb(hq.request)
        self.network = MemoryNetwork(Chance(SeededRandom(seed * 31 + 1)))
        self.scales = {f"scale-{till}": MemoryScale(clock, Chance(SeededRandom(seed * 31 + 2))) for till in TILLS}
        self.point = MemoryAccessPoint(
            clock, SeededRandom(seed * 31 + 3), ApSettings(label_count=plan.labels, check_in_ms=CHECK_IN_MS)
        )
        self.printer = EscPosPrinter(9100, clock, serve=self.network.serve, receipts_kept=4)
        self.shelf = Shelf(self.point, self.items)
        self.ingest_dies_after_commit = False
        self.ingest_dead = asyncio.Event()
        self.paid: list[Paid] = []
        self.counts: Counter[str] = Counter()
        self._chance = Chance(SeededRandom(seed * 31 + 4))
        self._ids = IdSource(clock, SeededRandom(seed * 31 + 5))
        self._prices = {item.item_id: item.price_minor for item in self.items}
        self._by_code = {item.goods.code: item for item in self.items}
        self._delivered: Counter[str] = Counter({item.item_id: 0 for item in self.items})
        self._boot: Boot | None = None
        self._box_up = asyncio.Event()
        self._settings = settings_for(folder)
        self._ingest: asyncio.Task[None] | None = None
        self._due = faults.plan(Chance(SeededRandom(seed * 31 + 6)), plan.sales, plan.rounds)
        self._turns = {kinds: asyncio.Lock() for kinds in faults.EXCLUSIVE}
        self._breaking: list[asyncio.Task[None]] = []
        self._receipts_seen = 0
        self._failed: asyncio.Future[None]

    # The day.

    async def run(self, say: Callable[[str], None]) -> Outcome:
        """Open, sell and break, come to rest, close, check. What goes wrong beside the main course ends it at once."""
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        loop.call_later(DAY_SECONDS_MAX, self._fail, Violation("the day does not end"))
        background = [asyncio.create_task(self.point.run())]
        course = asyncio.create_task(self._course(say))
        try:
            await asyncio.wait({course, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            (course if course.done() else self._failed).result()
        finally:
            for task in [course, *background, *self._breaking, *([self._ingest] if self._ingest else [])]:
                task.cancel()
            await asyncio.wait({course})
            if self._boot is not None:
                self._boot.power.on = False
                await self._boot.end()
        return Outcome(self.log.digest(), self.clock.monotonic_ms() // 1000, dict(sorted(self.counts.items())))

    async def _course(self, say: Callable[[str], None]) -> None:
        await self._open()
        say("open")
        await self._sell(say)
        say("the last shopper has gone; waiting for rest")
        await self._rest()
        self._check_close()

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that must not fail has ended."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    async def _open(self) -> None:
        self.hq.set_up(self.items)
        self.broker.hq_hears = self._hq_hears
        self.start_ingest()
        for scale in self.scales.values():
            scale.plug_in()
        self.printer.listen(self._printer_changed)
        await self.printer.start()
        await self._switch_on(Disk())
        boot = await self.box_up()
        await self._until("the catalogue to arrive", lambda: boot.box.tills["1"].state().mode == "login")
        for item in self.items:
            await self.stock_move(item, OPENING_THOUSANDTHS, "opening")
        for label_id, item in zip(self.point.point.tags, itertools.cycle(self.items), strict=False):
            assert boot.box.shop.labels is not None
            await boot.box.shop.labels.bind(label_id, item.item_id, staff_id=STAFF[0].staff_id, hardware_type=HARDWARE_TYPE)
            self.shelf.bound[label_id] = item.item_id
        await self._until("every label to show its first price", self._labels_settled)

    async def _sell(self, say: Callable[[str], None]) -> None:
        ways = Ways(self.clock, self.log, self.box_up, self._charged, self._was_paid)
        lanes = [
            Lane(till, person.staff_id, self.scales[f"scale-{till}"], self._ids, self._chance, ways)
            for till, person in zip(TILLS, STAFF, strict=True)
        ]
        for lane in lanes:
            await lane.open()
        async with asyncio.TaskGroup() as tasks:
            for lane in lanes:
                tasks.create_task(lane.run())
            tasks.create_task(self._moments(lanes, say))
        for lane in lanes:
            self.counts["refused"] += sum(lane.refused.values())
            self.counts["went_without"] += lane.skipped
            self.counts["asked_again"] += lane.asked_again
            self.counts["begun_again"] += lane.begun_again

    async def _moments(self, lanes: Sequence[Lane], say: Callable[[str], None]) -> None:
        began_ms = self.clock.monotonic_ms()
        world = World(self.plan.seed, [item.goods for item in self.items])
        told = 0
        for moment in world.day(self.plan.sales, self.plan.gap_ms):
            await asyncio.sleep(max(0, began_ms + moment.at_ms - self.clock.monotonic_ms()) / 1000)
            match moment.what:
                case Shopper():
                    lane = min(lanes, key=lambda lane: lane.waiting.qsize())
                    await lane.waiting.put(moment.what)  # it is full when the queue reaches the street
                case Delivery():
                    await self.receive(moment.what)
                case PriceChange(goods, percent):
                    self.change_price(self._by_code[goods.code], percent)
            if len(self.paid) - told >= 100:
                told = len(self.paid)
                say(f"{told} sales")
        for lane in lanes:
            await lane.waiting.put(None)

    async def _rest(self) -> None:
        self._break(self.plan.sales)
        limit_ms = self.clock.monotonic_ms() + self.plan.rest_seconds_max * 1_000
        while waiting := [task for task in self._breaking if not task.done()]:
            await self.box_up()
            checks.demand(
                self.clock.monotonic_ms() < limit_ms, f"faults do not end: {[task.get_name() for task in waiting]}"
            )
            if self.ingest_dies_after_commit:
                await self.stock_move(self.items[0], 1_000, "found")  # something to commit
            await asyncio.wait(waiting, timeout=REST_LOOK_SECONDS)
        await self._until("HQ to hold everything", self._all_acked)
        await self._until("every label to show the price in force", self._labels_settled)
        await asyncio.sleep(DRAWING_MS / 1000)  # a label confirms, then it draws
        await self._until("the till to charge the price in force", self._prices_agree)
        await self._until("HQ to hold everything", self._all_acked)

    # The box.

    async def box_up(self) -> Boot:
        """The box, when it is on."""
        await self._box_up.wait()
        boot = self._boot
        assert boot is not None
        if boot.failed is not None:
            raise Violation("the box ended by itself") from boot.failed
        return boot

    async def _switch_on(self, disk: Disk) -> None:
        self.counts["boots"] += 1
        boot = Boot(self.counts["boots"], disk, self.plan.seed, self._settings, self._around())
        self.log.note("box", "on", boot=boot.number)
        try:
            await boot.start()
        except StoreDbError as error:
            raise Violation("the box does not come up again") from error
        self._boot = boot
        self._box_up.set()

    def _around(self) -> Around:
        return Around(self.clock, self.log, self.broker, self.web, self.network, self.scales, self.point)

    async def cut_power(self, *, off_seconds: int, mid_write: bool = False) -> None:
        """The box loses its power, what was not synced with it, and comes back."""
        boot = await self.box_up()
        if mid_write:
            boot.power.armed = True
            await boot.gone.wait()
        else:
            boot.power.cut()
        self._box_up.clear()
        self.log.note("box", "off", boot=boot.number)
        await boot.end()
        await asyncio.sleep(off_seconds)
        assert boot.power.came_up is not None
        await self._switch_on(boot.power.came_up)

    # HQ.

    def _hq_hears(self, topic: str, payload: bytes) -> None:
        if self._ingest is not None:
            self.hq.hear(topic, payload)

    def start_ingest(self) -> None:
        """A new ingest process."""
        self.hq.restart()
        self.log.note("hq", "ingest_on")
        self._ingest = asyncio.create_task(self._take_for_ever(), name="ingest")
        self._ingest.add_done_callback(self._ended)
        self.publish()
        self.broker.state_again()

    def kill_ingest(self) -> None:
        """It dies with what it had heard."""
        if self._ingest is not None:
            self._ingest.cancel()
            self._ingest = None
        self.log.note("hq", "ingest_off")

    def publish(self) -> None:
        """The publisher of the ingest process does what it was told of."""
        if self._ingest is not None:
            self.hq.publish()

    async def _take_for_ever(self) -> None:
        inbox = self.hq.inbox
        while True:
            messages = [await inbox.take()]
            await asyncio.sleep(GROUP_MS / 1000)
            while len(inbox):
                messages.append(await inbox.take())
            said = self.hq.take(messages)
            self.log.note("hq", "group", messages=len(messages), answers=sum(len(answers) for _, answers in said))
            if self.ingest_dies_after_commit:
                self.ingest_dies_after_commit = False
                self._ingest = None
                self.log.note("hq", "ingest_off")
                self.ingest_dead.set()
                return
            for incoming, answers in said:
                for answer in answers:
                    topic = store_topic(incoming.store_id, Channel.DOWN, SHARDS)
                    self.broker.from_hq(topic, encode_message(answer), False)

    def change_price(self, item: Item, percent: int) -> None:
        """HQ wants another price, from now on."""
        price_minor = max(1, self._prices[item.item_id] * percent // 100)
        if price_minor == self._prices[item.item_id]:
            return
        self._prices[item.item_id] = price_minor
        self.shelf.know(item.item_id, price_minor)
        version = self.hq.change_price(item.item_id, price_minor)
        self.counts["price_changes"] += 1
        self.log.note("hq", "price", item=item.item_id, price=price_minor, version=version)
        self.hq.publisher.feed_changed(price_feed(ZONE))
        self.publish()

    # Goods.

    async def receive(self, delivery: Delivery) -> None:
        """A delivery comes in and is received by scan."""
        item = self._by_code[delivery.goods.code]
        self.counts["deliveries"] += 1
        quantity = delivery.count * 1_000
        self._delivered[item.item_id] += quantity
        line = ReceivedLine(line_no=1, item_id=item.item_id, quantity_thousandths=quantity)
        fact = GoodsReceived(receipt_id=self._ids.new(), place=Place.SALES_FLOOR, how="scan", lines=(line,))
        await self._until_told(lambda stock: stock.receive(fact))

    async def stock_move(self, item: Item, thousandths: int, reason: str) -> None:
        """Goods come to the shelf."""
        move_id = self._ids.new()
        if reason != "opening":
            self._delivered[item.item_id] += thousandths
        move = StockMoved(
            move_id=move_id, item_id=item.item_id, place=Place.SALES_FLOOR, quantity_thousandths=thousandths, reason=reason
        )
        await self._until_told(lambda stock: stock.move(move))

    async def _until_told(self, tell: Callable[[StockService], Awaitable[bool]]) -> None:
        """Tell the box; once more with the same id when it lost its power meanwhile."""
        while True:
            boot = await self.box_up()
            moving = asyncio.ensure_future(tell(boot.box.shop.stock))
            gone = asyncio.ensure_future(boot.gone.wait())
            await asyncio.wait({moving, gone}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if moving.done() and not isinstance(moving.exception(), StoreClosed):
                moving.result()
                return
            moving.cancel()

    # What is checked after every step.

    def _charged(self, line: TillLine) -> None:
        self.counts["lines"] += 1
        self.counts["weighed"] += line.grams is not None
        self.counts["lower_label"] += line.price_reason == "lower_label"
        compared = self.shelf.check_charged(line.item_id, line.unit_price_minor, self.clock.now_ms())
        self.counts["charges_compared"] += compared

    async def _was_paid(self, _till_id: str, paid: Paid) -> None:
        boot = self._boot
        assert boot is not None
        checks.check_sale(boot.box.ground.store.reader(), paid)
        self.paid.append(paid)
        self._check_limits()
        if len(self.paid) % HQ_LOOKED_AT_EVERY == 0:
            self._check_acks()
        self._break(len(self.paid))

    def _check_limits(self) -> None:
        checks.demand(len(self.hq.inbox) <= self.hq.inbox.waiting_max, "HQ's inbox is over its limit")
        checks.demand(self.hq.turned_away == 0, "HQ turned messages of one store away")

    def _check_acks(self) -> None:
        boot = self._boot
        assert boot is not None
        checks.check_acks(boot.box.ground.store.reader(), self.hq.look(checks.hq_cursors))

    def _printer_changed(self) -> None:
        for receipt in self.printer.receipts():
            if receipt.number > self._receipts_seen:
                self._receipts_seen = receipt.number
                self.counts["receipts"] += 1
                self.log.note("printer-1", "receipt", number=receipt.number, characters=len(receipt.text))

    # Faults.

    def _break(self, sales: int) -> None:
        while self._due and self._due[0].at_sale <= sales:
            due = self._due.pop(0)
            breaking = asyncio.create_task(self._break_one(due.what), name=due.what.__name__)
            breaking.add_done_callback(self._ended)
            self._breaking.append(breaking)

    async def _break_one(self, what: faults.Break) -> None:
        turn = next((self._turns[kinds] for kinds in faults.EXCLUSIVE if what in kinds), asyncio.Lock())
        async with turn:
            self.log.note("fault", what.__name__)
            self.counts["faults"] += 1
            await what(self, self._chance)
            self.log.note("mended", what.__name__)

    # Coming to rest.

    async def _until(self, what: str, holds: Callable[[], bool]) -> None:
        limit_ms = self.clock.monotonic_ms() + self.plan.rest_seconds_max * 1_000
        while not holds():
            if self.clock.monotonic_ms() > limit_ms:
                raise Violation(
                    f"waited {self.plan.rest_seconds_max} s of the store's time in vain for {what}: {self._why_not()}"
                )
            await asyncio.sleep(LOOK_SECONDS)
            await self.box_up()

    def _why_not(self) -> str:
        boot = self._boot
        if boot is None or boot.box.shop.labels is None:
            return ""
        behind = [view for view in boot.box.shop.labels.views() if view.state != "shown"]
        return f"{boot.box.shop.hq.status()}; labels: {[(view.label_id[-2:], view.state, view.reason) for view in behind]}"

    def _all_acked(self) -> bool:
        boot = self._boot
        assert boot is not None
        source = boot.box.ground.store.reader()
        incarnation = journal.identity(source).incarnation
        heads = [journal.stream_head(source, incarnation, stream) for stream in Stream] if incarnation else []
        return bool(heads) and all(head.acked_upto == head.last_seq for head in heads) and boot.box.shop.hq.online

    def _labels_settled(self) -> bool:
        labels = self._boot.box.shop.labels if self._boot is not None else None
        assert labels is not None
        views = labels.views()
        shown = [
            view for view in views if view.state == "shown" and view.wanted_price_minor == self._prices[str(view.item_id)]
        ]
        return len(shown) == self.plan.labels

    def _prices_agree(self) -> bool:
        assert self._boot is not None
        desk = self._boot.box.shop.desk
        for item in self.items:
            shown = desk.labels.lowest_for(item.item_id)
            if shown is not None and shown.price_minor != self._prices[item.item_id]:
                return False
        return True

    # The close.

    def _check_close(self) -> None:
        boot = self._boot
        assert boot is not None
        source = boot.box.ground.store.reader()
        stored: list[SaleClosed] = checks.stored_sales(source)
        checks.check_sales(self.paid, stored, self.hq.look(checks.hq_sales))
        checks.check_receipts(stored)
        checks.check_stock(source, self._delivered, stored, self.hq.look(checks.hq_stock))
        folded = self.hq.move_watermarks()
        checks.check_stock(source, self._delivered, stored, self.hq.look(checks.hq_stock))
        lines = sum(len(sale.lines) for sale in stored)
        checks.demand(self.hq.look(checks.hq_lines) == lines, "HQ has another number of sale lines")
        checks.demand(self.hq.look(checks.hq_quarantine) == 0, "HQ could not read some facts")
        self._check_acks()
        for label_id, item_id in self.shelf.bound.items():
            shown = self.shelf.shown_now(label_id)
            checks.demand(shown == (item_id, self._prices[item_id]), f"label {label_id} shows {shown} at the close")
        self.counts |= {"sales": len(stored), "facts": checks.check_facts(source), "folded": folded}
        self.counts["most_labels"] = len(self.shelf.bound)


async def play(
    plan: DayPlan, loop: VirtualLoop, ground: GroundDatabase, folder: Path, to: IO[str] | None, say: Callable[[str], None]
) -> Outcome:
    """One day on a fresh database. Raises `Violation`; the log's newest lines are in its notes."""
    loop.set_exception_handler(_of_the_dead)
    clock = VirtualClock(loop, OPENS_AT_MS)
    log = EventLog(clock.monotonic_ms, to=to)
    broker = MemoryBroker(Chance(SeededRandom(plan.seed * 31 + 7)), log)
    same_epochs(ground, plan.seed)
    with running_hq(ground, clock, SeededRandom(plan.seed * 31 + 8), broker.from_hq, SHARDS) as hq:
        day = Day(plan, hq, clock, log, folder)
        day.broker = broker
        try:
            return await day.run(say)
        except BaseException as error:
            error.add_note("the last of the event log:\n" + log.newest())
            raise


def _of_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """A box without power fails in many places; nobody is left to ask why."""
    error = context.get("exception")
    dead = isinstance(error, StoreClosed) or (isinstance(error, BaseExceptionGroup) and error.subgroup(StoreClosed))
    if not dead:
        loop.default_exception_handler(context)
