"""`import-…` commands, one a kind of import, and `undo-import`: the same steps as on the console, at the keyboard.

The whole file is checked and every problem said with its line; then it is applied, unless `--dry-run`. A file with errors is
refused: nothing has changed.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from cloud.audit import store as audit
from cloud.audit.domain import COMMAND_LINE, Entry
from cloud.clock import SystemClock, id_source
from cloud.commands.ground import CommandFailed, Say, application
from cloud.db.pool import Database, Scope
from cloud.imports import service, store
from cloud.imports.domain import PROBLEMS_KEPT, WARN_PERCENT, Choices, ImportKind, Outcome, Report
from cloud.imports.kinds import KINDS
from cloud.imports.service import Progress, Upload
from cloud.settings import HqSettings
from cloud.tables.values import BYTES_MAX, ROWS_MAX

AUTHOR = COMMAND_LINE.login
PROGRESS_SECONDS = 2.0
CHOICES = {
    "zone": "the price zone of the whole file",
    "store": "the store of the whole file",
    "time_zone": "the time zone of its dates, an IANA name; else that of the zone's stores",
}
READING = {
    "encoding": "utf-8, utf-16-le, utf-16-be or gb18030; else detected",
    "delimiter": "comma, semicolon or tab; else detected",
    "decimal": "point or comma; else detected",
    "sheet": "the sheet of a workbook; else the one with the right headings",
}

Add = Callable[[str, str, Callable[[argparse.Namespace, HqSettings], None]], argparse.ArgumentParser]


def add_commands(add: Add, say: Say) -> None:
    """Add every command; `add(name, words, run)` makes its parser."""
    for kind in KINDS.values():
        words = f"check a file of {kind.name.replace('_', ' ')} and apply it, all or nothing"
        command = add(f"import-{kind.name.replace('_', '-')}", words, _runner(kind, say))
        headings = ", ".join(column.titles[0] for column in kind.columns)
        command.epilog = (
            f"Columns: {headings}. CSV or .xlsx, at most {ROWS_MAX} lines and {BYTES_MAX // 1_000_000} MB. "
            "Exit code 0: done, or a dry run without errors; 2: refused, and nothing has changed."
        )
        command.add_argument("file", type=Path)
        command.add_argument("--dry-run", action="store_true", help="only say what would happen")
        for name in kind.options:
            if name == "warn_percent":
                command.add_argument("--warn-percent", type=int, default=WARN_PERCENT, help="warn of larger price changes")
            else:
                command.add_argument(f"--{name.replace('_', '-')}", default="", help=CHOICES[name])
        for name, help_text in READING.items():
            command.add_argument(f"--{name}", default="", help=help_text)
    undo = add("undo-import", "take a whole import back, where its kind allows that", _undo_runner(say))
    undo.add_argument("id")


def _runner(kind: ImportKind, say: Say) -> Callable[[argparse.Namespace, HqSettings], None]:
    def run(got: argparse.Namespace, own: HqSettings) -> None:
        given = {name: getattr(got, name) for name in (*kind.options, *READING)}
        upload = Upload(kind.name, got.file.name, read_file(got.file), Choices(**given))
        asyncio.run(import_file(own, upload, dry_run=got.dry_run, say=say))

    return run


def _undo_runner(say: Say) -> Callable[[argparse.Namespace, HqSettings], None]:
    def run(got: argparse.Namespace, own: HqSettings) -> None:
        asyncio.run(undo(own, got.id, say))

    return run


def read_file(path: Path) -> bytes:
    """The file's bytes. Raises `CommandFailed` for one that is too large, OSError when it cannot be read."""
    if path.stat().st_size > BYTES_MAX:
        raise CommandFailed(f"{path} is larger than {BYTES_MAX // 1_000_000} MB: split it")
    return path.read_bytes()


async def import_file(settings: HqSettings, upload: Upload, *, dry_run: bool, say: Say) -> None:
    """Check a file and apply it. What is not applied is not kept. Raises `CommandFailed` when it is refused."""
    name = upload.file_name
    async with application(settings) as database:
        import_id, report = await check(database, upload, say)
        await _say_problems(database, import_id, name, say)
        _say_report(report, say)
        if dry_run or report.refused_code or report.errors:
            async with database.transaction(Scope.everything()) as tx:
                await service.discard(tx, import_id)
        if report.refused_code:
            option = f" (--{report.refused_option.replace('_', '-')})" if report.refused_option else ""
            raise CommandFailed(f"{name}: {report.refused_detail} {report.refused_remedy}{option}")
        if report.errors:
            raise CommandFailed(f"{name} has {report.errors} error(s): nothing was changed")
        if dry_run:
            say("dry run: nothing was changed")
            return
        outcome = await apply(database, import_id)
    versions = ", ".join(f"{name} version {version}" for name, version in sorted(outcome.feed_versions.items()))
    say(f"import {import_id}: {outcome.changes} change(s) applied" + (f"; {versions}" if versions else ""))


async def check(database: Database, upload: Upload, say: Say) -> tuple[str, Report]:
    """Take a file in and check it here and now: (import id, what was found). Raises `Refused`."""
    clock, ids, progress = SystemClock(), id_source(), Progress()
    async with database.transaction(Scope.everything()) as tx:
        import_id = await service.receive(tx, upload, ids, person=AUTHOR, now_ms=clock.now_ms())
    telling = asyncio.create_task(_tell(progress, say))
    try:
        await service.check(database, import_id, clock, ids, progress)
    finally:
        telling.cancel()
    async with database.transaction(Scope.everything(), reading=True) as tx:
        return import_id, msgspec.json.decode((await service.get(tx, import_id)).report, type=Report)


async def apply(database: Database, import_id: str) -> Outcome:
    """Apply a checked import and note it. Raises `Refused`."""
    now_ms = SystemClock().now_ms()
    async with database.transaction(Scope.everything()) as tx:
        row, outcome, now = await service.apply(tx, import_id, person=AUTHOR, now_ms=now_ms)
        if now:
            what = {"kind": row.kind, "file": row.file_name, "sha256": row.sha256, "changes": outcome.changes}
            await audit.add(tx, COMMAND_LINE, Entry("import.applied", import_id, after=what), now_ms)
    return outcome


async def undo(settings: HqSettings, import_id: str, say: Say) -> None:
    """Take a whole import back. Raises `Refused`."""
    now_ms = SystemClock().now_ms()
    async with application(settings) as database, database.transaction(Scope.everything()) as tx:
        row, removed = await service.undo(tx, import_id, person=AUTHOR, now_ms=now_ms)
        what = {"kind": row.kind, "file": row.file_name, "removed": removed}
        await audit.add(tx, COMMAND_LINE, Entry("import.undone", import_id, after=what), now_ms)
    say(f"import {import_id} is taken back: {removed} row(s) removed")


async def _tell(progress: Progress, say: Say) -> None:
    told = 0
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        if progress.lines > told:
            told = progress.lines
            say(f"{told} lines read")


async def _say_problems(database: Database, import_id: str, name: str, say: Say) -> None:
    async with database.transaction(Scope.everything(), reading=True) as tx:
        found = await store.problems(tx, import_id, 0, PROBLEMS_KEPT)
    for _, problem in found:
        column = f" ({problem.column})" if problem.column else ""
        remedy = f". {problem.remedy}" if problem.remedy else ""
        say(f"{name}:{problem.line_no}: {problem.severity}{column}: {problem.problem}{remedy}")


def _say_report(report: Report, say: Say) -> None:
    if report.refused_code:
        return
    read = (report.format, report.encoding, report.delimiter, report.decimal and f"decimal {report.decimal}", report.sheet)
    zones = ", ".join(f"{name}: {zone}" for name, zone in sorted(report.time_zones.items()))
    say(f"read as {', '.join(part for part in read if part)}" + (f"; dates in {zones}" if zones else ""))
    say(
        f"{report.lines} lines: {report.changes} change(s), {report.unchanged} unchanged, "
        f"{report.errors} error(s), {report.warnings} warning(s)"
    )
    for note in report.notes:
        say(note)
