"""The simulated controller on TCP, as behind a converter from its serial port: one host at a time."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Sequence

from protocols.ble_esl.errors import HciFramingLost
from protocols.ble_esl.picture import panel_of
from protocols.clock import Clock, RandomSource
from protocols.esl.image import Planes, picture_of
from simulators.ble_esl.air import Air
from simulators.ble_esl.controller import SimulatedController
from simulators.ble_esl.tag import Tag

READ_MAX_BYTES = 65_536
UNREAD_BYTES_MAX = 1 << 20
"""A host that reads nothing is dropped."""


class BleEslSimulator:
    """Listens on 127.0.0.1:`port` (0: a free one at the first start, kept). A new host takes the controller over."""

    def __init__(self, port: int, clock: Clock, rng: RandomSource, tags: Sequence[Tag]) -> None:
        self.port = port
        self.air = Air(tags, rng)
        self.controller = SimulatedController(self.air)
        self._clock = clock
        self._began_ms = clock.monotonic_ms()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._running: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._restarting: asyncio.Task[None] | None = None
        self._by_id = {tag.label_id: tag for tag in tags}
        self._hosts: set[asyncio.Task[None]] = set()

    @property
    def place(self) -> str:
        """Where a box finds it."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def now_ms(self) -> int:
        """True time of the air: milliseconds since it was made."""
        return self._clock.monotonic_ms() - self._began_ms

    async def start(self) -> None:
        """Switch on. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Pull the plug: train and connections are gone, labels stay."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self._hang_up()
        await asyncio.gather(*self._hosts, return_exceptions=True)
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        self.controller.power_off(self.now_ms * 1_000)

    @property
    def up(self) -> bool:
        """Whether it is switched on."""
        return self._server is not None

    def restart(self, *, down_ms: int = 500) -> None:
        """Cut its power and give it back after a while. Returns at once."""
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._restart(down_ms))

    async def _restart(self, down_ms: int) -> None:
        await self.stop()
        await asyncio.sleep(down_ms / 1000)
        await self.start()

    def tag(self, label_id: str) -> Tag | None:
        """A label by its id, as people write it."""
        return self._by_id.get(label_id.upper())

    def png(self, label_id: str) -> bytes | None:
        """What a label shows, as a picture; None for no such label or a panel the house does not draw for."""
        tag = self.tag(label_id)
        panel = panel_of(tag.kind.display) if tag is not None else None
        if tag is None or panel is None:
            return None
        stream = io.BytesIO()
        image = tag.shown.image.ljust(panel.plane_bytes, b"\0")
        picture_of(panel, Planes(image[: panel.plane_bytes], image[panel.plane_bytes :])).save(stream, "PNG")
        return stream.getvalue()

    async def _run(self) -> None:
        while True:
            now_us = self.now_ms * 1_000
            self.controller.step(now_us)
            self._say()
            wait_us = self.controller.next_us(now_us) - self.now_ms * 1_000
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.001, wait_us / 1_000_000)):
                    await self._wake.wait()

    def _say(self) -> None:
        data = self.controller.take_output()
        writer = self._writer
        if writer is None or not data:
            return
        if writer.transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            self._hang_up()
        else:
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._hosts.add(task)
        self._hang_up()
        self.controller.power_off(self.now_ms * 1_000)
        self._writer = writer
        try:
            while data := await reader.read(READ_MAX_BYTES):
                if self._writer is not writer:
                    return
                self.controller.receive(data, self.now_ms * 1_000)
                self._say()
                self._wake.set()
        except (OSError, HciFramingLost):
            return
        finally:
            self._hosts.discard(task)
            writer.transport.abort()
            if self._writer is writer:
                self._writer = None
                self.controller.power_off(self.now_ms * 1_000)

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
