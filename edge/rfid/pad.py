"""The pad at a till: which tags lie on it, and whether that is all of them. Pure; time comes with the reads.

Reading has settled when no new tag came for a moment, or after three seconds whatever comes: a stray tag beside the till
must not keep the customer waiting. A tag that was not read for a while has been taken away.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from edge.rfid.presence import TagKey
from protocols.device_events import TagRead

SETTLE_MS = 700
SETTLE_MS_MAX = 3_000
GONE_MS = 2_000
READS_MIN = 2
"""A tag in passing is read once; one that lies on the pad again and again."""
PIECES_MAX = 300
"""Tags on one pad. Policy when reached: a further one is not taken in, and the pad says that it is full."""
RSSI_MIN_DBM = -62


class PadState(enum.StrEnum):
    """What the pad is doing."""

    EMPTY = "empty"
    READING = "reading"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class PadSetup:
    """Low power and a shielded bin do most; `rssi_min_dbm` keeps what lies beside the pad off it."""

    antennas: frozenset[int]
    rssi_min_dbm: int = RSSI_MIN_DBM
    settle_ms: int = SETTLE_MS


class _Piece:
    __slots__ = ("last_ms", "reads")

    def __init__(self) -> None:
        self.reads = 0
        self.last_ms = 0


class Pad:
    """What lies on one pad."""

    def __init__(self, setup: PadSetup) -> None:
        self._setup = setup
        self._pieces: dict[TagKey, _Piece] = {}
        self._first_ms = 0
        self._newest_ms = 0
        self.state = PadState.EMPTY
        self.full = False

    def take(self, reads: Iterable[TagRead]) -> None:
        """Reads of the pad's reader."""
        for read in reads:
            if read.antenna not in self._setup.antennas or read.rssi_dbm is None or read.rssi_dbm < self._setup.rssi_min_dbm:
                continue
            key = (read.epc, read.epc_bits)
            piece = self._pieces.get(key)
            if piece is None:
                if len(self._pieces) >= PIECES_MAX:
                    self.full = True
                    continue
                piece = self._pieces[key] = _Piece()
            piece.reads += max(1, read.count)
            piece.last_ms = max(piece.last_ms, read.last_seen_ms)
            if piece.reads >= READS_MIN > piece.reads - max(1, read.count):
                self._came(read.last_seen_ms)

    def advance(self, now_ms: int) -> bool:
        """Time passes. True: what a screen shows has changed."""
        gone = [key for key, piece in self._pieces.items() if piece.last_ms < now_ms - GONE_MS]
        for key in gone:
            del self._pieces[key]
        before = self.state
        if not self.lying():
            self.state, self.full = PadState.EMPTY, False
        elif self.state is PadState.READING:
            over = now_ms - self._newest_ms >= self._setup.settle_ms or now_ms - self._first_ms >= SETTLE_MS_MAX
            if over:
                self.state = PadState.SETTLED
        return bool(gone) or self.state is not before

    def lying(self) -> tuple[TagKey, ...]:
        """The tags on the pad, in the order they came."""
        return tuple(key for key, piece in self._pieces.items() if piece.reads >= READS_MIN)

    def _came(self, at_ms: int) -> None:
        if self.state is not PadState.READING:
            self._first_ms = at_ms
            self.state = PadState.READING
        self._newest_ms = max(self._newest_ms, at_ms)
