"""A store of Bluetooth labels in virtual time: the box's driver, a controller over HCI bytes, and the labels on the air."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridges.ble_esl import BleEslAccessPoint, BleSetup
from firmware_bridges.links import ByteLink, LineSetting
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, LabelSeen, LabelTimedOut
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer
from simulators.ble_esl.air import Air
from simulators.ble_esl.controller import SimulatedController
from simulators.ble_esl.memory import MemoryController
from simulators.ble_esl.tag import Tag
from simulators.replay.loop import VirtualClock, VirtualLoop, run_virtual

LABELS = 84
OLD = LabelRenderer().render(LabelContent(name="Tea", price_minor=250, currency="EUR"), 1)
NEW = LabelRenderer().render(LabelContent(name="Tea", price_minor=290, currency="EUR"), 1)
BEGAN_MS = 1_790_000_000_000
MINUTE_MS = 60_000


def id_of(tag: Tag) -> str:
    return tag.address[::-1].hex().upper().rjust(16, "0")


@dataclass
class Store:
    """The shop, and what its access point said of each label last."""

    clock: VirtualClock
    air: Air
    driver: BleEslAccessPoint
    seen: dict[str, LabelSeen] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def hear(self, event: DeviceEvent) -> None:
        if isinstance(event, LabelSeen):
            self.seen[event.label_id] = event
        elif isinstance(event, LabelTimedOut):
            self.given_up.add(event.label_id)

    def proven(self, image_hash: str) -> int:
        return sum(each.image_hash == image_hash for each in self.seen.values())

    async def order(self, picture: bytes, image_hash: str, at_ms: int | None = None) -> None:
        for tag in self.air.tags.values():
            assert await self.driver.upload(id_of(tag), picture, image_hash, at_ms) == "queued"

    async def until(self, happened: Callable[[], bool], within_ms: int) -> int:
        """Virtual time passed until it happened; what was given up is ordered again as the box's lane does."""
        began_ms = self.clock.monotonic_ms()
        while not happened():
            assert self.clock.monotonic_ms() - began_ms < within_ms, "it did not happen"
            await asyncio.sleep(0.25)
        return self.clock.monotonic_ms() - began_ms


@asynccontextmanager
async def store(loop: VirtualLoop, folder: Path, labels: int = LABELS, drift_ppm: int = 20) -> AsyncIterator[Store]:
    clock = VirtualClock(loop, BEGAN_MS)
    tags = [
        Tag((0xC0FFEE000000 + number).to_bytes(6, "little"), drift_ppm=(number % 3 - 1) * drift_ppm)
        for number in range(labels)
    ]
    air = Air(tags, SeededRandom(5))
    controller = MemoryController(SimulatedController(air), clock)

    async def open_link(_place: str, _baud: int, _line: LineSetting) -> ByteLink:
        return controller.open()

    setup = BleSetup(admit=True, connections=4)
    driver = BleEslAccessPoint(
        "labels-1", "memory", folder / "labels.jsonl", clock, SeededRandom(6), setup=setup, open_link=open_link
    )
    made = Store(clock, air, driver)
    tasks = [asyncio.create_task(controller.run()), asyncio.create_task(driver.run(made.hear))]
    try:
        await driver.ready()
        yield made
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def test_a_thousand_labels_join_get_a_price_and_flip_to_the_next_at_one_instant(tmp_path: Path) -> None:
    async def day(loop: VirtualLoop) -> None:
        async with store(loop, tmp_path) as shop:
            joined_ms = await shop.until(lambda: len(shop.seen) == LABELS, 60 * MINUTE_MS)
            await shop.order(OLD.picture, OLD.image_hash)
            shown_ms = await shop.until(lambda: shop.proven(OLD.image_hash) == LABELS, 120 * MINUTE_MS)

            at_ms = shop.clock.now_ms() + 2 * MINUTE_MS
            await shop.order(NEW.picture, NEW.image_hash, at_ms)
            await shop.until(lambda: shop.clock.now_ms() >= at_ms - 1_000, 3 * MINUTE_MS)
            assert {tag.shown.image for tag in shop.air.tags.values()} == {OLD.planes.raw_file}
            proven_ms = await shop.until(lambda: shop.proven(NEW.image_hash) == LABELS, 10 * MINUTE_MS)

            flips = [
                next(shown.since_ms for shown in tag.history if shown.image == NEW.planes.raw_file) + BEGAN_MS - at_ms
                for tag in shop.air.tags.values()
            ]
            assert not shop.given_up
            print(
                f"joined {LABELS * 3_600_000 // joined_ms}/h, written and shown {LABELS * 3_600_000 // shown_ms}/h, "
                f"flip {min(flips)}..{max(flips)} ms around its instant, all proven {proven_ms} ms later"
            )
            assert min(flips) >= -60  # 20 ppm since its time was written, and the way of that to the label
            assert max(flips) <= 60

    run_virtual(day)
