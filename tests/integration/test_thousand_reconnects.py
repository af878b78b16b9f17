"""A thousand lost links leave nothing behind: no task, no descriptor, no memory. Real ports and sockets, time that jumps."""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from firmware_bridges.life import Life
from firmware_bridges.links import ByteLink, open_port
from firmware_bridges.supervise import Emit, supervise
from protocols.clock import SeededRandom
from protocols.contract.values import ClockQuality
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent

RECONNECTS = 1_000
WARM_UP = 100
GROWN_MAX = RECONNECTS // 4
"""Far less than one object per reconnect."""


class JumpingSelector(selectors.DefaultSelector):
    """Looks whether a descriptor is ready; if none is, the time of the next timer has come."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready:
            self.now += timeout or 0.0
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


class LoopClock:
    def now_ms(self) -> int:
        return self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)

    def quality(self) -> ClockQuality:
        return ClockQuality.SYNCED


class Listener:
    """Opens its place, says READY at the first byte, and reads until the link is gone."""

    device_id, device_kind = "d1", "reader"

    def __init__(self, open_link: Callable[[], Awaitable[ByteLink]]) -> None:
        self._open_link = open_link

    async def run(self, emit: Emit) -> None:
        link = await self._open_link()
        try:
            await link.write(b"hello")
            while True:
                await link.read()
                emit(DeviceStateEvent(device_id="d1", device_kind="reader", state=DeviceState.READY))
        finally:
            await link.close()


class TcpDevice:
    """Answers with one byte and hangs up."""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.place = f"tcp://{host}:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(b"x")
        writer.close()
        await writer.wait_closed()

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()


class SerialDevice:
    """A pseudo-terminal that is pulled out after each answer and is there again at the next try."""

    place = ""

    async def start(self) -> None:
        self._master: int | None = None

    async def open(self) -> ByteLink:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        link = await open_port(os.ttyname(slave), 9600, "8N1")
        os.close(slave)
        asyncio.get_running_loop().add_reader(self._master, self._answer)
        return link

    def _answer(self) -> None:
        assert self._master is not None
        os.read(self._master, 5)
        os.write(self._master, b"x")
        asyncio.get_running_loop().remove_reader(self._master)
        asyncio.get_running_loop().call_later(0.1, os.close, self._master)

    async def stop(self) -> None:
        """Nothing stands open."""


def living_objects() -> int:
    """What the collector knows of; strings and bytes only live in such."""
    gc.collect()
    return len(gc.get_objects())


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("device", [TcpDevice(), SerialDevice()], ids=["tcp", "serial"])
def test_a_thousand_reconnects_leave_nothing_behind(device: TcpDevice | SerialDevice) -> None:
    async def scene() -> None:
        await device.start()
        opener = device.open if isinstance(device, SerialDevice) else lambda: open_port(device.place, 9600, "8N1")
        life = Life()
        marks = {number: asyncio.Event() for number in (WARM_UP, RECONNECTS)}

        def hear(_event: DeviceEvent) -> None:
            if life.reconnects in marks:
                marks[life.reconnects].set()

        task = asyncio.create_task(supervise(Listener(opener), hear, LoopClock(), SeededRandom(1), life))
        await marks[WARM_UP].wait()
        tasks, files, objects = len(asyncio.all_tasks()), descriptors(), living_objects()
        await marks[RECONNECTS].wait()
        grown = living_objects() - objects
        assert len(asyncio.all_tasks()) <= tasks + 1
        assert descriptors() <= files + 2
        assert grown < GROWN_MAX, f"{grown} objects more after {RECONNECTS - WARM_UP} reconnects"
        assert life.read_bytes >= RECONNECTS
        assert life.written_bytes >= 5 * RECONNECTS
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await device.stop()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(scene())
