"""Which pieces are in which fitting room. Pure; time comes with the reads.

Reads are looked at in cycles of a second. A piece is in a room once the room's antenna was the loudest of all antennas that
heard it in three of its cycles running, and has left when that was so for the last time more than 15 s ago. What it
was there for, and what became of it, is decided by `edge.rfid.fitting_visits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.rfid.presence import LATE_MS, Ear, TagKey
from edge.rfid.quiet import QuietQueue
from protocols.device_events import TagRead

CYCLE_MS = 1_000
CYCLES_TO_ENTER = 3
CYCLES_APART_MAX = 4
"""Cycles in which a piece was not heard at all do not end a row of cycles, up to so many."""
ABSENT_MS = 15_000
TRY_ON_MS = 20_000
PIECES_MAX = 5_000
"""Pieces heard near the rooms at once. Policy when reached: a further one is not looked at, and counted."""
RSSI_MIN_DBM = -75


@dataclass(frozen=True, slots=True)
class RoomChange:
    """A piece came into a room (`left_ms` None) or left it."""

    epc: bytes
    epc_bits: int
    room: str
    entered_ms: int
    left_ms: int | None = None


class _Piece:
    __slots__ = (
        "cycle",
        "entered_ms",
        "last_ms",
        "loudest",
        "loudest_dbm",
        "room",
        "row",
        "row_from_ms",
        "row_room",
        "strong_ms",
    )

    def __init__(self) -> None:
        self.cycle = -1
        self.loudest = ""
        self.loudest_dbm = -1_000
        self.row_room, self.row, self.row_from_ms = "", 0, 0
        self.room = ""
        self.entered_ms = self.strong_ms = self.last_ms = 0


class FittingRooms:
    """All rooms of the store. `rooms`: which room an antenna hangs in; every other antenna only says "not in a room"."""

    def __init__(self, rooms: Mapping[Ear, str], *, rssi_min_dbm: int = RSSI_MIN_DBM) -> None:
        self._rooms: dict[str, dict[int, str]] = {}
        for (device_id, antenna), room in rooms.items():
            self._rooms.setdefault(device_id, {})[antenna] = room
        self._rssi_min_dbm = rssi_min_dbm
        self._pieces: dict[TagKey, _Piece] = {}
        self._quiet: QuietQueue[TagKey] = QuietQueue(self._counts_ms)
        self._open: dict[TagKey, int] = {}
        """Pieces whose cycle is not looked at yet, and that cycle."""
        self.refused = 0

    def restore(self, key: TagKey, room: str, entered_ms: int, now_ms: int) -> None:
        """A piece that was in a room when the box ended."""
        piece = self._enter(key, now_ms)
        piece.room, piece.entered_ms, piece.strong_ms, piece.last_ms = room, entered_ms, now_ms, now_ms

    def take(self, device_id: str, reads: Iterable[TagRead]) -> list[RoomChange]:
        """Reads of any reader, in any batches. Returns what they changed."""
        changes: list[RoomChange] = []
        rooms = self._rooms.get(device_id, {})
        for read in reads:
            if read.rssi_dbm is None or read.rssi_dbm < self._rssi_min_dbm:
                continue
            room, key, at_ms = rooms.get(read.antenna, ""), (read.epc, read.epc_bits), read.last_seen_ms
            piece = self._pieces.get(key)
            if piece is not None and at_ms - self._count_of(piece) > ABSENT_MS:
                self._gone(key, changes)
                piece = self._pieces.get(key)
            if piece is None:
                if not room:
                    continue  # heard elsewhere, and in no room: nobody's business here
                if len(self._pieces) >= PIECES_MAX:
                    self.refused += 1
                    continue
                piece = self._enter(key, at_ms)
            piece.last_ms = max(piece.last_ms, at_ms)
            self._hear(key, piece, room, read.rssi_dbm, at_ms // CYCLE_MS, changes)
        return changes

    def advance(self, now_ms: int) -> list[RoomChange]:
        """Time passes."""
        changes: list[RoomChange] = []
        over = (now_ms - LATE_MS) // CYCLE_MS
        for key in [key for key, cycle in self._open.items() if cycle < over]:
            self._judge(key, self._pieces[key], changes)
        for key in self._quiet.quiet_since(now_ms - ABSENT_MS - LATE_MS):
            self._gone(key, changes)
        return changes

    def _enter(self, key: TagKey, at_ms: int) -> _Piece:
        piece = self._pieces[key] = _Piece()
        piece.last_ms = at_ms
        self._quiet.add(key, at_ms)
        return piece

    def _hear(self, key: TagKey, piece: _Piece, room: str, dbm: int, cycle: int, changes: list[RoomChange]) -> None:
        if cycle > piece.cycle:
            if key in self._open:
                self._judge(key, piece, changes)
            piece.cycle, piece.loudest, piece.loudest_dbm = cycle, room, dbm
            self._open[key] = cycle
        elif cycle == piece.cycle and dbm > piece.loudest_dbm:
            piece.loudest, piece.loudest_dbm = room, dbm

    def _judge(self, key: TagKey, piece: _Piece, changes: list[RoomChange]) -> None:
        """A cycle of a piece is over."""
        self._open.pop(key, None)
        room, at_ms = piece.loudest, (piece.cycle + 1) * CYCLE_MS
        if room != piece.row_room or at_ms - piece.row_from_ms > (piece.row + CYCLES_APART_MAX) * CYCLE_MS:
            piece.row_room, piece.row, piece.row_from_ms = room, 0, piece.cycle * CYCLE_MS
        piece.row += 1
        if not room:
            return
        if room == piece.room:
            piece.strong_ms = at_ms
        elif piece.row >= CYCLES_TO_ENTER:
            if piece.room:
                self._leave(key, piece, changes)
            piece.room, piece.entered_ms, piece.strong_ms = room, piece.row_from_ms, at_ms
            changes.append(RoomChange(key[0], key[1], room, piece.entered_ms))

    def _leave(self, key: TagKey, piece: _Piece, changes: list[RoomChange]) -> None:
        changes.append(RoomChange(key[0], key[1], piece.room, piece.entered_ms, piece.strong_ms))
        piece.room = ""

    def _gone(self, key: TagKey, changes: list[RoomChange]) -> None:
        """Nothing that counts was heard for long."""
        piece = self._pieces[key]
        if key in self._open:
            self._judge(key, piece, changes)
        if piece.room:
            self._leave(key, piece, changes)
        self._open.pop(key, None)
        del self._pieces[key]

    @staticmethod
    def _count_of(piece: _Piece) -> int:
        return piece.strong_ms if piece.room else piece.last_ms

    def _counts_ms(self, key: TagKey) -> int | None:
        piece = self._pieces.get(key)
        return None if piece is None else self._count_of(piece)
