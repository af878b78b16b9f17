"""The devices of a store in memory: the simulators themselves, on links of `simulators.replay.links`."""

from __future__ import annotations

import asyncio
from collections import deque

from protocols.clock import Clock, RandomSource, SeededRandom
from protocols.esl.oepl_events import write_news
from protocols.esl.oepl_requests import HttpRequest, RequestRefused, read_request
from protocols.scales.session import ScaleProtocol
from protocols.scales.toledo8217 import PROTOCOL
from simulators.load_cell import LoadCell
from simulators.mouth import Mouth
from simulators.oepl_ap.access_point import AccessPoint, ApSettings
from simulators.oepl_ap.answers import Answer, answer
from simulators.replay.links import Chance, LinkFaults, MemoryLink, serial_line

NEWS_KEPT = 2_000
"""A client that reads nothing for so many messages is dropped, as the device drops it."""
STEP_MS_MIN = 20
RESTART_MS = 3_000
"""How long it is away when it restarts by itself."""


class MemoryScale:
    """A scale on a serial line in memory: `open` is what a till does with the port."""

    def __init__(self, clock: Clock, chance: Chance, protocol: ScaleProtocol = PROTOCOL) -> None:
        self.line = LinkFaults()
        self.cell = LoadCell(clock)
        self._clock = clock
        self._chance = chance
        self._protocol = protocol
        self._session = protocol.answering(self.cell)
        self._mouth = Mouth(self._send, SeededRandom(1))
        self._plugged = False
        self._wire: MemoryLink | None = None
        self._device_end: MemoryLink | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether the port exists."""
        return self._plugged

    def plug_in(self) -> None:
        """Make the port appear; the scale starts without tare."""
        self._plugged = True
        self._session = self._protocol.answering(self.cell)
        self.cell.switched_on()

    def unplug(self) -> None:
        """Pull the cable."""
        self._plugged = False
        if self._wire is not None:
            self._wire.close_both()
        self._wire = self._device_end = None

    def open(self) -> MemoryLink:
        """The till's end of the line. Raises FileNotFoundError when the port does not exist."""
        if not self._plugged:
            raise FileNotFoundError("it is not there")
        self._wire, self._device_end = serial_line(self.line, self._chance, self.take)
        return self._wire

    def line_ended(self) -> None:
        """The till's side lost its power: nothing of it comes any more."""
        if self._wire is not None:
            self._wire.hang_up()

    def take(self, data: bytes) -> None:
        """Bytes of the till."""
        for each in self._session.receive(data, self._clock.monotonic_ms()):
            self._mouth.say(each.data, each.after_ms)

    def _send(self, data: bytes) -> None:
        if self._device_end is not None and self._device_end.open:
            self._device_end.put(data)


class MemoryAccessPoint:
    """The access point with its labels; `ask` and `listen` are its web, without HTTP around the requests."""

    def __init__(self, clock: Clock, rng: RandomSource, settings: ApSettings) -> None:
        self.point = AccessPoint(settings, rng)
        self.line = LinkFaults(delay_ms=5)
        self.reachable = True
        """Whether the store's network carries anything to it."""
        self._clock = clock
        self._chance = Chance(rng)
        self._listeners: list[News] = []
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Power on, and live."""
        self.point.power_on(self._clock.monotonic_ms(), self._clock.now_ms())
        while True:
            self.point.step(self._clock.monotonic_ms(), self._clock.now_ms())
            news = self.point.take_news()
            for text in map(write_news, news) if self._listeners else ():
                for listener in list(self._listeners):
                    listener.put(text)
            if self.point.wants_restart:
                await self.restart(down_ms=RESTART_MS, orderly=True)
            wait_ms = max(STEP_MS_MIN, self.point.due_ms() - self._clock.monotonic_ms())
            try:
                async with asyncio.timeout(wait_ms / 1000):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def restart(self, *, down_ms: int, orderly: bool) -> None:
        """Go down (`orderly` False: the power is cut, nothing is saved) and come back."""
        if orderly:
            self.point.reboot()
        else:
            self.point.cut_power()
        self.hang_up()
        await asyncio.sleep(down_ms / 1000)
        self.point.power_on(self._clock.monotonic_ms(), self._clock.now_ms())
        self._wake.set()

    def hang_up(self) -> None:
        """Every connection ends."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()
        self.point.state.listeners = 0

    async def ask(self, http: HttpRequest) -> Answer:
        """One request. Raises ConnectionError when it or its answer gets lost."""
        await self._travel()
        try:
            said = answer(self.point, read_request(http))
        except RequestRefused as error:
            said = Answer(error.status, body=error.text.encode())
        self._wake.set()
        await self._travel()
        if said.cut:
            raise ConnectionResetError("the connection was cut")
        return said

    async def listen(self) -> News:
        """Open the way of the news. Raises ConnectionError."""
        await self._travel()
        news = News()
        self._listeners.append(news)
        self.point.state.listeners = len(self._listeners)
        return news

    def forget(self, news: News) -> None:
        """Nobody listens there any more."""
        if news in self._listeners:
            self._listeners.remove(news)
            self.point.state.listeners = len(self._listeners)

    async def _travel(self) -> None:
        faults = self.line
        late_ms = faults.delay_ms + (self._chance.below(faults.jitter_ms) if faults.jitter_ms else 0)
        await asyncio.sleep(late_ms / 1000)
        if not self.reachable or not self.point.up or self._chance.percent(faults.cut_percent):
            raise ConnectionResetError("the connection was lost")


class News:
    """What one client hears, in order."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()
        self._some = asyncio.Event()
        self._ended = False

    def put(self, text: str) -> None:
        """One more message; a client that reads nothing is dropped."""
        self._texts.append(text)
        if len(self._texts) > NEWS_KEPT:
            self.end()
        self._some.set()

    def end(self) -> None:
        """The connection ends."""
        self._ended = True
        self._some.set()

    async def hear(self) -> str:
        """The next message. Raises ConnectionError at the end."""
        while not self._texts:
            if self._ended:
                raise ConnectionResetError("the connection was closed")
            self._some.clear()
            await self._some.wait()
        return self._texts.popleft()
