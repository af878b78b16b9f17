"""Receipts and counts in progress: kept in the database with every scan, so that neither a reload nor a kill loses one.

Each command carries an id made by the screen and is carried out once. Posting turns a draft into ONE fact and its moves,
in one transaction; the draft's id is the receipt's or the count's id, so posting twice posts once.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.stock import counting
from edge.stock.counting import Tally
from edge.stock.refusals import StockRefused
from edge.stock.service import received
from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.facts import GoodsReceived, ReceivedLine, StockCounted
from protocols.contract.values import THOUSANDTHS, Place
from protocols.gs1.gtin import CodeRefused, read_code

queries = load("edge.stock", "drafts.sql")

OPEN_DRAFTS_MAX = 50
LINES_MAX = 1_000
QUANTITY_THOUSANDTHS_MAX = 10_000_000
T = TypeVar("T")


class Kind(enum.StrEnum):
    """What a draft becomes."""

    RECEIPT = "receipt"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One item of a draft. The bases are of counts: see `edge.stock.counting`."""

    line_no: int
    item_id: str
    gtin: str
    quantity_thousandths: int
    first_base_thousandths: int
    base_thousandths: int
    touched_no: int

    @property
    def moved_meanwhile(self) -> bool:
        """Whether stock moved between the first and the last scan of this line."""
        return self.first_base_thousandths != self.base_thousandths

    def tally(self) -> Tally:
        """The line as something counted."""
        return Tally(self.line_no, self.item_id, self.quantity_thousandths, self.base_thousandths)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft; `lines` in the order they were touched, the newest last. `state`: `open`, `posted` or `discarded`."""

    draft_id: str
    kind: Kind
    place: Place
    reference: str
    opened_by: str
    opened_at_ms: int
    state: str
    ended_by: str
    ended_at_ms: int | None
    lines: tuple[DraftLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did: the item it was about and what it added, the same however often it is sent."""

    draft: Draft
    item_id: str = ""
    added_thousandths: int = 0


@dataclass(frozen=True, slots=True)
class Touch:
    """What a command does to one line: add to what is there, or set it (`restart`: a count of it begins anew)."""

    item_id: str
    gtin: str = ""
    add_thousandths: int = 0
    set_thousandths: int | None = None


def draft_of(source: Connection | Tx, draft_id: str) -> Draft | None:
    """A draft with its lines."""
    row = source.execute(queries["get"], (draft_id,)).fetchone()
    return None if row is None else _draft(row, _lines(source, draft_id))


def open_drafts(source: Connection, kind: Kind) -> list[Draft]:
    """The unfinished drafts of a kind, oldest first: whoever may, goes on with them."""
    rows = source.execute(queries["open_ones"], (kind.value,)).fetchall()
    return [_draft(row, _lines(source, row[0])) for row in rows]


def prune(tx: Tx, before_ms: int) -> None:
    """Forget drafts that ended before this, with their commands."""
    tx.execute(queries["prune"], (before_ms,))


class DraftService:
    """The use cases of drafts. All raise `StockRefused` (nothing changed) and `StoreDbError`."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def open(self, draft_id: str, kind: Kind, place: Place, reference: str, staff_id: str) -> Draft:
        """Begin a draft. The same one asked for again is answered as it stands."""

        def run(tx: Tx) -> Draft:
            known = draft_of(tx, draft_id)
            if known is not None:
                if (known.kind, known.place) != (kind, place):
                    raise StockRefused("draft_other_kind")
                return known
            if len(tx.execute(queries["all_open"]).fetchall()) >= OPEN_DRAFTS_MAX:
                raise StockRefused("drafts_too_many", most=OPEN_DRAFTS_MAX)
            now_ms = self._clock.now_ms()
            tx.execute(queries["put"], (draft_id, kind.value, place.value, reference, staff_id, now_ms))
            return _need(draft_of(tx, draft_id))

        return await self._store.write(run, durable=False)

    async def scan(self, draft_id: str, command_id: str, code: str, times: int = 1) -> Done:
        """Add what a barcode stands for, `times` over: its pack quantity in pieces. A weighed item adds no weight."""

        def touch(tx: Tx) -> Touch:
            item, gtin = _item_of(tx, code)
            pieces = 0 if item.weighed else item.pack_quantity * times
            return Touch(item.item_id, gtin, add_thousandths=pieces * THOUSANDTHS)

        return await self._change(draft_id, command_id, touch)

    async def set_quantity(self, draft_id: str, command_id: str, item_id: str, quantity_thousandths: int) -> Done:
        """Say how much of an item there is. In a count, that is what stands there now."""

        def touch(tx: Tx) -> Touch:
            if lookup.item_by_id(tx, item_id) is None:
                raise StockRefused("unknown_code", code=item_id[:40])
            return Touch(item_id, set_thousandths=quantity_thousandths)

        return await self._change(draft_id, command_id, touch)

    async def remove(self, draft_id: str, command_id: str, item_id: str) -> Done:
        """Take an item off the list."""

        def run(tx: Tx) -> Done:
            if (known := _known(tx, draft_id, command_id)) is not None:
                return known
            draft = _need_open(tx, draft_id)
            if all(line.item_id != item_id for line in draft.lines):
                raise StockRefused("draft_no_line")
            tx.execute(queries["drop_line"], (draft_id, item_id))
            return self._keep(tx, draft_id, command_id, item_id, 0)

        return await self._store.write(run, durable=False)

    async def discard(self, draft_id: str, staff_id: str) -> Draft:
        """Throw a draft away; nothing is posted. Again: nothing more happens."""

        def run(tx: Tx) -> Draft:
            draft = _need(draft_of(tx, draft_id))
            if draft.state == "posted":
                raise StockRefused("draft_ended")
            return draft if draft.state == "discarded" else self._end(tx, draft_id, "discarded", staff_id)

        return await self._store.write(run, durable=False)

    def variance(self, draft_id: str) -> StockCounted:
        """What a count would post now."""
        source = self._store.reader()
        draft = _need(draft_of(source, draft_id))
        return _count(source, draft, "")

    async def post(self, draft_id: str, staff_id: str) -> Draft:
        """Post a draft as one fact. One that is posted already is answered as it is."""

        def run(tx: Tx) -> Draft:
            draft = _need(draft_of(tx, draft_id))
            if draft.state == "posted":
                return draft
            _need_open(tx, draft_id)
            now_ms = self._clock.now_ms()
            if draft.kind is Kind.RECEIPT:
                receipt = _receipt(draft, staff_id)
                if received(tx, receipt, now_ms):
                    self._journal.append(tx, receipt)
            else:
                count = _count(tx, draft, staff_id)
                if counting.counted(tx, count, now_ms):
                    self._journal.append(tx, count)
            return self._end(tx, draft_id, "posted", staff_id)

        return await self._store.write(run)

    async def _change(self, draft_id: str, command_id: str, touch: Callable[[Tx], Touch]) -> Done:
        def run(tx: Tx) -> Done:
            if (known := _known(tx, draft_id, command_id)) is not None:
                return known
            draft = _need_open(tx, draft_id)
            wanted = touch(tx)
            _put_line(tx, draft, wanted)
            return self._keep(tx, draft_id, command_id, wanted.item_id, wanted.add_thousandths)

        return await self._store.write(run, durable=False)

    def _keep(self, tx: Tx, draft_id: str, command_id: str, item_id: str, added_thousandths: int) -> Done:
        tx.execute(queries["keep_command"], (command_id, draft_id, item_id, added_thousandths))
        return Done(_need(draft_of(tx, draft_id)), item_id, added_thousandths)

    def _end(self, tx: Tx, draft_id: str, state: str, staff_id: str) -> Draft:
        tx.execute(queries["end"], (draft_id, state, staff_id, self._clock.now_ms()))
        return _need(draft_of(tx, draft_id))


def _put_line(tx: Tx, draft: Draft, wanted: Touch) -> None:
    known = next((line for line in draft.lines if line.item_id == wanted.item_id), None)
    if known is None and len(draft.lines) >= LINES_MAX:
        raise StockRefused("draft_full", most=LINES_MAX)
    had = 0 if known is None else known.quantity_thousandths
    quantity = had + wanted.add_thousandths if wanted.set_thousandths is None else wanted.set_thousandths
    if not 0 <= quantity <= QUANTITY_THOUSANDTHS_MAX:
        raise StockRefused("draft_quantity", most=QUANTITY_THOUSANDTHS_MAX // THOUSANDTHS)
    base = counting.base_now(tx, wanted.item_id, draft.place)
    begins = known is None or wanted.set_thousandths is not None
    first_base = base if known is None or begins else known.first_base_thousandths
    number = known.line_no if known is not None else max((line.line_no for line in draft.lines), default=0) + 1
    touched_no = max((line.touched_no for line in draft.lines), default=0) + 1
    gtin = wanted.gtin if known is None or not known.gtin else known.gtin
    values = (draft.draft_id, number, wanted.item_id, gtin, quantity, first_base, base, touched_no)
    tx.execute(queries["put_line"], values)


def _receipt(draft: Draft, staff_id: str) -> GoodsReceived:
    lines = tuple(
        ReceivedLine(
            line_no=line.line_no, item_id=line.item_id, gtin=line.gtin, quantity_thousandths=line.quantity_thousandths
        )
        for line in sorted(draft.lines, key=lambda line: line.line_no)
        if line.quantity_thousandths
    )
    if not lines:
        raise StockRefused("draft_empty")
    return GoodsReceived(
        receipt_id=draft.draft_id,
        place=draft.place,
        how="scan",
        lines=lines,
        reference=draft.reference,
        staff_id=staff_id,
    )


def _count(source: Connection | Tx, draft: Draft, staff_id: str) -> StockCounted:
    tallies = [line.tally() for line in sorted(draft.lines, key=lambda line: line.line_no)]
    if not tallies:
        raise StockRefused("draft_empty")
    return counting.count_of(source, draft.draft_id, draft.place, staff_id, tallies)


def _item_of(tx: Tx, text: str) -> tuple[Item, str]:
    """The item of a scanned code and the code as 14 digits (empty for a short one)."""
    try:
        code = read_code(text)
    except CodeRefused as refused:
        raise StockRefused(refused.code, code=text.strip()[:40]) from refused
    item = lookup.item_by_code(tx, code.key)
    if item is None:
        raise StockRefused("unknown_code", code=text.strip()[:40])
    return item, code.key if code.is_gtin else ""


def _known(tx: Tx, draft_id: str, command_id: str) -> Done | None:
    row = tx.execute(queries["known_command"], (command_id,)).fetchone()
    if row is None:
        return None
    if row[0] != draft_id:
        raise StockRefused("draft_other_kind")
    return Done(_need(draft_of(tx, draft_id)), row[1], row[2])


def _need(draft: Draft | None) -> Draft:
    if draft is None:
        raise StockRefused("draft_unknown")
    return draft


def _need_open(tx: Tx, draft_id: str) -> Draft:
    draft = _need(draft_of(tx, draft_id))
    if draft.state != "open":
        raise StockRefused("draft_ended")
    return draft


def _lines(source: Connection | Tx, draft_id: str) -> tuple[DraftLine, ...]:
    return tuple(DraftLine(*row) for row in source.execute(queries["lines"], (draft_id,)))


def _draft(row: tuple[str, str, str, str, str, int, str, str, int | None], lines: tuple[DraftLine, ...]) -> Draft:
    draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms = row
    return Draft(draft_id, Kind(kind), Place(place), reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms, lines)
