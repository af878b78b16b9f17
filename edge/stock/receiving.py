"""A receipt held against what was promised: short, over, unexpected, by item and lot. Pure.

Goods scanned without their batch take the lots of the notice in its order, as far as it promises them; more than promised
stays of no batch. What came before (parts of the same notice) counts against the lots in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.stock.batches import NO_LOT, Lot
from edge.stock.draft_rows import Draft, DraftLine
from edge.stock.notices import Notice


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What came of an item's lot, and what was promised of it (None: there was no notice).

    `scanned_as`: the lot of the scans it is made of; `first`: the first line made of them.
    """

    line_no: int
    item_id: str
    gtin: str
    lot: Lot
    quantity_thousandths: int
    expected_thousandths: int | None
    scanned_as: Lot
    first: bool

    @property
    def state(self) -> str:
        """`as_promised`, `short`, `over`, `unexpected`, `missing`; empty without a notice."""
        expected = self.expected_thousandths
        if expected is None:
            return ""
        if not expected:
            return "unexpected" if self.quantity_thousandths else "as_promised"
        if not self.quantity_thousandths:
            return "missing"
        gap = self.quantity_thousandths - expected
        return "as_promised" if not gap else "over" if gap > 0 else "short"


def receipt_lines(draft: Draft, notice: Notice | None) -> list[ReceiptLine]:
    """The lines a receipt would book, in the order of the list, then what is missing."""
    lines = sorted(draft.lines, key=lambda line: line.line_no)
    if notice is None:
        return [
            ReceiptLine(
                line.line_no, line.item_id, line.gtin, line.lot, line.quantity_thousandths, None, line.lot, first=True
            )
            for line in lines
        ]
    return _Match(notice, lines).found


class _Match:
    """Lots that came against lots that were promised."""

    def __init__(self, notice: Notice, lines: list[DraftLine]) -> None:
        self.found: list[ReceiptLine] = []
        self._open = _open_lots(notice)
        left = {item_id: dict(lots) for item_id, lots in self._open.items()}
        for line in lines:
            if line.lot != NO_LOT and line.lot in left.get(line.item_id, {}):
                left[line.item_id][line.lot] -= min(left[line.item_id][line.lot], line.quantity_thousandths)
        came: dict[tuple[str, Lot], tuple[int, str, Lot]] = {}
        for line in lines:
            for lot, quantity in _shared(line, left.get(line.item_id, {})):
                known, gtin, scanned_as = came.get((line.item_id, lot), (0, line.gtin, line.lot))
                came[line.item_id, lot] = (known + quantity, gtin, scanned_as)
        firsts: set[tuple[str, Lot]] = set()
        for (item_id, lot), (quantity, gtin, scanned_as) in came.items():
            expected = self._open.get(item_id, {}).get(lot, 0)
            if quantity or expected:
                self._add(item_id, gtin, lot, quantity, expected, scanned_as, firsts)
        for item_id, lots in self._open.items():
            for lot, expected in lots.items():
                if (item_id, lot) not in came and expected:
                    self._add(item_id, "", lot, 0, expected, lot, firsts)
        if not self.found:  # all of it came before, through a door perhaps: the receipt only ends the notice
            for item_id, lots in self._open.items():
                self._add(item_id, "", next(iter(lots)), 0, 0, next(iter(lots)), firsts)

    def _add(
        self,
        item_id: str,
        gtin: str,
        lot: Lot,
        quantity: int,
        expected: int,
        scanned_as: Lot,
        firsts: set[tuple[str, Lot]],
    ) -> None:
        first = (item_id, scanned_as) not in firsts
        firsts.add((item_id, scanned_as))
        number = len(self.found) + 1
        self.found.append(ReceiptLine(number, item_id, gtin, lot, quantity, expected, scanned_as, first))


def _open_lots(notice: Notice) -> dict[str, dict[Lot, int]]:
    """What is still to come, by item and lot, in the notice's order."""
    found: dict[str, dict[Lot, int]] = {}
    for line in notice.lines:
        lots = found.setdefault(line.item_id, {})
        lot = Lot(line.batch, line.expires)
        lots[lot] = lots.get(lot, 0) + line.quantity_thousandths
    for item_id, lots in found.items():
        came = notice.came.get(item_id, 0)
        for lot in lots:
            part = min(came, lots[lot])
            lots[lot] -= part
            came -= part
    return found


def _shared(line: DraftLine, left: Mapping[Lot, int]) -> list[tuple[Lot, int]]:
    """Which lots a scanned line is of. `left` is used up by it."""
    if line.lot != NO_LOT or not left:
        return [(line.lot, line.quantity_thousandths)]
    parts: list[tuple[Lot, int]] = []
    rest = line.quantity_thousandths
    for lot, most in left.items():
        part = min(rest, most)
        if part > 0:
            parts.append((lot, part))
            rest -= part
    only = next(iter(left)) if len(left) == 1 else NO_LOT
    if rest or not parts:
        parts = _joined(parts, only, rest)
    return parts


def _joined(parts: list[tuple[Lot, int]], lot: Lot, quantity: int) -> list[tuple[Lot, int]]:
    for number, (known, so_far) in enumerate(parts):
        if known == lot:
            return [*parts[:number], (lot, so_far + quantity), *parts[number + 1 :]]
    return [*parts, (lot, quantity)]
