"""Our own facts as EPCIS 2.0 events: which words of the vocabulary a store's document means. Pure.

An alarm at the gate that was none is taken back: an error declaration under the first event's id.
"""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass

from cloud.epcis.ids import goods_class, location, transaction
from protocols.epcis.own import KILOGRAM, ClassQuantity, Happened


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
PASSING = frozenset({"transfer", "sale", "gate", "gate_stolen"})
"""After these the goods are nowhere of ours: no business location."""


def happened(what: Happening) -> Happened | None:
    """The document as an event; None when no piece and no class of goods can be told."""
    epcs = tuple(dict.fromkeys(epc for line in what.lines for epc in line.epcs if epc))
    quantities = tuple(_quantity(line) for line in what.lines if _by_class(line))
    if not epcs and not quantities:
        return None
    step, disposition, action = _words(what)
    then = what.to_place if what.kind == "relocation" else what.place
    elsewhere = (("location", location(what.other_store, "back_room")),) if what.other_store else ()
    return Happened(
        at_ms=what.at_ms,
        offset=offset_of(what.at_ms, what.time_zone),
        biz_step=step,
        disposition=disposition,
        action=action,
        epcs=epcs,
        quantities=quantities,
        read_point=location(what.store_id, what.place),
        biz_location="" if what.kind in PASSING else location(what.store_id, then),
        transactions=_transactions(what),
        sources=elsewhere if what.kind == "receipt" else (),
        destinations=elsewhere if what.kind == "transfer" else (),
    )


def _transactions(what: Happening) -> tuple[tuple[str, str], ...]:
    own = ("", transaction(what.store_id, what.document_id))
    if what.kind == "receipt" and what.reference:
        return own, ("desadv", transaction(what.store_id, what.reference))
    return (own,)


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


def _quantity(line: GoodsLine) -> ClassQuantity:
    return ClassQuantity(goods_class(line.gtin, line.batch), line.quantity_thousandths, KILOGRAM if line.weighed else "")


def offset_of(at_ms: int, time_zone: str) -> str:
    """How far a time zone is from UTC at an instant: `+01:00`."""
    moment = datetime.datetime.fromtimestamp(at_ms / 1000, zoneinfo.ZoneInfo(time_zone))
    minutes = int((moment.utcoffset() or datetime.timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
