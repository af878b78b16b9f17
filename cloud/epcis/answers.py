"""Answers of the EPCIS interface: query documents around the events as they are kept. Pure.

An event leaves as it came, with `recordTime` added; only the spelling of its pieces follows `GS1-EPC-Format`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cloud.epcis.ids import with_links
from cloud.epcis.index import RECORD_TIME
from cloud.epcis.store import Kept
from protocols.epcis.document import CONTEXT, write_answer
from protocols.epcis.times import utc_text

LINKS, URNS, AS_THEY_ARE = "Always_GS1_Digital_Link", "Always_EPC_URN", "No_Preference"
FORMATS = frozenset({LINKS, URNS, AS_THEY_ARE})

_prefixes = msgspec.json.Decoder(dict[str, str])


def query_document(events: Sequence[Kept], query_name: str, epc_format: str, now_ms: int) -> bytes:
    """An EPCISQueryDocument of these events."""
    prefixes: dict[str, str] = {}
    for event in events:
        prefixes |= _prefixes.decode(event.context)
    return write_answer((_event(event, epc_format) for event in events), query_name, now_ms, prefixes)


def one_event(event: Kept, epc_format: str) -> bytes:
    """One event by itself, with its context."""
    prefixes = _prefixes.decode(event.context)
    context = msgspec.json.encode([CONTEXT, *([prefixes] if prefixes else [])])
    return b'{"@context":' + context + b"," + _event(event, epc_format)[1:]


def collection(names: Sequence[str]) -> bytes:
    """A list of resources."""
    return msgspec.json.encode({"@context": CONTEXT, "type": "Collection", "member": list(names)})


def _event(event: Kept, epc_format: str) -> bytes:
    body = event.body[:-1] + f',"{RECORD_TIME}":"{utc_text(event.recorded_ms)}"' + "}"
    return (with_links(body) if epc_format == LINKS else body).encode()
