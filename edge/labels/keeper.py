"""All labels of the store in memory, changed only through durable transactions: one writer, many changes per commit.

Adding an image to a label's set is visible here only after it is on the disk, and the sender waits for that. Taking one
out likewise. So a killed box never knows less about a shelf than a label may show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from edge.labels import store
from edge.labels.ledger import LabelBook, LabelPrice, lowest_for, restarted
from edge.labels.store import LabelAim
from edge.store_db.connection import Connection
from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreDbError
from protocols.clock import Clock
from protocols.contract.facts import FactBody

CHANGES_PER_COMMIT = 128


class FactLog(Protocol):
    """The journal, as far as labels need it."""

    def append(self, tx: Tx, body: FactBody) -> object:
        """Write a fact in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision wants written. `bound`: the binding itself changed. `hint`: nothing is decided by it, so a power cut
    may lose it."""

    book: LabelBook | None = None
    aim: LabelAim | None = None
    facts: tuple[FactBody, ...] = ()
    bound: bool = False
    hint: bool = False

    @property
    def durable(self) -> bool:
        """A mere aim can be planned again after a power cut."""
        return not self.hint and (self.book is not None or bool(self.facts))


Decide = Callable[[LabelBook | None, LabelAim], Change | None]


@dataclass(slots=True)
class _Waiting:
    label_id: str
    decide: Decide
    done: asyncio.Future[Change | None]


@dataclass(slots=True)
class _Batch:
    """Changes decided one on top of the other, not yet committed."""

    books: dict[str, LabelBook] = field(default_factory=dict)
    aims: dict[str, LabelAim] = field(default_factory=dict)
    changes: list[tuple[str, Change]] = field(default_factory=list)


class LabelKeeper:
    """The ledger of all labels."""

    def __init__(self, database: Database, facts: FactLog, clock: Clock) -> None:
        self._database = database
        self._facts = facts
        self._clock = clock
        self._books: dict[str, LabelBook] = {}
        self._aims: dict[str, LabelAim] = {}
        self._labels_of_item: dict[str, frozenset[str]] = {}
        self._dwelling: dict[str, int] = {}
        self._next_no = 1
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()

    def load(self, connection: Connection, hold_ms: int) -> None:
        """Read everything at start; running dwells start anew."""
        books, self._aims, self._next_no = store.read_all(connection)
        mono_ms = self._clock.monotonic_ms()
        for label_id, book in books.items():
            self._remember(label_id, restarted(book, mono_ms=mono_ms, dwell_ms=hold_ms))

    @property
    def books(self) -> Mapping[str, LabelBook]:
        """Every label ever bound, by label id."""
        return self._books

    @property
    def dwelling(self) -> Mapping[str, int]:
        """Labels with a former price that still binds: until when the first of them does (monotonic)."""
        return self._dwelling

    def aim(self, label_id: str) -> LabelAim:
        """What a label should show, as planned last."""
        return self._aims.get(label_id, LabelAim())

    def labels_of(self, item_id: str) -> frozenset[str]:
        """Labels bound to an item, or still showing it."""
        return self._labels_of_item.get(item_id, frozenset())

    def lowest_for(self, item_id: str) -> LabelPrice | None:
        """The lowest price any label may be showing for an item. Safe to call from any thread."""
        labels = self._labels_of_item.get(item_id)
        if not labels:
            return None
        return lowest_for((self._books[label_id] for label_id in labels), item_id)

    def new_image_no(self, count: int = 1) -> int:
        """The first of `count` new image numbers; gaps are fine."""
        number = self._next_no
        self._next_no += count
        return number

    async def change(self, label_id: str, decide: Decide) -> Change | None:
        """Decide on the newest state of a label and make it durable. Returns what was changed, None when nothing was.

        `decide` runs on the event loop and may run on state not committed yet (it commits together). Raises
        `StoreDbError` when the commit failed; then nothing changed.
        """
        waiting = _Waiting(label_id, decide, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        return await waiting.done

    async def run(self) -> None:
        """Commit changes for ever."""
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < CHANGES_PER_COMMIT and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            await self._commit(waiting)

    async def _commit(self, waiting: list[_Waiting]) -> None:
        batch = _Batch()
        results: list[tuple[_Waiting, Change | None]] = []
        for each in waiting:
            book = batch.books.get(each.label_id, self._books.get(each.label_id))
            aim = batch.aims.get(each.label_id, self.aim(each.label_id))
            change = each.decide(book, aim)
            results.append((each, change))
            if change is None:
                continue
            batch.changes.append((each.label_id, change))
            if change.book is not None:
                batch.books[each.label_id] = change.book
            if change.aim is not None:
                batch.aims[each.label_id] = change.aim
        if batch.changes:
            try:
                await self._write(batch)
            except StoreDbError as error:
                _fail(waiting, error)
                return
            self._aims.update(batch.aims)
            for label_id, book in batch.books.items():
                self._remember(label_id, book)
        for each, change in results:
            if not each.done.done():
                each.done.set_result(change)

    async def _write(self, batch: _Batch) -> None:
        now_ms = self._clock.now_ms()

        def run(tx: Tx) -> None:
            before = dict(self._books)
            for label_id, change in batch.changes:
                if change.book is not None:
                    if change.bound or label_id not in before:
                        behind = change.aim.behind_since_ms if change.aim is not None else None
                        store.put_label(tx, change.book, bound_at_ms=now_ms, behind_since_ms=behind)
                    store.put_images(tx, before.get(label_id), change.book)
                    before[label_id] = change.book
                if change.aim is not None:
                    store.put_aim(tx, label_id, change.aim)
                for fact in change.facts:
                    self._facts.append(tx, fact)

        await self._database.write(run, durable=any(change.durable for _, change in batch.changes))

    def _remember(self, label_id: str, book: LabelBook) -> None:
        old = _items_of(self._books[label_id]) if label_id in self._books else frozenset[str]()
        new = _items_of(book)
        self._books[label_id] = book
        binding = () if book.removed else (image for image in book.images if not image.retired)
        untils = [image.until_mono_ms for image in binding if image.until_mono_ms is not None]
        if untils:
            self._dwelling[label_id] = min(untils)
        else:
            self._dwelling.pop(label_id, None)
        for item_id in new - old:
            self._labels_of_item[item_id] = self._labels_of_item.get(item_id, frozenset()) | {label_id}
        for item_id in old - new:
            self._labels_of_item[item_id] = self._labels_of_item[item_id] - {label_id}


def _items_of(book: LabelBook) -> frozenset[str]:
    """Items a label is bound to or may be showing."""
    binding = () if book.removed else (image for image in book.images if not image.retired)
    shown = {price.item_id for image in binding for price in image.prices}
    return frozenset(shown.union(book.items))


def _fail(waiting: list[_Waiting], error: StoreDbError) -> None:
    for each in waiting:
        if not each.done.done():
            each.done.set_exception(error)
