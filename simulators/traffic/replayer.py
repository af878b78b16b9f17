"""Plays the device from a trace: says what it said when it said it, and compares what the box says with the record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from simulators.cables import Cable
from simulators.traffic.trace import Row, Trace

WAIT_SECONDS = 10.0
"""For what the box is to say next, beyond the time it took when it was recorded."""
SHOWN_BYTES = 32
DIFFERENCES_MAX = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """The box said something else than was recorded. `offset`: of the first byte that differs, over all it said."""

    offset: int
    expected: bytes
    heard: bytes

    def __str__(self) -> str:
        heard = self.heard[:SHOWN_BYTES].hex(" ") or "nothing"
        return f"at byte {self.offset}: expected {self.expected[:SHOWN_BYTES].hex(' ')}, heard {heard}"


@dataclass(slots=True)
class Compared:
    """How a replay ended. `left`: bytes the box said that were not recorded."""

    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    left: bytes = b""

    @property
    def same(self) -> bool:
        """Whether the box said exactly what was recorded."""
        return not self.differences and not self.left


class Replayer:
    """The device of one trace on a cable. `speed`: 1 as recorded, 100 a hundred times as fast, 0 without waiting."""

    def __init__(self, trace: Trace, cable: Cable, *, speed: float = 1.0, wait_seconds: float = WAIT_SECONDS) -> None:
        self._trace = trace
        self._cable = cable
        self._speed = speed
        self._wait_seconds = wait_seconds
        self._heard = bytearray()
        self._taken = 0
        self._some = asyncio.Event()

    async def play(self) -> Compared:
        """From the first row to the last. The cable is plugged in for that long. Raises `simulators.web.CannotListen`."""
        await self._cable.plug_in(self._hears)
        compared = Compared()
        before_ms = 0
        try:
            for row in self._trace.rows:
                gap_seconds = (row.at_ms - before_ms) / 1000 / self._speed if self._speed else 0.0
                before_ms = row.at_ms
                await self._row(row, gap_seconds, compared)
                compared.rows += 1
            await asyncio.sleep(0.05)
            compared.left = bytes(self._heard)
            return compared
        finally:
            await self._cable.unplug()

    async def _row(self, row: Row, gap_seconds: float, compared: Compared) -> None:
        match row.way:
            case "to_host":
                await asyncio.sleep(gap_seconds)
                self._cable.send(row.data)
            case "to_device":
                await self._compare(row.data, gap_seconds + self._wait_seconds, compared)
            case _:
                return

    async def _compare(self, expected: bytes, seconds: float, compared: Compared) -> None:
        try:
            async with asyncio.timeout(seconds):
                while len(self._heard) < len(expected):
                    self._some.clear()
                    await self._some.wait()
        except TimeoutError:
            pass
        heard = bytes(self._heard[: len(expected)])
        del self._heard[: len(expected)]
        if heard != expected and len(compared.differences) < DIFFERENCES_MAX:
            at = next((at for at, (a, b) in enumerate(zip(expected, heard, strict=False)) if a != b), len(heard))
            compared.differences.append(Difference(self._taken + at, expected[at:], heard[at:]))
        self._taken += len(expected)

    def _hears(self, data: bytes) -> None:
        self._heard += data
        self._some.set()
