"""Labels as the rest of the box sees them: bind, remove, list, the lowest price shown, and what access points report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.labels.content import Renderer, Shelf, ShelfItem, wanted_on
from edge.labels.keeper import Change, Decide, FactLog, LabelKeeper
from edge.labels.lane import LabelGateway, Lane
from edge.labels.ledger import (
    LabelBook,
    LabelImage,
    LabelPrice,
    TagReport,
    Verdict,
    bind,
    counter_set_back,
    expire,
    fall_back,
    forget_old,
    in_set,
    may_have_fallen_back,
    observe,
    remove,
    shown_by_another_box,
)
from edge.labels.plan import Urgency, Wanted, is_settled, plan_one, urgency
from edge.labels.store import LabelAim
from edge.store_db.connection import Connection
from edge.store_db.database import Database
from protocols.clock import Clock
from protocols.contract.facts import LabelBound, LabelRemoved, LabelShown
from protocols.contract.handover import HeldLabel
from protocols.contract.values import EvidenceLevel
from protocols.device_events import AccessPointRestarted, DeviceEvent, LabelSeen, LabelTimedOut

TICK_SECONDS = 1.0
PLANNED_AT_ONCE = 256


class UnknownItem(ValueError):
    """The item to bind is not in the catalogue, or has no price."""


class UnknownAccessPoint(ValueError):
    """No access point of that name is set up."""


class UnknownLabel(ValueError):
    """No such label was ever bound here."""


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Times of the price rule. The defaults are for real tags."""

    dwell_ms: int = 60_000
    settle_ms: int = 60_000
    task_after_ms: int = 4 * 3_600_000


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label for a screen. `state`: `shown`, `pending`, `unreachable` (a task), `removed` or `unbound`."""

    label_id: str
    item_id: str | None
    item_name: str
    item_name_zh: str
    access_point: str
    hardware_type: int
    state: str
    reason: str
    wanted_price_minor: int | None
    wanted_revision: int
    sent_price_minor: int | None
    """What was sent last and is not confirmed."""
    sent_at_ms: int | None
    shown_price_minor: int | None
    shown_at_ms: int | None
    possible_prices_minor: tuple[int, ...]
    behind_since_ms: int | None
    battery_mv: int
    last_seen_ms: int


@dataclass(frozen=True, slots=True)
class _Seen:
    battery_mv: int
    last_seen_ms: int
    hardware_type: int
    access_point: str


class LabelService:
    """The use cases of labels. One instance per box; `run` it as a task after `start`."""

    def __init__(
        self,
        database: Database,
        facts: FactLog,
        shelf: Shelf,
        renderer: Renderer,
        gateways: Mapping[str, LabelGateway],
        clock: Clock,
        settings: Callable[[], LabelSettings],
    ) -> None:
        """`settings` is asked each time: dwell and task hours come from the store's setup feed."""
        self._clock = clock
        self._shelf = shelf
        self._settings = settings
        self._keeper = LabelKeeper(database, facts, clock)
        self._lanes = {
            name: Lane(name, gateway, self._keeper, renderer, shelf.shelf_item, clock) for name, gateway in gateways.items()
        }
        self._seen: dict[str, _Seen] = {}
        self._dirty: dict[str, None] = {}
        self._wake = asyncio.Event()

    def start(self, connection: Connection) -> None:
        """Read the ledger; everything is planned again once."""
        self._keeper.load(connection, self._settings().dwell_ms)
        self._touch(self._keeper.books)

    def lowest_for(self, item_id: str) -> LabelPrice | None:
        """The lowest price a label of the item may be showing: the till never charges more. Safe from any thread."""
        return self._keeper.lowest_for(item_id)

    def items_changed(self, item_ids: Iterable[str] | None) -> None:
        """Names or prices in force changed; None: of any item."""
        if item_ids is None:
            self._touch(self._keeper.books)
        else:
            for item_id in sorted(item_ids):  # sets: their own order would differ from run to run
                self._touch(sorted(self._keeper.labels_of(item_id)))

    async def bind(
        self,
        label_id: str,
        item_id: str | None,
        *,
        staff_id: str = "",
        access_point: str = "",
        hardware_type: int = 0,
    ) -> LabelView:
        """Bind a label to an item (None: blank it). An access point or type left out is taken from what was last seen.

        Raises `UnknownItem`, `UnknownAccessPoint`, `StoreDbError`.
        """
        if item_id is not None and self._shelf.shelf_item(item_id) is None:
            raise UnknownItem(f"item {item_id!r} is not in the catalogue or has no price")
        seen = self._seen.get(label_id)
        known = self._keeper.books.get(label_id)
        point = access_point or (seen.access_point if seen else "") or (known.access_point if known else "") or self._only()
        if point not in self._lanes:
            raise UnknownAccessPoint(
                f"access point {point!r} is not set up; known: {', '.join(sorted(self._lanes)) or 'none'}"
            )
        kind = hardware_type or (seen.hardware_type if seen else 0) or (known.hardware_type if known else 0)
        now_ms = self._clock.now_ms()

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change:
            before = book or LabelBook(label_id, None, point, kind)
            after = bind(before, item_id=item_id, access_point=point, hardware_type=kind)
            fact = LabelBound(label_id=label_id, item_id=item_id, staff_id=staff_id)
            return Change(book=after, aim=LabelAim(behind_since_ms=now_ms), facts=(fact,), bound=True)

        await self._keeper.change(label_id, decide)
        self._touch((label_id,))
        return self.view(label_id)

    async def inherit(self, labels: Sequence[HeldLabel]) -> int:
        """Enter labels of the store's former box with every price each may be showing; those known here stay as they are.

        Their access point is learnt when one reports them. Returns how many were entered. Raises `StoreDbError`.
        """
        changes = await asyncio.gather(*(self._keeper.change(held.label_id, self._heir(held)) for held in labels))
        self._touch(held.label_id for held in labels)
        return sum(change is not None for change in changes)

    def _heir(self, held: HeldLabel) -> Decide:
        now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is not None:
                return None
            images = tuple(
                shown_by_another_box(
                    held.label_id,
                    held.item_id,
                    LabelPrice(price.price_minor, price.price_revision),
                    image_no=self._keeper.new_image_no(),
                    now_ms=now_ms,
                    mono_ms=mono_ms,
                )
                for price in held.prices
            )
            after = LabelBook(held.label_id, held.item_id, self._only(), 0, images)
            return Change(book=after, aim=LabelAim(behind_since_ms=now_ms), bound=True)

        return decide

    async def remove(self, label_id: str, *, staff_id: str) -> None:
        """A person says the label is gone from the shelf: its prices leave the set. Raises `UnknownLabel`."""
        if label_id not in self._keeper.books:
            raise UnknownLabel(f"label {label_id!r} was never bound here")

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is None or book.removed:
                return None
            shown = {image.item_id for image in in_set(book, self._clock.monotonic_ms()) if image.item_id is not None}
            if book.item_id is not None:
                shown.add(book.item_id)
            facts = tuple(LabelRemoved(label_id=label_id, item_id=item, staff_id=staff_id) for item in sorted(shown))
            return Change(book=remove(book), aim=LabelAim(), facts=facts, bound=True)

        await self._keeper.change(label_id, decide)
        for lane in self._lanes.values():
            lane.settled(label_id)

    def view(self, label_id: str) -> LabelView:
        """One label. Raises `UnknownLabel`."""
        book = self._keeper.books.get(label_id)
        if book is None:
            raise UnknownLabel(f"label {label_id!r} was never bound here")
        return self._view(book, self._settings().task_after_ms)

    def views(self) -> list[LabelView]:
        """All labels, by id."""
        task_after_ms = self._settings().task_after_ms
        return [self._view(book, task_after_ms) for _, book in sorted(self._keeper.books.items())]

    def views_of(self, item_id: str) -> list[LabelView]:
        """The labels bound to an item, or still showing it, by id."""
        return [self.view(label_id) for label_id in sorted(self._keeper.labels_of(item_id))]

    def states(self) -> dict[str, str]:
        """The state of every label, by id: what can be told of thousands without looking anything up."""
        now_ms, task_after_ms = self._clock.now_ms(), self._settings().task_after_ms
        return {
            label_id: _state(book, self._keeper.aim(label_id), now_ms, task_after_ms)
            for label_id, book in sorted(self._keeper.books.items())
        }

    def late(self) -> dict[str, int]:
        """Labels a person must look after, not proven for longer than the store allows: by id, since when (ms)."""
        found = (label_id for label_id, state in self.states().items() if state == "unreachable")
        return {label_id: self._keeper.aim(label_id).behind_since_ms or 0 for label_id in found}

    def unbound_seen(self) -> list[str]:
        """Labels an access point reported that are bound to nothing."""
        return sorted(label_id for label_id in self._seen if label_id not in self._keeper.books)

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

    async def run(self) -> None:
        """Commit, plan, send and wait, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keeper.run())
            for lane in self._lanes.values():
                tasks.create_task(lane.run())
            tasks.create_task(self._plan_for_ever())
            tasks.create_task(self._tick_for_ever())

    def _only(self) -> str:
        return next(iter(self._lanes)) if len(self._lanes) == 1 else ""

    def _touch(self, label_ids: Iterable[str]) -> None:
        for label_id in label_ids:
            self._dirty[label_id] = None
        self._wake.set()

    async def _plan_for_ever(self) -> None:
        while True:
            if not self._dirty:
                self._wake.clear()
                await self._wake.wait()
            taken = list(self._dirty)[:PLANNED_AT_ONCE]
            for label_id in taken:
                del self._dirty[label_id]
            await asyncio.gather(*(self._plan(label_id) for label_id in taken))

    async def _plan(self, label_id: str) -> None:
        book = self._keeper.books.get(label_id)
        if book is None or book.removed:
            return
        wanted = self._wanted(book)
        if wanted is None:
            return
        await self._aim_at(book, wanted)
        lane = self._lanes.get(book.access_point)
        if lane is None:
            return
        latest = book.latest
        if plan_one(book, wanted, self._clock.monotonic_ms()) is not None:
            lane.push(label_id, urgency(book, wanted, self._clock.monotonic_ms()))
        elif latest is not None and not latest.confirmed and lane.outstanding(label_id) is None:
            # After a restart nobody knows whether the last image ever left.
            lane.push(label_id, Urgency.NEW, again=True)

    async def _aim_at(self, book: LabelBook, wanted: Wanted) -> None:
        now_ms = self._clock.now_ms()

        def decide(_book: LabelBook | None, aim: LabelAim) -> Change | None:
            settled = _book is not None and is_settled(_book, wanted)
            behind = None if settled else (aim.behind_since_ms if aim.behind_since_ms is not None else now_ms)
            new = LabelAim(wanted.content_hash, wanted.price_revision, behind)
            return Change(aim=new) if new != aim else None

        await self._keeper.change(book.label_id, decide)

    async def _on_seen(self, event: LabelSeen, lane: Lane) -> None:
        label_id = event.label_id
        self._seen[label_id] = _Seen(event.battery_mv, event.last_seen_ms, event.hardware_type, event.device_id)
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

    def _observe(self, book: LabelBook, report: TagReport):  # type: ignore[no-untyped-def]
        settings = self._settings()
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
        image_no, dwell_ms = self._keeper.new_image_no(), self._settings().dwell_ms
        return fall_back(book, found, image_no=image_no, now_ms=now_ms, mono_ms=mono_ms, dwell_ms=dwell_ms)

    def _maybe_fallen_back(self, book: LabelBook, found: LabelImage) -> LabelBook:
        now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        return may_have_fallen_back(book, found, image_no=self._keeper.new_image_no(), now_ms=now_ms, mono_ms=mono_ms)

    def _shown_facts(self, after: LabelBook, image_no: int, verdict: Verdict) -> tuple[LabelShown, ...]:
        image = after.images[-1] if verdict is Verdict.FELL_BACK else None
        if image is None:
            image = next(each for each in after.images if each.image_no == image_no)
        if image.item_id is None or image.price_minor is None:
            return ()
        return (
            LabelShown(
                label_id=image.label_id,
                item_id=image.item_id,
                price_revision=image.price_revision,
                price_minor=image.price_minor,
                evidence=EvidenceLevel.TRANSFERRED,
                sent_at_ms=image.sent_at_ms,
                confirmed_at_ms=image.confirmed_at_ms or self._clock.now_ms(),
            ),
        )

    async def _tick_for_ever(self) -> None:
        while True:
            for lane in self._lanes.values():
                lane.tick()
            await self._expire_dwells()
            await asyncio.sleep(TICK_SECONDS)

    async def _expire_dwells(self) -> None:
        mono_ms = self._clock.monotonic_ms()

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is None:
                return None
            after, gone = expire(book, mono_ms)
            return Change(book=after) if gone else None

        due = [
            label_id
            for label_id, book in self._keeper.books.items()
            if any(
                image.until_mono_ms is not None and not image.retired and image.until_mono_ms <= mono_ms
                for image in book.images
            )
        ]
        await asyncio.gather(*(self._keeper.change(label_id, decide) for label_id in due))

    def _wanted(self, book: LabelBook) -> Wanted | None:
        if book.item_id is None:
            return wanted_on(book, None)
        item = self._shelf.shelf_item(book.item_id)
        return wanted_on(book, item) if item is not None else None

    def _view(self, book: LabelBook, task_after_ms: int) -> LabelView:
        now_ms, mono_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        aim = self._keeper.aim(book.label_id)
        seen = self._seen.get(book.label_id)
        lane = self._lanes.get(book.access_point)
        outstanding = lane.outstanding(book.label_id) if lane is not None else None
        item: ShelfItem | None = self._shelf.shelf_item(book.item_id) if book.item_id is not None else None
        shown = next((image for image in reversed(book.images) if image.confirmed and not image.superseded), None)
        sent = book.latest if book.latest is not None and not book.latest.confirmed else None
        prices = {image.price_minor for image in in_set(book, mono_ms) if image.price_minor is not None}
        return LabelView(
            label_id=book.label_id,
            item_id=book.item_id,
            item_name=item.name if item is not None else "",
            item_name_zh=item.name_zh if item is not None else "",
            access_point=book.access_point,
            hardware_type=book.hardware_type,
            state=_state(book, aim, now_ms, task_after_ms),
            reason=outstanding.reason if outstanding is not None else "",
            wanted_price_minor=item.price_minor if item is not None else None,
            wanted_revision=aim.price_revision,
            sent_price_minor=None if sent is None else sent.price_minor,
            sent_at_ms=None if sent is None else sent.sent_at_ms,
            shown_price_minor=shown.price_minor if shown is not None else None,
            shown_at_ms=shown.confirmed_at_ms if shown is not None else None,
            possible_prices_minor=tuple(sorted(prices)),
            behind_since_ms=aim.behind_since_ms,
            battery_mv=seen.battery_mv if seen is not None else 0,
            last_seen_ms=seen.last_seen_ms if seen is not None else 0,
        )


def _as_seen(book: LabelBook | None, hardware_type: int, access_point: str) -> Change | None:
    """A label bound before it was seen is of another kind, or hangs elsewhere, than was thought: it is drawn anew."""
    if book is None or (book.hardware_type, book.access_point) == (hardware_type, access_point):
        return None
    return Change(book=replace(book, hardware_type=hardware_type, access_point=access_point), bound=True)


def _state(book: LabelBook, aim: LabelAim, now_ms: int, task_after_ms: int) -> str:
    if book.removed:
        return "removed"
    if aim.behind_since_ms is None:
        return "shown" if book.item_id is not None else "unbound"
    return "unreachable" if now_ms - aim.behind_since_ms >= task_after_ms else "pending"
