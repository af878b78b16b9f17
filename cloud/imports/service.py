"""Use cases of imports: take a file in, check it, apply it, take it back."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.db.pool import Connection, Database, Scope
from cloud.imports import store
from cloud.imports.domain import (
    BEAT_LOST_MS,
    FILE_KEPT_MS,
    OPEN_FILES_MAX,
    PROBLEMS_KEPT,
    Applying,
    Checked,
    Choices,
    ImportKind,
    OpenTable,
    Outcome,
    Problems,
    Report,
    State,
    open_table,
)
from cloud.imports.kinds import KINDS
from cloud.imports.store import FileRow, NewFile
from cloud.refusals import Conflict, Invalid, Missing
from cloud.tables.values import Severity, TableRefused, check_size
from protocols.clock import Clock, IdSource

log = structlog.get_logger("cloud.imports")

BEAT_SECONDS = 0.5
NAME_LENGTH_MAX = 200


class Stopped(Exception):
    """The process ends while a file is read; another one will begin the check anew."""


@dataclass(frozen=True)
class Upload:
    """A file somebody brings."""

    kind: str
    file_name: str
    content: bytes
    choices: Choices


@dataclass
class Progress:
    """How far a check has come; `lines` is written by the reading thread."""

    lines: int = 0
    stopping: Callable[[], bool] = field(default=lambda: False)

    def tick(self, lines: int) -> None:
        """Told by the reader. Raises `Stopped`."""
        self.lines = lines
        if self.stopping():
            raise Stopped


def kind_of(name: str) -> ImportKind:
    """The kind of import of this name. Raises `Missing`."""
    kind = KINDS.get(name)
    if kind is None:
        raise Missing("no_import_kind", f"There is no import '{name}'.", f"One of: {', '.join(KINDS)}.")
    return kind


async def receive(tx: Connection, upload: Upload, ids: IdSource, *, person: str, now_ms: int) -> str:
    """Keep a file for its check and return the import's id. Raises `Missing`, `Invalid` or `Conflict` (too many)."""
    kind = kind_of(upload.kind)
    try:
        check_size(upload.content)
    except TableRefused as refused:
        raise Invalid(refused.code, refused.detail, refused.remedy) from refused
    await store.drop_old(tx, now_ms - FILE_KEPT_MS)
    if await store.count_open(tx) >= OPEN_FILES_MAX:
        raise Conflict(
            "too_many_files", f"{OPEN_FILES_MAX} files wait to be applied.", "Apply or discard some of them first."
        )
    import_id = ids.new()
    digest = hashlib.sha256(upload.content).hexdigest()
    choices = msgspec.json.encode(upload.choices).decode()
    name = upload.file_name.replace("\0", "")[-NAME_LENGTH_MAX:] or kind.name
    size = len(upload.content)
    await store.add_file(tx, NewFile(import_id, kind.name, name, digest, size, choices, upload.content, person, now_ms))
    return import_id


async def get(tx: Connection, import_id: str, *, lock: bool = False) -> FileRow:
    """One import. Raises `Missing`."""
    found = await store.get_file(tx, import_id, lock=lock)
    if found is None:
        raise Missing("no_import", f"There is no import '{import_id}'.", "See the list of imports.")
    return found


def waits_for_check(row: FileRow, now_ms: int) -> bool:
    """Whether somebody should check it: nobody has begun, or whoever did has died."""
    return row.state == State.WAITING or (row.state == State.CHECKING and row.beat_ms < now_ms - BEAT_LOST_MS)


async def check(database: Database, import_id: str, clock: Clock, ids: IdSource, progress: Progress) -> bool:
    """Check a waiting file and keep what was found; False when it is not to be checked or somebody else does it.

    No transaction is open while the file is read, which happens in a thread. Raises `Stopped`, `psycopg.OperationalError`.
    """
    check_id = ids.new()
    async with database.transaction(Scope.everything()) as tx:
        now_ms = clock.now_ms()
        content = await store.claim(tx, import_id, check_id, now_ms, now_ms - BEAT_LOST_MS)
        row = await get(tx, import_id)
    if content is None:
        return False
    done = asyncio.Event()
    beating = asyncio.create_task(_beat(database, import_id, check_id, clock, progress, done))
    try:
        report, plan, problems = await _look(database, row, content, clock.now_ms(), progress)
    finally:
        done.set()  # cancelled in the middle of a query, it would see a database error and go on
        await asyncio.wait({beating})
    rows = sorted(problems.rows, key=lambda problem: (problem.line_no, problem.severity))[:PROBLEMS_KEPT]
    state = State.REFUSED if report.refused_code or report.errors else State.READY
    async with database.transaction(Scope.everything()) as tx:
        kept = await store.save_check(
            tx,
            import_id,
            check_id,
            state=state,
            report=msgspec.json.encode(report).decode(),
            plan=plan,
            lines_read=report.lines,
            now_ms=clock.now_ms(),
        )
        if kept:
            await store.replace_problems(tx, import_id, rows)
    return kept


async def _beat(
    database: Database, import_id: str, check_id: str, clock: Clock, progress: Progress, done: asyncio.Event
) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), BEAT_SECONDS)
        if done.is_set():
            return
        try:
            async with database.transaction(Scope.everything()) as tx:
                await store.beat(tx, import_id, check_id, progress.lines, clock.now_ms())
        except (psycopg.OperationalError, PoolTimeout, TooManyRequests) as error:
            log.warning("a check cannot say how far it is", import_id=import_id, error=str(error))


async def _look(
    database: Database, row: FileRow, content: bytes, now_ms: int, progress: Progress
) -> tuple[Report, bytes, Problems]:
    """(report, plan, problems) of a file."""
    kind = kind_of(row.kind)
    choices = msgspec.json.decode(row.choices, type=Choices)
    problems = Problems()
    try:
        table = await asyncio.to_thread(open_table, kind, content, choices, problems, progress.tick)
        progress.lines = len(table.rows)
        async with database.transaction(Scope.everything(), reading=True) as tx:
            checked = await kind.check(tx, table, problems, now_ms)
            same = await store.same_file(tx, kind.name, row.sha256, row.import_id)
    except TableRefused as refused:
        report = Report(
            refused_code=refused.code,
            refused_detail=refused.detail,
            refused_remedy=refused.remedy,
            refused_option=refused.option,
        )
        return report, b"", problems
    notes = checked.notes
    if same is not None:
        notes = (f"This very file was applied before, by {same.applied_by}.", *notes)
    return _report(table, checked, problems, notes), checked.plan, problems


def _report(table: OpenTable, checked: Checked, problems: Problems, notes: tuple[str, ...]) -> Report:
    errors = sum(problem.severity is Severity.ERROR for problem in problems.rows)
    detected = table.detected
    return Report(
        format=detected.format,
        encoding=detected.encoding,
        delimiter=detected.delimiter,
        decimal=table.decimal if detected.format == "csv" else "",
        sheet=detected.sheet,
        time_zones=checked.time_zones,
        lines=len(table.rows),
        changes=checked.changes,
        unchanged=checked.unchanged,
        errors=errors,
        warnings=len(problems.rows) - errors,
        notes=notes,
    )


async def check_again(tx: Connection, import_id: str, choices: Choices) -> None:
    """Let a file be checked anew, perhaps under other choices. Raises `Missing` or `Conflict`."""
    row = await get(tx, import_id, lock=True)
    if not row.kept:
        raise Conflict("already_applied", "This import has been applied.", "Upload the file again.")
    await store.begin_again(tx, import_id, msgspec.json.encode(choices).decode())


async def discard(tx: Connection, import_id: str) -> FileRow:
    """Forget a file that is not applied. Raises `Missing` or `Conflict`."""
    row = await get(tx, import_id, lock=True)
    if not row.kept:
        raise Conflict("already_applied", "This import has been applied.", "Its record stays.")
    await store.remove(tx, import_id)
    return row


async def apply(tx: Connection, import_id: str, *, person: str, now_ms: int) -> tuple[FileRow, Outcome, bool]:
    """Apply a checked import: (the import, what it did, whether that was now). Applying again changes nothing.

    Raises `Missing`, or `Conflict`: `not_ready`, `has_errors`, `undone`, `stale`.
    """
    row = await get(tx, import_id, lock=True)
    if row.state == State.APPLIED:
        return row, msgspec.json.decode(row.outcome, type=Outcome), False
    if row.state == State.UNDONE:
        raise Conflict("undone", "This import was taken back.", "Upload the file again.")
    if row.state == State.REFUSED:
        raise Conflict("has_errors", "The file has errors: nothing of it is applied.", "Correct it and upload it again.")
    if row.state != State.READY:
        raise Conflict("not_ready", "The file is still being checked.", "Wait until the check is done.")
    outcome = await kind_of(row.kind).apply(tx, await store.plan_of(tx, import_id), Applying(import_id, person, now_ms))
    await store.mark_applied(tx, import_id, msgspec.json.encode(outcome).decode(), person, now_ms)
    return row, outcome, True


async def undo(tx: Connection, import_id: str, *, person: str, now_ms: int) -> tuple[FileRow, int]:
    """Take a whole import back: (the import, how many rows went). Raises `Missing` or `Conflict`."""
    row = await get(tx, import_id, lock=True)
    taking_back = kind_of(row.kind).undo
    if taking_back is None:
        raise Conflict("cannot_undo", "Imports of this kind cannot be taken back as a whole.", "Change what is wrong.")
    if row.state != State.APPLIED:
        raise Conflict("not_applied", "This import is not in force.", "There is nothing to take back.")
    gone = await taking_back(tx, Applying(import_id, person, now_ms))
    await store.mark_undone(tx, import_id, person, now_ms)
    return row, gone
