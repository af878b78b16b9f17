"""Labels as screens, alarms and the till's surroundings see them: read only, nothing here decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from edge.labels.content import Shelf, ShelfItem
from edge.labels.hearing import Hearing
from edge.labels.keeper import LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import LabelBook, in_set
from edge.labels.store import LabelAim
from edge.labels.times import AskTimes
from protocols.clock import Clock


class UnknownLabel(ValueError):
    """No such label was ever bound here."""


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
    level: str = ""
    """The furthest step of the newest image, A to H (`edge.labels.ledger.Level`); empty: nothing was handed over."""
    level_at_ms: int | None = None
    eta_ms: int | None = None
    """When its access point will have served everything it has to do, from now on; None: nothing waits for this label."""
    more_items: tuple[ShelfItem | str, ...] = ()
    """Further items on the same label; one that cannot be shown by its id alone."""


@dataclass(frozen=True, slots=True)
class LaneView:
    """One access point's work. `late`: labels handed over that let it wait; they do not hold up the others."""

    access_point: str
    up: bool
    labels: int
    waiting: int
    in_flight: int
    late: int
    eta_ms: int
    """When everything waiting and in flight should have confirmed, at the measured pace."""


class Views:
    """Answers about labels, from the ledger in memory and what access points reported last."""

    def __init__(
        self,
        keeper: LabelKeeper,
        lanes: Mapping[str, Lane],
        hearing: Hearing,
        shelf: Shelf,
        clock: Clock,
        times: AskTimes,
    ) -> None:
        self._keeper = keeper
        self._lanes = lanes
        self._hearing = hearing
        self._shelf = shelf
        self._clock = clock
        self._times = times

    def one(self, label_id: str) -> LabelView:
        """One label. Raises `UnknownLabel`."""
        book = self._keeper.books.get(label_id)
        if book is None:
            raise UnknownLabel(f"label {label_id!r} was never bound here")
        return self._view(book, self._times().task_after_ms)

    def all(self) -> list[LabelView]:
        """All labels, by id."""
        task_after_ms = self._times().task_after_ms
        return [self._view(book, task_after_ms) for _, book in sorted(self._keeper.books.items())]

    def of_item(self, item_id: str) -> list[LabelView]:
        """The labels bound to an item, or still showing it, by id."""
        return [self.one(label_id) for label_id in sorted(self._keeper.labels_of(item_id))]

    def states(self) -> dict[str, str]:
        """The state of every label, by id: what can be told of thousands without looking anything up."""
        now_ms, task_after_ms = self._clock.now_ms(), self._times().task_after_ms
        return {
            label_id: state_of(book, self._keeper.aim(label_id), now_ms, task_after_ms)
            for label_id, book in sorted(self._keeper.books.items())
        }

    def late(self) -> dict[str, int]:
        """Labels a person must look after, not proven for longer than the store allows: by id, since when (ms)."""
        found = (label_id for label_id, state in self.states().items() if state == "unreachable")
        return {label_id: self._keeper.aim(label_id).behind_since_ms or 0 for label_id in found}

    def lanes(self) -> list[LaneView]:
        """How each access point stands, by name."""
        labels = Counter(book.access_point for book in self._keeper.books.values() if not book.removed)
        return [
            LaneView(
                access_point=name,
                up=lane.up,
                labels=labels[name],
                waiting=lane.waiting,
                in_flight=lane.in_flight,
                late=max(0, len(lane.unproven()) - lane.in_flight),
                eta_ms=lane.eta_ms,
            )
            for name, lane in sorted(self._lanes.items())
        ]

    def unbound_seen(self) -> list[str]:
        """Labels an access point reported that are bound to nothing."""
        return sorted(label_id for label_id in self._hearing.labels() if label_id not in self._keeper.books)

    def _view(self, book: LabelBook, task_after_ms: int) -> LabelView:
        now_ms = self._clock.now_ms()
        aim = self._keeper.aim(book.label_id)
        seen = self._hearing.newest(book.label_id)
        lane = self._lanes.get(book.access_point)
        item: ShelfItem | None = self._shelf.shelf_item(book.item_id) if book.item_id is not None else None
        shown = book.current
        sent = book.latest if book.latest is not None and not book.latest.confirmed else None
        prices = {price.price_minor for image in in_set(book) for price in image.prices}
        return LabelView(
            label_id=book.label_id,
            item_id=book.item_id,
            item_name=item.name if item is not None else "",
            item_name_zh=item.name_zh if item is not None else "",
            access_point=book.access_point,
            hardware_type=book.hardware_type,
            state=state_of(book, aim, now_ms, task_after_ms),
            reason=_reason(book, lane),
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
            level=_level(book),
            level_at_ms=_level_at_ms(book),
            eta_ms=_eta_ms(book, aim, lane),
            more_items=tuple(self._shelf.shelf_item(item_id) or item_id for item_id in book.more_items),
        )


def state_of(book: LabelBook, aim: LabelAim, now_ms: int, task_after_ms: int) -> str:
    """`shown`, `pending`, `unreachable`, `removed` or `unbound`; a label without an item is `unbound` once it is blank."""
    if book.removed:
        return "removed"
    if aim.behind_since_ms is None:
        return "shown" if book.item_id is not None else "unbound"
    return "unreachable" if now_ms - aim.behind_since_ms >= task_after_ms else "pending"


def _reason(book: LabelBook, lane: Lane | None) -> str:
    if book.strays:
        names = ", ".join(sorted({image.access_point for image in book.strays}))
        return f"access point {names} may still bring an older image"
    return lane.reason(book.label_id) if lane is not None else ""


def _level(book: LabelBook) -> str:
    level = book.latest.level if book.latest is not None else None
    return level.value if level is not None else ""


def _level_at_ms(book: LabelBook) -> int | None:
    if book.latest is None:
        return None
    return max(book.latest.proofs, default=(None, None))[1]


def _eta_ms(book: LabelBook, aim: LabelAim, lane: Lane | None) -> int | None:
    return lane.eta_ms if lane is not None and aim.behind_since_ms is not None and not book.removed else None
