"""The file in which an access point for Bluetooth labels keeps its network: keys, addresses, images, proofs.

JSON lines, the last line of a label counts. Written through to the disk before anything is told of it. Grows to
`LINES_PER_LABEL` times what is needed, then it is written anew beside itself and renamed. It holds keys: for this account
alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import structlog

from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.records import LabelRecord, NetworkRecord, Record, read_record, write_record

LINES_PER_LABEL = 8
LINES_SPARE = 1_000

log = structlog.get_logger("tallystick.bridges.ble_esl")


class LabelMemory:
    """One access point's file. Its methods block on the disk: call them in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._network: NetworkRecord | None = None
        self._labels: dict[str, LabelRecord] = {}
        self._lines = 0

    def load(self) -> tuple[NetworkRecord | None, list[LabelRecord]]:
        """What was kept. A line that cannot be read (a power cut) is left out and logged. Raises OSError."""
        self._network, self._labels, bad = None, {}, 0
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for line in filter(None, lines):
            try:
                self._remember(read_record(line))
            except EslRefused:
                bad += 1
        if bad:
            log.warning("lines of the label file could not be read", path=str(self._path), lines=bad)
        if lines:
            self._write_anew()
        return self._network, list(self._labels.values())

    def save(self, records: Iterable[Record]) -> None:
        """Keep these, durably. Raises OSError."""
        data = bytearray()
        for record in records:
            self._remember(record)
            data += write_record(record) + b"\n"
            self._lines += 1
        if self._lines > LINES_PER_LABEL * len(self._labels) + LINES_SPARE:
            self._write_anew()
            return
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _remember(self, record: Record) -> None:
        if isinstance(record, NetworkRecord):
            self._network = record
        else:
            self._labels[record.label_id] = record

    def _write_anew(self) -> None:
        kept: list[Record] = [*([self._network] if self._network is not None else []), *self._labels.values()]
        beside = self._path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b"".join(write_record(record) + b"\n" for record in kept))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._lines = len(kept)
