"""Answers of the EPCIS interface: query documents around the events as they are kept. Pure.

An event leaves as it came, with `recordTime` added; only the spelling of its pieces follows `GS1-EPC-Format`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import msgspec

from cloud.epcis.ids import link_of
from cloud.epcis.store import Kept

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
LINKS, URNS, AS_THEY_ARE = "Always_GS1_Digital_Link", "Always_EPC_URN", "No_Preference"
FORMATS = frozenset({LINKS, URNS, AS_THEY_ARE})

_SGTIN = re.compile(r'"(urn:epc:id:sgtin:[^"\\]+)"')
_encoder = msgspec.json.Encoder()
_context = msgspec.json.Decoder(list[msgspec.Raw])


class _Results(msgspec.Struct, frozen=True, rename="camel"):
    event_list: list[msgspec.Raw]


class _Query(msgspec.Struct, frozen=True, rename="camel"):
    query_name: str
    results_body: _Results


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    query_results: _Query


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    context: list[msgspec.Raw] = msgspec.field(name="@context")
    type: str
    schemaVersion: str  # noqa: N815 - the standard's own spelling
    creationDate: str  # noqa: N815 - the standard's own spelling
    epcisBody: _Body  # noqa: N815 - the standard's own spelling


class _Collection(msgspec.Struct, frozen=True, kw_only=True):
    context: str = msgspec.field(name="@context")
    type: str = "Collection"
    member: list[str]


def query_document(events: Sequence[Kept], query_name: str, epc_format: str, now_ms: int) -> bytes:
    """An EPCISQueryDocument of these events."""
    document = _Document(
        context=context_of(events),
        type="EPCISQueryDocument",
        schemaVersion="2.0",
        creationDate=utc(now_ms),
        epcisBody=_Body(_Query(query_name, _Results([_event(each, epc_format) for each in events]))),
    )
    return _encoder.encode(document)


def one_event(event: Kept, epc_format: str) -> bytes:
    """One event by itself, with its context."""
    context = _encoder.encode(context_of([event]))
    return b'{"@context":' + context + b"," + bytes(_event(event, epc_format))[1:]


def context_of(events: Sequence[Kept]) -> list[msgspec.Raw]:
    """The standard's context, and what the events' documents added to it."""
    extra = dict.fromkeys(bytes(part) for event in events for part in _context.decode(event.context))
    return [msgspec.Raw(_encoder.encode(CONTEXT)), *(msgspec.Raw(part) for part in extra)]


def collection(names: Sequence[str]) -> bytes:
    """A list of resources."""
    return _encoder.encode(_Collection(context=CONTEXT, member=list(names)))


def _event(event: Kept, epc_format: str) -> msgspec.Raw:
    body = event.body[:-1] + f',"recordTime":"{utc(event.recorded_ms)}"' + "}"
    if epc_format == LINKS:
        body = _SGTIN.sub(lambda found: f'"{link_of(found[1])}"', body)
    return msgspec.Raw(body.encode())


def utc(at_ms: int) -> str:
    """An instant as the standard writes it."""
    moment = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
