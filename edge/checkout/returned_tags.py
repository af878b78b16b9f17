"""Which tags come back with returned goods: those on the till's pad, else all of a line that comes back whole."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edge.checkout.basket import BasketReturn
from edge.checkout.desk import Desk
from edge.rfid import fates
from edge.rfid.fates import Fate
from protocols.contract.returns import SoldSale
from protocols.contract.sale_parts import SaleLine


def tagged(desk: Desk, till_id: str, sold: SoldSale, made: Sequence[BasketReturn]) -> tuple[BasketReturn, ...]:
    """The same returns with the tags of their pieces, as far as anybody can say."""
    lines = {line.line_no: line for line in sold.sale.lines}
    reading = desk.pads.reading(till_id)
    lying = frozenset[str]() if reading is None else frozenset(tag.uri for tag in reading.tags)
    used: set[str] = set()
    found = []
    for each in made:
        line = lines.get(each.line.sold_line_no)
        epcs = () if line is None else _epcs(desk, line, each.line.quantity, lying, used)
        used.update(epcs)
        found.append(msgspec.structs.replace(each, line=msgspec.structs.replace(each.line, epcs=epcs)))
    return tuple(found)


def _epcs(desk: Desk, line: SaleLine, quantity: int, lying: frozenset[str], used: set[str]) -> tuple[str, ...]:
    out = [epc for epc in line.epcs if epc not in used and not _is_back(desk, epc)]
    if quantity == line.quantity:
        return tuple(out)
    return tuple(epc for epc in out if epc in lying)[:quantity]


def _is_back(desk: Desk, epc: str) -> bool:
    known = fates.fate_of(desk.reader(), epc)
    return known is not None and known.fate is Fate.RETURNED
