"""A count is booked: what it corrects is decided at once, and carried out in steps, so that no sale waits for a whole store.

A short count is one transaction. A longer one begins with a small transaction that closes the list and notes who decided
it; then each step books some items, their moves and their fact together, and the last step ends the list. Whatever kills
the box in between, the booking goes on when it is back: a count that was decided is booked whole, one that was refused not
at all. Each step compares with the book in its own transaction, so what is sold between two steps is no variance.

What needs no transaction (the tags that make the difference, whether a second person is needed) is worked out beside the
writer, by a reader in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from edge.stock import count_steps, counting, reservations
from edge.stock.count_steps import Booking, Step
from edge.stock.draft_rows import LINES_MAX, Draft, draft_of, need, need_open, piece_count, queries
from edge.stock.posting import Poster, second_person
from edge.stock.refusals import StockRefused
from edge.stock.rules import Source, rules
from edge.store_db.connection import SqlValue
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.facts import CountedLine, StockCounted

SHORT_ITEMS = count_steps.STEP_ITEMS
SHORT_PIECES = 2_000
"""Items and tags of a count that is one transaction."""
JUDGED_ASIDE_MAX = 3
"""A list that changes while it is judged beside the writer is judged again; after this often by the writer itself."""


@dataclass(frozen=True, slots=True)
class CountPreview:
    """What a count would correct."""

    lines: list[CountedLine]
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    """Whether a second person is needed, and the state of things that was judged."""

    needs_approval: bool
    mark: tuple[SqlValue, ...]


def preview(source: Source, draft_id: str, now_ms: int) -> CountPreview:
    """What a count would correct now, without its tags. Of a whole store: call it in a thread. Raises `StockRefused`."""
    lines = _lines(source, need(draft_of(source, draft_id, lines_max=LINES_MAX)))
    return CountPreview(lines, counting.needs_approval(source, lines, now_ms))


class CountBooking:
    """Books counts. All raise `StockRefused` (nothing changed) and `StoreDbError` (what was decided is booked later)."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def book(self, draft_id: str, by: Poster) -> Draft:
        """Book it; the answer comes when all of it is booked. Again: answered as it stands, or what is left is done."""
        judged: _Judged | None = None
        for asked in range(JUDGED_ASIDE_MAX + 1):
            ended = await self._begin(draft_id, by, judged, alone=asked == JUDGED_ASIDE_MAX)
            if isinstance(ended, Draft):
                return ended
            if ended:
                break
            judged = await asyncio.to_thread(self._judge, draft_id)
        await self.finish(draft_id)
        return need(draft_of(self._store.reader(), draft_id))

    async def finish(self, draft_id: str) -> None:
        """Carry out what is left of a booking, step by step; nothing when there is none."""
        while (step := await asyncio.to_thread(self._next_step, draft_id)) is not None:
            await self._take(draft_id, step)

    async def finish_all(self) -> None:
        """The bookings that a kill or a full disk interrupted."""
        for row in self._store.reader().execute(queries["postings"]).fetchall():
            await self.finish(str(row[0]))

    def _next_step(self, draft_id: str) -> Step | None:
        return count_steps.next_step(self._store.reader(), draft_id)

    def _judge(self, draft_id: str) -> _Judged:
        source = self._store.reader()
        mark = _mark(source, need(draft_of(source, draft_id, lines_max=0)))  # before: what changes meanwhile shows
        return _Judged(preview(source, draft_id, self._clock.now_ms()).needs_approval, mark)

    async def _begin(self, draft_id: str, by: Poster, judged: _Judged | None, *, alone: bool) -> Draft | bool:
        """The list when nothing is left to do; True: decided, steps follow; False: it must be judged first."""

        def run(tx: Tx) -> Draft | bool:
            draft = need(draft_of(tx, draft_id, lines_max=0))
            if draft.state in {"posted", "posting"}:
                return draft if draft.state == "posted" else True
            need_open(tx, draft_id)
            if not draft.line_count and not draft.whole:
                raise StockRefused("draft_empty")
            if _is_short(tx, draft):
                return self._book_at_once(tx, draft_id, by)
            now_ms = self._clock.now_ms()
            if alone:
                needs_approval = preview(tx, draft_id, now_ms).needs_approval
            elif judged is None or judged.mark != _mark(tx, draft):
                return False
            else:
                needs_approval = judged.needs_approval
            approver_id = second_person(by, "count_needs_approval") if needs_approval else ""
            tx.execute(queries["put_posting"], (draft_id, by.staff_id, approver_id, int(rules(tx).blind_counts)))
            return True

        return await self._store.write(run)

    def _book_at_once(self, tx: Tx, draft_id: str, by: Poster) -> Draft:
        draft, now_ms = need(draft_of(tx, draft_id, lines_max=LINES_MAX)), self._clock.now_ms()
        lines = _lines(tx, draft)
        if not lines:
            raise StockRefused("draft_empty")
        approver_id = second_person(by, "count_needs_approval") if counting.needs_approval(tx, lines, now_ms) else ""
        tags = {line.item_id: count_steps.tags_of(tx, draft, line.item_id) for line in lines}
        self._correct(tx, draft, Booking(by.staff_id, approver_id, rules(tx).blind_counts), count_steps.told(lines, tags))
        return self._end(tx, draft_id, by.staff_id)

    async def _take(self, draft_id: str, step: Step) -> None:
        def run(tx: Tx) -> None:
            if count_steps.booking_of(tx, draft_id) != step.begins:
                return  # somebody else has done it
            draft = need(draft_of(tx, draft_id, lines_max=0))
            tallies = [tally for item in step.items for tally in item.tallies]
            lines = counting.lines_of(tx, draft.place, tallies)
            lines += counting.unfound(tx, draft.place, [item.item_id for item in step.items if not item.tallies])
            tags = {item.item_id: item.tags for item in step.items}
            facts = step.begins.facts + self._correct(tx, draft, step.begins, count_steps.told(lines, tags))
            if not step.ends:
                tx.execute(queries["move_posting"], (draft_id, step.phase, step.after_item_id, facts))
                return
            tx.execute(queries["drop_posting"], (draft_id,))
            self._end(tx, draft_id, step.begins.staff_id)

        await self._store.write(run)

    def _correct(self, tx: Tx, draft: Draft, by: Booking, lines: Sequence[CountedLine]) -> int:
        """Lines become facts and moves. Returns how many facts."""
        count = StockCounted(
            count_id=draft.draft_id,
            place=draft.place,
            staff_id=by.staff_id,
            lines=tuple(lines),
            how="tag" if draft.swept else "scan",
            blind=by.blind,
            whole=draft.whole,
            approver_id=by.approver_id,
        )
        now_ms = self._clock.now_ms()
        facts = list(counting.facts_of(count, made_before=by.facts))
        new = [fact for fact in facts if counting.counted(tx, fact, now_ms)]
        if new:
            self._journal.append_many(tx, new)
            fewer = {each.item_id for each in lines if each.counted_thousandths < each.expected_thousandths}
            reservations.give_way(tx, self._journal, fewer, "short", now_ms)
        return len(facts)

    def _end(self, tx: Tx, draft_id: str, staff_id: str) -> Draft:
        tx.execute(queries["end"], (draft_id, "posted", staff_id, self._clock.now_ms()))
        return need(draft_of(tx, draft_id))


def _lines(source: Source, draft: Draft) -> list[CountedLine]:
    if not draft.lines and not draft.whole:
        raise StockRefused("draft_empty")
    tallies = [line.tally() for line in sorted(draft.lines, key=lambda line: line.line_no)]
    return counting.lines_of(source, draft.place, tallies, whole=draft.whole)


def _is_short(source: Source, draft: Draft) -> bool:
    items = draft.line_count
    if draft.whole:
        items += int(source.execute(queries["standing_items"], (draft.place.value,)).fetchall()[0][0])
    return items <= SHORT_ITEMS and (not draft.swept or piece_count(source, draft.draft_id) <= SHORT_PIECES)


def _mark(source: Source, draft: Draft) -> tuple[SqlValue, ...]:
    (row,) = source.execute(queries["mark"], (draft.draft_id, draft.place.value)).fetchall()
    return tuple(row)
