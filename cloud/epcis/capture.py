"""Taking events of partners: a document as a job, or one event. Everything is checked strictly before anything is kept.

All or nothing (`rollback`, the default), or what is right of it (`proceed`). An event whose id is kept already is not kept
again: a document may be sent as often as a line drops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud.db.pool import Connection
from cloud.epcis import store
from cloud.epcis.headers import CAPTURE_EVENTS_MAX
from cloud.epcis.index import EventRow, row_of
from cloud.epcis.problems import EpcisProblem, EpcisRefused
from cloud.epcis.store import Capture
from protocols.epcis import document as documents

ERRORS_TOLD_MAX = 200
ROLLBACK, PROCEED = "rollback", "proceed"


@dataclass(frozen=True)
class Read:
    """A document as far as it could be read: events to keep, and what is wrong with the others."""

    rows: Sequence[EventRow]
    errors: Sequence[EpcisProblem]


def read(body: bytes, behaviour: str) -> Read:
    """Check a document. Takes a moment: call it in a thread. Raises `EpcisRefused` for what is no document or too large."""
    events = _events(body)
    if len(events) > CAPTURE_EVENTS_MAX:
        detail = f"The document has {len(events)} events; at most {CAPTURE_EVENTS_MAX} in one."
        raise EpcisRefused("CaptureLimitExceededException", 413, detail)
    try:
        whole = documents.read_document(body)
    except documents.EpcisRefused as refused:
        errors = _problems(refused)
        return Read((), errors) if behaviour == ROLLBACK else _one_by_one(body, events, errors)
    return Read([row_of(event, whole.prefixes, captured=True) for event in whole.events], ())


class _Body(msgspec.Struct, frozen=True):
    eventList: list[msgspec.Raw]  # noqa: N815 - the standard's own spelling


class _Document(msgspec.Struct, frozen=True):
    context: msgspec.Raw = msgspec.field(name="@context")
    epcisBody: _Body  # noqa: N815 - the standard's own spelling


_document = msgspec.json.Decoder(_Document)


def _events(body: bytes) -> list[msgspec.Raw]:
    try:
        return _document.decode(body).epcisBody.eventList
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EpcisRefused("ValidationException", 400, f"This is no EPCISDocument with an eventList: {error}") from error


def _one_by_one(body: bytes, events: Sequence[msgspec.Raw], errors: Sequence[EpcisProblem]) -> Read:
    """The events that are right; when all are, the document itself is wrong, and none is taken."""
    context = bytes(_document.decode(body).context)
    rows, wrong = [], []
    for number, event in enumerate(events):
        raw = bytes(event)
        try:
            found, prefixes = documents.read_event(b'{"@context":' + context + b"," + raw[raw.index(b"{") + 1 :])
        except documents.EpcisRefused as refused:
            wrong += _problems(refused, f"eventList[{number}]")
        except ValueError:
            wrong.append(_problem(f"eventList[{number}]: is no object"))
        else:
            rows.append(row_of(found, prefixes, captured=True))
    return Read(rows, wrong) if wrong else Read((), errors)


def _problems(refused: documents.EpcisRefused, at: str = "") -> list[EpcisProblem]:
    return [_problem(f"{at} {fault.path}: {fault.text}".strip()) for fault in refused.faults]


def _problem(detail: str) -> EpcisProblem:
    return EpcisProblem(type="epcisException:ValidationException", title="Bad Request", status=400, detail=detail)


def read_one(body: bytes) -> EventRow:
    """Check one event with its own context. Raises `EpcisRefused`."""
    try:
        event, prefixes = documents.read_event(body)
    except documents.EpcisRefused as refused:
        told = "; ".join(problem.detail for problem in _problems(refused)[:5])
        raise EpcisRefused("ValidationException", 400, told) from refused
    return row_of(event, prefixes, captured=True)


async def keep(tx: Connection, found: Read, job: Mapping[str, str], now_ms: int) -> Capture:
    """Keep what is right and the job's outcome. `job`: capture_id, behaviour and person."""
    taken = await store.known(tx, [row.event_id for row in found.rows if not row.is_error])
    fresh = [row for row in found.rows if row.is_error or row.event_id not in taken]
    await store.add(tx, fresh, now_ms)
    errors = msgspec.json.encode(list(found.errors[:ERRORS_TOLD_MAX])).decode()
    done = Capture(job["capture_id"], job["behaviour"], now_ms, now_ms, not found.errors, len(fresh), errors)
    await store.add_capture(tx, done, job["person"])
    return done
