"""A disk in memory that can lose power: what was written since the last sync may be kept, lost or torn, write by write.

A run records every operation in a log. `images_at(cuts)` replays it and gives, for each cut, a disk as it could come up
again: everything synced, and a seeded choice of the rest (SQLite's assumption "powersafe overwrite": a torn write harms only
its own range). A file never synced may be missing altogether.
"""

from __future__ import annotations

import random
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from edge.store_db.connection import Row, SqlValue

SECTOR_BYTES = 512
VFS_NAME = "lossy"


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    name: str


Operation = Write | Truncate | Sync | Delete


@dataclass
class Disk:
    """Files by name, as running software sees them, and the log of what was done to them."""

    files: dict[str, bytearray] = field(default_factory=dict)
    log: list[Operation] = field(default_factory=list)
    start: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, image: dict[str, bytes]) -> Disk:
        """A disk that came up with these files, all of them synced."""
        return cls(files={name: bytearray(data) for name, data in image.items()}, start=dict(image))

    def image(self) -> dict[str, bytes]:
        """The files as they are now."""
        return {name: bytes(data) for name, data in self.files.items()}

    def fold(self) -> None:
        """Forget operations that are on the disk for good; only what is not synced yet stays in the log."""
        durable = {name: bytearray(data) for name, data in self.start.items()}
        pending: dict[str, list[Operation]] = {}
        for operation in self.log:
            _advance(durable, pending, operation)
        self.start = {name: bytes(data) for name, data in durable.items()}
        self.log[:] = [operation for waiting in pending.values() for operation in waiting]

    def images_at(self, cuts: Iterable[int], rng: random.Random) -> Iterator[tuple[int, Disk]]:
        """For each cut (a count of operations, ascending): the disk after power was lost there."""
        durable = {name: bytearray(data) for name, data in self.start.items()}
        pending: dict[str, list[Operation]] = {}
        done = 0
        for cut in cuts:
            for operation in self.log[done:cut]:
                _advance(durable, pending, operation)
            done = cut
            yield cut, Disk.of(_come_up(durable, pending, rng))


def _advance(durable: dict[str, bytearray], pending: dict[str, list[Operation]], operation: Operation) -> None:
    if isinstance(operation, Sync):
        content = durable.setdefault(operation.name, bytearray())
        for waiting in pending.pop(operation.name, []):
            _apply(content, waiting)
    elif isinstance(operation, Delete):
        durable.pop(operation.name, None)
        pending.pop(operation.name, None)
    else:
        pending.setdefault(operation.name, []).append(operation)


def _come_up(durable: dict[str, bytearray], pending: dict[str, list[Operation]], rng: random.Random) -> dict[str, bytes]:
    image = {name: bytes(data) for name, data in durable.items()}
    for name, waiting in pending.items():
        if name not in durable and rng.random() < 0.5:
            continue
        content = bytearray(durable.get(name, b""))
        mood = rng.choice((0.0, 0.5, 0.5, 0.9, 1.0))
        for operation in waiting:
            if rng.random() < mood:
                _apply(content, _torn(operation, rng) if rng.random() < 0.2 else operation)
        image[name] = bytes(content)
    return image


def _torn(operation: Operation, rng: random.Random) -> Operation:
    if not isinstance(operation, Write) or len(operation.data) <= 1:
        return operation
    at = rng.randrange(0, len(operation.data), SECTOR_BYTES) if len(operation.data) > SECTOR_BYTES else 0
    at = at or rng.randrange(1, len(operation.data))
    if rng.random() < 0.5:
        return Write(operation.name, operation.offset, operation.data[:at])
    return Write(operation.name, operation.offset + at, operation.data[at:])


def _apply(content: bytearray, operation: Operation) -> None:
    if isinstance(operation, Write):
        end = operation.offset + len(operation.data)
        if len(content) < operation.offset:
            content.extend(bytes(operation.offset - len(content)))
        content[operation.offset : end] = operation.data
    elif isinstance(operation, Truncate):
        del content[operation.size :]


class _File:
    """What SQLite sees of one file. Method names are those of the VFS interface."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._log = disk.log
        self._name = name
        self._content = disk.files.setdefault(name, bytearray())

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        write = Write(self._name, offset, bytes(data))
        _apply(self._content, write)
        self._log.append(write)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        truncate = Truncate(self._name, size)
        _apply(self._content, truncate)
        self._log.append(truncate)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._log.append(Sync(self._name))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content)

    def xLock(self, _level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, _level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _operation: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)

    def xClose(self) -> None:  # noqa: N802
        return


class _Vfs(apsw.VFS):  # type: ignore[misc]
    """Opens files by names like `/12/store.db`: on disk 12, whichever disk is in the machine by then.

    A connection that is closed late (by the garbage collector) still touches its own disk and no other.
    """

    def __init__(self) -> None:
        super().__init__(VFS_NAME, "")
        self._disks: weakref.WeakValueDictionary[int, Disk] = weakref.WeakValueDictionary()
        self._next = 1
        self._present = 0
        self._kept = Disk()

    def put_in(self, disk: Disk) -> None:
        """This disk is in the machine from now on."""
        self._kept = disk
        self._present = self._next
        self._next += 1
        self._disks[self._present] = disk

    def name_of(self, path: Path) -> str:
        """A file's name on the disk in the machine."""
        return f"/{self._present}{path}"

    def _find(self, name: str) -> tuple[Disk, str]:
        number, _, rest = name[1:].partition("/")
        return self._disks.get(int(number)) or Disk(), f"/{rest}"

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        if text is None:
            return _File(Disk(), "temporary")
        return _File(*self._find(text))

    def xDelete(self, name: str, _sync: bool) -> None:  # noqa: N802
        disk, own_name = self._find(name)
        disk.files.pop(own_name, None)
        disk.log.append(Delete(own_name))

    def xAccess(self, name: str, _flags: int) -> bool:  # noqa: N802
        disk, own_name = self._find(name)
        return own_name in disk.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


_vfs = _Vfs()


class _Rows:
    """A finished statement's rows."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Row | None:
        return next(self._rows, None)

    def fetchall(self) -> list[Row]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return self._rows


class LossyConnection:
    """SQLite through apsw, speaking the house's connection seam. Errors are sqlite3's, with SQLite's words."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(_vfs.name_of(path), vfs=VFS_NAME)
        # No shared memory in this VFS: WAL then needs the file to itself.
        self.execute("PRAGMA locking_mode = EXCLUSIVE")

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ()) -> _Rows:
        try:
            return _Rows(list(self._connection.execute(sql, parameters)))
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]]) -> None:
        try:
            self._connection.executemany(sql, parameters)
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error

    def close(self) -> None:
        self._connection.close()


def connect_to(disk: Disk) -> None:
    """Put a disk into the machine: files opened from now on are on it."""
    _vfs.put_in(disk)


def connect_lossy(path: Path, _read_only: bool) -> LossyConnection:
    """The connection seam over the disk in the machine."""
    return LossyConnection(path)
