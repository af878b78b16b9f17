"""The driver against the fake cloud over real HTTP: proof, time-outs, lost answers, ended tokens, hostile lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from firmware_bridges.label_cloud import NAME_FIELD, NO_IMAGE, CloudAccount, LabelCloud
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, LabelSeen, LabelTimedOut
from protocols.labels.article import DATA_HARDWARE_TYPE, ShelfArticle, article_hash, write_article
from simulators.clock import SystemClock
from simulators.label_cloud.cloud import CloudSettings
from simulators.label_cloud.server import LabelCloudSimulator
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy
from tests.support.waiting import until

SETTINGS = CloudSettings(labels=3, work_ms=60, update_ms=80, time_out_ms=120)
LABEL = "0A0000000000"


def article(price_minor: int) -> tuple[bytes, str]:
    data = write_article(ShelfArticle(item_id="tea", name="Tea", name_zh="茶", price_minor=price_minor, currency="EUR"))
    return data, article_hash(data)


@dataclass
class Ground:
    simulator: LabelCloudSimulator
    proxy: LinkProxy
    driver: LabelCloud
    events: list[DeviceEvent] = field(default_factory=list)

    def latest(self) -> LabelSeen:
        return [each for each in self.events if isinstance(each, LabelSeen) and each.label_id == LABEL][-1]

    def shown(self) -> list[str]:
        return [texts["PRICE"] for _, texts in self.simulator.cloud.labels[LABEL].shown]

    def state(self) -> DeviceState:
        return [each.state for each in self.events if isinstance(each, DeviceStateEvent)][-1]


def driver_of(url: str, password: str = SETTINGS.password) -> LabelCloud:
    account = CloudAccount(url, SETTINGS.company, SETTINGS.store, SETTINGS.username, password)
    return LabelCloud("cloud-1", account, SystemClock(), poll_seconds=0.05, answer_seconds=1.0)


@contextlib.asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    simulator = LabelCloudSimulator(0, SystemClock(), SeededRandom(1), SETTINGS)
    await simulator.start()
    proxy = LinkProxy(0, "127.0.0.1", simulator.port, SeededRandom(2))
    await proxy.start()
    here = Ground(simulator, proxy, driver_of(f"http://127.0.0.1:{proxy.port}"))
    running = asyncio.create_task(supervise(here.driver, here.events.append, SystemClock(), SeededRandom(3)))
    try:
        async with asyncio.timeout(10):
            await here.driver.ready()
        yield here
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await proxy.stop()
        await simulator.stop()


async def test_a_label_is_proven_only_by_an_update_begun_after_its_article_changed() -> None:
    async with ground() as here:
        first, second = article(250), article(300)
        assert here.latest().image_hash == NO_IMAGE
        assert here.latest().hardware_type == DATA_HARDWARE_TYPE
        assert await here.driver.upload(LABEL, *first, False) == "queued"
        await until(lambda: here.latest().image_hash == first[1])
        counted = here.latest().update_count
        assert here.shown() == ["2.50"]
        assert await here.driver.upload(LABEL, *second, False) == "queued"
        await until(lambda: here.latest().image_hash == second[1])
        assert here.latest().update_count > counted
        assert here.shown() == ["2.50", "3.00"]
        told = [each for each in here.events if isinstance(each, LabelSeen) and each.label_id == LABEL]
        pending = [each for each in told if each.pending]
        assert pending
        assert all(each.image_hash == NO_IMAGE for each in pending), "the old proof ends where the article changed"


async def test_the_newest_article_wins_and_nothing_reaches_another_label() -> None:
    async with ground() as here:
        for price in (100, 200, 300):
            assert await here.driver.upload(LABEL, *article(price), True) == "queued"
        await until(lambda: here.latest().image_hash == article(300)[1])
        assert here.shown()[-1] == "3.00"
        assert not here.simulator.cloud.labels["0A0000000001"].shown


async def test_after_a_restart_of_the_box_the_cloud_says_what_each_label_shows() -> None:
    async with ground() as here:
        assert await here.driver.upload(LABEL, *article(250), False) == "queued"
        await until(lambda: here.latest().image_hash == article(250)[1])
        again = Ground(here.simulator, here.proxy, driver_of(here.simulator.url))
        running = asyncio.create_task(again.driver.run(again.events.append))
        try:
            await until(lambda: len(again.events) >= SETTINGS.labels)
            assert (again.latest().image_hash, again.latest().update_count) == (
                here.latest().image_hash,
                here.latest().update_count,
            )
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def test_a_silent_label_times_out_once_and_proves_nothing() -> None:
    async with ground() as here:
        here.simulator.cloud.labels[LABEL].silent = True
        assert await here.driver.upload(LABEL, *article(250), False) == "queued"
        await until(lambda: any(isinstance(each, LabelTimedOut) for each in here.events))
        here.simulator.cloud.labels[LABEL].silent = False
        assert await here.driver.upload(LABEL, *article(250), False) == "queued"
        await until(lambda: here.latest().image_hash == article(250)[1])
        assert sum(isinstance(each, LabelTimedOut) for each in here.events) == 1


async def test_ended_tokens_lost_answers_and_a_busy_cloud() -> None:
    async with ground() as here:
        here.simulator.cloud.faults.tokens_end_now = True
        assert await here.driver.upload(LABEL, *article(100), False) == "queued"
        here.simulator.cloud.faults.lost_answer_percent = 100
        assert await here.driver.upload(LABEL, *article(200), False) == "refused"
        here.simulator.cloud.faults.lost_answer_percent = 0
        assert await here.driver.upload(LABEL, *article(200), False) == "queued"
        await until(lambda: here.latest().image_hash == article(200)[1])
        here.simulator.cloud.faults.busy = True
        assert await here.driver.upload(LABEL, *article(300), False) == "refused"
        await until(lambda: here.state() is DeviceState.RETRYING)
        here.simulator.cloud.faults.busy = False
        await until(lambda: here.state() is DeviceState.READY, seconds=15)
        assert await here.driver.upload("NOBODY", *article(300), False) == "unknown_label"
        assert await here.driver.upload(LABEL, b"\xff\xd8 a picture", "", False) == "refused"


async def test_lights() -> None:
    async with ground() as here:
        assert await here.driver.flash(LABEL, "green", 20) == "queued"
        light = here.simulator.cloud.labels[LABEL].light
        assert light is not None
        assert (light.color, light.duration) == ("GREEN", "20s")
        assert await here.driver.flash("NOBODY", "green", 20) == "unknown_label"


@pytest.mark.parametrize("faults", [LinkFaults(delay_ms=5, jitter_ms=15), LinkFaults(split=True)], ids=["late", "split"])
async def test_uneven_lines_change_nothing(faults: LinkFaults) -> None:
    async with ground() as here:
        here.proxy.set_faults(faults)
        assert await here.driver.upload(LABEL, *article(250), False) == "queued"
        await until(lambda: here.latest().image_hash == article(250)[1])


async def test_a_cut_and_a_stalled_line_refuse_and_recover() -> None:
    async with ground() as here:
        here.proxy.set_faults(LinkFaults(disconnect_after_bytes=50))
        assert await here.driver.upload(LABEL, *article(250), False) == "refused"
        here.proxy.set_faults(LinkFaults(stall=True))
        assert await here.driver.upload(LABEL, *article(250), False) == "refused"
        await until(lambda: here.state() is DeviceState.RETRYING)
        here.proxy.set_faults(NO_FAULTS)
        here.proxy.disconnect_now()
        await until(lambda: here.state() is DeviceState.READY, seconds=15)
        assert await here.driver.upload(LABEL, *article(250), False) == "queued"
        await until(lambda: here.latest().image_hash == article(250)[1])
        assert here.simulator.cloud.labels[LABEL].shown[-1][1][NAME_FIELD] == article(250)[1]


async def test_a_wrong_password_says_so_and_no_password_travels_in_the_open() -> None:
    async with ground() as here:
        wrong = driver_of(here.simulator.url, password="guess")
        with pytest.raises(LinkBroken, match="AUTHENTICATION FAILED"):
            await wrong.run(lambda _event: None)
    with pytest.raises(ValueError, match="https"):
        CloudAccount("http://labels.example", "c", "s", "u", "p")
