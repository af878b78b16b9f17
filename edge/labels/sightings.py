"""What access points say of labels, read against the ledger: proofs, falls back to old images, losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from edge.labels.keeper import Change, LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import (
    LabelBook,
    LabelImage,
    Observation,
    TagReport,
    Verdict,
    counter_set_back,
    fall_back,
    forget_old,
    may_have_fallen_back,
    observe,
)
from edge.labels.plan import Wanted, is_settled
from edge.labels.store import LabelAim
from edge.labels.times import AskTimes
from protocols.clock import Clock
from protocols.contract.facts import LabelShown
from protocols.contract.values import EvidenceLevel
from protocols.device_events import AccessPointRestarted, DeviceEvent, LabelSeen, LabelTimedOut


@dataclass(frozen=True, slots=True)
class Seen:
    """A label as an access point reported it last."""

    battery_mv: int
    last_seen_ms: int
    hardware_type: int
    access_point: str


class Sightings:
    """See the module. `seen` is filled here and read elsewhere; `touch` plans labels anew."""

    def __init__(
        self,
        keeper: LabelKeeper,
        lanes: Mapping[str, Lane],
        clock: Clock,
        times: AskTimes,
        wanted: Callable[[LabelBook], Wanted | None],
        touch: Callable[[Iterable[str]], None],
    ) -> None:
        self.seen: dict[str, Seen] = {}
        self._keeper = keeper
        self._lanes = lanes
        self._clock = clock
        self._times = times
        self._wanted = wanted
        self._touch = touch

    async def on_event(self, event: DeviceEvent) -> None:
        """What an access point said. Raises `StoreDbError` when a confirmation could not be stored (it comes again)."""
        lane = self._lanes.get(event.device_id)
        if lane is None:
            return
        match event:
            case LabelSeen():
                await self._on_seen(event, lane)
            case LabelTimedOut():
                lane.send_again(event.label_id, "the access point gave up on the label")
            case AccessPointRestarted():
                lane.access_point_restarted()
            case _:
                return

    async def _on_seen(self, event: LabelSeen, lane: Lane) -> None:
        label_id = event.label_id
        self.seen[label_id] = Seen(event.battery_mv, event.last_seen_ms, event.hardware_type, event.device_id)
        report = TagReport(event.image_hash, event.update_count, event.pending)
        lane.saw_count(label_id, event.update_count)
        book = self._keeper.books.get(label_id)
        if book is None or book.removed:
            return
        point = book.access_point if book.access_point in self._lanes else event.device_id
        if (book.hardware_type, book.access_point) != (event.hardware_type, point):
            await self._keeper.change(label_id, lambda now, _aim: _as_seen(now, event.hardware_type, point))
            self._touch((label_id,))
            return
        verdict = self._observe(book, report).verdict
        if verdict in (Verdict.CONFIRMED, Verdict.FELL_BACK):
            await self._keeper.change(label_id, lambda now, aim: self._read(now, aim, report))
            self._touch((label_id,))
        elif verdict is Verdict.UNKNOWN_IMAGE:
            self._on_unknown_image(book, report, lane)
        self._settle(label_id, report, lane)

    def _settle(self, label_id: str, report: TagReport, lane: Lane) -> None:
        latest = self._keeper.books[label_id].latest
        if latest is not None and latest.confirmed and latest.image_hash == report.image_hash:
            lane.settled(label_id)

    def _on_unknown_image(self, book: LabelBook, report: TagReport, lane: Lane) -> None:
        latest = book.latest
        if latest is None:
            return
        if latest.confirmed or report.update_count > latest.baseline_count:
            lane.send_again(book.label_id, "the label holds another image than ours")

    def _observe(self, book: LabelBook, report: TagReport) -> Observation:
        settings = self._times()
        return observe(
            book,
            report,
            now_ms=self._clock.now_ms(),
            mono_ms=self._clock.monotonic_ms(),
            dwell_ms=settings.dwell_ms,
            settle_ms=settings.settle_ms,
        )

    def _read(self, book: LabelBook | None, aim: LabelAim, report: TagReport) -> Change | None:
        if book is None or book.removed:
            return None
        seen = self._observe(book, report)
        if seen.image is None or seen.verdict is Verdict.NOTHING_NEW:
            return None
        facts: tuple[LabelShown, ...] = ()
        if seen.verdict is Verdict.FELL_BACK and counter_set_back(book, report):
            after = self._maybe_fallen_back(book, seen.image)
        else:
            after = self._fallen_back(book, seen.image) if seen.verdict is Verdict.FELL_BACK else seen.book
            facts = self._shown_facts(after, seen.image.image_no, seen.verdict)
        after, _ = forget_old(after)
        wanted = self._wanted(book)
        settled = wanted is not None and is_settled(after, wanted)
        behind = None if settled else (aim.behind_since_ms or self._clock.now_ms())
        new_aim = LabelAim(aim.content_hash, aim.price_revision, behind)
        return Change(book=after, aim=new_aim, facts=facts)

    def _fallen_back(self, book: LabelBook, found: LabelImage) -> LabelBook:
        now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        image_no, dwell_ms = self._keeper.new_image_no(), self._times().dwell_ms
        return fall_back(book, found, image_no=image_no, now_ms=now_ms, mono_ms=mono_ms, dwell_ms=dwell_ms)

    def _maybe_fallen_back(self, book: LabelBook, found: LabelImage) -> LabelBook:
        now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        return may_have_fallen_back(book, found, image_no=self._keeper.new_image_no(), now_ms=now_ms, mono_ms=mono_ms)

    def _shown_facts(self, after: LabelBook, image_no: int, verdict: Verdict) -> tuple[LabelShown, ...]:
        image = after.images[-1] if verdict is Verdict.FELL_BACK else None
        if image is None:
            image = next(each for each in after.images if each.image_no == image_no)
        confirmed_at_ms = image.confirmed_at_ms or self._clock.now_ms()
        return tuple(
            LabelShown(
                label_id=image.label_id,
                item_id=price.item_id,
                price_revision=price.price_revision,
                price_minor=price.price_minor,
                evidence=EvidenceLevel.TRANSFERRED,
                sent_at_ms=image.sent_at_ms,
                confirmed_at_ms=confirmed_at_ms,
            )
            for price in image.prices
        )


def _as_seen(book: LabelBook | None, hardware_type: int, access_point: str) -> Change | None:
    """A label bound before it was seen is of another kind, or hangs elsewhere, than was thought: it is drawn anew."""
    if book is None or (book.hardware_type, book.access_point) == (hardware_type, access_point):
        return None
    return Change(book=replace(book, hardware_type=hardware_type, access_point=access_point), bound=True)
