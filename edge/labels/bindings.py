"""What people decide about labels: bind, blank, take away, take over from a former box."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from edge.labels.content import Shelf
from edge.labels.goods import MORE_ITEMS_MAX
from edge.labels.hearing import Hearing
from edge.labels.keeper import Change, Decide, LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import LabelBook, LabelPrice, bind, in_set, remove, shown_by_another_box
from edge.labels.proof import came_back
from edge.labels.store import LabelAim
from edge.labels.views import UnknownLabel
from protocols.clock import Clock
from protocols.contract.facts import LabelBound, LabelRemoved
from protocols.contract.handover import HeldLabel, HeldPrice


class UnknownItem(ValueError):
    """The item to bind is not in the catalogue, or has no price."""


class TooManyItems(ValueError):
    """More items than a label carries, or one of them twice."""


class UnknownAccessPoint(ValueError):
    """No access point of that name is set up."""


class Bindings:
    """See the module. `touch` plans labels anew."""

    def __init__(
        self,
        keeper: LabelKeeper,
        lanes: Mapping[str, Lane],
        hearing: Hearing,
        shelf: Shelf,
        clock: Clock,
        touch: Callable[[Iterable[str]], None],
    ) -> None:
        self._keeper = keeper
        self._lanes = lanes
        self._hearing = hearing
        self._shelf = shelf
        self._clock = clock
        self._touch = touch

    async def bind(
        self,
        label_id: str,
        item_id: str | None,
        *,
        staff_id: str = "",
        access_point: str = "",
        hardware_type: int = 0,
        more_items: tuple[str, ...] = (),
    ) -> None:
        """Bind a label to an item (None: blank it) and perhaps further ones. An access point or type left out is taken from
        what was last seen.

        Raises `UnknownItem`, `TooManyItems`, `UnknownAccessPoint`, `StoreDbError`.
        """
        wanted = () if item_id is None else (item_id, *more_items)
        for each in wanted:
            if self._shelf.shelf_item(each) is None:
                raise UnknownItem(f"item {each!r} is not in the catalogue or has no price")
        if len(wanted) > MORE_ITEMS_MAX + 1 or len(set(wanted)) < len(wanted):
            raise TooManyItems(f"a label carries at most {MORE_ITEMS_MAX + 1} items, each once")
        seen = self._hearing.newest(label_id)
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
            after = bind(before, item_id=item_id, access_point=point, hardware_type=kind, more_items=wanted[1:])
            if before.removed:
                first_no, mono_ms = self._keeper.new_image_no(len(before.images)), self._clock.monotonic_ms()
                after = came_back(after, first_no=first_no, mono_ms=mono_ms)
            fact = LabelBound(label_id=label_id, item_id=item_id, staff_id=staff_id, more_items=after.more_items)
            return Change(book=after, aim=LabelAim(behind_since_ms=now_ms), facts=(fact,), bound=True)

        await self._keeper.change(label_id, decide)
        self._touch((label_id,))

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
                    item_id,
                    LabelPrice(price.price_minor, price.price_revision),
                    image_no=self._keeper.new_image_no(),
                    now_ms=now_ms,
                    mono_ms=mono_ms,
                )
                for item_id, price in _held_prices(held)
            )
            more = tuple(each.item_id for each in held.more)
            after = LabelBook(held.label_id, held.item_id, self._only(), 0, images, more_items=more)
            return Change(book=after, aim=LabelAim(behind_since_ms=now_ms), bound=True)

        return decide

    async def remove(self, label_id: str, *, staff_id: str) -> None:
        """A person says the label is gone from the shelf: its prices leave the set. Raises `UnknownLabel`."""
        if label_id not in self._keeper.books:
            raise UnknownLabel(f"label {label_id!r} was never bound here")

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is None or book.removed:
                return None
            images = in_set(book)
            shown = {price.item_id for image in images for price in image.prices}.union(book.items)
            facts = tuple(LabelRemoved(label_id=label_id, item_id=item, staff_id=staff_id) for item in sorted(shown))
            return Change(book=remove(book), aim=LabelAim(), facts=facts, bound=True)

        await self._keeper.change(label_id, decide)
        for lane in self._lanes.values():
            lane.settled(label_id)

    def _only(self) -> str:
        return next(iter(self._lanes)) if len(self._lanes) == 1 else ""


def _held_prices(held: HeldLabel) -> list[tuple[str, HeldPrice]]:
    """Every price of every item the label may be showing."""
    goods = ((held.item_id, held.prices), *((each.item_id, each.prices) for each in held.more))
    return [(item_id, price) for item_id, prices in goods for price in prices]
