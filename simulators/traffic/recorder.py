"""Stands before a device, real or simulated, and writes down what both sides say, with times."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from protocols.clock import Clock, RandomSource
from simulators.link_proxy import LinkProxy
from simulators.link_proxy import Way as LinkWay
from simulators.serial_proxy import SerialProxy
from simulators.traffic.masking import Mask
from simulators.traffic.trace import BYTES_MAX, Head, Row, Trace, Way, rows_of, write_trace

SALT_BYTES = 16


class Recorder:
    """One device. The box connects to `port` (TCP) or opens `link_path` (serial) in place of the device."""

    def __init__(self, device: str, clock: Clock, rng: RandomSource, masked: Collection[str] = ()) -> None:
        self._device = device
        self._clock = clock
        self._rng = rng
        self._mask = Mask(rng.bytes(SALT_BYTES), masked)
        self._began_ms = clock.now_ms()
        self._mono_ms = clock.monotonic_ms()
        self._said: list[tuple[int, Way, bytes]] = []
        self._bytes = 0
        self._cut = False
        self._proxy: LinkProxy | SerialProxy | None = None

    async def on_tcp(self, listen_port: int, host: str, port: int) -> int:
        """Listen before a device on TCP; returns the port (0 took a free one). Raises OSError."""
        proxy = LinkProxy(listen_port, host, port, self._rng, tap=self._tapped, joined=self._joined)
        await proxy.start()
        self._proxy = proxy
        return proxy.port

    async def on_serial(self, link_path: Path, device_path: Path) -> None:
        """Stand before a device on a serial port."""
        self._proxy = SerialProxy(link_path, device_path, self._rng, tap=self._tapped, joined=self._joined)
        await self._proxy.start()

    async def stop(self) -> Trace:
        """Hang up; what was recorded, without secrets."""
        if self._proxy is not None:
            await self._proxy.stop()
            await asyncio.sleep(0)
        began = datetime.fromtimestamp(self._began_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        head = Head(device=self._device, began=began, masked=self._mask.kinds, cut=self._cut)
        return Trace(head, tuple(self._masked()))

    def _joined(self, begins: bool) -> None:
        self._note("open" if begins else "close", b"")

    def _tapped(self, way: LinkWay, data: bytes) -> None:
        self._note("to_device" if way is LinkWay.TO_TARGET else "to_host", data)

    def _note(self, way: Way, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > BYTES_MAX:
            self._cut = True
            return
        self._said.append((self._clock.monotonic_ms() - self._mono_ms, way, data))

    def _masked(self) -> list[Row]:
        """A secret may lie across two reads: each direction is masked as a whole and cut again where it was cut."""
        whole = {way: self._mask.hide(b"".join(data for _, each, data in self._said if each == way)) for way in WAYS}
        taken = dict.fromkeys(WAYS, 0)
        found: list[tuple[int, Way, bytes]] = []
        for at_ms, way, data in self._said:
            if way in taken:
                start = taken[way]
                taken[way] += len(data)
                found.append((at_ms, way, whole[way][start : taken[way]]))
            else:
                found.append((at_ms, way, b""))
        return list(rows_of(found))


WAYS: tuple[Way, ...] = ("to_device", "to_host")


def save(trace: Trace, path: Path) -> None:
    """Write the file, for its owner only: what was masked are known secrets, not all there may be."""
    path.touch(mode=0o600)
    path.write_bytes(write_trace(trace))
