"""One access point's queue: one upload at a time, the most urgent first, again after every way of getting lost.

At most `IN_FLIGHT_MAX` labels are handed over at a time: an access point serves its queue in the order of check-ins,
whatever is urgent, and its radio takes some 250 labels. A label that lets its image wait for `IN_FLIGHT_MS` no longer
counts, so labels out of reach do not stop the others.

A lane never gives up on a label; it only asks less and less often. What a person must look after is told by the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from edge.labels.content import LabelUnrenderable, RenderedLabel, Renderer, ShelfItem, wanted_on
from edge.labels.gateway import Delivery, KeepsFiles, LabelGateway, LabelOrder, Withdraws
from edge.labels.goods import LabelGoods
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.ledger import (
    LAST_FILES_KEPT,
    LabelBook,
    LabelImage,
    Level,
    known_count,
    mark_queued,
    note_level,
    record_sent,
    sent_anew,
)
from edge.labels.line import WaitingLine
from edge.labels.pace import Pace
from edge.labels.plan import Send, Urgency, Wanted, plan_one, urgency
from edge.store_db.errors import StoreDbError
from protocols.clock import Clock

BACKOFF_MS = (2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 300_000)
CONFIRM_WAIT_MS = 1_500_000
"""An access point tries a tag for about 20 minutes before it drops the image."""
UNKNOWN_LABEL_WAIT_MS = 300_000
WITHDRAW_AGAIN_MS = 30_000
UPLOAD_HEARD_MS = 300_000
"""So long after an upload a word from before it is not believed that nothing comes again. An access point that keeps files
says so later than that."""
UNKNOWN = "the access point does not know this label"
WAITING = "waiting for the label to confirm"
IN_FLIGHT_MAX = 200
IN_FLIGHT_MS = 180_000

__all__ = ["Delivery", "LabelGateway", "LabelOrder", "Lane", "Outstanding"]


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
        goods: LabelGoods,
        clock: Clock,
    ) -> None:
        self.access_point = access_point
        self._gateway = gateway
        self._keeper = keeper
        self._renderer = renderer
        self._goods = goods
        self._clock = clock
        self._line = WaitingLine()
        self._in_flight: dict[str, int] = {}
        self._sending: str | None = None
        self._outstanding: dict[str, Outstanding] = {}
        self._withdrawals: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._keeps_files = isinstance(gateway, KeepsFiles) and gateway.keeps_files
        self._uploaded: dict[str, int] = {}
        self._sends_nothing_again: set[str] = set()
        self._wake = asyncio.Event()
        self.pace = Pace()
        self.up = False
        """Whether the access point answers."""

    @property
    def waiting(self) -> int:
        """Labels queued for upload."""
        return len(self._line)

    @property
    def in_flight(self) -> int:
        """Labels handed over that should confirm soon."""
        return len(self._in_flight)

    def is_in_flight(self, label_id: str) -> bool:
        """Whether its image was handed over and still has time to arrive."""
        return label_id in self._in_flight

    @property
    def eta_ms(self) -> int:
        """When everything queued and handed over should have confirmed, at the measured pace."""
        return self.pace.eta_ms(self.waiting + self.in_flight)

    def waiting_ids(self) -> Collection[str]:
        """Labels queued for upload, in no order."""
        return tuple(self._line.ids())

    def outstanding(self, label_id: str) -> Outstanding | None:
        """How a label's delivery stands; None when nothing is on the way."""
        return self._outstanding.get(label_id)

    def unproven(self) -> Collection[str]:
        """Labels that have not proven their newest image."""
        return tuple(self._outstanding)

    def reason(self, label_id: str) -> str:
        """Why a label does not show yet what it should, in words; empty when nothing is known."""
        if label_id in self._line:
            return f"waiting for its turn, {self.waiting} labels are in line"
        known = self._outstanding.get(label_id)
        return known.reason if known is not None else ""

    def push(self, label_id: str, urgency: Urgency, *, again: bool = False) -> None:
        """Put a label in the queue. `again`: send its newest image once more even if the content is unchanged."""
        self._line.push(label_id, urgency, again=again)
        self._wake.set()

    def give_away(self, label_id: str) -> bool:
        """Another access point serves this label now. True when it waited here and nothing of it was handed over."""
        self._outstanding.pop(label_id, None)
        self._in_flight.pop(label_id, None)
        return self._line.take(label_id) is not None

    def withdraw(self, label_id: str) -> None:
        """What the access point still holds for a label that is served elsewhere shall not come any more."""
        if label_id not in self._withdrawals:
            self._withdrawals[label_id] = self._clock.monotonic_ms()
            self._wake.set()

    def withdrawn(self, label_id: str) -> None:
        """It holds nothing any more."""
        self._withdrawals.pop(label_id, None)

    def saw_count(self, label_id: str, update_count: int) -> bool:
        """Remember the tag's update count as reported last. True: it grew since the access point's last word of it."""
        before = self._counts.get(label_id)
        self._counts[label_id] = max(update_count, before or 0)
        return before is not None and update_count > before

    def said(self, label_id: str, may_send_again: bool | None) -> None:
        """The access point tells of a label, and whether it may send it the last file it has, unasked; None: it keeps none.

        One that it did not know, as after a power cut, is not waited for any longer.
        """
        known = self._outstanding.get(label_id)
        if known is not None and known.reason == UNKNOWN:
            self._outstanding[label_id] = replace(known, due_mono_ms=min(known.due_mono_ms, self._clock.monotonic_ms()))
        uploaded = self._uploaded.get(label_id)
        just = uploaded is not None and self._clock.monotonic_ms() - uploaded < UPLOAD_HEARD_MS
        if may_send_again or just:
            self._sends_nothing_again.discard(label_id)
        else:
            self._sends_nothing_again.add(label_id)

    def may_send_again(self, label_id: str) -> bool:
        """The same, as it said last; until one that keeps files says anything, it may."""
        return self._keeps_files and label_id not in self._sends_nothing_again

    def settled(self, label_id: str) -> None:
        """The label shows its newest image."""
        self._outstanding.pop(label_id, None)
        if self._in_flight.pop(label_id, None) is not None:
            self.pace.confirmed(self._clock.monotonic_ms(), busy=bool(self.waiting or self._in_flight))
            self._wake.set()

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
        self._in_flight.clear()

    def tick(self) -> None:
        """Queue what is due again. Called every second or so."""
        now = self._clock.monotonic_ms()
        for label_id in [label_id for label_id, until in self._in_flight.items() if until <= now]:
            del self._in_flight[label_id]
        due = [label_id for label_id, each in self._outstanding.items() if each.due_mono_ms <= now]
        for label_id in due:
            if label_id not in self._line and label_id != self._sending:
                self.push(label_id, self._urgency(label_id), again=True)
        if self._line or self._withdrawals:
            self._wake.set()

    def _urgency(self, label_id: str) -> Urgency:
        book = self._keeper.books.get(label_id)
        wanted, _ = self._wanted(book)
        return Urgency.NEW if book is None or wanted is None else urgency(book, wanted)

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self.up = False
            await self._gateway.ready()
            self.up = True
            label_id = self._withdrawal_due()
            if label_id is not None:
                self._withdrawals[label_id] = self._clock.monotonic_ms() + WITHDRAW_AGAIN_MS
                if isinstance(self._gateway, Withdraws):
                    await self._gateway.withdraw(label_id)
                continue
            turn = self._line.pop() if self.in_flight < IN_FLIGHT_MAX else None
            if turn is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            self._sending = turn[0]
            await self._send(turn[0], turn[1].again)
            self._sending = None

    def _withdrawal_due(self) -> str | None:
        now = self._clock.monotonic_ms()
        return next((label_id for label_id, due in self._withdrawals.items() if due <= now), None)

    async def _send(self, label_id: str, again: bool) -> None:
        book = self._keeper.books.get(label_id)
        wanted, item = self._wanted(book)
        if book is None or wanted is None or book.access_point != self.access_point:
            self._outstanding.pop(label_id, None)
            return
        send = plan_one(book, wanted)
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
        item = self._goods.on(book)
        return (wanted_on(book, item), item) if item is not None else (None, None)

    async def _record(self, label_id: str, wanted: Wanted, picture: RenderedLabel, send: Send | None) -> LabelImage | None:
        """Make the image part of the label's set, durably, before its first byte leaves."""
        latest = self._keeper.books[label_id].latest
        here = latest is not None and latest.access_point == self.access_point
        if send is None and here and latest is not None and latest.image_hash == picture.image_hash:
            return await self._once_more(label_id, latest)
        mono_ms, now_ms = self._clock.monotonic_ms(), self._clock.now_ms()
        before_no = self._keeper.new_image_no(LAST_FILES_KEPT + 1)
        image = LabelImage(
            image_no=before_no + LAST_FILES_KEPT,
            label_id=label_id,
            item_id=wanted.item_id,
            price_minor=wanted.price_minor,
            price_revision=wanted.price_revision,
            content_hash=wanted.content_hash,
            image_hash=picture.image_hash,
            sent_at_ms=now_ms,
            sent_mono_ms=mono_ms,
            baseline_count=0,
            access_point=self.access_point,
            more=wanted.more,
        )

        def decide(book: LabelBook | None, _aim: object) -> Change | None:
            if book is None or book.removed or book.item_id != wanted.item_id or book.access_point != self.access_point:
                return None
            count = max(known_count(book, self.access_point), self._counts.get(label_id, 0))
            return Change(book=record_sent(book, replace(image, baseline_count=count), before_no=before_no))

        return image if await self._keeper.change(label_id, decide) is not None else None

    async def _once_more(self, label_id: str, image: LabelImage) -> LabelImage:
        """The same image again, proven by what is counted from now on."""

        def decide(book: LabelBook | None, _aim: object) -> Change | None:
            if book is None:
                return None
            after = sent_anew(book, image.image_no, self._counts.get(label_id, 0))
            return Change(book=after) if after != book else None

        await self._keeper.change(label_id, decide)
        return image

    async def _deliver(self, image: LabelImage, picture: RenderedLabel, attempts: int, *, clear_first: bool) -> None:
        label_id = image.label_id
        order = LabelOrder(label_id, str(image.image_no), picture.picture, picture.image_hash, clear_first)
        self._sends_nothing_again.discard(label_id)
        self._uploaded[label_id] = self._clock.monotonic_ms()
        delivery = await self._gateway.deliver(order)
        self._uploaded[label_id] = self._clock.monotonic_ms()
        if delivery is Delivery.REFUSED:
            self._note(label_id, attempts + 1, _backoff(attempts), "the access point did not take the image")
        elif delivery is Delivery.UNKNOWN_LABEL:
            self._note(label_id, attempts + 1, UNKNOWN_LABEL_WAIT_MS, UNKNOWN)
        else:
            self._note(label_id, attempts + 1, CONFIRM_WAIT_MS, WAITING)
            self._in_flight[label_id] = self._clock.monotonic_ms() + IN_FLIGHT_MS
            await self._mark_queued(image)

    async def _mark_queued(self, image: LabelImage) -> None:
        mono_ms, now_ms = self._clock.monotonic_ms(), self._clock.now_ms()

        def decide(book: LabelBook | None, _aim: object) -> Change | None:
            if book is None:
                return None
            marked = note_level(mark_queued(book, image.image_no), image.image_no, Level.STORED, now_ms)
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
