"""Stock moves and balances. A sale's moves happen in the sale's transaction; others carry a fact of their own.

The store is the one writer of its shelves (invariant 8); a balance may go below zero, because what was sold was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.stock import batches, last_unit, low, notices, reservations, sizes
from edge.stock.batches import NO_LOT, Lot
from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.facts import FactBody, GoodsReceived, StockCounted, StockMoved
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated, StockWrittenOff, TransferSent
from protocols.contract.till_facts import GoodsReturned, SaleClosed
from protocols.contract.values import Place

queries = load("edge.stock", "stock.sql")

BALANCES_PER_PAGE = 500


class MoveDiffers(Exception):
    """A move of this id is already stored, and it is another one."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What should stand at a place, in thousandths of the stock unit."""

    item_id: str
    place: Place
    on_hand_thousandths: int


@dataclass(frozen=True, slots=True)
class Move:
    """One line of what happened under a move's id. Quantity is signed, in thousandths of the stock unit.

    `lot`: the batch the fact tells. `exact`: of that lot and no other (else see `edge.stock.batches`).
    """

    line_no: int
    item_id: str
    place: Place
    quantity_thousandths: int
    reason: str
    lot: Lot = NO_LOT
    serials: tuple[str, ...] = ()
    exact: bool = field(default=False, compare=False)


def sold(tx: Tx, sale: SaleClosed, at_ms: int) -> None:
    """Take a sale's lines off the shelf, in the transaction that closes it."""
    for line in sale.lines:
        if not line.stock_thousandths:
            continue  # A gift card or a deposit leaves no shelf.
        lot, serials = Lot(line.batch or "", line.expires or ""), (line.serial,) if line.serial else ()
        move = Move(line.line_no, line.item_id, sale.place, -line.stock_thousandths, "sale", lot, serials)
        add_move(tx, sale.sale_id, move, at_ms)


def returned(tx: Tx, goods: GoodsReturned, at_ms: int) -> None:
    """Put what came back where it goes by its reason, in the transaction that journals it; written off goods go nowhere."""
    for line in goods.lines:
        if line.place is not None and line.stock_thousandths:
            lot, serials = Lot(line.batch or ""), (line.serial,) if line.serial else ()
            move = Move(line.return_no, line.item_id, line.place, line.stock_thousandths, "return", lot, serials)
            add_move(tx, goods.return_id, move, at_ms)


def received(tx: Tx, receipt: GoodsReceived, at_ms: int) -> bool:
    """Put a receipt's lines on stock, in the transaction that journals it: one move per line, under the receipt's id.

    False when this very receipt was stored before: nothing is changed, and the caller journals nothing. Raises
    `MoveDiffers` when another one has this id, ValueError when the receipt has no lines.
    """
    if not receipt.lines:
        raise ValueError(f"receipt {receipt.receipt_id} has no lines: nothing came in")
    place = receipt.place
    moves = [
        Move(
            line.line_no,
            line.item_id,
            place,
            line.quantity_thousandths,
            "receipt",
            Lot(line.batch, line.expires),
            line.serials,
        )
        for line in sorted(receipt.lines, key=lambda line: line.line_no)
    ]
    if not add_once(tx, receipt.receipt_id, moves, at_ms):
        return False
    notices.came(tx, receipt, at_ms)
    return True


def relocated(tx: Tx, fact: GoodsRelocated, at_ms: int) -> bool:
    """Goods went to another place of the store: two moves a line. Answers and raises as `received`."""
    _need_lines(fact.relocation_id, fact.lines)
    moves = []
    for line in sorted(fact.lines, key=lambda line: line.line_no):
        away = _goods_move(line, 2 * line.line_no - 1, fact.from_place, -1, "relocation")
        moves += [away, _goods_move(line, 2 * line.line_no, fact.to_place, 1, "relocation")]
    return add_once(tx, fact.relocation_id, moves, at_ms)


def sent(tx: Tx, fact: TransferSent, at_ms: int) -> bool:
    """Goods left for another store. Answers and raises as `received`."""
    _need_lines(fact.transfer_id, fact.lines)
    moves = [
        _goods_move(line, line.line_no, fact.place, -1, "transfer_out")
        for line in sorted(fact.lines, key=lambda line: line.line_no)
    ]
    return add_once(tx, fact.transfer_id, moves, at_ms)


def written_off(tx: Tx, fact: StockWrittenOff, at_ms: int) -> bool:
    """Goods are stock no more. Answers and raises as `received`."""
    _need_lines(fact.write_off_id, fact.lines)
    moves = [
        _goods_move(line, line.line_no, fact.place, -1, "write_off")
        for line in sorted(fact.lines, key=lambda line: line.line_no)
    ]
    return add_once(tx, fact.write_off_id, moves, at_ms)


def _need_lines(fact_id: str, lines: tuple[GoodsLine, ...]) -> None:
    if not lines:
        raise ValueError(f"{fact_id} has no lines: nothing moved")


def _goods_move(line: GoodsLine, number: int, place: Place, sign: int, reason: str) -> Move:
    """The facts of goods name the lots they really took."""
    lot, quantity = Lot(line.batch, line.expires), sign * line.quantity_thousandths
    return Move(number, line.item_id, place, quantity, reason, lot, line.serials, exact=True)


class StockService:
    """Moves that are not sales, and balances."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def move(self, fact: StockMoved) -> bool:
        """Store a move and its fact. False when this very move was stored before. Raises `MoveDiffers`, `StoreDbError`."""

        lot, serials = Lot(fact.batch, fact.expires), (fact.serial,) if fact.serial else ()
        only = Move(0, fact.item_id, fact.place, fact.quantity_thousandths, fact.reason, lot, serials)

        def run(tx: Tx) -> bool:
            is_new = add_once(tx, fact.move_id, [only], self._clock.now_ms())
            if is_new:
                self._journal.append(tx, fact)
            if is_new and fact.quantity_thousandths < 0:
                reservations.give_way(tx, self._journal, (fact.item_id,), "short", self._clock.now_ms())
            return is_new

        return await self._store.write(run)

    async def receive(self, fact: GoodsReceived) -> bool:
        """Store a receipt of goods and its fact. False when this very receipt was stored before.

        Raises `MoveDiffers`, ValueError (no lines), `StoreDbError`.
        """

        def run(tx: Tx) -> bool:
            is_new = received(tx, fact, self._clock.now_ms())
            if is_new:
                self._journal.append(tx, fact)
            return is_new

        return await self._store.write(run)

    def on_hand(self, item_id: str) -> list[Balance]:
        """An item's balances by place."""
        return balances(self._store.reader(), item_id)

    def page(self, after_item_id: str) -> list[Balance]:
        """Balances of the items after one, `BALANCES_PER_PAGE` rows at most."""
        rows = self._store.reader().execute(queries["all_on_hand"], (after_item_id, BALANCES_PER_PAGE))
        return [Balance(item_id, Place(place), quantity) for item_id, place, quantity in rows]


def balances(source: Connection | Tx, item_id: str) -> list[Balance]:
    """An item's balances by place."""
    rows = source.execute(queries["on_hand"], (item_id,))
    return [Balance(item_id, Place(place), quantity) for place, quantity in rows]


def moves_of(body: FactBody) -> Iterator[tuple[str, Place, int]]:
    """What a fact moves: item, place, signed thousandths. Other facts move nothing."""
    match body:
        case SaleClosed():
            yield from ((line.item_id, body.place, -line.stock_thousandths) for line in body.lines)
        case GoodsReturned():
            for back in body.lines:
                if back.place is not None:
                    yield back.item_id, back.place, back.stock_thousandths
        case StockMoved():
            yield body.item_id, body.place, body.quantity_thousandths
        case GoodsReceived():
            yield from ((line.item_id, body.place, line.quantity_thousandths) for line in body.lines)
        case StockCounted():
            for line in body.lines:
                yield line.item_id, body.place, line.counted_thousandths - line.expected_thousandths
        case GoodsRelocated():
            for gone in body.lines:
                yield gone.item_id, body.from_place, -gone.quantity_thousandths
                yield gone.item_id, body.to_place, gone.quantity_thousandths
        case TransferSent() | StockWrittenOff():
            yield from ((gone.item_id, body.place, -gone.quantity_thousandths) for gone in body.lines)


def prune(tx: Tx, before_ms: int) -> None:
    """Forget the single moves older than this; balances stay."""
    tx.execute(queries["prune_moves"], (before_ms,))
    batches.prune(tx, before_ms)


def add_once(tx: Tx, move_id: str, moves: list[Move], at_ms: int) -> bool:
    """Add moves under an id unless exactly they are stored. Raises `MoveDiffers` when others are."""
    known = [_stored(*row) for row in tx.execute(queries["moves"], (move_id,))]
    if known:
        if known != moves:
            raise MoveDiffers(move_id)
        return False
    for each in moves:
        add_move(tx, move_id, each, at_ms)
    return True


def _stored(  # a row of `moves`
    line_no: int, item_id: str, place: str, quantity: int, reason: str, batch: str, expires: str, serials: str
) -> Move:
    pieces = tuple(serials.split("\n")) if serials else ()
    return Move(line_no, item_id, Place(place), quantity, reason, Lot(batch, expires), pieces)


def add_move(tx: Tx, move_id: str, move: Move, at_ms: int) -> None:
    """Store one move and its effect on the balance and its breakdown; the fact that tells of it is the caller's."""
    place, lot, quantity = move.place.value, move.lot, move.quantity_thousandths
    line = (move_id, move.line_no, move.item_id, place, quantity, move.reason, at_ms)
    before = last_unit.left_thousandths(tx, move.item_id)
    tx.execute(queries["put_move"], (*line, lot.batch, lot.expires, "\n".join(move.serials)))
    tx.execute(queries["add"], (move.item_id, place, quantity))
    batches.put(tx, (move_id, move.line_no), move.item_id, move.place, _parts(tx, move), at_ms)
    for serial in move.serials:
        tx.execute(batches.queries["put_serial"], (move.item_id, serial, place if quantity > 0 else "", lot.batch, at_ms))
    low.check(tx, move.item_id, at_ms)
    sizes.check(tx, move.item_id, at_ms)
    last_unit.check(tx, move.item_id, before, quantity, at_ms)


def _parts(tx: Tx, move: Move) -> list[tuple[Lot, int]]:
    """Which lots the move changes: what comes in is of the lot told; what goes out is found."""
    if move.exact or move.quantity_thousandths >= 0:
        return [(move.lot, move.quantity_thousandths)]
    found = batches.picked(tx, move.item_id, move.place, -move.quantity_thousandths, move.lot)
    return [(lot, -quantity) for lot, quantity in found]


def lines_of(parts: Iterable[tuple[str, Lot, int]]) -> tuple[GoodsLine, ...]:
    """Lines of a goods fact: item, lot and positive quantity, numbered from 1."""
    return tuple(
        GoodsLine(line_no=number, item_id=item_id, quantity_thousandths=quantity, batch=lot.batch, expires=lot.expires)
        for number, (item_id, lot, quantity) in enumerate(parts, 1)
    )
