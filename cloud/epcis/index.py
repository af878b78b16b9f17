"""What of an event is asked for: its JSON read as far as queries need it. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from cloud.epcis.events import At
from cloud.epcis.ids import key_of, store_of, word_of


class ClassQuantity(msgspec.Struct, frozen=True, kw_only=True):
    epcClass: str = ""  # noqa: N815 - the standard's own spelling


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an event, of whatever type, that queries know. Unknown fields stay in the body."""

    type: str
    eventTime: str  # noqa: N815
    eventID: str = ""  # noqa: N815
    action: str = ""
    bizStep: str = ""  # noqa: N815
    disposition: str = ""
    readPoint: At | None = None  # noqa: N815
    bizLocation: At | None = None  # noqa: N815
    epcList: tuple[str, ...] = ()  # noqa: N815
    childEPCs: tuple[str, ...] = ()  # noqa: N815
    parentID: str = ""  # noqa: N815
    inputEPCList: tuple[str, ...] = ()  # noqa: N815
    outputEPCList: tuple[str, ...] = ()  # noqa: N815
    quantityList: tuple[ClassQuantity, ...] = ()  # noqa: N815
    childQuantityList: tuple[ClassQuantity, ...] = ()  # noqa: N815
    inputQuantityList: tuple[ClassQuantity, ...] = ()  # noqa: N815
    outputQuantityList: tuple[ClassQuantity, ...] = ()  # noqa: N815
    errorDeclaration: msgspec.Raw = msgspec.Raw()  # noqa: N815


_decoder = msgspec.json.Decoder(Seen)


@dataclass(frozen=True)
class EventRow:
    """An event as it is kept."""

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
    context: str = "[]"


def row_of(body: bytes, *, captured: bool, context: str = "[]", event_id: str = "") -> EventRow:
    """An event's JSON with what is asked of it. Raises `ValueError` for what is no event."""
    seen = _decoder.decode(body)
    read_point = "" if seen.readPoint is None else seen.readPoint.id
    biz_location = "" if seen.bizLocation is None else seen.bizLocation.id
    pieces = list(dict.fromkeys(key_of(epc) for epc in (*seen.epcList, *seen.childEPCs)))
    every = list(dict.fromkeys([*pieces, *(key_of(epc) for epc in _others(seen))]))
    return EventRow(
        store_id=store_of(read_point) or store_of(biz_location),
        event_id=event_id or seen.eventID,
        event_ms=instant_ms(seen.eventTime),
        event_type=seen.type,
        action=seen.action,
        biz_step=word_of(seen.bizStep),
        disposition=word_of(seen.disposition),
        read_point=read_point,
        biz_location=biz_location,
        epcs=pieces,
        any_epcs=every,
        is_error=bool(bytes(seen.errorDeclaration)),
        captured=captured,
        body=body.decode(),
        context=context,
    )


def _others(seen: Seen) -> Iterator[str]:
    if seen.parentID:
        yield seen.parentID
    yield from seen.inputEPCList
    yield from seen.outputEPCList
    for quantities in (seen.quantityList, seen.childQuantityList, seen.inputQuantityList, seen.outputQuantityList):
        yield from (each.epcClass for each in quantities if each.epcClass)


def instant_ms(text: str) -> int:
    """An instant with its offset in milliseconds since 1970 UTC. Raises `ValueError`."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset from UTC")
    return int(moment.timestamp() * 1000)
