"""Routes of imports: upload, watch the check, read the problems by line, apply, take back.

A file comes as the raw body, or as the first file of a multipart form; both in one request of at most 20 MB. What the person
chooses stands in the query.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.imports import service, store
from cloud.imports.checks import Checks
from cloud.imports.domain import WARN_PERCENT, Choices, ImportKind, Outcome, Report
from cloud.imports.kinds import KINDS
from cloud.imports.schemas import (
    ChoicesView,
    ColumnView,
    ImportPage,
    ImportView,
    Kinds,
    KindView,
    ProblemPage,
    ProblemView,
    RefusedByStore,
    RefusedByStores,
    ReportView,
    StoreAnswers,
    Undone,
)
from cloud.imports.service import Upload
from cloud.imports.store import FileRow
from cloud.refusals import Forbidden, Invalid
from cloud.stock import opening
from cloud.tables.values import BYTES_MAX
from cloud.users.domain import Right
from cloud.web.access import Asking, Needs
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

UPLOADS = "/api/v1/imports/"
UPLOAD_BYTES_MAX = BYTES_MAX + 64 * 1024
"""The file and what a form puts around it."""
REFUSED_SHOWN = 1_000

router = APIRouter(prefix="/api/v1", tags=["imports"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
Importer = Annotated[Asking, Depends(Needs(Right.READ, whole_chain=True))]
"""Somebody of the whole chain; the kind of import says which right they need."""
Word = Annotated[str, Query(max_length=64)]


def chosen(
    zone: Word = "",
    store: Word = "",
    time_zone: Word = "",
    warn_percent: Annotated[int, Query(ge=1, le=10_000, description="Warn of larger price changes")] = WARN_PERCENT,
    encoding: Word = "",
    delimiter: Word = "",
    decimal: Word = "",
    sheet: Word = "",
) -> Choices:
    """Dependency: what the person chose; empty = from the file."""
    return Choices(
        zone=zone,
        store=store,
        time_zone=time_zone,
        warn_percent=warn_percent,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        sheet=sheet,
    )


Chosen = Annotated[Choices, Depends(chosen)]


def _checks(request: Request) -> Checks:
    checks = request.app.state.import_checks
    assert isinstance(checks, Checks)
    return checks


Checking = Annotated[Checks, Depends(_checks)]


def _need(asking: Asking, kind: ImportKind) -> None:
    if not asking.person.may(kind.right):
        raise Forbidden("no_right", f"The role '{asking.person.role}' lacks '{kind.right}'.", "Ask an administrator.")


def _view(row: FileRow, answers: list[opening.Answers] | None = None) -> ImportView:
    outcome = msgspec.json.decode(row.outcome, type=Outcome) if row.outcome else None
    report = msgspec.json.decode(row.report, type=Report) if row.report else None
    fields = asdict(row)
    for name in ("choices", "report", "outcome", "beat_ms"):
        del fields[name]
    return ImportView(
        **fields,
        choices=ChoicesView(**msgspec.to_builtins(msgspec.json.decode(row.choices, type=Choices))),
        report=None if report is None else ReportView(**msgspec.to_builtins(report)),
        changed=None if outcome is None else outcome.changes,
        feed_versions={} if outcome is None else outcome.feed_versions,
        answers=[StoreAnswers(**asdict(row)) for row in answers or []],
    )


def _zone(row: FileRow) -> str:
    return msgspec.json.decode(row.choices, type=Choices).zone


def _noted(row: FileRow, **after: object) -> dict[str, object]:
    """What the audit trail says of a file."""
    return {"kind": row.kind, "file": row.file_name, "sha256": row.sha256, **after}


@router.get("/import-kinds")
async def list_kinds(asking: Importer) -> Kinds:  # noqa: ARG001 - asks who it is
    """The kinds of import, the columns they know and what may be chosen."""
    rows = [
        KindView(
            kind=kind.name,
            right=kind.right,
            columns=[ColumnView(name=column.name, titles=list(column.titles)) for column in kind.columns],
            needed=[list(names) for names in kind.needed],
            options=list(kind.options),
            can_undo=kind.undo is not None,
            sent_to_stores=kind.sent_to_stores,
        )
        for kind in KINDS.values()
    ]
    return Kinds(rows=rows)


@router.get("/imports")
async def list_imports(
    asking: Importer, kind: str | None = None, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> ImportPage:
    """Imports, newest first."""
    async with asking.read() as tx:
        rows = await store.list_files(tx, kind, text_cursor(after), limit)
    next_cursor = encode_cursor(rows[-1].import_id) if len(rows) == limit else None
    return ImportPage(rows=[_view(row) for row in rows], next=next_cursor)


@router.post("/imports/{kind}", response_model=ImportView)
async def upload(
    kind: str,
    request: Request,
    asking: Importer,
    choices: Chosen,
    once: Once,
    checks: Checking,
    name: Annotated[str, Query(max_length=200, description="The file's name")] = "",
) -> Response:
    """Bring a file (raw body or multipart); it is checked at once. Nothing changes before it is applied."""
    _need(asking, service.kind_of(kind))
    content, form_name = await _file_of(request)
    made: list[str] = []

    async def use_case(tx: Connection) -> Done[ImportView]:
        brought = Upload(kind, name or form_name, content, choices)
        import_id = await service.receive(tx, brought, asking.hq.ids, person=asking.person.login, now_ms=asking.now_ms)
        made.append(import_id)
        row = await service.get(tx, import_id)
        after = _noted(row, size_bytes=row.size_bytes)
        return Done(_view(row), Entry("import.uploaded", import_id, zone=_zone(row), after=after))

    answer = await write(asking, once, use_case)
    for import_id in made:
        checks.begin(import_id)
    return answer


async def _file_of(request: Request) -> tuple[bytes, str]:
    """The file's bytes and the name the form gave it. Raises `Invalid`."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body(), ""
    async with request.form(max_files=1, max_fields=20) as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read(), value.filename or ""
    raise Invalid.field("file", "the form holds no file", "Send the file as one part of the form, or as the raw body.")


@router.get("/imports/{import_id}")
async def get_import(import_id: str, asking: Importer, checks: Checking) -> ImportView:
    """How far an import has come. Asking also begins anew a check that died with its process."""
    async with asking.read() as tx:
        row = await service.get(tx, import_id)
        answers = await opening.answers(tx, import_id) if service.kind_of(row.kind).sent_to_stores else []
    if service.waits_for_check(row, asking.now_ms):
        checks.begin(import_id)
    return _view(row, answers)


@router.get("/imports/{import_id}/problems")
async def list_problems(
    import_id: str, asking: Importer, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> ProblemPage:
    """What is wrong in the file, in the order of its lines."""
    async with asking.read() as tx:
        await service.get(tx, import_id)
        found = await store.problems(tx, import_id, number_cursor(after), limit)
    rows = [ProblemView(**asdict(problem)) for _, problem in found]
    return ProblemPage(rows=rows, next=encode_cursor(found[-1][0]) if len(found) == limit else None)


@router.get("/imports/{import_id}/refused-by-stores")
async def list_refused(import_id: str, asking: Importer) -> RefusedByStores:
    """Lines of opening stock that stores did not take, with the reason."""
    async with asking.read() as tx:
        await service.get(tx, import_id)
        rows = await opening.refused(tx, import_id, REFUSED_SHOWN)
    return RefusedByStores(rows=[RefusedByStore(**asdict(row)) for row in rows])


@router.post("/imports/{import_id}/check", response_model=ImportView)
async def check_again(import_id: str, asking: Importer, choices: Chosen, once: Once, checks: Checking) -> Response:
    """Check a file again, after things changed or with other choices."""

    async def use_case(tx: Connection) -> Done[ImportView]:
        _need(asking, service.kind_of((await service.get(tx, import_id)).kind))
        await service.check_again(tx, import_id, choices)
        row = await service.get(tx, import_id)
        after = _noted(row, choices=choices)
        return Done(_view(row), Entry("import.checked_again", import_id, zone=_zone(row), after=after))

    answer = await write(asking, once, use_case)
    checks.begin(import_id)
    return answer


@router.post("/imports/{import_id}/apply", response_model=ImportView)
async def apply(import_id: str, asking: Importer, once: Once) -> Response:
    """Apply a checked file, all of it or nothing. Applying it again changes nothing."""

    async def use_case(tx: Connection) -> Done[ImportView]:
        _need(asking, service.kind_of((await service.get(tx, import_id)).kind))
        row, outcome, now = await service.apply(tx, import_id, person=asking.person.login, now_ms=asking.now_ms)
        after = _noted(row, changes=outcome.changes, feed_versions=outcome.feed_versions)
        entry = Entry("import.applied", import_id, zone=_zone(row), after=after)
        return Done(_view(await service.get(tx, import_id)), entry if now else None)

    return await write(asking, once, use_case)


@router.delete("/imports/{import_id}", status_code=204)
async def discard(import_id: str, asking: Importer) -> None:
    """Forget a file that is not applied."""

    async def use_case(tx: Connection) -> Done[None]:
        _need(asking, service.kind_of((await service.get(tx, import_id)).kind))
        row = await service.discard(tx, import_id)
        return Done(None, Entry("import.discarded", import_id, zone=_zone(row), after=_noted(row)))

    await asking.change(use_case)


@router.post("/imports/{import_id}/undo", response_model=Undone)
async def undo(import_id: str, asking: Importer, once: Once) -> Response:
    """Take a whole import back, where its kind allows that."""

    async def use_case(tx: Connection) -> Done[Undone]:
        _need(asking, service.kind_of((await service.get(tx, import_id)).kind))
        row, removed = await service.undo(tx, import_id, person=asking.person.login, now_ms=asking.now_ms)
        entry = Entry("import.undone", import_id, zone=_zone(row), after=_noted(row, removed=removed))
        return Done(Undone(import_id=import_id, removed=removed), entry)

    return await write(asking, once, use_case)
