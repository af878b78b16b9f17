"""How a device on a serial line speaks: in order, and with the faults a hand switches on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from protocols.clock import RandomSource

NOISE = b"\xff\x00\x02?\x1b0.\x023\x0d"
_DICE = 100


class SpeechFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with a device or its cable; what is left out is healed. Percentages 0 to 100."""

    silent: bool = False
    """Hears, never says anything."""
    garbage: bool = False
    """Noise in place of everything it says."""
    split: bool = False
    """One byte at a time."""
    late_ms: int = 0
    """Everything comes this much later."""
    lost_byte_percent: int = 0
    """So often one byte of what it says is lost."""
    noise_byte_percent: int = 0
    """So often a byte of noise comes in between."""
    wrong_bit_percent: int = 0
    """So often one bit is turned over: what has a checksum has a wrong one then."""
    duplicate_percent: int = 0
    """So often it says everything twice."""

    def __post_init__(self) -> None:
        percents = (self.lost_byte_percent, self.noise_byte_percent, self.wrong_bit_percent, self.duplicate_percent)
        if not all(0 <= each <= _DICE for each in percents) or not 0 <= self.late_ms <= 60_000:
            raise ValueError("percentages are 0 to 100, late_ms is 0 to 60000")


class Mouth:
    """Says things through `send`, one after the other."""

    def __init__(self, send: Callable[[bytes], None], rng: RandomSource) -> None:
        self.faults = SpeechFaults()
        self._send = send
        self._rng = rng
        self._speaking: asyncio.Task[None] | None = None
        self._waiting: asyncio.Queue[tuple[list[bytes], int]] = asyncio.Queue()

    def say(self, data: bytes, after_ms: int = 0) -> None:
        """Say this, after what is still being said. Call within the event loop."""
        if self.faults.silent or not data:
            return
        pieces = self._spoilt(data)
        wait_ms = after_ms + self.faults.late_ms
        if not wait_ms and len(pieces) == 1 and self._speaking is None:
            self._send(pieces[0])
            return
        self._waiting.put_nowait((pieces, wait_ms))
        if self._speaking is None:
            self._speaking = asyncio.get_running_loop().create_task(self._speak())

    async def hush(self) -> None:
        """Forget what is still to be said."""
        speaking, self._speaking = self._speaking, None
        while not self._waiting.empty():
            self._waiting.get_nowait()
        if speaking is not None:
            speaking.cancel()
            await asyncio.wait({speaking})

    async def _speak(self) -> None:
        while not self._waiting.empty():
            pieces, wait_ms = self._waiting.get_nowait()
            await asyncio.sleep(wait_ms / 1000)
            for piece in pieces:
                self._send(piece)
                if len(pieces) > 1:
                    await asyncio.sleep(0.001)
        self._speaking = None

    def _spoilt(self, data: bytes) -> list[bytes]:
        faults = self.faults
        if faults.garbage:
            data = NOISE
        if self._happens(faults.lost_byte_percent):
            place = self._below(len(data))
            data = data[:place] + data[place + 1 :]
        if self._happens(faults.noise_byte_percent):
            place = self._below(len(data) + 1)
            data = data[:place] + self._rng.bytes(1) + data[place:]
        if data and self._happens(faults.wrong_bit_percent):
            place = self._below(len(data))
            data = data[:place] + bytes([data[place] ^ 1 << self._below(8)]) + data[place + 1 :]
        if self._happens(faults.duplicate_percent):
            data += data
        return [bytes([byte]) for byte in data] if faults.split else [data]

    def _happens(self, percent: int) -> bool:
        return percent > 0 and self._below(_DICE) < percent

    def _below(self, limit: int) -> int:
        return int.from_bytes(self._rng.bytes(4), "big") % limit
