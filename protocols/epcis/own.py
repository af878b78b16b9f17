"""Events of our own making: what a store did with goods, as an ObjectEvent whose id is its hash.

The id follows from what happened, so an event told twice, after a replay or from a restored database, is one event.

| what a store does            | business step      | disposition              |
|------------------------------|--------------------|--------------------------|
| goods come in                | `receiving`        | `in_progress`            |
| from the back to the floor   | `stocking`         | `sellable_accessible`    |
| from the floor to the back   | `storing`          | `sellable_not_accessible` |
| held back                    | `holding`          | `non_sellable_other`, `recalled` |
| sold                         | `retail_selling`   | `retail_sold`            |
| brought back by a customer   | `receiving`        | `returned`               |
| sent to another store        | `shipping`         | `in_transit`             |
| counted                      | `cycle_counting`, `stock_taking` | `sellable_accessible`, `sellable_not_accessible` |
| written off                  | `destroying`, `decommissioning` | `destroyed`, `damaged`, `expired`, `stolen` |
| unsold at the exit           | `entering_exiting` | `unknown`, `stolen`      |
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from protocols.epcis.hashing import hash_id
from protocols.epcis.times import time_text

KILOGRAM = "KGM"


@dataclass(frozen=True, slots=True)
class ClassQuantity:
    """So much of a class of goods: whole pieces, or with `uom` a measure in thousandths of it."""

    epc_class: str
    quantity_thousandths: int
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something a store did. Ids are URIs; `offset` is the store's, such as `+08:00`."""

    at_ms: int
    offset: str
    biz_step: str
    disposition: str
    action: str = "OBSERVE"
    epcs: tuple[str, ...] = ()
    quantities: tuple[ClassQuantity, ...] = ()
    read_point: str = ""
    biz_location: str = ""
    transactions: tuple[tuple[str, str], ...] = ()
    """Kind (empty: of none the vocabulary has) and id."""
    sources: tuple[tuple[str, str], ...] = ()
    destinations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """That an event was wrong, and which ones stand in its place."""

    at_ms: int
    reason: str
    corrective_ids: tuple[str, ...] = ()


def write_event(happened: Happened) -> tuple[str, bytes]:
    """Its id and its JSON."""
    value = _value(happened)
    event_id = hash_id(value, {})
    return event_id, msgspec.json.encode({"type": value["type"], "eventID": event_id, **value})


def write_declaration(happened: Happened, declared: Declared) -> tuple[str, bytes]:
    """The same event once more, under the same id, declared wrong (EPCIS 2.0, section 7.4.1.4)."""
    value = _value(happened)
    event_id = hash_id(value, {})
    declaration: dict[str, object] = {"declarationTime": time_text(declared.at_ms), "reason": declared.reason}
    if declared.corrective_ids:
        declaration["correctiveEventIDs"] = list(declared.corrective_ids)
    whole = {"type": value["type"], "eventID": event_id, **value, "errorDeclaration": declaration}
    return event_id, msgspec.json.encode(whole)


def _value(happened: Happened) -> dict[str, object]:
    value: dict[str, object] = {
        "type": "ObjectEvent",
        "eventTime": time_text(happened.at_ms, happened.offset),
        "eventTimeZoneOffset": happened.offset,
        "action": happened.action,
        "bizStep": happened.biz_step,
        "disposition": happened.disposition,
    }
    if happened.epcs:
        value["epcList"] = list(happened.epcs)
    if happened.quantities:
        value["quantityList"] = [_quantity(each) for each in happened.quantities]
    for name, place in (("readPoint", happened.read_point), ("bizLocation", happened.biz_location)):
        if place:
            value[name] = {"id": place}
    if happened.transactions:
        value["bizTransactionList"] = [
            {**({"type": kind} if kind else {}), "bizTransaction": each} for kind, each in happened.transactions
        ]
    for name, item, parties in (
        ("sourceList", "source", happened.sources),
        ("destinationList", "destination", happened.destinations),
    ):
        if parties:
            value[name] = [{"type": kind, item: party} for kind, party in parties]
    return value


def _quantity(each: ClassQuantity) -> dict[str, object]:
    whole, rest = divmod(each.quantity_thousandths, 1000)
    amount: int | float = whole if rest == 0 else each.quantity_thousandths / 1000
    return {"epcClass": each.epc_class, "quantity": amount, **({"uom": each.uom} if each.uom else {})}
