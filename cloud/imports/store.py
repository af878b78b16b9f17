"""SQL of imports: the files, what was wrong with them, and what their codes mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.tables.values import LineProblem, Severity

Q = load_queries(__file__, "imports.sql")


@dataclass(frozen=True)
class KnownCode:
    """The item a code of a file means: its number, or one of its barcodes."""

    code: str
    item_id: str
    weighed: bool
    pack_quantity: int


@dataclass(frozen=True)
class ZoneFacts:
    """What amounts of a zone are written in."""

    zone: str
    currency: str
    minor_digits: int


@dataclass(frozen=True)
class StoreFacts:
    """Where a store stands."""

    store_id: str
    zone: str
    time_zone: str
    currency: str
    minor_digits: int


@dataclass(frozen=True)
class NewFile:
    """A file as it was uploaded. `choices` is JSON."""

    import_id: str
    kind: str
    file_name: str
    sha256: str
    size_bytes: int
    choices: str
    content: bytes
    uploaded_by: str
    uploaded_at_ms: int


@dataclass(frozen=True)
class FileRow:
    """An import without its bytes. `choices`, `report` and `outcome` are JSON or empty."""

    import_id: str
    kind: str
    file_name: str
    sha256: str
    size_bytes: int
    choices: str
    state: str
    beat_ms: int
    lines_read: int
    report: str
    outcome: str
    uploaded_by: str
    uploaded_at_ms: int
    checked_at_ms: int | None
    applied_by: str
    applied_at_ms: int | None
    undone_by: str
    undone_at_ms: int | None
    kept: bool
    """Whether the file itself is still here."""


@dataclass(frozen=True)
class SameFile:
    """An earlier import of the very same bytes."""

    import_id: str
    file_name: str
    applied_by: str
    applied_at_ms: int


async def known_codes(tx: Connection, gtin_of: Mapping[str, str]) -> list[KnownCode]:
    """The items behind codes; `gtin_of` has the normalised barcode a code may be, or ""."""
    async with tx.cursor(row_factory=class_row(KnownCode)) as cursor:
        await cursor.execute(Q["known_codes"], {"codes": list(gtin_of), "gtins": list(gtin_of.values())})
        return await cursor.fetchall()


async def zones(tx: Connection) -> dict[str, ZoneFacts]:
    """All price zones."""
    async with tx.cursor(row_factory=class_row(ZoneFacts)) as cursor:
        await cursor.execute(Q["zones"])
        return {row.zone: row for row in await cursor.fetchall()}


async def stores(tx: Connection) -> dict[str, StoreFacts]:
    """All stores."""
    async with tx.cursor(row_factory=class_row(StoreFacts)) as cursor:
        await cursor.execute(Q["stores"])
        return {row.store_id: row for row in await cursor.fetchall()}


async def add_file(tx: Connection, new: NewFile) -> None:
    """Keep a file, waiting for its check."""
    await tx.execute(Q["add_file"], new.__dict__)


async def count_open(tx: Connection) -> int:
    """Files kept that are not applied."""
    row = await (await tx.execute(Q["count_open"])).fetchone()
    return 0 if row is None else int(row[0])


async def drop_old(tx: Connection, before_ms: int) -> None:
    """Forget imports that came to nothing; of those that were applied only the bytes are gone already."""
    await tx.execute(Q["drop_old"], {"before_ms": before_ms})


async def get_file(tx: Connection, import_id: str, *, lock: bool = False) -> FileRow | None:
    """One import."""
    async with tx.cursor(row_factory=class_row(FileRow)) as cursor:
        await cursor.execute(Q["lock_file" if lock else "get_file"], {"import_id": import_id})
        return await cursor.fetchone()


async def list_files(tx: Connection, kind: str | None, before: str, limit: int) -> list[FileRow]:
    """Imports below an id, newest first."""
    async with tx.cursor(row_factory=class_row(FileRow)) as cursor:
        await cursor.execute(Q["list_files"], {"kind": kind, "before": before, "limit": limit})
        return await cursor.fetchall()


async def same_file(tx: Connection, kind: str, sha256: str, but: str) -> SameFile | None:
    """The newest import of the same bytes that was applied and not undone."""
    async with tx.cursor(row_factory=class_row(SameFile)) as cursor:
        await cursor.execute(Q["same_file"], {"kind": kind, "sha256": sha256, "but": but})
        return await cursor.fetchone()


async def claim(tx: Connection, import_id: str, check_id: str, now_ms: int, lost_before_ms: int) -> bytes | None:
    """Take the check over and return the file; None when it is not to be checked, or somebody living does it."""
    values = {"import_id": import_id, "check_id": check_id, "now_ms": now_ms, "lost_before_ms": lost_before_ms}
    row = await (await tx.execute(Q["claim"], values)).fetchone()
    return None if row is None else bytes(row[0])


async def beat(tx: Connection, import_id: str, check_id: str, lines_read: int, now_ms: int) -> None:
    """Say that the check lives, and how far it is."""
    values = {"import_id": import_id, "check_id": check_id, "lines_read": lines_read, "now_ms": now_ms}
    await tx.execute(Q["beat"], values)


async def save_check(
    tx: Connection, import_id: str, check_id: str, *, state: str, report: str, plan: bytes, lines_read: int, now_ms: int
) -> bool:
    """Keep what a check found; False when another check has taken its place."""
    values = {
        "import_id": import_id,
        "check_id": check_id,
        "state": state,
        "report": report,
        "plan": plan,
        "lines_read": lines_read,
        "now_ms": now_ms,
    }
    return await (await tx.execute(Q["save_check"], values)).fetchone() is not None


async def replace_problems(tx: Connection, import_id: str, rows: Sequence[LineProblem]) -> None:
    """Keep what is wrong, in this order."""
    await tx.execute(Q["clear_problems"], {"import_id": import_id})
    await tx.execute(
        Q["add_problems"],
        {
            "import_id": import_id,
            "lines": [row.line_no for row in rows],
            "columns": [row.column for row in rows],
            "severities": [row.severity.value for row in rows],
            "problems": [row.problem for row in rows],
            "remedies": [row.remedy for row in rows],
        },
    )


async def problems(tx: Connection, import_id: str, after: int, limit: int) -> list[tuple[int, LineProblem]]:
    """(number, problem) pairs after a number."""
    values = {"import_id": import_id, "after": after, "limit": limit}
    rows = await (await tx.execute(Q["problems"], values)).fetchall()
    return [
        (int(n), LineProblem(line_no, column, problem, remedy, Severity(severity)))
        for n, line_no, column, severity, problem, remedy in rows
    ]


async def remove(tx: Connection, import_id: str) -> None:
    """Forget an import that came to nothing."""
    await tx.execute(Q["remove"], {"import_id": import_id})


async def begin_again(tx: Connection, import_id: str, choices: str) -> None:
    """Let the file be checked anew under these choices."""
    await tx.execute(Q["begin_again"], {"import_id": import_id, "choices": choices})


async def plan_of(tx: Connection, import_id: str) -> bytes:
    """What the check made for applying."""
    row = await (await tx.execute(Q["plan_of"], {"import_id": import_id})).fetchone()
    assert row is not None
    return bytes(row[0])


async def mark_applied(tx: Connection, import_id: str, outcome: str, person: str, now_ms: int) -> None:
    """It is done: file and plan go."""
    values = {"import_id": import_id, "outcome": outcome, "person": person, "now_ms": now_ms}
    await tx.execute(Q["mark_applied"], values)


async def mark_undone(tx: Connection, import_id: str, person: str, now_ms: int) -> None:
    """It is taken back."""
    await tx.execute(Q["mark_undone"], {"import_id": import_id, "person": person, "now_ms": now_ms})
