"""EPCIS documents: read strictly, written from values of our own. Both ways an event also has its hash id.

What is read keeps its JSON as it came, extensions and all; the fields a store is asked by stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from protocols.epcis.check import CONTEXT_PREFIXES, Checking, Fault, Json, fields, need
from protocols.epcis.check import anything as _anything
from protocols.epcis.check import exactly as _exactly
from protocols.epcis.check import text as _text
from protocols.epcis.check import time as _time
from protocols.epcis.check import uri as _uri
from protocols.epcis.events import check_event
from protocols.epcis.hashing import hash_id
from protocols.epcis.identifiers import canonical
from protocols.epcis.times import time_ms, time_text

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SCHEMA_VERSION = "2.0"
EVENTS_MAX = 1_000
"""Events in one document (the capture limit). More: send several documents."""
BYTES_MAX = 4_000_000
_CONTEXTS = ("https://ref.gs1.org/standards/epcis/", "https://gs1.github.io/EPCIS/")


def _node(checking: Checking, path: str, value: Json) -> None:
    """A URI, or a name that holds inside this document only."""
    if not (isinstance(value, str) and value.startswith("_:")):
        _uri(checking, path, value)


_HEAD = {
    "@context": _anything,
    "id": _node,
    "type": _exactly("EPCISDocument"),
    "schemaVersion": _exactly("2.0", "2.0.0", "2.0.1"),
    "creationDate": _time,
    "instanceIdentifier": _text,
    "sender": _text,
    "receiver": _text,
    "epcisHeader": _anything,
    "epcisBody": _anything,
}
_THINGS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_CLASSES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


class EpcisRefused(ValueError):
    """A document or an event breaks the standard. `faults`: at most `FAULTS_MAX`; `more`: so many beyond."""

    def __init__(self, faults: Sequence[Fault], more: int = 0) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.text}" for fault in faults[:3]))
        self.faults = tuple(faults)
        self.more = more


@dataclass(frozen=True, slots=True)
class Event:
    """One event that keeps the standard. Ids in `things`, `parent_id` and `classes` are canonical links, `json`
    is as it came."""

    kind: str
    event_id: str
    """As told, or the hash id when none was."""
    at_ms: int
    offset: str
    action: str
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    things: tuple[str, ...]
    parent_id: str
    classes: tuple[str, ...]
    transactions: tuple[tuple[str, str], ...]
    """Kind and id."""
    error_reason: str
    """Empty unless it declares that the event of its id was wrong."""
    is_declaration: bool
    json: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A document that keeps the standard. `prefixes`: what its context declares beyond the standard's own."""

    created_ms: int
    prefixes: Mapping[str, str]
    events: tuple[Event, ...]


def read_document(data: bytes) -> Document:
    """Read a document of events. Raises `EpcisRefused` with every fault."""
    checking = Checking()
    value = _parsed(data)
    if not isinstance(value, dict):
        raise EpcisRefused([Fault("", "is no JSON object")])
    prefixes = _prefixes(checking, value.get("@context"))
    fields(checking, "", value, _HEAD)
    need(checking, "", value, "@context", "type", "schemaVersion", "creationDate", "epcisBody")
    body = value.get("epcisBody")
    events = body.get("eventList") if isinstance(body, dict) else None
    if not isinstance(events, list):
        checking.fault("epcisBody.eventList", "is missing, or no list")
        events = []
    if len(events) > EVENTS_MAX:
        raise EpcisRefused([Fault("epcisBody.eventList", f"has {len(events)} events; at most {EVENTS_MAX}")])
    for index, event in enumerate(events):
        check_event(checking, f"epcisBody.eventList[{index}]", event)
    _end(checking)
    created_ms = time_ms(value["creationDate"])
    assert created_ms is not None
    return Document(created_ms, prefixes, tuple(_event(event, prefixes) for event in events))


def read_event(data: bytes) -> tuple[Event, Mapping[str, str]]:
    """Read a single event, which carries its own context. Raises `EpcisRefused` with every fault."""
    checking = Checking()
    value = _parsed(data)
    if not isinstance(value, dict):
        raise EpcisRefused([Fault("", "is no JSON object")])
    prefixes = _prefixes(checking, value.get("@context"))
    check_event(checking, "event", value)
    _end(checking)
    return _event({name: each for name, each in value.items() if name != "@context"}, prefixes), prefixes


def write_document(events: Iterable[bytes], created_ms: int, prefixes: Mapping[str, str] | None = None) -> bytes:
    """A document of events as JSON bytes, such as `Event.json` or what `protocols.epcis.own` makes."""
    return _written("EPCISDocument", created_ms, prefixes, {"eventList": [msgspec.Raw(event) for event in events]})


def write_answer(events: Iterable[bytes], query: str, created_ms: int, prefixes: Mapping[str, str] | None = None) -> bytes:
    """The answer to a query, by its name, as JSON bytes."""
    found = {"eventList": [msgspec.Raw(event) for event in events]}
    body = {"queryResults": {"queryName": query, "resultsBody": found}}
    return _written("EPCISQueryDocument", created_ms, prefixes, body)


def _written(kind: str, created_ms: int, prefixes: Mapping[str, str] | None, body: Mapping[str, object]) -> bytes:
    document = {
        "@context": [CONTEXT, *([dict(prefixes)] if prefixes else [])],
        "type": kind,
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": time_text(created_ms),
        "epcisBody": body,
    }
    return msgspec.json.encode(document)


def _parsed(data: bytes) -> Json:
    if len(data) > BYTES_MAX:
        raise EpcisRefused([Fault("", f"has {len(data)} bytes; at most {BYTES_MAX}")])
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise EpcisRefused([Fault("", f"is no JSON: {error}")]) from error


def _prefixes(checking: Checking, context: Json) -> dict[str, str]:
    """Note which prefixes a context declares, and that it is EPCIS's at all."""
    parts = context if isinstance(context, list) else [context]
    if not any(isinstance(part, str) and part.startswith(_CONTEXTS) for part in parts):
        checking.fault("@context", f"does not name the EPCIS context: {CONTEXT}")
    own: dict[str, str] = {}
    for part in parts:
        if isinstance(part, dict):
            own.update({name: each for name, each in part.items() if isinstance(each, str) and not name.startswith("@")})
    checking.prefixes = CONTEXT_PREFIXES | own.keys()
    return own


def _end(checking: Checking) -> None:
    if checking.faults:
        raise EpcisRefused([Fault(fault.path.lstrip("."), fault.text) for fault in checking.faults], checking.more)


def _event(value: dict[str, Json], prefixes: Mapping[str, str]) -> Event:
    """The fields a store is asked by, of an event that was checked."""
    declaration = value.get("errorDeclaration")
    at_ms = time_ms(value["eventTime"])
    assert at_ms is not None
    return Event(
        kind=str(value["type"]),
        event_id=_said(value, "eventID") or hash_id(value, prefixes),
        at_ms=at_ms,
        offset=_said(value, "eventTimeZoneOffset"),
        action=_said(value, "action"),
        biz_step=_said(value, "bizStep"),
        disposition=_said(value, "disposition"),
        read_point=_place(value, "readPoint"),
        biz_location=_place(value, "bizLocation"),
        things=tuple(dict.fromkeys(canonical(str(each)) for name in _THINGS for each in _listed(value, name))),
        parent_id=canonical(_said(value, "parentID")),
        classes=tuple(
            dict.fromkeys(canonical(_said(each, "epcClass")) for name in _CLASSES for each in _listed(value, name))
        ),
        transactions=tuple(
            (_said(each, "type"), _said(each, "bizTransaction")) for each in _listed(value, "bizTransactionList")
        ),
        error_reason=_said(declaration, "reason"),
        is_declaration=declaration is not None,
        json=msgspec.json.encode(value),
    )


def _said(value: Json, name: str) -> str:
    return str(value.get(name, "")) if isinstance(value, dict) else ""


def _place(value: Json, name: str) -> str:
    return canonical(_said(value.get(name), "id")) if isinstance(value, dict) else ""


def _listed(value: Json, name: str) -> list[Json]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
