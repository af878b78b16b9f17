"""A people counter on a port of its own: people walk by, sums begin anew at midnight or a restart, its clock may be off."""

from __future__ import annotations

import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from protocols.clock import Clock
from protocols.sensors.people_counter import LIVE_PATH, Live, encode
from simulators.web import WebServer


class PeopleCounterSimulator:
    """One counter. `clock_off_s`: how far its clock is fast."""

    def __init__(self, port: int, clock: Clock, *, name: str = "door") -> None:
        """Port 0 takes a free one at `start`."""
        self._clock = clock
        self._name = name
        self.people_in = 0
        self.people_out = 0
        self.clock_off_s = 0
        self.silent = False
        self.asked = 0
        self._day = self._now().date()
        self._up = False
        path, _, _ = LIVE_PATH.partition("?")
        self._server = WebServer(Starlette(routes=[Route(path, self._live)]), port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where the box asks."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def plugged_in(self) -> bool:
        """Whether it is switched on."""
        return self._up

    async def start(self) -> None:
        """Switch on; the sums begin at 0. Raises `simulators.web.CannotListen`."""
        if self._up:
            return
        await self._server.start()
        self._up = True

    async def stop(self) -> None:
        """Switch off."""
        if self._up:
            self._up = False
            await self._server.stop()

    def walk(self, people_in: int, people_out: int) -> None:
        """People pass."""
        self._turn_day()
        self.people_in += people_in
        self.people_out += people_out

    def restart(self) -> None:
        """It restarts: its sums begin anew."""
        self.people_in = self.people_out = 0

    def live(self) -> Live:
        """What it says now."""
        self._turn_day()
        stamp = self._now().strftime("%Y%m%d%H%M%S")
        return Live(people_in=self.people_in, people_out=self.people_out, serial="TS-1", name=self._name, timestamp=stamp)

    def _turn_day(self) -> None:
        day = self._now().date()
        if day > self._day:
            self.restart()
        self._day = day

    def _now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self._clock.now_ms() / 1000 + self.clock_off_s, datetime.UTC)

    async def _live(self, request: Request) -> Response:
        self.asked += 1
        if self.silent or "live-sum.json" not in request.url.query:
            return Response(status_code=503 if self.silent else 404)
        return Response(encode(self.live()), media_type="application/json")
