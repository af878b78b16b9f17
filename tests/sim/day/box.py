"""The box of a replayed day: the real composition root on a disk that can lose power, with wires in memory."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from edge import bootstrap, daemon
from edge.bootstrap import Box
from edge.clock import SystemClock
from edge.seams import Seams
from edge.settings import (
    ClockSettings,
    EscposTcpSettings,
    HqSettings,
    OeplApSettings,
    Settings,
    StoreSettings,
    TelemetrySettings,
    TillSettings,
    Toledo8217Settings,
)
from edge.sync.build import HqWays
from edge.sync.https_line import HqHttps, HttpsLine
from edge.sync.schedule import LineChoice
from firmware_bridges.links import ByteLink, LineSetting
from firmware_bridges.oepl_web import ApAnswer, ApLink, NoAnswer
from firmware_bridges.supervise import LinkBroken
from firmware_bridges.wires import Wires
from protocols.clock import RandomSource, SeededRandom
from protocols.device_events import DeviceEvent, DeviceStateEvent
from protocols.esl.oepl_requests import HttpRequest
from simulators.replay.devices import MemoryAccessPoint, MemoryScale, News
from simulators.replay.links import MemoryLink, MemoryNetwork
from simulators.replay.log import EventLog
from simulators.replay.loop import VirtualClock
from tests.sim.day.broker import MemoryBroker, MemoryLine
from tests.sim.day.files import Power, opener
from tests.sim.day.goods import STORE_ID
from tests.support.lossy_disk import Disk, connect_lossy, connect_to

SHARDS = 16
SCALE_EVERY_MS = 450
HTTPS_MS = 60


class BoxClock(SystemClock):
    """The box's own judgement of its clock, over virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(trust_always=True)
        self._clock = clock

    def now_ms(self) -> int:
        """Wall clock."""
        return self._clock.now_ms()

    def monotonic_ms(self) -> int:
        """Since the day began."""
        return self._clock.monotonic_ms()


class ScaleLink:
    """A line in memory as the bridge's `ByteLink`."""

    def __init__(self, link: MemoryLink) -> None:
        self._link = link

    async def read(self) -> bytes:
        """See `ByteLink`."""
        try:
            return await self._link.read()
        except ConnectionError as error:
            raise LinkBroken(f"the port is gone ({error})") from error

    async def write(self, data: bytes) -> None:
        """See `ByteLink`."""
        try:
            await self._link.write(data)
        except ConnectionError as error:
            raise LinkBroken(f"the port is gone ({error})") from error

    async def close(self) -> None:
        """See `ByteLink`."""
        await self._link.close()


class ApWeb:
    """The access point in memory as the bridge's `ApLink`."""

    def __init__(self, point: MemoryAccessPoint) -> None:
        self._point = point
        self._news: News | None = None

    async def listen(self) -> None:
        """See `ApLink`."""
        try:
            self._news = await self._point.listen()
        except ConnectionError as error:
            raise LinkBroken(f"the access point does not answer ({error})") from error

    async def ask(self, http: HttpRequest) -> ApAnswer:
        """See `ApLink`."""
        try:
            said = await self._point.ask(http)
        except ConnectionError as error:
            raise NoAnswer(str(error)) from error
        return ApAnswer(said.status, said.body)

    async def hear(self) -> str:
        """See `ApLink`."""
        assert self._news is not None
        try:
            return await self._news.hear()
        except ConnectionError as error:
            raise LinkBroken(str(error)) from error

    async def close(self) -> None:
        """See `ApLink`."""
        if self._news is not None:
            self._point.forget(self._news)


class HqWeb(httpx.AsyncBaseTransport):
    """The network between the box and HQ's edge API. `up` False: no connection."""

    def __init__(self, request: Callable[[str, str, bytes], httpx.Response]) -> None:
        self.up = True
        self._request = request

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """There and back."""
        body = await request.aread()
        await asyncio.sleep(HTTPS_MS / 1000)
        if not self.up:
            raise httpx.ConnectError("no route to headquarters", request=request)
        said = self._request(request.method, request.url.raw_path.decode(), body)
        await asyncio.sleep(HTTPS_MS / 1000)
        if not self.up:
            raise httpx.ReadError("the connection was lost", request=request)
        return httpx.Response(
            said.status_code, headers={"content-type": said.headers.get("content-type", "")}, content=said.content
        )


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the box: it stays when the box is gone."""

    clock: VirtualClock
    log: EventLog
    broker: MemoryBroker
    web: HqWeb
    network: MemoryNetwork
    scales: dict[str, MemoryScale]
    access_point: MemoryAccessPoint


def settings_for(folder: Path) -> Settings:
    """A store of two tills."""
    tills = ("1", "2")
    return Settings(
        store=StoreSettings(id=STORE_ID, data_dir=folder, edge_id="box"),
        hq=HqSettings(https_url="https://hq", mqtt_url="mqtts://hq", shards=SHARDS),
        clock=ClockSettings(trust="always"),
        telemetry=TelemetrySettings(every_seconds=0),  # a machine's disk and memory are no part of a seed
        tills=tuple(TillSettings(id=till, scale=f"scale-{till}", printer="printer-1") for till in tills),
        devices=(
            *(
                Toledo8217Settings(id=f"scale-{till}", port=f"/replay/scale-{till}", interval_ms=SCALE_EVERY_MS)
                for till in tills
            ),
            EscposTcpSettings(id="printer-1", host="127.0.0.1", port=9100),
            OeplApSettings(id="labels-1", url="http://replay"),
        ),
    )


class Boot:
    """The box from switching on to losing power (or the day's end)."""

    def __init__(self, number: int, disk: Disk, seed: int, settings: Settings, around: Around) -> None:
        self.number = number
        self.power = Power(disk, random.Random(seed * 1_000 + number))
        self.power.when_cut = self._cut
        self._around = around
        self._settings = settings
        self._rng = SeededRandom(seed * 1_000 + number)
        self._running: asyncio.Task[None] | None = None
        self._lines: list[MemoryLine] = []
        self.gone = asyncio.Event()
        self.box: Box

    async def start(self) -> None:
        """Come up as the daemon does."""
        connect_to(self.power.disk)
        around = self._around
        seams = Seams(
            clock=lambda _settings: BoxClock(around.clock),
            random=self._rng,
            connect=connect_lossy,
            open_file=opener(self.power),
            wires=Wires(port=self._port, connect=around.network.connect, access_point=self._access_point),
            open_ways=self._ways,
        )
        ground = bootstrap.lay_ground(self._settings, seams)
        ground.journal.listen(self._journalled)
        self.box = await bootstrap.build(ground)
        self._running = asyncio.create_task(self._run(), name=f"boot {self.number}")

    @property
    def failed(self) -> BaseException | None:
        """What ended the box, when it ended by itself."""
        running = self._running
        return running.exception() if running is not None and running.done() and not running.cancelled() else None

    async def end(self) -> None:
        """Every task of it ends; what it still writes or says reaches nobody."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            daemon.start_parts(self.box, tasks)

    def _cut(self) -> None:
        """At once, before any other task runs: nothing that was not on the disk may be seen."""
        for scale in self._around.scales.values():
            scale.line_ended()
        for line in self._lines:
            line.cut()
        self.gone.set()

    def _journalled(self, row: object) -> None:
        if self.power.on:
            self._around.log.note("box", "journal", stream=row.stream.value, seq=row.seq, hash=row.hash.hex()[:16])  # type: ignore[attr-defined]

    async def _port(self, port: str, _baud: int, _line: LineSetting) -> ByteLink:
        try:
            return ScaleLink(self._around.scales[port.rpartition("/")[2]].open())
        except OSError as error:
            raise LinkBroken(f"the port {port} cannot be opened ({error})") from error

    def _access_point(self, _url: str, _answer_seconds: float) -> ApLink:
        return ApWeb(self._around.access_point)

    def _ways(self, _hq: HqSettings, store_id: str, random_source: RandomSource) -> HqWays:
        around = self._around
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        https = HqHttps("https://hq", store_id, tls, transport=around.web)
        line = MemoryLine(around.broker, store_id, SHARDS, around.log)
        self._lines.append(line)
        choice = LineChoice(line, HttpsLine(https), self._door_opens, random_source)
        return HqWays(https, choice)

    async def _door_opens(self) -> bool:
        return self._around.broker.up


def note_event(log: EventLog, event: DeviceEvent) -> None:
    """Device states belong into the log; weights and sightings are many."""
    if isinstance(event, DeviceStateEvent):
        log.note(event.device_id, event.state.value, reason=event.reason.replace(" ", "_"))
