"""Advance shipping notices: what is on its way, what came of it so far, and what is still open.

A notice is over when a receipt names it (`GoodsReceived.asn_id`). A part that comes before is a receipt without it: what is
still promised shrinks by it, so the last receipt's differences are those of the whole delivery. Tagged goods of a
notice that a door booked by itself count as come, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.stock.batches import Lot
from edge.stock.rules import Source, rows_under
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import GoodsReceived
from protocols.contract.feed_stock import AsnLine, AsnRow
from protocols.contract.values import Place

queries = load("edge.stock", "notices.sql")


@dataclass(frozen=True, slots=True)
class Notice:
    """A delivery or a transfer on its way; `came` by item, in thousandths."""

    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    place: Place
    transfer_id: str
    lines: tuple[AsnLine, ...]
    came: Mapping[str, int]

    def open_thousandths(self, item_id: str) -> int:
        """What is still to come of an item; never below 0."""
        promised = sum(line.quantity_thousandths for line in self.lines if line.item_id == item_id)
        return max(0, promised - self.came.get(item_id, 0))

    @property
    def items(self) -> tuple[str, ...]:
        """The items it promises, in its order."""
        return tuple(dict.fromkeys(line.item_id for line in self.lines))


def open_notices(source: Source) -> list[Notice]:
    """What is on its way and not over, the soonest first. One that came down in part only waits for the rest."""
    over = {row[0] for row in source.execute(queries["over"])}
    parts: dict[str, list[AsnRow]] = {}
    for row in rows_under(source, "asn/"):
        if isinstance(row, AsnRow) and row.asn_id not in over:
            parts.setdefault(row.asn_id, []).append(row)
    found = [_notice(source, rows) for rows in parts.values() if len(rows) >= rows[0].parts]
    return sorted(found, key=lambda notice: (notice.expected_ms, notice.asn_id))


def find(source: Source, asn_id: str) -> Notice | None:
    """A notice that is not over."""
    return next((each for each in open_notices(source) if each.asn_id == asn_id), None)


def is_over(source: Source, asn_id: str) -> bool:
    """Whether a receipt has ended a notice."""
    return source.execute(queries["is_over"], (asn_id,)).fetchone() is not None


def lots_of_tags(source: Source) -> dict[str, Lot]:
    """What the notices say of the batch and date of the tags they list; nothing of tags whose line tells neither."""
    return {
        epc: Lot(line.batch, line.expires)
        for notice in open_notices(source)
        for line in notice.lines
        if line.batch or line.expires
        for epc in line.epcs
    }


def came(tx: Tx, receipt: GoodsReceived, at_ms: int) -> None:
    """Note a receipt with the notices it concerns, in its transaction."""
    if receipt.asn_id:
        tx.execute(queries["end"], (receipt.asn_id, at_ms))
        for line in receipt.lines:
            add(tx, receipt.asn_id, line.item_id, line.quantity_thousandths)
    elif receipt.how == "portal" and any(line.epcs for line in receipt.lines):
        for notice in open_notices(tx):
            _tagged(tx, notice, receipt)


def add(tx: Tx, asn_id: str, item_id: str, quantity_thousandths: int) -> None:
    """So much of a notice's item came."""
    if quantity_thousandths:
        tx.execute(queries["add"], (asn_id, item_id, quantity_thousandths))


def prune(tx: Tx, before_ms: int) -> None:
    """Forget notices that were over before this."""
    tx.execute(queries["prune"], (before_ms,))
    tx.execute(queries["prune_came"])


def _tagged(tx: Tx, notice: Notice, receipt: GoodsReceived) -> None:
    promised = {epc for line in notice.lines for epc in line.epcs}
    for line in receipt.lines:
        mine = sum(epc in promised for epc in line.epcs)
        if mine:
            add(tx, notice.asn_id, line.item_id, line.quantity_thousandths // len(line.epcs) * mine)


def _notice(source: Source, rows: Sequence[AsnRow]) -> Notice:
    first = min(rows, key=lambda row: row.part)
    lines = [line for row in sorted(rows, key=lambda row: row.part) for line in row.lines]
    came_so_far: dict[str, int] = dict(source.execute(queries["came"], (first.asn_id,)).fetchall())
    return Notice(
        asn_id=first.asn_id,
        reference=first.reference,
        sender=first.sender,
        expected_ms=first.expected_ms,
        place=first.place,
        transfer_id=first.transfer_id,
        lines=tuple(lines),
        came=came_so_far,
    )
