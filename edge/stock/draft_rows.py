"""Rows of lists in progress: what they are, and how one line of a list is changed. In the caller's transaction."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from edge.stock import counting
from edge.stock.batches import NO_LOT, Lot
from edge.stock.counting import Tally
from edge.stock.refusals import StockRefused
from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.values import THOUSANDTHS, Place

queries = load("edge.stock", "drafts.sql")

LINES_MAX = 10_000
"""Lines of a count: a whole store. A receipt has at most 2,000, any other list 300, so that its fact can travel."""
LINES_SHOWN = 300
"""Lines of a list that are read at every command, the newest; all of them only when it is posted."""
QUANTITY_THOUSANDTHS_MAX = 10_000_000
SERIAL = "serial:"
"""How a serial number stands among the pieces of a list; anything else is an EPC URI."""


PIECES_MAX = 10_000
"""Tags of a list that names them in its fact: any but a count."""


class Kind(enum.StrEnum):
    """What a list becomes."""

    RECEIPT = "receipt"
    COUNT = "count"
    MOVE = "move"
    TRANSFER = "transfer"
    WRITE_OFF = "write_off"

    @property
    def lines_max(self) -> int:
        """How many lines a list may have."""
        return {Kind.COUNT: LINES_MAX, Kind.RECEIPT: 2_000}.get(self, 300)


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One item of a list, or one lot of it. The bases are of counts: see `edge.stock.counting`."""

    line_no: int
    item_id: str
    gtin: str
    quantity_thousandths: int
    first_base_thousandths: int
    base_thousandths: int
    touched_no: int
    lot: Lot = NO_LOT
    batch_base_thousandths: int = 0

    @property
    def moved_meanwhile(self) -> bool:
        """Whether stock moved between the first and the last scan of this line."""
        return self.first_base_thousandths != self.base_thousandths

    def tally(self) -> Tally:
        """The line as something counted."""
        counted = self.quantity_thousandths
        return Tally(self.line_no, self.item_id, counted, self.base_thousandths, self.lot, self.batch_base_thousandths)


@dataclass(frozen=True, slots=True)
class Draft:
    """A list; `lines` in the order they were touched, the newest last, at most `LINES_SHOWN` of `line_count`.

    `state`: `open`, `posting` (a long count on its way into the book), `posted` or `discarded`. `target`: the other place,
    the other store, or the reason of a write-off.
    """

    draft_id: str
    kind: Kind
    place: Place
    reference: str
    opened_by: str
    opened_at_ms: int
    state: str
    ended_by: str
    ended_at_ms: int | None
    asn_id: str = ""
    target: str = ""
    note: str = ""
    whole: bool = False
    swept: bool = False
    line_count: int = 0
    lines: tuple[DraftLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """What a command does to one line: add to what is there, or set it (`restart`: a count of it begins anew)."""

    item_id: str
    gtin: str = ""
    add_thousandths: int = 0
    set_thousandths: int | None = None
    lot: Lot = NO_LOT


@dataclass(frozen=True, slots=True)
class Piece:
    """A tag or a serial number on a list."""

    code: str
    item_id: str
    lot: Lot

    @property
    def serial(self) -> str:
        """Its serial number; empty for a tag."""
        return self.code.removeprefix(SERIAL) if self.code.startswith(SERIAL) else ""


def draft_of(source: Connection | Tx, draft_id: str, *, lines_max: int = LINES_SHOWN) -> Draft | None:
    """A list with its newest lines."""
    row = source.execute(queries["get"], (draft_id,)).fetchone()
    return None if row is None else _draft(row, _lines(source, draft_id, lines_max))


def open_drafts(source: Connection, kind: Kind) -> list[Draft]:
    """The unfinished lists of a kind, oldest first: whoever may, goes on with them."""
    rows = source.execute(queries["open_ones"], (kind.value,)).fetchall()
    return [_draft(row, _lines(source, row[0], LINES_SHOWN)) for row in rows]


def need(draft: Draft | None) -> Draft:
    """Raises `StockRefused` when there is none."""
    if draft is None:
        raise StockRefused("draft_unknown")
    return draft


def need_open(tx: Tx, draft_id: str) -> Draft:
    """A list that can still be changed, without its lines. Raises `StockRefused`."""
    draft = need(draft_of(tx, draft_id, lines_max=0))
    if draft.state != "open":
        raise StockRefused("draft_ended")
    return draft


def line_of(source: Connection | Tx, draft_id: str, item_id: str, lot: Lot) -> DraftLine | None:
    """One line."""
    row = source.execute(queries["line"], (draft_id, item_id, lot.batch, lot.expires)).fetchone()
    return None if row is None else _line(row)


def lines_of_item(source: Connection | Tx, draft_id: str, item_id: str) -> list[DraftLine]:
    """All lines of one item, lot by lot."""
    return [_line(row) for row in source.execute(queries["lines_of_item"], (draft_id, item_id)).fetchall()]


def put_line(tx: Tx, draft: Draft, wanted: Touch) -> None:
    """Carry a touch out. Raises `StockRefused` when the list is full or the quantity cannot be."""
    known = line_of(tx, draft.draft_id, wanted.item_id, wanted.lot)
    ((last_touched,),) = tx.execute(queries["last_touched"], (draft.draft_id,)).fetchall()
    number = _new_line_no(tx, draft) if known is None else known.line_no
    had = 0 if known is None else known.quantity_thousandths
    quantity = had + wanted.add_thousandths if wanted.set_thousandths is None else wanted.set_thousandths
    if not 0 <= quantity <= QUANTITY_THOUSANDTHS_MAX:
        raise StockRefused("draft_quantity", most=QUANTITY_THOUSANDTHS_MAX // THOUSANDTHS)
    base = counting.base_now(tx, wanted.item_id, draft.place)
    batch_base = counting.batch_base_now(tx, wanted.item_id, draft.place, wanted.lot)
    begins = known is None or wanted.set_thousandths is not None
    first_base = base if known is None or begins else known.first_base_thousandths
    gtin = wanted.gtin if known is None or not known.gtin else known.gtin
    values = (draft.draft_id, number, wanted.item_id, gtin, quantity, first_base, base, last_touched + 1)
    tx.execute(queries["put_line"], (*values, wanted.lot.batch, wanted.lot.expires, batch_base))


def _new_line_no(tx: Tx, draft: Draft) -> int:
    """The number of a line to be added. Raises `StockRefused` when the list is full."""
    ((line_count, last_no),) = tx.execute(queries["extent"], (draft.draft_id,)).fetchall()
    if line_count >= draft.kind.lines_max:
        raise StockRefused("draft_full", most=draft.kind.lines_max)
    return int(last_no) + 1


def pieces_of(source: Connection | Tx, draft_id: str) -> list[Piece]:
    """The tags and serial numbers of a list."""
    rows = source.execute(queries["pieces"], (draft_id,)).fetchall()
    return [Piece(code, item_id, Lot(batch, expires)) for code, item_id, batch, expires in rows]


def piece_count(source: Connection | Tx, draft_id: str) -> int:
    """How many tags and serial numbers are on a list."""
    row = source.execute(queries["piece_count"], (draft_id,)).fetchone()
    return 0 if row is None else int(row[0])


def put_piece(tx: Tx, draft_id: str, piece: Piece) -> bool:
    """Note a piece; False when it is on the list already."""
    if tx.execute(queries["has_piece"], (draft_id, piece.code)).fetchone() is not None:
        return False
    tx.execute(queries["put_piece"], (draft_id, piece.code, piece.item_id, piece.lot.batch, piece.lot.expires))
    return True


def _lines(source: Connection | Tx, draft_id: str, lines_max: int) -> tuple[DraftLine, ...]:
    if lines_max <= 0:
        return ()
    rows = source.execute(queries["lines"], (draft_id, lines_max)).fetchall()
    return tuple(_line(row) for row in reversed(rows))


def _line(row: Row) -> DraftLine:
    line_no, item_id, gtin, quantity, first_base, base, touched_no, batch, expires, batch_base = row
    return DraftLine(line_no, item_id, gtin, quantity, first_base, base, touched_no, Lot(batch, expires), batch_base)


def _draft(row: Row, lines: tuple[DraftLine, ...]) -> Draft:
    draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms, *more = row
    asn_id, target, note, whole, swept, line_count = more
    head = (draft_id, Kind(kind), Place(place), reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms)
    return Draft(*head, asn_id, target, note, bool(whole), bool(swept), line_count, lines)
