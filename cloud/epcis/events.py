"""Our own facts as EPCIS 2.0 events (CBV 2.0 words). Pure.

| fact                 | bizStep            | disposition                                                    |
|----------------------|--------------------|----------------------------------------------------------------|
| goods received       | receiving          | in_progress                                                    |
| to the sales floor   | stocking           | sellable_accessible                                            |
| to the back room     | storing            | sellable_not_accessible                                        |
| to quarantine        | holding            | non_sellable_other                                             |
| transfer sent        | shipping           | in_transit                                                     |
| sold                 | retail_selling     | retail_sold                                                    |
| came back            | receiving          | returned                                                       |
| counted              | cycle_counting, stock_taking when everything was | by the place                     |
| written off          | decommissioning    | by the reason                                                  |
| alarm at the gate    | entering_exiting   | unknown, stolen once somebody has said so                      |

An alarm that was none is taken back: an error declaration under the first event's id.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import structs

from cloud.epcis.ids import goods_class, location, transaction


class At(msgspec.Struct, frozen=True, kw_only=True):
    """A read point or a business location."""

    id: str


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A document an event belongs to. `type` empty: none of the vocabulary's."""

    type: str = ""
    biz_transaction: str


class Quantity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So much of a class of goods; `uom` empty: pieces."""

    epcClass: str  # noqa: N815 - the standard's own spelling
    quantity: int | float
    uom: str = ""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where goods go."""

    type: str
    destination: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where goods come from."""

    type: str
    source: str


class ErrorDeclaration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The event never happened, or not so."""

    declarationTime: str  # noqa: N815 - the standard's own spelling
    reason: str
    correctiveEventIDs: tuple[str, ...] = ()  # noqa: N815 - the standard's own spelling


class ObjectEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to goods somewhere (EPCIS 2.0 section 7.4.2). Names as the standard spells them."""

    type: str
    eventTime: str  # noqa: N815
    eventTimeZoneOffset: str  # noqa: N815
    eventID: str = ""  # noqa: N815
    errorDeclaration: ErrorDeclaration | None = None  # noqa: N815
    epcList: tuple[str, ...] = ()  # noqa: N815
    quantityList: tuple[Quantity, ...] = ()  # noqa: N815
    action: str
    bizStep: str  # noqa: N815
    disposition: str = ""
    readPoint: At  # noqa: N815
    bizLocation: At | None = None  # noqa: N815
    bizTransactionList: tuple[Transaction, ...] = ()  # noqa: N815
    sourceList: tuple[Source, ...] = ()  # noqa: N815
    destinationList: tuple[Destination, ...] = ()  # noqa: N815


@dataclass(frozen=True)
class GoodsLine:
    """A line of what a store reported. `gtin` empty: its class cannot be told; quantities in thousandths."""

    gtin: str
    batch: str
    quantity_thousandths: int
    weighed: bool
    epcs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Happening:
    """A document of a store. `kind`: receipt, relocation, transfer, write_off, sale, return, count, gate, gate_stolen."""

    kind: str
    store_id: str
    document_id: str
    at_ms: int
    time_zone: str
    place: str
    to_place: str = ""
    other_store: str = ""
    reason: str = ""
    reference: str = ""
    lines: tuple[GoodsLine, ...] = ()


PLACE_DISPOSITION = {
    "sales_floor": "sellable_accessible",
    "back_room": "sellable_not_accessible",
    "fitting_room": "sellable_not_accessible",
    "transit": "in_transit",
    "quarantine": "non_sellable_other",
}
WRITE_OFF_DISPOSITION = {
    "damaged": "damaged",
    "expired": "expired",
    "stolen": "stolen",
    "lost": "unknown",
    "recalled": "recalled",
    "own_use": "inactive",
    "sample": "inactive",
}


def event_of(what: Happening) -> ObjectEvent | None:
    """The event of a document, without its id; None when no piece and no class of goods can be told."""
    epcs = tuple(dict.fromkeys(epc for line in what.lines for epc in line.epcs if epc))
    quantities = tuple(_quantity(line) for line in what.lines if _by_class(line))
    if not epcs and not quantities:
        return None
    event = structs.replace(_shape(what), epcList=epcs, quantityList=quantities)
    documents = [Transaction(biz_transaction=transaction(what.store_id, what.document_id))]
    if what.reference and what.kind == "receipt":
        documents.append(Transaction(type="desadv", biz_transaction=transaction(what.store_id, what.reference)))
    return structs.replace(event, bizTransactionList=tuple(documents))


def _shape(what: Happening) -> ObjectEvent:
    here = location(what.store_id, what.place)
    event_time, offset = instant(what.at_ms, what.time_zone)
    step, disposition, action = _words(what)
    then = location(what.store_id, what.to_place) if what.kind == "relocation" else here
    event = ObjectEvent(
        type="ObjectEvent",
        eventTime=event_time,
        eventTimeZoneOffset=offset,
        action=action,
        bizStep=step,
        disposition=disposition,
        readPoint=At(id=here),
        bizLocation=None if what.kind in {"transfer", "sale", "gate", "gate_stolen"} else At(id=then),
    )
    if what.kind == "transfer":
        target = Destination(type="location", destination=location(what.other_store, "back_room"))
        return structs.replace(event, destinationList=(target,))
    if what.kind == "receipt" and what.other_store:
        origin = Source(type="location", source=location(what.other_store, "back_room"))
        return structs.replace(event, sourceList=(origin,))
    return event


def _words(what: Happening) -> tuple[str, str, str]:
    """(bizStep, disposition, action)."""
    match what.kind:
        case "receipt":
            return "receiving", "in_progress", "OBSERVE"
        case "relocation":
            step = {"sales_floor": "stocking", "quarantine": "holding"}.get(what.to_place, "storing")
            return step, PLACE_DISPOSITION.get(what.to_place, "in_progress"), "OBSERVE"
        case "transfer":
            return "shipping", "in_transit", "OBSERVE"
        case "sale":
            return "retail_selling", "retail_sold", "OBSERVE"
        case "return":
            return "receiving", "returned", "OBSERVE"
        case "count":
            step = "stock_taking" if what.reason == "whole" else "cycle_counting"
            return step, PLACE_DISPOSITION.get(what.place, "in_progress"), "OBSERVE"
        case "write_off" if what.reason == "to_supplier":
            return "shipping", "in_transit", "OBSERVE"
        case "write_off":
            return "decommissioning", WRITE_OFF_DISPOSITION.get(what.reason, "inactive"), "DELETE"
        case "gate_stolen":
            return "entering_exiting", "stolen", "OBSERVE"
        case _:
            return "entering_exiting", "unknown", "OBSERVE"


def _by_class(line: GoodsLine) -> bool:
    """Goods whose pieces were not read are told by their class."""
    return bool(line.gtin) and not line.epcs and line.quantity_thousandths > 0


def _quantity(line: GoodsLine) -> Quantity:
    thousandths = line.quantity_thousandths
    amount: int | float = thousandths // 1000 if thousandths % 1000 == 0 else thousandths / 1000
    return Quantity(epcClass=goods_class(line.gtin, line.batch), quantity=amount, uom="KGM" if line.weighed else "")


def mistaken(event: ObjectEvent, declared_ms: int, corrective: Sequence[str] = ()) -> ObjectEvent:
    """The same event, declared a mistake."""
    told, _ = instant(declared_ms, "UTC")
    said = ErrorDeclaration(declarationTime=told, reason="did_not_occur", correctiveEventIDs=tuple(corrective))
    return structs.replace(event, errorDeclaration=said)


def instant(at_ms: int, time_zone: str) -> tuple[str, str]:
    """(eventTime, eventTimeZoneOffset) of an instant in a store's time zone."""
    moment = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).astimezone(zoneinfo.ZoneInfo(time_zone))
    minutes = int((moment.utcoffset() or datetime.timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}"
    offset = f"{sign}{hours:02d}:{rest:02d}"
    return f"{text}{offset}", offset
