"""One access point's queue: one upload at a time, the most urgent first, again after every way of getting lost.

A lane never gives up on a label; it only asks less and less often. What a person must look after is told by the service.
"""

from __future__ import annotations

import asyncio
import enum
import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from edge.labels.content import LabelUnrenderable, RenderedLabel, Renderer, ShelfItem, wanted_on
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.ledger import LabelBook, LabelImage, known_count, mark_queued, record_sent
from edge.labels.plan import Send, Urgency, Wanted, plan_one
from edge.store_db.errors import StoreDbError
from protocols.clock import Clock

BACKOFF_MS = (2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 300_000)
CONFIRM_WAIT_MS = 1_500_000
"""An access point tries a tag for about 20 minutes before it drops the image."""
UNKNOWN_LABEL_WAIT_MS = 300_000


class Delivery(enum.Enum):
    """What became of an upload."""

    QUEUED = "queued"
    REFUSED = "refused"
    """Busy, unreachable or the answer was lost: it may or may not have arrived."""
    UNKNOWN_LABEL = "unknown_label"


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """One image to put on one label. `clear_first`: take older images out of the access point's queue before."""

    label_id: str
    job_id: str
    picture: bytes
    image_hash: str
    clear_first: bool


class LabelGateway(Protocol):
    """An access point as the lane sees it."""

    async def ready(self) -> None:
        """Wait until the access point answers."""

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Upload one image; never raises for what a device or a line can do."""


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A label that has not proven its newest image: when to send again (monotonic)."""

    attempts: int
    due_mono_ms: int
    reason: str = ""


class Lane:
    """The labels of one access point."""

    def __init__(
        self,
        access_point: str,
        gateway: LabelGateway,
        keeper: LabelKeeper,
        renderer: Renderer,
        shelf_item: Callable[[str], ShelfItem | None],
        clock: Clock,
    ) -> None:
        self.access_point = access_point
        self._gateway = gateway
        self._keeper = keeper
        self._renderer = renderer
        self._shelf_item = shelf_item
        self._clock = clock
        self._heap: list[tuple[int, int, str]] = []
        self._order = 0
        self._queued: dict[str, bool] = {}
        self._outstanding: dict[str, Outstanding] = {}
        self._counts: dict[str, int] = {}
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Labels queued for upload."""
        return len(self._queued)

    def outstanding(self, label_id: str) -> Outstanding | None:
        """How a label's delivery stands; None when nothing is on the way."""
        return self._outstanding.get(label_id)

    def push(self, label_id: str, urgency: Urgency, *, again: bool = False) -> None:
        """Put a label in the queue. `again`: send its newest image once more even if the content is unchanged."""
        if label_id in self._queued:
            self._queued[label_id] = self._queued[label_id] or again
        else:
            self._queued[label_id] = again
        self._order += 1
        heapq.heappush(self._heap, (int(urgency), self._order, label_id))
        self._wake.set()

    def saw_count(self, label_id: str, update_count: int) -> None:
        """Remember the tag's update count as reported last."""
        self._counts[label_id] = max(update_count, self._counts.get(label_id, 0))

    def settled(self, label_id: str) -> None:
        """The label shows its newest image."""
        self._outstanding.pop(label_id, None)

    def send_again(self, label_id: str, reason: str) -> None:
        """The access point lost or dropped the image, or the tag shows something else: send again after a back-off."""
        known = self._outstanding.get(label_id)
        if known is not None and known.reason == reason:
            return
        attempts = known.attempts if known is not None else 0
        self._note(label_id, attempts, _backoff(attempts), reason)

    def access_point_restarted(self) -> None:
        """Undelivered images are gone: all of them go again now."""
        now = self._clock.monotonic_ms()
        for label_id, each in self._outstanding.items():
            self._outstanding[label_id] = replace(each, attempts=0, due_mono_ms=now, reason="access point restarted")

    def tick(self) -> None:
        """Queue what is due again. Called every second or so."""
        now = self._clock.monotonic_ms()
        due = [label_id for label_id, each in self._outstanding.items() if each.due_mono_ms <= now]
        for label_id in due:
            if label_id not in self._queued:
                self.push(label_id, Urgency.NEW, again=True)

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._gateway.ready()
            label_id, again = await self._next()
            await self._send(label_id, again)

    async def _next(self) -> tuple[str, bool]:
        while True:
            while self._heap:
                _, _, label_id = heapq.heappop(self._heap)
                if label_id in self._queued:
                    return label_id, self._queued.pop(label_id)
            self._wake.clear()
            await self._wake.wait()

    async def _send(self, label_id: str, again: bool) -> None:
        book = self._keeper.books.get(label_id)
        wanted, item = self._wanted(book)
        if book is None or wanted is None or book.access_point != self.access_point:
            self._outstanding.pop(label_id, None)
            return
        now = self._clock.monotonic_ms()
        send = plan_one(book, wanted, now)
        if send is None and not (again and book.latest is not None):
            return
        # Another content is a new matter: what the old one had to wait for is over.
        attempts = self._outstanding[label_id].attempts if send is None and label_id in self._outstanding else 0
        try:
            picture = await asyncio.to_thread(self._renderer.render, item, label_id, book.hardware_type)
            image = await self._record(label_id, wanted, picture, send)
        except LabelUnrenderable as error:
            self._note(label_id, len(BACKOFF_MS), BACKOFF_MS[-1], f"cannot be drawn: {error}")
            return
        except StoreDbError as error:
            self._note(label_id, attempts, _backoff(attempts), f"cannot be recorded: {error}")
            return
        if image is not None:
            await self._deliver(image, picture, attempts, clear_first=again or (send is not None and send.clear_first))

    def _wanted(self, book: LabelBook | None) -> tuple[Wanted | None, ShelfItem | None]:
        if book is None or book.removed:
            return None, None
        if book.item_id is None:
            return wanted_on(book, None), None
        item = self._shelf_item(book.item_id)
        return (wanted_on(book, item), item) if item is not None else (None, None)

    async def _record(self, label_id: str, wanted: Wanted, picture: RenderedLabel, send: Send | None) -> LabelImage | None:
        """Make the image part of the label's set, durably, before its first byte leaves."""
        latest = self._keeper.books[label_id].latest
        if send is None and latest is not None and latest.image_hash == picture.image_hash:
            return latest
        mono_ms, now_ms = self._clock.monotonic_ms(), self._clock.now_ms()
        image = LabelImage(
            image_no=self._keeper.new_image_no(),
            label_id=label_id,
            item_id=wanted.item_id,
            price_minor=wanted.price_minor,
            price_revision=wanted.price_revision,
            content_hash=wanted.content_hash,
            image_hash=picture.image_hash,
            sent_at_ms=now_ms,
            sent_mono_ms=mono_ms,
            baseline_count=0,
        )

        def decide(book: LabelBook | None, _aim: object) -> Change | None:
            if book is None or book.removed or book.item_id != wanted.item_id:
                return None
            count = max(known_count(book), self._counts.get(label_id, 0))
            return Change(book=record_sent(book, replace(image, baseline_count=count)))

        return image if await self._keeper.change(label_id, decide) is not None else None

    async def _deliver(self, image: LabelImage, picture: RenderedLabel, attempts: int, *, clear_first: bool) -> None:
        label_id = image.label_id
        order = LabelOrder(label_id, str(image.image_no), picture.picture, picture.image_hash, clear_first)
        delivery = await self._gateway.deliver(order)
        if delivery is Delivery.REFUSED:
            self._note(label_id, attempts + 1, _backoff(attempts), "the access point did not take the image")
        elif delivery is Delivery.UNKNOWN_LABEL:
            self._note(label_id, attempts + 1, UNKNOWN_LABEL_WAIT_MS, "the access point does not know this label")
        else:
            self._note(label_id, attempts + 1, CONFIRM_WAIT_MS, "waiting for the label to confirm")
            await self._mark_queued(image)

    async def _mark_queued(self, image: LabelImage) -> None:
        mono_ms = self._clock.monotonic_ms()

        def decide(book: LabelBook | None, _aim: object) -> Change | None:
            if book is None:
                return None
            marked = mark_queued(book, image.image_no)
            images = tuple(
                replace(each, sent_mono_ms=mono_ms) if each.image_no == image.image_no and not each.confirmed else each
                for each in marked.images
            )
            return Change(book=replace(marked, images=images))

        try:
            await self._keeper.change(image.label_id, decide)
        except StoreDbError:
            # Evidence "queued" frees no price; without it the label is confirmed by its update count alone.
            return

    def _note(self, label_id: str, attempts: int, wait_ms: int, reason: str) -> None:
        self._outstanding[label_id] = Outstanding(attempts, self._clock.monotonic_ms() + wait_ms, reason)


def _backoff(attempts: int) -> int:
    return BACKOFF_MS[min(attempts, len(BACKOFF_MS) - 1)]
