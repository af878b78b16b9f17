"""Lists in progress (receipts, counts, moves between places, goods for another store, write-offs): kept in the database with
every scan, so that neither a reload nor a kill loses one.

Each command carries an id made by the screen and is carried out once. Posting turns a list into its fact and its moves,
in one transaction; the list's id is the fact's id, so posting twice posts once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.catalogue import lookup
from edge.stock import codes, count_booking, draft_rows, notices, posting, sweeps, tags_here
from edge.stock.batches import BATCH_CHARACTERS_MAX, NO_LOT, Lot, is_date
from edge.stock.count_booking import CountBooking, CountPreview
from edge.stock.draft_rows import Draft, DraftLine, Kind, Piece, Touch, draft_of, need, need_open, open_drafts, queries
from edge.stock.posting import Poster
from edge.stock.refusals import StockRefused
from edge.stock.sweeps import Swept
from edge.store_db import journal as journals
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.stock_facts import WRITE_OFF_REASONS
from protocols.contract.values import Place

__all__ = ["Done", "Draft", "DraftLine", "DraftService", "Kind", "Poster", "draft_of", "open_drafts", "prune"]

OPEN_DRAFTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did: the line it was about and what it added, the same however often it is sent."""

    draft: Draft
    item_id: str = ""
    added_thousandths: int = 0
    lot: Lot = NO_LOT


def prune(tx: Tx, before_ms: int) -> None:
    """Forget lists that ended before this, with their commands."""
    tx.execute(queries["prune"], (before_ms,))


class DraftService:
    """The use cases of lists. All raise `StockRefused` (nothing changed) and `StoreDbError`."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._counts = CountBooking(store, journal, clock)

    async def open(
        self,
        draft_id: str,
        kind: Kind,
        place: Place,
        reference: str,
        staff_id: str,
        *,
        asn_id: str = "",
        target: str = "",
        note: str = "",
        whole: bool = False,
    ) -> Draft:
        """Begin a list. The same one asked for again is answered as it stands."""

        def run(tx: Tx) -> Draft:
            known = draft_of(tx, draft_id)
            if known is not None:
                if (known.kind, known.place, known.asn_id, known.target) != (kind, place, asn_id, target):
                    raise StockRefused("draft_other_kind")
                return known
            if len(tx.execute(queries["all_open"]).fetchall()) >= OPEN_DRAFTS_MAX:
                raise StockRefused("drafts_too_many", most=OPEN_DRAFTS_MAX)
            _check_opening(tx, kind, place, asn_id, target)
            head = (draft_id, kind.value, place.value, reference, staff_id, self._clock.now_ms())
            tx.execute(queries["put"], (*head, asn_id, target, note, int(whole)))
            return need(draft_of(tx, draft_id))

        return await self._store.write(run, durable=False)

    async def scan(self, draft_id: str, command_id: str, code: str, times: int = 1) -> Done:
        """Add what a code stands for, `times` over: its pack quantity in pieces, or the weight inside it."""

        def touch(tx: Tx) -> Touch:
            goods = codes.read(tx, code, self._clock.now_ms())
            if goods.serial:
                piece = Piece(draft_rows.SERIAL + goods.serial, goods.item.item_id, goods.lot)
                if not draft_rows.put_piece(tx, draft_id, piece):
                    raise StockRefused("piece_again", code=goods.serial)
            times_counted = 1 if goods.serial else times
            return Touch(goods.item.item_id, goods.gtin, add_thousandths=goods.thousandths * times_counted, lot=goods.lot)

        return await self._change(draft_id, command_id, touch)

    async def set_quantity(
        self, draft_id: str, command_id: str, item_id: str, quantity_thousandths: int, lot: Lot = NO_LOT
    ) -> Done:
        """Say how much of an item (or of one lot of it) there is. In a count, that is what stands there now."""

        def touch(tx: Tx) -> Touch:
            if lookup.item_by_id(tx, item_id) is None:
                raise StockRefused("unknown_code", code=item_id[: codes.CODE_SHOWN_MAX])
            _check_lot(lot)
            return Touch(item_id, set_thousandths=quantity_thousandths, lot=lot)

        return await self._change(draft_id, command_id, touch)

    async def set_lot(self, draft_id: str, command_id: str, item_id: str, lot: Lot, new: Lot) -> Done:
        """Say which batch and date a line is of. It joins the line of that lot when there is one."""

        def run(tx: Tx) -> Done:
            if (known := _known(tx, draft_id, command_id)) is not None:
                return known
            draft = need_open(tx, draft_id)
            _check_lot(new)
            line = draft_rows.line_of(tx, draft_id, item_id, lot)
            if line is None:
                raise StockRefused("draft_no_line")
            if new != lot:
                tx.execute(queries["drop_line"], (draft_id, item_id, lot.batch, lot.expires))
                draft_rows.put_line(tx, draft, Touch(item_id, line.gtin, add_thousandths=line.quantity_thousandths, lot=new))
                key = (draft_id, item_id, lot.batch, lot.expires)
                tx.execute(queries["move_pieces"], (*key, new.batch, new.expires))
            return self._keep(tx, draft_id, command_id, item_id, 0, new)

        return await self._store.write(run, durable=False)

    async def remove(self, draft_id: str, command_id: str, item_id: str, lot: Lot = NO_LOT) -> Done:
        """Take a line off the list."""

        def run(tx: Tx) -> Done:
            if (known := _known(tx, draft_id, command_id)) is not None:
                return known
            need_open(tx, draft_id)
            if draft_rows.line_of(tx, draft_id, item_id, lot) is None:
                raise StockRefused("draft_no_line")
            for name in ("drop_line", "drop_pieces"):
                tx.execute(queries[name], (draft_id, item_id, lot.batch, lot.expires))
            return self._keep(tx, draft_id, command_id, item_id, 0, lot)

        return await self._store.write(run, durable=False)

    async def sweep(self, draft_id: str, epcs: Sequence[str]) -> tuple[Draft, Swept]:
        """Tags a reader heard: each counts once in a list, however often it is heard.

        They are taken in part by part: when a part is refused (the list is full), those before it stay.
        """
        total = Swept()
        for start in range(0, max(1, len(epcs)), sweeps.EPCS_AT_ONCE):
            part = epcs[start : start + sweeps.EPCS_AT_ONCE]
            take = functools.partial(sweeps.take_sweep, draft_id=draft_id, epcs=part)
            total = total.plus(await self._store.write(take, durable=False))
        return need(draft_of(self._store.reader(), draft_id)), total

    async def sweep_heard(self, draft_id: str) -> tuple[Draft, Swept]:
        """The tags the store's own readers hear at the list's place now."""
        source = self._store.reader()
        place = need(draft_of(source, draft_id, lines_max=0)).place
        return await self.sweep(draft_id, tags_here.heard_at(source, place))

    async def discard(self, draft_id: str, staff_id: str) -> Draft:
        """Throw a list away; nothing is posted. Again: nothing more happens."""

        def run(tx: Tx) -> Draft:
            draft = need(draft_of(tx, draft_id))
            if draft.state in {"posted", "posting"}:
                raise StockRefused("draft_ended")
            return draft if draft.state == "discarded" else self._end(tx, draft_id, "discarded", staff_id)

        return await self._store.write(run, durable=False)

    def variance(self, draft_id: str) -> CountPreview:
        """What a count would post now, and whether a second person must allow it."""
        return count_booking.preview(self._store.reader(), draft_id, self._clock.now_ms())

    def receipt(self, draft_id: str) -> list[posting.ReceiptLine]:
        """What a receipt would book now beside what was promised."""
        source = self._store.reader()
        draft = need(draft_of(source, draft_id, lines_max=draft_rows.LINES_MAX))
        return posting.receipt_lines(draft, notices.find(source, draft.asn_id) if draft.asn_id else None)

    def value_minor(self, draft_id: str) -> int:
        """What the goods of a list are worth at the list price."""
        source, now_ms = self._store.reader(), self._clock.now_ms()
        draft = need(draft_of(source, draft_id, lines_max=draft_rows.LINES_MAX))
        return posting.value_minor(source, draft, now_ms)

    async def post(self, draft_id: str, staff_id: str, poster: Poster | None = None) -> Draft:
        """Post a list as its fact. One that is posted already is answered as it is."""
        by = poster or Poster(staff_id)
        if need(draft_of(self._store.reader(), draft_id, lines_max=0)).kind is Kind.COUNT:
            return await self._counts.book(draft_id, by)

        def run(tx: Tx) -> Draft:
            draft = need(draft_of(tx, draft_id, lines_max=draft_rows.LINES_MAX))
            if draft.state == "posted":
                return draft
            need_open(tx, draft_id)
            posting.post(tx, self._journal, draft, by, self._clock.now_ms())
            return self._end(tx, draft_id, "posted", staff_id)

        return await self._store.write(run)

    async def _change(self, draft_id: str, command_id: str, touch: Callable[[Tx], Touch]) -> Done:
        def run(tx: Tx) -> Done:
            if (known := _known(tx, draft_id, command_id)) is not None:
                return known
            draft = need_open(tx, draft_id)
            wanted = touch(tx)
            draft_rows.put_line(tx, draft, wanted)
            return self._keep(tx, draft_id, command_id, wanted.item_id, wanted.add_thousandths, wanted.lot)

        return await self._store.write(run, durable=False)

    def _keep(self, tx: Tx, draft_id: str, command_id: str, item_id: str, added_thousandths: int, lot: Lot) -> Done:
        values = (command_id, draft_id, item_id, added_thousandths, lot.batch, lot.expires)
        tx.execute(queries["keep_command"], values)
        return Done(need(draft_of(tx, draft_id)), item_id, added_thousandths, lot)

    def _end(self, tx: Tx, draft_id: str, state: str, staff_id: str) -> Draft:
        tx.execute(queries["end"], (draft_id, state, staff_id, self._clock.now_ms()))
        return need(draft_of(tx, draft_id))


def _check_opening(tx: Tx, kind: Kind, place: Place, asn_id: str, target: str) -> None:
    if asn_id and (kind is not Kind.RECEIPT or notices.find(tx, asn_id) is None):
        raise StockRefused("notice_unknown")
    match kind:
        case Kind.MOVE if target == place.value or target not in set(Place):
            raise StockRefused("place_same")
        case Kind.TRANSFER if not target or target == journals.identity(tx).store_id:
            raise StockRefused("store_needed")
        case Kind.WRITE_OFF if target not in WRITE_OFF_REASONS:
            raise StockRefused("write_off_reason")
        case _:
            return


def _check_lot(lot: Lot) -> None:
    if len(lot.batch) > BATCH_CHARACTERS_MAX or not is_date(lot.expires):
        raise StockRefused("lot_invalid", most=BATCH_CHARACTERS_MAX)


def _known(tx: Tx, draft_id: str, command_id: str) -> Done | None:
    row = tx.execute(queries["known_command"], (command_id,)).fetchone()
    if row is None:
        return None
    if row[0] != draft_id:
        raise StockRefused("draft_other_kind")
    return Done(need(draft_of(tx, draft_id)), row[1], row[2], Lot(row[3], row[4]))
