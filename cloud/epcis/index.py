"""An event as it is kept: what queries ask of it beside its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cloud.epcis.ids import store_of, word_of
from protocols.epcis.document import CONTEXT, Event, read_event

RECORD_TIME = "recordTime"
"""Ours to say: it is left out of what is kept and told with every answer."""


@dataclass(frozen=True)
class EventRow:
    """An event as it is kept. `context`: prefixes its document declared, as a JSON object."""

    store_id: str
    event_id: str
    event_ms: int
    event_type: str
    action: str
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    epcs: list[str]
    any_epcs: list[str]
    is_error: bool
    captured: bool
    body: str
    context: str


def row_of(event: Event, prefixes: Mapping[str, str], *, captured: bool) -> EventRow:
    """A checked event with what is asked of it."""
    every = [*event.things, *((event.parent_id,) if event.parent_id else ()), *event.classes]
    return EventRow(
        store_id=store_of(event.read_point) or store_of(event.biz_location),
        event_id=event.event_id,
        event_ms=event.at_ms,
        event_type=event.kind,
        action=event.action,
        biz_step=word_of(event.biz_step),
        disposition=word_of(event.disposition),
        read_point=event.read_point,
        biz_location=event.biz_location,
        epcs=list(event.things),
        any_epcs=list(dict.fromkeys(every)),
        is_error=event.is_declaration,
        captured=captured,
        body=_kept(event).decode(),
        context=msgspec.json.encode(dict(prefixes)).decode(),
    )


def _kept(event: Event) -> bytes:
    """Its JSON with its id and without `recordTime`."""
    value = msgspec.json.decode(event.json, type=dict[str, msgspec.Raw])
    value.pop(RECORD_TIME, None)
    if "eventID" not in value:
        value["eventID"] = msgspec.Raw(msgspec.json.encode(event.event_id))
    return msgspec.json.encode(value)


def own_row(event: bytes) -> EventRow:
    """An event of our own making, checked like anybody's. Raises `EpcisRefused`."""
    read, prefixes = read_event(b'{"@context":' + msgspec.json.encode(CONTEXT) + b"," + event[1:])
    return row_of(read, prefixes, captured=False)
