"""The driver against the simulated access point over real HTTP and WebSocket: 200 labels, restarts, lost answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest

from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import (
    AccessPointRestarted,
    DeviceEvent,
    DeviceState,
    DeviceStateEvent,
    LabelSeen,
    LabelTimedOut,
)
from protocols.esl.image import NO_IMAGE_HASH
from protocols.labels.content import LabelContent
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer, Rendered
from simulators.clock import SystemClock
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.waiting import until

QUICK = ApSettings(label_count=200, check_in_ms=250, render_ms=40, transfer_ms=2, refresh_ms=20, attempt_ms=60_000)
FEW = replace(QUICK, label_count=4, check_in_ms=60)
RENDERER = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])


def label(number: int, *, hardware_type: int = 1) -> Rendered:
    content = LabelContent(name=f"Article {number}", price_minor=100 + number, currency="EUR", gtin="04006381333931")
    return RENDERER.render(content, hardware_type)


class Heard:
    """What the driver emitted."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []
        self.latest: dict[str, LabelSeen] = {}

    def __call__(self, event: DeviceEvent) -> None:
        self.events.append(event)
        if isinstance(event, LabelSeen):
            self.latest[event.label_id] = event

    def count(self, kind: type[DeviceEvent]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    def holds(self, mac: str, image_hash: str) -> Callable[[], bool]:
        return lambda: mac in self.latest and self.latest[mac].image_hash == image_hash


class Ground:
    """An access point, a supervised driver and what it said."""

    def __init__(self, simulator: OeplApSimulator, driver: OeplAccessPoint) -> None:
        self.simulator = simulator
        self.driver = driver
        self.heard = Heard()

    @property
    def macs(self) -> list[str]:
        return list(self.simulator.point.tags)

    async def known(self) -> None:
        await until(lambda: len(self.heard.latest) == len(self.macs))

    def shown(self, mac: str) -> str:
        return self.simulator.point.tags[mac].shown.planes_digest


@contextlib.asynccontextmanager
async def ground(settings: ApSettings, *, reconcile_seconds: float = 0.3) -> AsyncIterator[Ground]:
    clock = SystemClock()
    simulator = OeplApSimulator(0, clock, SeededRandom(7), settings)
    await simulator.start()
    driver = OeplAccessPoint(
        "labels-1",
        simulator.url,
        clock,
        reconcile_seconds=reconcile_seconds,
        upload_pause_seconds=0.0,
        answer_seconds=3.0,
        clear_quiet_ms=300,
    )
    made = Ground(simulator, driver)
    running = asyncio.create_task(supervise(driver, made.heard, clock, SeededRandom(8)))
    try:
        async with asyncio.timeout(10):
            await driver.ready()
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await simulator.stop()


async def test_two_hundred_labels_show_what_was_rendered_and_say_so_by_the_foretold_hash() -> None:
    async with ground(QUICK) as here:
        await here.known()
        wanted = {mac: label(number) for number, mac in enumerate(here.macs)}
        for mac, rendered in wanted.items():
            assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        for mac, rendered in wanted.items():
            await until(here.heard.holds(mac, rendered.image_hash), seconds=20)
        await until(lambda: all(here.shown(mac) == rendered.planes.digest() for mac, rendered in wanted.items()))
        assert here.heard.latest[here.macs[0]].update_count == 1
        assert here.heard.latest[here.macs[0]].hardware_type == 1
        async with httpx.AsyncClient(base_url=here.simulator.url) as client:
            planes = (await client.get(f"/labels/{here.macs[3]}.planes")).content
            picture = (await client.get(f"/labels/{here.macs[3]}.png")).content
            listed = (await client.get("/labels.json")).json()["labels"]
        assert planes == wanted[here.macs[3]].planes.whole()
        assert picture.startswith(b"\x89PNG")
        assert [each["planes_hash"] for each in listed[3]["history"]][-1] == wanted[here.macs[3]].planes.digest()


async def test_the_driver_keeps_labels_asleep_beside_an_open_web_socket() -> None:
    async with ground(FEW) as here:
        assert here.simulator.point.config["stopsleep"] == "0"


@pytest.mark.parametrize("kind", [0x33, 0x2B, 0x2C, 0x3C], ids=["BWR", "BWRY", "BWRY 522x152", "BWY"])
async def test_compressed_files_are_read_back_and_reported_by_the_foretold_hash(kind: int) -> None:
    async with ground(replace(FEW, hardware_type=kind, tag_version=0x27)) as here:
        await here.known()
        mac, rendered = here.macs[0], label(5, hardware_type=kind)
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        await until(here.heard.holds(mac, rendered.image_hash))
        assert here.simulator.point.known[mac].record.hash != rendered.image_hash
        assert here.shown(mac) in (rendered.planes.digest(), here.simulator.point.tags[mac].blank.digest())


async def test_a_label_nobody_knows_and_a_busy_access_point() -> None:
    async with ground(FEW) as here:
        await here.known()
        rendered = label(1)
        assert await here.driver.upload("00000000000000AA", rendered.picture, rendered.image_hash, False) == "unknown_label"
        assert await here.driver.upload("00000000000000AA", rendered.picture, rendered.image_hash, True) == "unknown_label"
        here.simulator.point.faults.busy = True
        assert await here.driver.upload(here.macs[0], rendered.picture, rendered.image_hash, False) == "refused"


async def test_a_lost_answer_counts_as_refused_and_sending_again_does_no_harm() -> None:
    async with ground(FEW) as here:
        await here.known()
        mac, rendered = here.macs[0], label(2)
        here.simulator.point.faults.lost_answer_percent = 100
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "refused"
        here.simulator.point.faults.lost_answer_percent = 0
        await until(here.heard.holds(mac, rendered.image_hash))
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, True) == "queued"
        await until(lambda: here.heard.latest[mac].update_count == 2)
        assert here.heard.latest[mac].image_hash == rendered.image_hash
        assert [each.planes_digest for each in here.simulator.point.tags[mac].history].count(rendered.planes.digest()) == 1


@pytest.mark.parametrize("orderly", [True, False])
async def test_a_restart_forgets_what_was_not_delivered_and_the_driver_says_so(orderly: bool) -> None:
    async with ground(FEW) as here:
        await here.known()
        mac, rendered = here.macs[0], label(3)
        here.simulator.point.set_silent(mac, silent=True)
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        await until(lambda: len(here.simulator.point.known[mac].queue) == 1)
        here.simulator.restart(down_ms=100, orderly=orderly)
        await until(lambda: here.heard.count(AccessPointRestarted) == 1)
        here.simulator.point.set_silent(mac, silent=False)
        async with asyncio.timeout(10):
            await here.driver.ready()
        await until(lambda: mac in here.simulator.point.known)
        assert not here.simulator.point.known[mac].queue
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        await until(here.heard.holds(mac, rendered.image_hash))


async def test_what_an_access_point_says_after_a_power_cut_is_not_believed_until_the_label_spoke() -> None:
    async with ground(replace(FEW, save_ms=600_000)) as here:
        await here.known()
        mac, first, second = here.macs[0], label(1), label(2)
        assert await here.driver.upload(mac, first.picture, first.image_hash, False) == "queued"
        await until(here.heard.holds(mac, first.image_hash))
        here.simulator.restart(down_ms=50)
        await here.simulator.restarted()
        await until(lambda: here.heard.count(AccessPointRestarted) == 1)
        async with asyncio.timeout(10):
            while await here.driver.upload(mac, second.picture, second.image_hash, False) != "queued":
                await here.driver.ready()
        await until(here.heard.holds(mac, second.image_hash))
        here.simulator.restart(down_ms=50, orderly=False)
        await until(here.heard.holds(mac, NO_IMAGE_HASH))
        assert here.simulator.point.known[mac].record.hash == first.image_hash
        before = here.heard.latest[mac].update_count
        assert before >= 2
        assert await here.driver.upload(mac, first.picture, first.image_hash, False) == "queued"
        await until(here.heard.holds(mac, first.image_hash))
        assert here.heard.latest[mac].update_count > before
        await until(lambda: here.shown(mac) == first.planes.digest())


async def test_a_queued_image_is_taken_out_and_the_next_waits_until_nothing_of_it_can_be_on_the_air() -> None:
    async with ground(FEW) as here:
        await here.known()
        mac, old, new = here.macs[0], label(1), label(2)
        here.simulator.point.set_silent(mac, silent=True)
        assert await here.driver.upload(mac, old.picture, old.image_hash, False) == "queued"
        await until(lambda: len(here.simulator.point.known[mac].queue) == 1)
        assert await here.driver.upload(mac, new.picture, new.image_hash, True) == "refused"
        assert not here.simulator.point.known[mac].queue
        assert await here.driver.upload(mac, new.picture, new.image_hash, True) == "refused"
        here.simulator.point.set_silent(mac, silent=False)
        async with asyncio.timeout(10):
            while await here.driver.upload(mac, new.picture, new.image_hash, True) != "queued":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await until(here.heard.holds(mac, new.image_hash))
        assert old.planes.digest() not in [each.planes_digest for each in here.simulator.point.tags[mac].history]


async def test_giving_up_on_a_label_is_told() -> None:
    async with ground(replace(FEW, attempts=2, attempt_ms=50)) as here:
        await here.known()
        mac, rendered = here.macs[0], label(4)
        here.simulator.point.set_silent(mac, silent=True)
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        await until(lambda: here.heard.count(LabelTimedOut) == 1)
        assert LabelTimedOut(device_id="labels-1", label_id=mac) in here.heard.events
        assert here.heard.latest[mac].image_hash == NO_IMAGE_HASH


async def test_a_long_table_is_read_whole_although_paging_counts_in_eight_bits() -> None:
    async with ground(replace(QUICK, label_count=300), reconcile_seconds=0.1) as here:
        await here.known()
        assert set(here.heard.latest) == set(here.macs)


async def test_a_flash_reaches_the_light_and_changes_no_proof() -> None:
    """The device counts a light like an image and takes its bytes for a hash; what is told of the label stays true."""
    async with ground(FEW) as here:
        await here.known()
        mac, first, second = here.macs[0], label(1), label(2)
        assert await here.driver.upload(mac, first.picture, first.image_hash, False) == "queued"
        await until(here.heard.holds(mac, first.image_hash))
        assert here.heard.latest[mac].has_light
        assert await here.driver.flash(mac, "green", 5) == "queued"
        await until(lambda: here.simulator.point.known[mac].record.updatecount == 2)
        light = here.simulator.point.tags[mac].light
        assert light is not None
        assert light.lasts_ms == 5_000
        await until(lambda: here.heard.latest[mac].pending == 0)
        assert (here.heard.latest[mac].image_hash, here.heard.latest[mac].update_count) == (first.image_hash, 1)
        assert await here.driver.upload(mac, second.picture, second.image_hash, False) == "queued"
        await until(here.heard.holds(mac, second.image_hash))
        # Between being made to forget and the upload it may have sent the old file once more.
        assert here.heard.latest[mac].update_count in (2, 3)
        assert await here.driver.flash(mac, "green", 0) == "queued"
        await until(lambda: not (here.simulator.point.tags[mac].light or light).on)
        assert await here.driver.flash("00000000000000FF", "red", 5) == "unknown_label"


async def test_after_a_restart_of_the_box_a_flashed_label_proves_nothing() -> None:
    async with ground(FEW) as here:
        await here.known()
        mac, first = here.macs[0], label(1)
        await here.driver.upload(mac, first.picture, first.image_hash, False)
        await until(here.heard.holds(mac, first.image_hash))
        await here.driver.flash(mac, "red", 3)
        await until(lambda: here.simulator.point.known[mac].record.updatecount == 2)
        again = OeplAccessPoint("labels-1", here.simulator.url, SystemClock(), upload_pause_seconds=0.0)
        heard = Heard()
        running = asyncio.create_task(again.run(heard))
        try:
            await until(lambda: sum(isinstance(each, LabelSeen) and each.label_id == mac for each in heard.events) >= 3)
            await again.flash(mac, "blue", 3)
            await until(lambda: here.simulator.point.known[mac].record.updatecount == 3)
            await until(lambda: heard.latest[mac].pending == 0)
            told = [each for each in heard.events if isinstance(each, LabelSeen) and each.label_id == mac]
            assert {each.image_hash for each in told} == {NO_IMAGE_HASH}
            assert await again.upload(mac, first.picture, first.image_hash, False) == "queued"
            await until(heard.holds(mac, first.image_hash))
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def test_how_a_label_is_heard_is_told() -> None:
    async with ground(FEW) as here:
        await here.known()
        seen = here.heard.latest[here.macs[0]]
        assert (seen.rssi_dbm, seen.link_quality, seen.battery_mv) == (-55, 200, 2_900)
        assert seen.next_check_in_ms is not None
        assert seen.next_check_in_ms > seen.last_seen_ms


async def test_a_label_bound_to_nothing_is_wiped_with_what_waited_for_it() -> None:
    async with ground(FEW) as here:
        await here.known()
        mac, old = here.macs[1], label(1)
        await here.driver.upload(mac, old.picture, old.image_hash, False)
        await until(lambda: here.shown(mac) == old.planes.digest())
        async with asyncio.timeout(10):
            while await here.driver.wipe(mac) != "queued":
                await here.driver.ready()
        blank = RENDERER.render(None, 1)
        await until(lambda: here.shown(mac) == blank.planes.digest())
        assert await here.driver.wipe("00000000000000FF") == "unknown_label"


async def test_a_table_longer_than_256_labels_is_read_whole_and_then_only_where_something_was_sent() -> None:
    """The saved table costs the access point a write to its flash; paging alone would begin anew at 256."""
    many = replace(QUICK, label_count=300, check_in_ms=400)
    async with ground(many, reconcile_seconds=0.2) as here:
        await here.known()
        mac, rendered = here.macs[290], label(3)
        assert await here.driver.upload(mac, rendered.picture, rendered.image_hash, False) == "queued"
        await until(here.heard.holds(mac, rendered.image_hash))
        assert here.heard.latest[mac].read_back, "proven by the pixels of the file"


async def test_an_access_point_s_wrong_clock_is_set_right() -> None:
    async with ground(FEW) as here:
        state = here.simulator.point.state
        state.clock_offset_ms = -3_600_000
        await until(lambda: abs(state.clock_offset_ms) < 2_000, seconds=15)


async def test_labels_that_cannot_be_proven_are_told_with_the_remedy() -> None:
    async with ground(replace(FEW, tag_version=0x29)) as here:
        await here.known()
        here.simulator.restart(down_ms=20)
        await here.simulator.restarted()

        def degraded() -> bool:
            states = [each for each in here.heard.events if isinstance(each, DeviceStateEvent)]
            return any(each.state is DeviceState.DEGRADED and "/tagtypes/01.json" in each.reason for each in states)

        await until(degraded)
