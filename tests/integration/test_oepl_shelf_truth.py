"""The box's label service on a real wire against an access point with all its traps: no charge above what a label shows.

Prices go up and down while confirmations get lost, uploads lose their answers, transfers fail, and the access point restarts
and loses its power. What a label shows is taken from the simulated panel, not from anything the box believes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.devices.label_parts import AccessPointGateway, ShelfRenderer
from edge.labels.content import ShelfItem, label_content
from edge.labels.lights import Colour, LabelFinder, Lit, StillBound
from edge.labels.service import LabelService, LabelSettings
from edge.store_db.database import Database
from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.contract.facts import LabelShown
from protocols.contract.handover import HeldLabel, HeldPrice
from protocols.device_events import DeviceEvent, DeviceStateEvent
from protocols.labels.renderer import LabelRenderer
from simulators.clock import SystemClock
from simulators.oepl_ap.access_point import ApFaults, ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.shelf_truth import ITEMS, Facts, Shelf
from tests.support.waiting import POLL_SECONDS, until

LABELS = 9
SETTINGS = ApSettings(label_count=LABELS, check_in_ms=80, render_ms=40, transfer_ms=5, refresh_ms=60, save_ms=2_000)
HIDDEN_TRAPS = ApFaults(
    missed_check_in_percent=20,
    lost_complete_percent=25,
    duplicate_complete_percent=10,
    failed_transfer_percent=20,
    lost_answer_percent=15,
)


@dataclass
class Shop:
    """Box and shelf."""

    shelf: Shelf
    facts: Facts
    labels: LabelService
    simulator: OeplApSimulator
    finder: LabelFinder
    pictures: dict[str, int] = field(default_factory=dict)
    """Price by the digest of the picture that shows it."""
    compared: int = 0

    def put_price(self, item_id: str, price_minor: int) -> None:
        self.shelf.revision += 1
        self.shelf.prices[item_id] = price_minor
        self.labels.items_changed([item_id])

    def showing(self, mac: str) -> int | None:
        return self.pictures.get(self.simulator.point.tags[mac].shown.planes_digest)

    def item_of(self, mac: str) -> str:
        return ITEMS[list(self.simulator.point.tags).index(mac) % len(ITEMS)]

    def charged(self, item_id: str) -> int:
        lowest = self.labels.lowest_for(item_id)
        in_force = self.shelf.prices[item_id]
        return in_force if lowest is None else min(in_force, lowest.price_minor)

    async def watch(self) -> None:
        """Compare for ever. Raises AssertionError."""
        while True:
            for mac in self.simulator.point.tags:
                shown = self.showing(mac)
                if shown is not None:
                    self.compared += 1
                    assert self.charged(self.item_of(mac)) <= shown, f"{mac} shows {shown}"
            await asyncio.sleep(POLL_SECONDS)

    def settled(self) -> bool:
        views = self.labels.views()
        return all(
            view.state == "shown" and self.showing(view.label_id) == self.shelf.prices[self.item_of(view.label_id)]
            for view in views
        )


@contextlib.asynccontextmanager
async def access_point() -> AsyncIterator[OeplApSimulator]:
    simulator = OeplApSimulator(0, SystemClock(), SeededRandom(11), SETTINGS)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@contextlib.asynccontextmanager
async def shop(folder: Path, simulator: OeplApSimulator) -> AsyncIterator[Shop]:
    clock = SystemClock()
    driver = OeplAccessPoint(
        "labels-1", simulator.url, clock, reconcile_seconds=0.5, upload_pause_seconds=0.0, clear_quiet_ms=500
    )
    database = Database(folder / "store.db", kind="store")
    renderer = LabelRenderer()
    shelf, facts = Shelf(ShelfRenderer(renderer)), Facts()
    gateway = AccessPointGateway(driver)
    labels = LabelService(
        database, facts, shelf, shelf.renderer, {"labels-1": gateway}, clock,
        lambda: LabelSettings(dwell_ms=150, settle_ms=1_500),
    )  # fmt: skip
    labels.start(database.reader())
    here = Shop(shelf, facts, labels, simulator, LabelFinder(labels, {"labels-1": gateway}))
    events: asyncio.Queue[DeviceEvent] = asyncio.Queue()

    async def route() -> None:
        while True:
            event = await events.get()
            if not isinstance(event, DeviceStateEvent):
                await labels.on_event(event)

    running = [
        asyncio.create_task(each)
        for each in (supervise(driver, events.put_nowait, clock, SeededRandom(12)), route(), labels.run(), here.watch())
    ]
    try:
        async with asyncio.timeout(10):
            await driver.ready()
        await until(lambda: len(labels.unbound_seen()) == LABELS)
        yield here
        assert not [task for task in running if task.done()]
    finally:
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        database.close()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def know_pictures(here: Shop, prices: tuple[int, ...]) -> None:
    """Render every picture this run can show."""
    renderer = LabelRenderer()
    for item_id in ITEMS:
        for price_minor in prices:
            content = label_content(ShelfItem(item_id, item_id.title(), price_minor, 1, "EUR", 2))
            here.pictures[renderer.render(content, SETTINGS.hardware_type).planes.digest()] = price_minor


async def test_the_till_never_charges_more_than_a_label_shows_and_all_labels_end_up_right(tmp_path: Path) -> None:
    async with access_point() as simulator, shop(tmp_path, simulator) as here:
        know_pictures(here, (80, 90, 100, 110, 130))
        for mac in here.simulator.point.tags:
            await here.labels.bind(mac, here.item_of(mac), staff_id="7")
        await until(here.settled, seconds=20)
        here.simulator.point.faults = HIDDEN_TRAPS
        for item_id, price_minor in (("milk", 130), ("bread", 80), ("tea", 110), ("milk", 90), ("bread", 110)):
            here.put_price(item_id, price_minor)
            await asyncio.sleep(0.3)
        here.simulator.restart(down_ms=100, orderly=True)
        await here.simulator.restarted()
        here.put_price("tea", 130)
        await asyncio.sleep(0.5)
        here.simulator.restart(down_ms=100, orderly=False)
        await here.simulator.restarted()
        here.put_price("milk", 110)
        await asyncio.sleep(0.5)
        here.simulator.point.faults = ApFaults()
        await until(here.settled, seconds=30)
        assert here.shelf.prices == {"milk": 110, "bread": 110, "tea": 130}
        await until(lambda: all(here.charged(item) == here.shelf.prices[item] for item in ITEMS))
        shown = [fact for fact in here.facts.written if isinstance(fact, LabelShown)]
        assert len(shown) >= 2 * LABELS
        assert here.compared > 1_000


async def test_a_new_box_never_charges_more_than_its_predecessors_labels_show(tmp_path: Path) -> None:
    """The former box is dead, its labels show 90; headquarters says which prices they may show, and the price is 130 now."""
    async with access_point() as simulator:
        async with shop(_made(tmp_path / "former"), simulator) as former:
            know_pictures(former, (90, 100, 130))
            for mac in simulator.point.tags:
                await former.labels.bind(mac, former.item_of(mac), staff_id="7")
            for item_id in ITEMS:
                former.put_price(item_id, 90)
            await until(former.settled, seconds=20)
        async with shop(_made(tmp_path / "new"), simulator) as here:
            for item_id in ITEMS:
                here.shelf.prices[item_id] = 50  # until the handover is there, nothing is watched that could be wrong
            prices = (HeldPrice(price_revision=2, price_minor=90), HeldPrice(price_revision=3, price_minor=100))
            held = [HeldLabel(label_id=mac, item_id=here.item_of(mac), prices=prices) for mac in simulator.point.tags]
            assert await here.labels.inherit(held) == LABELS
            assert await here.labels.inherit(held) == 0, "a second handover changes nothing"
            know_pictures(here, (50, 90, 100, 130))
            for item_id in ITEMS:
                here.put_price(item_id, 130)
                assert here.charged(item_id) == 90
            await until(here.settled, seconds=20)
            await until(lambda: all(here.charged(item) == 130 for item in ITEMS))
            assert here.compared > LABELS


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def test_labels_are_found_by_their_lights_and_keep_their_pictures(tmp_path: Path) -> None:
    async with access_point() as simulator, shop(tmp_path, simulator) as here:
        know_pictures(here, (80, 90, 100, 110, 130))
        macs = list(simulator.point.tags)
        loose, bound = macs[-1], macs[:-1]
        for mac in bound:
            await here.labels.bind(mac, here.item_of(mac), staff_id="7")
        await until(here.settled, seconds=20)
        drawn = {mac: len(simulator.point.tags[mac].history) for mac in bound}

        lit = await here.finder.flash_item("milk", Colour.GREEN, 9)
        assert [each.label_id for each in lit] == [mac for mac in bound if here.item_of(mac) == "milk"]
        assert {each.lit for each in lit} == {Lit.ORDERED}
        assert await here.finder.flash(loose, Colour.RED, 4) is Lit.ORDERED
        assert await here.finder.flash("00000000000000FF", Colour.RED, 4) is Lit.UNKNOWN_LABEL

        def lights() -> list[int]:
            return [light.lasts_ms for tag in simulator.point.tags.values() if (light := tag.light) is not None]

        await until(lambda: sorted(lights()) == [4_000] + [9_000] * len(lit))
        await until(lambda: all(not known.queue for known in simulator.point.known.values()))
        await asyncio.sleep(3 * SETTINGS.check_in_ms / 1000)
        assert here.settled()
        assert drawn == {mac: len(simulator.point.tags[mac].history) for mac in bound}, "a light is no reason to draw"
        with pytest.raises(StillBound):
            await here.finder.wipe(bound[0])
