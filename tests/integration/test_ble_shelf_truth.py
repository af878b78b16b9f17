"""The box's label service over a Bluetooth access point on bad air: no charge above what a label shows.

What a label shows is taken from the simulated panel, not from anything the box believes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.devices.ble_parts import BleGateway
from edge.devices.label_parts import ShelfRenderer, label_content
from edge.labels.content import ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from edge.labels.lights import Colour, LabelFinder, Lit
from edge.labels.service import LabelService, LabelSettings
from edge.store_db.database import Database
from firmware_bridges.ble_esl import BleEslAccessPoint, BleSetup
from firmware_bridges.supervise import supervise
from protocols.ble_esl.train import Train
from protocols.clock import SeededRandom
from protocols.contract.facts import LabelShown
from protocols.device_events import DeviceEvent, DeviceStateEvent
from protocols.labels.renderer import LabelRenderer
from simulators.ble_esl.air import AirFaults
from simulators.ble_esl.server import BleEslSimulator
from simulators.ble_esl.tag import Tag
from simulators.clock import SystemClock
from tests.support.shelf_truth import ITEMS, Facts, Shelf
from tests.support.waiting import POLL_SECONDS, until

LABELS = 6
PRICES = (80, 90, 100, 110, 130)
QUICK = Train(interval_units=40, subevents=2, subevent_units=16, slot_delay_units=5, slot_spacing_units=4, slots=11)


@dataclass
class Shop:
    """Box and shelf."""

    shelf: Shelf
    facts: Facts
    labels: LabelService
    gateway: BleGateway
    simulator: BleEslSimulator
    pictures: dict[tuple[str, bytes], int] = field(default_factory=dict)
    compared: int = 0

    def put_price(self, item_id: str, price_minor: int) -> None:
        self.shelf.revision += 1
        self.shelf.prices[item_id] = price_minor
        self.labels.items_changed([item_id])

    @property
    def tags(self) -> dict[str, Tag]:
        return {tag.address[::-1].hex().upper().rjust(16, "0"): tag for tag in self.simulator.air.tags.values()}

    def item_of(self, label_id: str) -> str:
        return ITEMS[int(label_id, 16) % len(ITEMS)]

    def showing(self, label_id: str) -> int | None:
        return self.pictures.get((self.item_of(label_id), self.tags[label_id].shown.image))

    def charged(self, item_id: str) -> int:
        lowest = self.labels.lowest_for(item_id)
        in_force = self.shelf.prices[item_id]
        return in_force if lowest is None else min(in_force, lowest.price_minor)

    async def watch(self) -> None:
        """Compare for ever. Raises AssertionError."""
        while True:
            for label_id in self.tags:
                shown = self.showing(label_id)
                if shown is not None:
                    self.compared += 1
                    assert self.charged(self.item_of(label_id)) <= shown, f"{label_id} shows {shown}"
            await asyncio.sleep(POLL_SECONDS)

    def settled(self) -> bool:
        return all(
            view.state == "shown" and self.showing(view.label_id) == self.shelf.prices[self.item_of(view.label_id)]
            for view in self.labels.views()
        )


@contextlib.asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    clock = SystemClock()
    tags = [Tag((0xC0FFEE000001 + number).to_bytes(6, "little")) for number in range(LABELS)]
    simulator = BleEslSimulator(0, clock, SeededRandom(11), tags)
    await simulator.start()
    setup = BleSetup(train=QUICK, admit=True)
    driver = BleEslAccessPoint("labels-2", simulator.place, folder / "labels.jsonl", clock, SeededRandom(4), setup=setup)
    database = Database(folder / "store.db", kind="store")
    shelf, facts, gateway = Shelf(ShelfRenderer(LabelRenderer())), Facts(), BleGateway(driver)
    labels = LabelService(
        database, facts, shelf, shelf.renderer, {"labels-2": gateway}, clock,
        lambda: LabelSettings(dwell_ms=150, settle_ms=1_500),
    )  # fmt: skip
    labels.start(database.reader())
    here = Shop(shelf, facts, labels, gateway, simulator)
    renderer = LabelRenderer()
    for item_id in ITEMS:
        for price_minor in PRICES:
            content = label_content(ShelfItem(item_id, item_id.title(), price_minor, 1, "EUR", 2))
            here.pictures[item_id, renderer.render(content, 1).planes.raw_file] = price_minor
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
        await until(lambda: len(labels.unbound_seen()) == LABELS)
        yield here
        assert not [task for task in running if task.done()]
    finally:
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        database.close()
        await simulator.stop()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def test_the_till_never_charges_more_than_a_label_shows_and_all_labels_end_up_right(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for label_id in here.tags:
            await here.labels.bind(label_id, here.item_of(label_id), staff_id="7")
        await until(here.settled, seconds=20)
        here.simulator.air.faults = AirFaults(
            packet_lost_percent=20, answer_lost_percent=20, answer_garbled_percent=5, busy_percent=10, cut_percent=1
        )
        changes = (("milk", 130), ("bread", 80), ("tea", 110), ("milk", 90), ("bread", 110))
        for item_id, price_minor in changes:
            here.put_price(item_id, price_minor)
            compared = here.compared
            await until(lambda before=compared: here.compared > before + 20 * LABELS)  # type: ignore[misc]
        await here.simulator.stop()
        here.put_price("tea", 130)
        await here.simulator.start()
        here.put_price("milk", 110)
        here.simulator.air.faults = AirFaults()
        await until(here.settled, seconds=30)
        assert here.shelf.prices == {"milk": 110, "bread": 110, "tea": 130}
        await until(lambda: all(here.charged(item) == here.shelf.prices[item] for item in ITEMS))
        assert len([fact for fact in here.facts.written if isinstance(fact, LabelShown)]) >= 2 * LABELS

        finder = LabelFinder(here.labels, {"labels-2": here.gateway})
        one = next(iter(here.tags))
        assert await finder.flash(one, Colour.GREEN, 30) is Lit.ORDERED
        await until(lambda: here.tags[one].label.lit_until_ms > here.simulator.now_ms)
        assert await here.gateway.withdraw(one) is Delivery.QUEUED
        unknown = LabelOrder("0" * 16, "1", b"", "0" * 32, clear_first=False)
        assert await here.gateway.deliver(unknown) is Delivery.UNKNOWN_LABEL
        assert await here.gateway.deliver_at(unknown, SystemClock().now_ms()) is Delivery.UNKNOWN_LABEL
        assert await here.gateway.withdraw(unknown.label_id) is Delivery.UNKNOWN_LABEL
