"""The access point's driver over lines that split, delay, stall and cut, and against something that only looks like one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.device_events import (
    AccessPointRestarted,
    DeviceEvent,
    DeviceState,
    DeviceStateEvent,
    LabelSeen,
    LabelTimedOut,
)
from protocols.esl.oepl_events import ErrorNews, News, System, TagNews, timeout_text, write_news
from protocols.esl.oepl_records import TagRecord, write_page
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer
from simulators.clock import SystemClock
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from simulators.web import WebServer
from tests.support.waiting import until

LABEL = LabelRenderer().render(LabelContent(name="Tea", price_minor=250, currency="EUR"), 1)
OTHER = LabelRenderer().render(LabelContent(name="Tea", price_minor=260, currency="EUR"), 1)
MAC = "0000021A00000001"
SETTINGS = ApSettings(label_count=3, check_in_ms=60, render_ms=40, transfer_ms=2, refresh_ms=20)


@dataclass
class Line:
    """A simulator behind a bad line, with a driver at the other end."""

    simulator: OeplApSimulator
    proxy: LinkProxy
    driver: OeplAccessPoint
    events: list[DeviceEvent] = field(default_factory=list)

    def holds(self, image_hash: str) -> bool:
        return any(isinstance(event, LabelSeen) and event.image_hash == image_hash for event in self.events)

    def states(self) -> list[DeviceState]:
        return [event.state for event in self.events if isinstance(event, DeviceStateEvent)]


@contextlib.asynccontextmanager
async def line(faults: LinkFaults = NO_FAULTS) -> AsyncIterator[Line]:
    clock = SystemClock()
    simulator = OeplApSimulator(0, clock, SeededRandom(1), SETTINGS)
    await simulator.start()
    proxy = LinkProxy(0, "127.0.0.1", simulator.port, SeededRandom(2))
    await proxy.start()
    proxy.set_faults(faults)
    driver = OeplAccessPoint(
        "labels-1", f"http://127.0.0.1:{proxy.port}", clock,
        reconcile_seconds=0.3, upload_pause_seconds=0.0, answer_seconds=1.0,
    )  # fmt: skip
    here = Line(simulator, proxy, driver)
    running = asyncio.create_task(supervise(driver, here.events.append, clock, SeededRandom(3)))
    try:
        async with asyncio.timeout(10):
            await driver.ready()
        await until(lambda: len(simulator.point.known) == 3)
        yield here
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await proxy.stop()
        await simulator.stop()


async def test_late_and_uneven_bytes_change_nothing() -> None:
    async with line(LinkFaults(delay_ms=5, jitter_ms=15)) as here:
        assert await here.driver.upload(MAC, LABEL.picture, LABEL.image_hash, False) == "queued"
        await until(lambda: here.holds(LABEL.image_hash))


async def test_bytes_one_by_one_on_the_way_back_change_nothing() -> None:
    async with line() as here:
        here.proxy.set_faults(LinkFaults(split=True), Way.TO_CLIENT)
        assert await here.driver.upload(MAC, LABEL.picture, LABEL.image_hash, False) == "queued"
        await until(lambda: here.holds(LABEL.image_hash))


async def test_an_upload_cut_in_the_middle_is_refused_and_leaves_nothing_behind() -> None:
    async with line() as here:
        here.proxy.set_faults(LinkFaults(disconnect_after_bytes=len(LABEL.picture) // 2), Way.TO_TARGET)
        assert await here.driver.upload(MAC, LABEL.picture, LABEL.image_hash, False) == "refused"
        assert here.simulator.point.known[MAC].staged is None
        async with asyncio.timeout(10):
            while await here.driver.upload(MAC, OTHER.picture, OTHER.image_hash, True) != "queued":
                await here.driver.ready()
        await until(lambda: here.holds(OTHER.image_hash))
        assert not here.holds(LABEL.image_hash)


async def test_a_stalled_line_refuses_within_its_time_and_recovers() -> None:
    async with line() as here:
        here.proxy.set_faults(LinkFaults(stall=True))
        async with asyncio.timeout(8):
            assert await here.driver.upload(MAC, LABEL.picture, LABEL.image_hash, False) == "refused"
        await until(lambda: DeviceState.RETRYING in here.states())
        here.proxy.set_faults(NO_FAULTS)
        here.proxy.disconnect_now()
        await until(lambda: here.states()[-1] is DeviceState.READY, seconds=15)


async def test_an_upload_without_a_connection_is_refused_at_once() -> None:
    driver = OeplAccessPoint("labels-1", "http://127.0.0.1:1", SystemClock(), upload_pause_seconds=0.0)
    assert await driver.upload(MAC, LABEL.picture, LABEL.image_hash, True) == "refused"
    with pytest.raises(LinkBroken, match="does not answer"):
        await driver.run(lambda _event: None)


@dataclass
class Scripted:
    """Something with the access point's paths that says what it is told to."""

    table: bytes = write_page((), 0)
    config: bytes = b'{"stopsleep":0,"preview":1}'
    messages: asyncio.Queue[str | bytes] = field(default_factory=asyncio.Queue)
    asked: list[str] = field(default_factory=list)

    def say(self, *news: News) -> None:
        for each in news:
            self.messages.put_nowait(write_news(each))

    def app(self) -> Starlette:
        async def get_db(_request: Request) -> Response:
            return Response(self.table)

        async def config(request: Request) -> Response:
            self.asked.append(request.url.path)
            return Response(self.config)

        async def web_socket(socket: WebSocket) -> None:
            await socket.accept()
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                while True:
                    message = await self.messages.get()
                    await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))

        return Starlette(
            routes=[
                Route("/get_db", get_db),
                Route("/get_ap_config", config),
                Route("/save_apcfg", config, methods=["POST"]),
                WebSocketRoute("/ws", web_socket),
            ]
        )


@contextlib.asynccontextmanager
async def scripted(script: Scripted) -> AsyncIterator[tuple[list[DeviceEvent], asyncio.Task[None]]]:
    server = WebServer(script.app(), 0)
    await server.start()
    driver = OeplAccessPoint("labels-1", f"http://127.0.0.1:{server.port}", SystemClock(), answer_seconds=2.0)
    events: list[DeviceEvent] = []
    running = asyncio.create_task(driver.run(events.append))
    try:
        yield events, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.stop()


def seen(events: list[DeviceEvent]) -> list[tuple[int, int]]:
    return [(event.update_count, event.pending) for event in events if isinstance(event, LabelSeen)]


async def test_duplicates_are_told_again_and_what_is_older_is_not() -> None:
    script = Scripted()
    first, second = TagRecord(mac=MAC, updatecount=3), TagRecord(mac=MAC, updatecount=4)
    async with scripted(script) as (events, _):
        script.say(TagNews(tags=(first,)), TagNews(tags=(second,)), TagNews(tags=(second,)), TagNews(tags=(first,)))
        script.say(ErrorNews(text=timeout_text(MAC)))
        await until(lambda: any(isinstance(event, LabelTimedOut) for event in events))
        assert seen(events) == [(3, 0), (4, 0), (4, 0)]


async def test_noise_between_the_news_is_passed_over() -> None:
    script = Scripted()
    async with scripted(script) as (events, _):
        for noise in ("", "hello", "{", '{"tags":[{"mac":"?"}]}', b"\xff\xfe", "[]", '{"sys":7}'):
            script.messages.put_nowait(noise)
        script.messages.put_nowait("\x00\x01" + write_news(TagNews(tags=(TagRecord(mac=MAC, updatecount=9),))))
        await until(lambda: seen(events) == [(9, 0)])


async def test_an_uptime_that_falls_tells_a_restart_nobody_announced() -> None:
    script = Scripted()
    async with scripted(script) as (events, _):
        script.say(System(uptime=5_000), System(uptime=5_000), System(uptime=5_001), System(uptime=2), System(uptime=2))
        script.say(TagNews(tags=(TagRecord(mac=MAC),)))
        await until(lambda: len(seen(events)) == 1)
        assert sum(isinstance(event, AccessPointRestarted) for event in events) == 1


async def test_an_announced_restart_ends_the_connection() -> None:
    script = Scripted()
    async with scripted(script) as (_, running):
        script.say(ErrorNews(text="REBOOTING"))
        with pytest.raises(LinkBroken, match="restarting"):
            await asyncio.wait_for(asyncio.shield(running), 10)


@pytest.mark.parametrize(
    "script", [Scripted(table=b"<html>"), Scripted(config=b"<html>"), Scripted(table=b'{"tags":[{"mac":1}]}')]
)
async def test_something_else_at_this_address_is_a_broken_link_in_words(script: Scripted) -> None:
    async with scripted(script) as (_, running):
        with pytest.raises(LinkBroken, match="the access point at"):
            await asyncio.wait_for(asyncio.shield(running), 10)


async def test_settings_that_keep_labels_awake_are_changed() -> None:
    script = Scripted(config=b'{"C6":"0","stopsleep":1,"preview":1}')
    async with scripted(script) as (_, _running):
        await until(lambda: script.asked == ["/get_ap_config", "/save_apcfg"])
