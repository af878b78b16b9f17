"""What access points say of labels, read against the ledger: proofs, falls back to old images, losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from edge.labels.hearing import Hearing
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import LabelBook, LabelImage, Level, TagReport, forget_old, in_set, note_level
from edge.labels.plan import Wanted, is_settled
from edge.labels.proof import (
    Observation,
    Verdict,
    booted,
    counted_twice,
    enter_unknown,
    fall_back,
    held_some_time,
    may_have_fallen_back,
    observe,
    took_unknown,
    withdraw,
)
from edge.labels.store import LabelAim
from edge.labels.times import AskTimes
from protocols.clock import Clock
from protocols.contract.facts import LabelShown
from protocols.contract.values import EvidenceLevel
from protocols.device_events import AccessPointRestarted, DeviceEvent, LabelSeen, LabelTimedOut

LOST_AFTER_SETTLES = 3
"""An image stored that long ago, of which nothing is queued and nothing arrived, was lost by the access point."""
DECISIVE = frozenset({Verdict.CONFIRMED, Verdict.HELD_SOME_TIME, Verdict.FELL_BACK, Verdict.MAY_HAVE_FALLEN_BACK})


class Sightings:
    """See the module. `touch` plans labels anew."""

    def __init__(
        self,
        keeper: LabelKeeper,
        lanes: Mapping[str, Lane],
        hearing: Hearing,
        clock: Clock,
        times: AskTimes,
        wanted: Callable[[LabelBook], Wanted | None],
        touch: Callable[[Iterable[str]], None],
    ) -> None:
        self._keeper = keeper
        self._lanes = lanes
        self._hearing = hearing
        self._clock = clock
        self._times = times
        self._wanted = wanted
        self._touch = touch
        self._old_news: dict[tuple[str, str], TagReport] = {}
        """By label and access point, while it says just that: at most one for each label and who hears it."""
        self._boots_told: set[tuple[str, str]] = set()
        """(label, access point) while its record names the boot: it does so until the label says something else."""

    async def on_event(self, event: DeviceEvent) -> None:
        """What an access point said. Raises `StoreDbError` when a confirmation could not be stored (it comes again)."""
        lane = self._lanes.get(event.device_id)
        if lane is None:
            return
        match event:
            case LabelSeen():
                await self._on_seen(event, lane)
            case LabelTimedOut():
                await self._on_timed_out(event.label_id, lane)
            case AccessPointRestarted():
                lane.access_point_restarted()
            case _:
                return

    async def _on_timed_out(self, label_id: str, lane: Lane) -> None:
        book = self._keeper.books.get(label_id)
        if book is None or book.removed or book.access_point != lane.access_point:
            return
        await self._step(book, Level.DROPPED)
        lane.send_again(label_id, "the access point gave up on the label")

    async def _on_seen(self, event: LabelSeen, lane: Lane) -> None:
        label_id = event.label_id
        spoke = self._hearing.note(event)
        grew = lane.saw_count(label_id, event.update_count)
        lane.said(label_id, event.may_send_again)
        book = self._keeper.books.get(label_id)
        if book is None or book.removed:
            self._note_boot(event, bound=book is not None)
            return
        book = await self._look_for_boot(book, event)
        point = book.access_point if book.access_point in self._lanes else event.device_id
        kind = event.hardware_type or book.hardware_type
        if (book.hardware_type, book.access_point) != (kind, point):
            await self._keeper.change(label_id, lambda now, _aim: _as_seen(now, kind, point))
            self._touch((label_id,))
            return
        report = TagReport(
            event.image_hash,
            event.update_count,
            event.pending,
            event.device_id,
            event.shown,
            event.first_boot,
            one_by_one=event.may_send_again is not None,
        )
        verdict = self._observe(book, report).verdict
        repeated = self._said_before(label_id, report, verdict)
        if verdict in DECISIVE and not repeated:
            await self._keeper.change(label_id, lambda now, aim: self._read(now, aim, report))
            if verdict is Verdict.MAY_HAVE_FALLEN_BACK:
                self._old_news[label_id, report.access_point] = report
            self._touch((label_id,))
        elif verdict is Verdict.UNKNOWN_IMAGE and took_unknown(book, report, grew=grew):
            await self._note_unknown(report, label_id)
        elif point == event.device_id:
            self._look_for_loss(book, report, lane)
            await self._note_steps(book, report, spoke=spoke)
        await self._look_for_strays(label_id, report, lane)
        self._settle(label_id, report, lane)

    def _note_boot(self, event: LabelSeen, *, bound: bool) -> bool:
        """Whether the record names a boot anew. Nothing was sent before that of a label never bound."""
        key = (event.label_id, event.device_id)
        if not event.first_boot:
            self._boots_told.discard(key)
        elif not bound:
            self._boots_told.add(key)
        return event.first_boot and key not in self._boots_told

    async def _look_for_boot(self, book: LabelBook, event: LabelSeen) -> LabelBook:
        if not self._note_boot(event, bound=True):
            return book

        def decide(now: LabelBook | None, _aim: LabelAim) -> Change | None:
            if now is None or now.removed:
                return None
            mono_ms = self._clock.monotonic_ms()
            first_no = self._keeper.new_image_no(len(in_set(now)))
            after = booted(now, first_no=first_no, mono_ms=mono_ms)
            return Change(book=after) if after is not now else None

        if await self._keeper.change(book.label_id, decide) is not None:
            self._touch((book.label_id,))
        self._boots_told.add((event.label_id, event.device_id))
        return self._keeper.books[book.label_id]

    async def _note_unknown(self, report: TagReport, label_id: str) -> None:
        """The label took what nobody here knows: it is sent again what it should hold."""

        def decide(now: LabelBook | None, _aim: LabelAim) -> Change | None:
            if now is None or now.removed:
                return None
            now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
            after = enter_unknown(now, report, image_no=self._keeper.new_image_no(), now_ms=now_ms, mono_ms=mono_ms)
            return Change(book=after)

        if await self._keeper.change(label_id, decide) is not None:
            self._touch((label_id,))

    def _said_before(self, label_id: str, report: TagReport, verdict: Verdict) -> bool:
        """An access point whose counts went back tells the same old news at every look.

        Its image joined the set the first time; joining again and again, it would never leave, and the label never settle.
        """
        key = (label_id, report.access_point)
        told = self._old_news.get(key)
        if told is None:
            return False
        if (told.update_count, told.image_hash) != (report.update_count, report.image_hash):
            del self._old_news[key]
            return False
        return verdict is Verdict.MAY_HAVE_FALLEN_BACK

    def _settle(self, label_id: str, report: TagReport, lane: Lane) -> None:
        latest = self._keeper.books[label_id].latest
        if latest is not None and latest.confirmed and latest.image_hash == report.image_hash:
            lane.settled(label_id)

    def _look_for_loss(self, book: LabelBook, report: TagReport, lane: Lane) -> None:
        """The label's own access point does not tell of what the label should hold."""
        latest = book.latest
        if latest is None:
            return
        if latest.image_hash == report.image_hash:
            if latest.open and counted_twice(latest, report):
                lane.send_again(book.label_id, "the access point counted more than one image: it is asked once more")
            return
        if latest.confirmed:
            ours = latest.access_point == lane.access_point or report.first_boot
            if ours and not lane.is_in_flight(book.label_id):
                lane.send_again(book.label_id, "the label holds another image than ours")
            return
        age_ms = self._clock.monotonic_ms() - latest.sent_mono_ms
        stored = latest.evidence is EvidenceLevel.QUEUED and report.pending == 0
        if stored and age_ms >= LOST_AFTER_SETTLES * self._times().settle_ms:
            lane.send_again(book.label_id, "the access point took the image and lost it: its memory may be full")
        elif report.update_count > latest.baseline_count:
            lane.send_again(book.label_id, "the label holds another image than ours")

    async def _note_steps(self, book: LabelBook, report: TagReport, *, spoke: bool) -> None:
        latest = book.latest
        if latest is None or latest.confirmed or latest.evidence is not EvidenceLevel.QUEUED:
            return
        if spoke and latest.level is Level.QUEUED:
            await self._step(book, Level.POLLED)
        elif report.pending and latest.level is Level.STORED:
            await self._step(book, Level.QUEUED)

    async def _step(self, book: LabelBook, level: Level) -> None:
        """A step of the newest image; it frees nothing, so it need not survive a power cut."""
        latest, now_ms = book.latest, self._clock.now_ms()
        if latest is None or latest.confirmed:
            return

        def decide(now: LabelBook | None, _aim: LabelAim) -> Change | None:
            noted = now and note_level(now, latest.image_no, level, now_ms)
            return Change(book=noted, hint=True) if noted != now else None

        await self._keeper.change(book.label_id, decide)

    async def _look_for_strays(self, label_id: str, report: TagReport, lane: Lane) -> None:
        strays = [each for each in self._keeper.books[label_id].strays if each.access_point == lane.access_point]
        if strays and (report.pending or not all(stray.was_held for stray in strays)):
            lane.withdraw(label_id)  # An upload not drawn yet is not pending yet.
        else:
            lane.withdrawn(label_id)
        if not strays or report.pending or lane.may_send_again(label_id):
            return

        def decide(now: LabelBook | None, _aim: LabelAim) -> Change | None:
            if now is None:
                return None
            settle_ms, mono_ms = self._times().settle_ms, self._clock.monotonic_ms()
            first_no = self._keeper.new_image_no(len(now.strays))
            after = withdraw(now, lane.access_point, first_no=first_no, mono_ms=mono_ms, settle_ms=settle_ms)
            return Change(book=after) if after != now else None

        if await self._keeper.change(label_id, decide) is not None:
            self._touch((label_id,))

    def _observe(self, book: LabelBook, report: TagReport) -> Observation:
        times = self._times()
        return observe(
            book,
            report,
            now_ms=self._clock.now_ms(),
            mono_ms=self._clock.monotonic_ms(),
            dwell_ms=times.hold_ms,
            settle_ms=times.settle_ms,
            holders=self._holders(book),
        )

    def _holders(self, book: LabelBook) -> frozenset[str]:
        """Access points that may send it what they sent last once more. One no longer set up is asked for nothing."""
        points = {image.access_point for image in book.images}
        return frozenset(name for name, lane in self._lanes.items() if name in points and lane.may_send_again(book.label_id))

    def _read(self, book: LabelBook | None, aim: LabelAim, report: TagReport) -> Change | None:
        if book is None or book.removed:
            return None
        seen = self._observe(book, report)
        if seen.image is None or seen.verdict not in DECISIVE:
            return None
        facts: tuple[LabelShown, ...] = ()
        match seen.verdict:
            case Verdict.MAY_HAVE_FALLEN_BACK:
                after = self._maybe_fallen_back(book, seen.image, report)
            case Verdict.HELD_SOME_TIME:
                now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
                image_no = self._keeper.new_image_no()
                after = held_some_time(
                    book,
                    seen.image,
                    report,
                    image_no=image_no,
                    now_ms=now_ms,
                    mono_ms=mono_ms,
                    holders=self._holders(book),
                )
            case Verdict.FELL_BACK:
                after = self._fallen_back(book, seen.image, report)
                facts = shown_facts(after.current, self._clock.now_ms())
            case _:
                after = seen.book
                facts = shown_facts(after.current, self._clock.now_ms())
        after, _ = forget_old(after)
        wanted = self._wanted(book)
        settled = wanted is not None and is_settled(after, wanted)
        behind = None if settled else (aim.behind_since_ms or self._clock.now_ms())
        new_aim = LabelAim(aim.content_hash, aim.price_revision, behind)
        return Change(book=after, aim=new_aim, facts=facts)

    def _fallen_back(self, book: LabelBook, found: LabelImage, report: TagReport) -> LabelBook:
        return fall_back(
            book,
            found,
            image_no=self._keeper.new_image_no(),
            now_ms=self._clock.now_ms(),
            mono_ms=self._clock.monotonic_ms(),
            dwell_ms=self._times().hold_ms,
            update_count=report.update_count,
            holders=self._holders(book),
        )

    def _maybe_fallen_back(self, book: LabelBook, found: LabelImage, report: TagReport) -> LabelBook:
        return may_have_fallen_back(
            book,
            found,
            image_no=self._keeper.new_image_no(2),
            now_ms=self._clock.now_ms(),
            mono_ms=self._clock.monotonic_ms(),
            update_count=report.update_count,
        )


def shown_facts(image: LabelImage | None, now_ms: int) -> tuple[LabelShown, ...]:
    """What the journal is told of an image that was just proven, item by item; nothing for a blank one."""
    if image is None:
        return ()
    return tuple(
        LabelShown(
            label_id=image.label_id,
            item_id=price.item_id,
            price_revision=price.price_revision,
            price_minor=price.price_minor,
            evidence=image.evidence or EvidenceLevel.TRANSFERRED,
            sent_at_ms=image.sent_at_ms,
            confirmed_at_ms=image.confirmed_at_ms or now_ms,
        )
        for price in image.prices
    )


def _as_seen(book: LabelBook | None, hardware_type: int, access_point: str) -> Change | None:
    """A label bound before it was seen is of another kind, or hangs elsewhere, than was thought: it is drawn anew."""
    if book is None or (book.hardware_type, book.access_point) == (hardware_type, access_point):
        return None
    return Change(book=replace(book, hardware_type=hardware_type, access_point=access_point), bound=True)
