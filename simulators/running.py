"""A running bench: its devices, its page and API, in this event loop or in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from simulators.bench import Bench
from simulators.clock import SystemClock
from simulators.control import Control
from simulators.settings import BenchSettings
from simulators.web import CannotListen, WebServer

START_SECONDS = 30
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Running:
    """A bench with its door."""

    bench: Bench
    control: Control
    url: str


@contextlib.asynccontextmanager
async def running(settings: BenchSettings, *, stop: Callable[[], None] | None = None) -> AsyncIterator[Running]:
    """Everything ends with the block. Raises `CannotListen`."""
    bench = Bench(settings, SystemClock())
    control = Control(bench, stop=stop)
    web = WebServer(control.app(), settings.port)
    try:
        await bench.start()
        await web.start()
        yield Running(bench, control, f"http://127.0.0.1:{web.port}")
    finally:
        await web.stop()
        await control.chaos.stop()
        await bench.stop()


class BenchThread:
    """A bench in a thread of this process, for tests that have no event loop. Use as a context manager."""

    def __init__(self, settings: BenchSettings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._up = threading.Event()
        self._error: CannotListen | None = None
        self._thread = threading.Thread(target=self._run, name="bench", daemon=True)
        self.url = ""

    def __enter__(self) -> BenchThread:
        """Start it. Raises `CannotListen`."""
        self._thread.start()
        if not self._up.wait(START_SECONDS):
            raise CannotListen(f"the bench did not start within {START_SECONDS} s")
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        if self._loop is not None and self._ending is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except CannotListen as error:
            self._error = error
        finally:
            self._up.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        async with running(self._settings) as here:
            self.url = here.url
            self._up.set()
            await self._ending.wait()
