"""Goods held for orders. Headquarters asks, the store answers at once; the store is the one who knows what is there.

Held is a promise on paper: it moves no stock. What can be promised is what can be sold less what is held already. A sale
beats a reservation (invariant 8): when less is left than is held, the newest reservation loses first, and headquarters hears
of it with the sale. What staff have picked stands aside and is not taken back by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.stock.low import sellable_of
from edge.stock.refusals import StockRefused
from edge.stock.rules import Source
from edge.store_db.connection import Row
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.feed_stock import ReservationRow
from protocols.contract.stock_facts import ReservationAnswered, ReservedLine
from protocols.contract.till_facts import SaleClosed

queries = load("edge.stock", "reservations.sql")

STANDING = frozenset({"confirmed", "partial", "picked"})
LISTED_MAX = 200
"""Reservations listed at once; the most urgent first."""
LINES_MAX = 200
"""Lines of one reservation. Policy: one with more is refused whole."""


@dataclass(frozen=True, slots=True)
class HeldLine:
    """What an order wants of an item, what the store holds, what staff have picked; thousandths."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    wanted_thousandths: int
    held_thousandths: int
    picked_thousandths: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """An order's goods and how they stand."""

    reservation_id: str
    order_id: str
    state: str
    why: str
    name: str
    due_ms: int
    until_ms: int
    since_ms: int
    lines: tuple[HeldLine, ...]


def held_of(source: Source, item_id: str) -> int:
    """What is held of an item, in thousandths."""
    row = source.execute(queries["held_of"], (item_id,)).fetchone()
    return 0 if row is None else int(row[0])


def available_of(source: Source, item_id: str) -> int:
    """What can still be promised of an item; below 0 when more is held than is there."""
    return sellable_of(source, item_id) - held_of(source, item_id)


def find(source: Source, reservation_id: str) -> Reservation | None:
    """One reservation."""
    row = source.execute(queries["get"], (reservation_id,)).fetchone()
    return None if row is None else _reservation(source, row)


def standing(source: Source) -> list[Reservation]:
    """What is held now, the most urgent first, at most `LISTED_MAX`."""
    rows = source.execute(queries["standing"], (LISTED_MAX,)).fetchall()
    return [_reservation(source, row) for row in rows]


def asked(tx: Tx, journal: Journal, row: ReservationRow, at_ms: int) -> None:
    """Headquarters asks to hold goods, or cancels: answer in the transaction that brought it. Asked again: nothing."""
    known = find(tx, row.reservation_id)
    if known is not None:
        if row.cancelled:
            withdrawn(tx, journal, row.reservation_id, at_ms)
        elif known.state in STANDING and (known.due_ms, known.until_ms) != (row.due_ms, row.until_ms):
            tx.execute(queries["set_times"], (row.reservation_id, row.due_ms, row.until_ms))
        return
    if row.cancelled:
        return
    wanted: dict[str, int] = {}
    for line in row.lines[:LINES_MAX]:
        wanted[line.item_id] = wanted.get(line.item_id, 0) + max(0, line.quantity_thousandths)
    too_late = row.until_ms <= at_ms
    none_held = too_late or len(row.lines) > LINES_MAX
    held = {
        item_id: 0 if none_held else min(quantity, max(0, available_of(tx, item_id))) for item_id, quantity in wanted.items()
    }
    state = "confirmed" if held == wanted else "partial" if any(held.values()) else "refused"
    why = "overdue" if too_late else "" if state == "confirmed" else "short"
    head = (row.reservation_id, row.order_id, state, why, row.name, row.due_ms, row.until_ms, at_ms, at_ms)
    tx.execute(queries["put"], head)
    for item_id, quantity in wanted.items():
        tx.execute(queries["put_line"], (row.reservation_id, item_id, quantity, held[item_id]))
    _tell(tx, journal, row.reservation_id)


def withdrawn(tx: Tx, journal: Journal, reservation_id: str, at_ms: int) -> None:
    """Headquarters wants it no more."""
    known = find(tx, reservation_id)
    if known is not None and known.state in STANDING:
        _let_go(tx, journal, reservation_id, "released", "cancelled", at_ms)


def let_go_overdue(tx: Tx, journal: Journal, at_ms: int) -> int:
    """Nobody came until the agreed time: the goods are free again. Returns how many reservations."""
    late = [row[0] for row in tx.execute(queries["overdue"], (at_ms,)).fetchall()]
    for reservation_id in late:
        _let_go(tx, journal, reservation_id, "released", "overdue", at_ms)
    return len(late)


def after_sale(tx: Tx, journal: Journal, sale: SaleClosed, at_ms: int) -> None:
    """A sale was closed, in its transaction: an order's own goods are handed over; what it took of others' is told."""
    if sale.order_id:
        for row in tx.execute(queries["of_order"], (sale.order_id,)).fetchall():
            _let_go(tx, journal, row[0], "handed_over", "", at_ms)
    give_way(tx, journal, {line.item_id for line in sale.lines if line.stock_thousandths > 0}, "sold", at_ms)


def give_way(tx: Tx, journal: Journal, item_ids: Iterable[str], why: str, at_ms: int) -> None:
    """Goods went: where more is held than is left, the newest reservations lose. Costs one look-up an item."""
    cut: dict[str, None] = {}
    for item_id in sorted(item_ids):
        held = held_of(tx, item_id)
        over = held - sellable_of(tx, item_id) if held else 0
        if over <= 0:
            continue
        for reservation_id, free in tx.execute(queries["newest_of_item"], (item_id,)).fetchall():
            part = min(over, free)
            if part > 0:
                tx.execute(queries["take"], (part, reservation_id, item_id))
                cut[reservation_id] = None
                over -= part
    for reservation_id in cut:
        found = find(tx, reservation_id)
        assert found is not None
        left = any(line.held_thousandths for line in found.lines)
        tx.execute(queries["set_state"], ("partial" if left else "refused", why, at_ms, "", reservation_id))
        _tell(tx, journal, reservation_id)


class ReservationDesk:
    """What staff do with orders: pick and hand over. Raises `StockRefused`, `StoreDbError`."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def standing(self) -> list[Reservation]:
        """What is held now."""
        return standing(self._store.reader())

    async def pick(self, reservation_id: str, picked: Mapping[str, int], staff_id: str) -> Reservation:
        """The goods stand aside: so much of each item (thousandths). What was not found is given up. Again: nothing."""

        def run(tx: Tx) -> Reservation:
            found = _need(find(tx, reservation_id))
            if found.state == "picked":
                return found
            if found.state not in STANDING:
                raise StockRefused("reservation_over")
            for line in found.lines:
                quantity = picked.get(line.item_id, 0)
                if not 0 <= quantity <= line.held_thousandths:
                    raise StockRefused("reservation_quantity", name=line.name)
                tx.execute(queries["set_picked"], (quantity, reservation_id, line.item_id))
            state = "picked" if any(picked.values()) else "refused"
            why = "" if all(picked.get(line.item_id, 0) == line.wanted_thousandths for line in found.lines) else "short"
            tx.execute(queries["set_state"], (state, why, self._clock.now_ms(), staff_id, reservation_id))
            _tell(tx, self._journal, reservation_id)
            return _need(find(tx, reservation_id))

        return await self._store.write(run)

    async def hand_over(self, reservation_id: str, staff_id: str) -> Reservation:
        """The customer (or the carrier) has the goods; the sale that moves them is another matter. Again: nothing."""

        def run(tx: Tx) -> Reservation:
            found = _need(find(tx, reservation_id))
            if found.state == "handed_over":
                return found
            if found.state != "picked":
                raise StockRefused("reservation_not_picked")
            _let_go(tx, self._journal, reservation_id, "handed_over", "", self._clock.now_ms(), staff_id)
            return _need(find(tx, reservation_id))

        return await self._store.write(run)


def prune(tx: Tx, before_ms: int) -> None:
    """Forget what is over since before this."""
    tx.execute(queries["prune"], (before_ms,))


def _need(found: Reservation | None) -> Reservation:
    if found is None:
        raise StockRefused("reservation_unknown")
    return found


def _let_go(tx: Tx, journal: Journal, reservation_id: str, state: str, why: str, at_ms: int, staff_id: str = "") -> None:
    tx.execute(queries["set_state"], (state, why, at_ms, staff_id, reservation_id))
    _tell(tx, journal, reservation_id)
    tx.execute(queries["free"], (reservation_id,))


def _tell(tx: Tx, journal: Journal, reservation_id: str) -> None:
    row = tx.execute(queries["head"], (reservation_id,)).fetchone()
    assert row is not None
    order_id, state, why, staff_id = row
    lines = tuple(
        ReservedLine(
            item_id=line.item_id, wanted_thousandths=line.wanted_thousandths, held_thousandths=line.held_thousandths
        )
        for line in _lines(tx, reservation_id)
    )
    fact = ReservationAnswered(
        reservation_id=reservation_id, order_id=order_id, state=state, lines=lines, why=why, staff_id=staff_id
    )
    journal.append(tx, fact)


def _reservation(source: Source, row: Row) -> Reservation:
    reservation_id, order_id, state, why, name, due_ms, until_ms, since_ms = row
    lines = _lines(source, reservation_id)
    return Reservation(reservation_id, order_id, state, why, name, due_ms, until_ms, since_ms, lines)


def _lines(source: Source, reservation_id: str) -> tuple[HeldLine, ...]:
    rows: Sequence[tuple[str, str, str, int, int, int, int]] = source.execute(queries["lines"], (reservation_id,)).fetchall()
    return tuple(
        HeldLine(item_id, name, name_zh, bool(weighed), wanted, held, picked)
        for item_id, name, name_zh, weighed, wanted, held, picked in rows
    )
