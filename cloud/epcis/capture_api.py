"""Routes that take events: `POST /capture` with its jobs, and `POST /events` for one."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Header, Request, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.epcis import capture, store
from cloud.epcis.api import LD_JSON, PerPage, Token, answer, next_link
from cloud.epcis.headers import EpcFormat
from cloud.epcis.index import EventRow
from cloud.epcis.problems import EpcisRefused
from cloud.epcis.query import PAGE_DEFAULT
from cloud.epcis.store import Capture
from cloud.refusals import Invalid
from cloud.web.access import Asking, ChainReader, StockRuler
from cloud.web.cursors import encode_cursor, text_cursor
from protocols.epcis.times import utc_text

router = APIRouter(prefix="/epcis", tags=["epcis"])
JSON_TYPES = ("application/json", LD_JSON)
LAST = "\U0010ffff"
Behaviour = Annotated[str, Header(alias="GS1-Capture-Error-Behaviour", pattern="^(rollback|proceed)$")]


def _need_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise EpcisRefused("UnsupportedMediaTypeException", 415, f"Send {' or '.join(JSON_TYPES)}.")


class _Job(msgspec.Struct, frozen=True, omit_defaults=False):
    captureID: str  # noqa: N815 - the standard's own spelling
    createdAt: str  # noqa: N815
    finishedAt: str | None  # noqa: N815
    running: bool
    success: bool
    captureErrorBehaviour: str  # noqa: N815
    events: int
    """Kept by this job: not those that were kept before."""
    errors: msgspec.Raw


def _job(job: Capture) -> _Job:
    finished = None if job.finished_ms is None else utc_text(job.finished_ms)
    return _Job(
        captureID=job.capture_id,
        createdAt=utc_text(job.created_ms),
        finishedAt=finished,
        running=finished is None,
        success=job.success,
        captureErrorBehaviour=job.behaviour,
        events=job.events,
        errors=msgspec.Raw(job.errors.encode()),
    )


@router.post("/capture", status_code=202)
async def capture_document(
    request: Request, asking: StockRuler, _: EpcFormat, behaviour: Behaviour = capture.ROLLBACK
) -> Response:
    """Take an EPCISDocument: the answer names the job, `GET /capture/{id}` says what became of it."""
    _need_json(request)
    found = await asyncio.to_thread(capture.read, await request.body(), behaviour)
    capture_id = asking.hq.ids.new()
    job = {"capture_id": capture_id, "behaviour": behaviour, "person": asking.person.login}

    async def use_case(tx: Connection) -> Done[Capture]:
        done = await capture.keep(tx, found, job, asking.now_ms)
        after = {"events": done.events, "success": done.success, "errors": len(found.errors)}
        return Done(done, Entry("epcis_capture.taken", capture_id, after=after))

    done = await asking.change(use_case)
    location = {"Location": f"/epcis/capture/{capture_id}"}
    return answer(msgspec.json.encode(_job(done)), status=202, headers=location)


@router.get("/capture")
async def jobs(
    request: Request, asking: ChainReader, _: EpcFormat, per_page: PerPage = PAGE_DEFAULT, token: Token = ""
) -> Response:
    """Capture jobs, the newest first."""
    try:
        before = text_cursor(token or None) or LAST
    except Invalid as error:
        raise EpcisRefused("QueryParameterException", 400, "nextPageToken: not one of this list.") from error
    async with asking.read() as tx:
        rows = await store.captures(tx, before, per_page + 1)
    headers = {}
    if len(rows) > per_page:
        rows = rows[:per_page]
        headers = next_link(request, request.query_params.multi_items(), encode_cursor(rows[-1].capture_id))
    return answer(msgspec.json.encode([_job(row) for row in rows]), headers=headers)


@router.get("/capture/{capture_id}")
async def job(capture_id: str, asking: ChainReader, _: EpcFormat) -> Response:
    """What became of a capture."""
    async with asking.read() as tx:
        found = await store.capture(tx, capture_id)
    if found is None:
        raise EpcisRefused("NoSuchResourceException", 404, f"There is no capture job '{capture_id[:60]}'.")
    return answer(msgspec.json.encode(_job(found)))


@router.post("/events", status_code=201)
async def capture_event(request: Request, asking: StockRuler, _: EpcFormat) -> Response:
    """Take one event with its own context; 409 when its id is taken."""
    _need_json(request)
    row = await asyncio.to_thread(capture.read_one, await request.body())
    event_id = await _keep_one(asking, row)
    return answer(b"{}", status=201, headers={"Location": f"/epcis/events/{quote(event_id, safe='')}"})


async def _keep_one(asking: Asking, row: EventRow) -> str:
    async def use_case(tx: Connection) -> Done[str]:
        if not row.is_error and await store.known(tx, [row.event_id]):
            raise EpcisRefused("ResourceAlreadyExistsException", 409, f"There is an event '{row.event_id[:120]}' already.")
        await store.add(tx, [row], asking.now_ms)
        return Done(row.event_id, Entry("epcis_capture.taken", row.event_id, after={"events": 1}))

    return await asking.change(use_case)
