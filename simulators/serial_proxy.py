"""A bad cable in a box: stands between a program and a device on a pseudo-terminal; faults as on `link_proxy`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path

from protocols.clock import RandomSource
from simulators.link_proxy import FaultyWay, LinkFaults, Tap, Way, both_ways

READ_MAX_BYTES = 4_096
REOPEN_SECONDS = 0.05
"""How often a device that is not there is looked for."""


class SerialProxy:
    """`link_path` becomes a port that leads to the port `target_path`, and exists only while that one does."""

    def __init__(
        self,
        link_path: Path,
        target_path: Path,
        rng: RandomSource,
        *,
        tap: Tap | None = None,
        joined: Callable[[bool], None] | None = None,
    ) -> None:
        """`tap` hears what each side says; `joined` when the port appears (true) and vanishes."""
        self._tell_joined = joined
        self._link_path = link_path
        self._target_path = target_path
        self._ways = both_ways(rng, tap)
        self._standing: asyncio.Task[None] | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self.connections = 0
        """How often the port appeared since the start."""

    async def start(self) -> None:
        """Stand in between until `stop`; returns before the device is found."""
        if self._standing is None:
            self._standing = asyncio.get_running_loop().create_task(self._stand())

    async def stop(self) -> None:
        """Take the port away."""
        standing, self._standing = self._standing, None
        if standing is not None:
            standing.cancel()
            await asyncio.wait({standing})

    def set_faults(self, faults: LinkFaults, way: Way = Way.BOTH) -> None:
        """From the next read on. `NO_FAULTS` heals."""
        for one in (Way.TO_TARGET, Way.TO_CLIENT) if way is Way.BOTH else (way,):
            self._ways[one].set_faults(faults)

    def faults(self, way: Way) -> LinkFaults:
        """What one direction does to the bytes now."""
        return self._ways[way].faults

    def bytes_passed(self, way: Way) -> int:
        """How many bytes went on in one direction since the start."""
        return self._ways[way].bytes_passed

    def disconnect_now(self) -> None:
        """Pull the cable and put it back: the port hangs up, what was on its way is lost, the port appears anew."""
        for task in self._carrying:
            task.cancel()

    async def _stand(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                await self._join()
            await asyncio.sleep(REOPEN_SECONDS)

    async def _join(self) -> None:
        """Until either end is gone or a fault cuts the line. Raises OSError when the device is not there."""
        with contextlib.ExitStack() as held:
            device = os.open(self._target_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            held.callback(os.close, device)
            tty.setraw(device)
            ours, theirs = os.openpty()
            # Their end stays open here too, or ours would hang up whenever no program has the port open.
            held.callback(os.close, theirs)
            held.callback(os.close, ours)
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            self._link_path.unlink(missing_ok=True)
            self._link_path.symlink_to(os.ttyname(theirs))
            held.callback(self._link_path.unlink, missing_ok=True)
            self.connections += 1
            if self._tell_joined is not None:
                self._tell_joined(True)
                held.callback(self._tell_joined, False)
            await self._carry_both(_FileEnd(ours), _FileEnd(device))

    async def _carry_both(self, program: _FileEnd, device: _FileEnd) -> None:
        loop = asyncio.get_running_loop()
        self._carrying = {
            loop.create_task(self._carry(program, device, self._ways[Way.TO_TARGET])),
            loop.create_task(self._carry(device, program, self._ways[Way.TO_CLIENT])),
        }
        try:
            await asyncio.wait(self._carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            carrying, self._carrying = self._carrying, set()
            for task in carrying:
                task.cancel()
            await asyncio.wait(carrying)

    async def _carry(self, source: _FileEnd, target: _FileEnd, way: FaultyWay) -> None:
        with contextlib.suppress(OSError):  # an end that is gone ends the line
            while data := await source.read():
                if not await way.pass_on(data, target.write):
                    return


class _FileEnd:
    """A terminal's file descriptor, read through the event loop."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """Some bytes, empty at the end. Raises OSError when the end is gone."""
        while True:
            try:
                return os.read(self._fd, READ_MAX_BYTES)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)

    async def write(self, data: bytes) -> None:
        """All of them. Raises OSError when the end is gone."""
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def _ready(self, watch: Callable[..., None], unwatch: Callable[[int], bool]) -> None:
        ready = asyncio.Event()
        watch(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            unwatch(self._fd)
