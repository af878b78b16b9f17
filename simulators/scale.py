"""A Toledo 8217 scale on a pseudo-terminal: what a program sees that opens a serial port with such a scale behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from dataclasses import dataclass
from pathlib import Path

from protocols.clock import Clock
from protocols.scales.toledo8217 import Load, ScaleDevice, Unit
from simulators.clock import SystemClock

READ_BYTES = 256


@dataclass(frozen=True, slots=True)
class ScaleView:
    """How the scale stands. `grams` is what lies on the platter."""

    grams: int
    in_motion: bool
    plugged: bool
    silent: bool


class ToledoScale:
    """`port` is the path under which the pseudo-terminal appears (a symbolic link); it is gone while unplugged."""

    def __init__(
        self,
        port: Path,
        *,
        unit: Unit = Unit.KG,
        capacity_grams: int = 15_000,
        settle_ms: int = 400,
        clock: Clock | None = None,
    ) -> None:
        self._port = port
        self._unit = unit
        self._capacity_grams = capacity_grams
        self._settle_ms = settle_ms
        self._clock: Clock = clock or SystemClock()
        self._device = ScaleDevice(unit)
        self._grams = 0
        self._still_from_ms = 0
        self._silent = False
        self._ends: tuple[int, int] | None = None
        self._late: set[asyncio.TimerHandle] = set()

    async def start(self) -> None:
        """Plug it in. Raises OSError when the path cannot be made."""
        self.plug()

    async def stop(self) -> None:
        """Unplug it for good."""
        self.unplug()

    @property
    def port(self) -> Path:
        """Where it appears."""
        return self._port

    def view(self) -> ScaleView:
        """How it stands now."""
        return ScaleView(self._grams, self._load().in_motion, self._ends is not None, self._silent)

    def put(self, grams: int, *, settle_ms: int | None = None) -> None:
        """Lay this much on the platter, in grams; below 0: under zero, above capacity: over. It moves for `settle_ms`."""
        self._grams = grams
        wait_ms = self._settle_ms if settle_ms is None else settle_ms
        self._still_from_ms = self._clock.monotonic_ms() + wait_ms

    def shake(self, milliseconds: int) -> None:
        """Somebody leans on it: in motion for so long."""
        self._still_from_ms = self._clock.monotonic_ms() + milliseconds

    def set_silent(self, silent: bool) -> None:
        """The cable is in, but nothing answers."""
        self._silent = silent

    def plug(self) -> None:
        """The cable goes in: the port appears, the scale has lost zero and tare."""
        if self._ends is not None:
            return
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._port.parent.mkdir(parents=True, exist_ok=True)
        self._port.unlink(missing_ok=True)
        self._port.symlink_to(os.ttyname(theirs))
        self._device = ScaleDevice(self._unit)
        # Their end stays open here too, or ours would fail whenever nobody has the port open.
        self._ends = (ours, theirs)
        asyncio.get_running_loop().add_reader(ours, self._readable)

    def unplug(self) -> None:
        """The cable comes out: the port is gone, whoever has it open sees it hang up."""
        if self._ends is None:
            return
        ours, theirs = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(ours)
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        with contextlib.suppress(OSError):
            self._port.unlink(missing_ok=True)
        os.close(ours)
        os.close(theirs)

    def _load(self) -> Load:
        return Load(
            grams=self._grams,
            in_motion=self._clock.monotonic_ms() < self._still_from_ms,
            over_capacity=self._grams > self._capacity_grams,
        )

    def _readable(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self.unplug()
            return
        if self._silent:
            return
        for reply in self._device.feed(data, self._load()):
            if reply.after_ms:
                self._send_later(reply.data, reply.after_ms)
            else:
                self._send(reply.data)

    def _send_later(self, data: bytes, after_ms: int) -> None:
        def send() -> None:
            self._late.discard(handle)
            self._send(data)

        handle = asyncio.get_running_loop().call_later(after_ms / 1000, send)
        self._late.add(handle)

    def _send(self, data: bytes) -> None:
        if self._ends is not None:
            # A reader who does not read loses bytes, as on a real line.
            with contextlib.suppress(OSError):
                os.write(self._ends[0], data)
