"""What a payment adapter must not forget when the box loses power: a small file of its own, written before the first byte.

A terminal without names for payments can only say what its *last* transaction was. So the adapter writes down, before it
asks, which transactions it knows already; a provider's order that is to be undone stays to be undone. One JSON line a
change, synced to the disk; of the newest `KEPT` payments the last state. No payment code, no card number.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from protocols.clock import Clock

KEPT = 500
LINES_MAX = 4 * KEPT
MARKS_KEPT = 50

Step = Literal["asked", "undo", "doubt", "ended"]


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One payment. `step`: `asked` (a byte may have left) · `undo` (it is to be taken back, whatever came of it) ·
    `doubt` (no machine will ever know) · `ended`. `mark`: which of the terminal's transactions it was. The rest is how it
    ended, as the port says it.
    """

    attempt_id: str
    step: Step
    mark: str = ""
    ended: str = ""
    amount_minor: int = 0
    reference: str = ""
    card_tail: str = ""
    why: str = ""


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: since when this file knows everything, and the newest transactions that are known."""

    since_ms: int
    marks: tuple[str, ...] = ()


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    known_mark: str


class MemoryLost(Exception):
    """The file cannot be written or read; in plain words."""


class PaymentMemory:
    """Notes by attempt. The methods block on the disk: call them beside the event loop. Raises `MemoryLost`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._notes: dict[str, Note] = {}
        self._lines = 0
        self._file: int | None = None
        self.since_ms = 0
        self._marks: list[str] = []

    def open(self) -> None:
        """Read the file, or begin one. A last line that was cut off by a power cut is dropped: it was never relied on."""
        if self._file is not None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._load()
            self._rewrite()
        except OSError as error:
            raise MemoryLost(f"{self._path.name}: {error.strerror or error}") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def find(self, attempt_id: str) -> Note | None:
        """What is known of a payment."""
        return self._notes.get(attempt_id)

    def open_notes(self) -> list[Note]:
        """Payments of which the other side can still say what became of them."""
        return [note for note in self._notes.values() if note.step in {"asked", "undo"}]

    @property
    def marks(self) -> tuple[str, ...]:
        """Transactions of the terminal that are known; empty: it was never asked."""
        return tuple(self._marks)

    def put(self, note: Note) -> None:
        """Write it down; when this returns, it is on the disk."""
        self._notes[note.attempt_id] = note
        self._learn(note.mark)
        self._append(msgspec.json.encode(note))

    def know(self, mark: str) -> None:
        """A transaction that is accounted for: whenever the terminal tells it again, it is no other payment's."""
        if mark not in self._marks:
            self._learn(mark)
            self._append(msgspec.json.encode(_Mark(known_mark=mark)))

    def _learn(self, mark: str) -> None:
        if mark and mark not in self._marks:
            self._marks = [*self._marks, mark][-MARKS_KEPT:]

    def _append(self, line: bytes) -> None:
        self.open()
        assert self._file is not None
        try:
            if self._lines >= LINES_MAX:
                self._rewrite()
                return
            os.write(self._file, line + b"\n")
            os.fsync(self._file)
            self._lines += 1
        except OSError as error:
            raise MemoryLost(f"{self._path.name}: {error.strerror or error}") from error

    def _load(self) -> None:
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError):
                self._take(line)
        if not self.since_ms:
            self.since_ms = max(1, self._clock.now_ms())

    def _take(self, line: bytes) -> None:
        if b'"since_ms"' in line:
            head = msgspec.json.decode(line, type=_Head)
            self.since_ms, self._marks = head.since_ms, list(head.marks)
        elif b'"known_mark"' in line:
            self._learn(msgspec.json.decode(line, type=_Mark).known_mark)
        elif line:
            note = msgspec.json.decode(line, type=Note)
            self._notes[note.attempt_id] = note
            self._learn(note.mark)

    def _rewrite(self) -> None:
        """The newest notes into a new file, put in the place of the old one. Payments without an end are never dropped."""
        ended = [key for key, note in self._notes.items() if note.step == "ended"]
        for key in ended[: max(0, len(self._notes) - KEPT)]:
            del self._notes[key]
        head = _Head(since_ms=self.since_ms, marks=self.marks)
        lines = [msgspec.json.encode(head), *(msgspec.json.encode(note) for note in self._notes.values())]
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.close()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._lines = len(lines)


def asked_before(attempt_id: str, since_ms: int) -> bool:
    """Whether an attempt (UUIDv7: its time is in front) is older than a memory; then its silence proves nothing."""
    digits = attempt_id.replace("-", "")[:12]
    try:
        return int(digits, 16) < since_ms
    except ValueError:
        return False
