"""Labels as the rest of the box sees them: bind, remove, list, the lowest price shown, and what access points report.

One front for its parts: `bindings` (people decide), `sightings` (access points report), `planner` (what to send), `balance`
(through which access point) and `views` (what screens read). They share the ledger (`keeper`), what is heard of labels
(`hearing`) and one lane per access point.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from edge.figures import LaneFigures, ShelfFigures
from edge.labels.balance import Balance
from edge.labels.bindings import Bindings, UnknownAccessPoint, UnknownItem
from edge.labels.content import Renderer, Shelf
from edge.labels.goods import LabelGoods, MultiLooks, PositionOf, built_in_multi, nowhere
from edge.labels.hearing import Hearing
from edge.labels.holds import Holds
from edge.labels.keeper import FactLog, LabelKeeper
from edge.labels.lane import LabelGateway, Lane
from edge.labels.ledger import LabelPrice
from edge.labels.mismatch import MismatchClock
from edge.labels.planner import Planner
from edge.labels.sightings import Sightings
from edge.labels.times import LabelSettings
from edge.labels.views import LabelView, LaneView, UnknownLabel, Views
from edge.store_db.connection import Connection
from edge.store_db.database import Database
from protocols.clock import Clock
from protocols.contract.handover import HeldLabel
from protocols.device_events import DeviceEvent

WORST_ITEMS = 20
"""Items told one by one in metrics."""

__all__ = ["LabelService", "LabelSettings", "LabelView", "LaneView", "UnknownAccessPoint", "UnknownItem", "UnknownLabel"]


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
        multi_looks: MultiLooks = built_in_multi,
        position_of: PositionOf = nowhere,
    ) -> None:
        """`settings`, `multi_looks` and `position_of` are asked each time: what they say comes from feeds and people."""
        self._settings = settings
        self._keeper = LabelKeeper(database, facts, clock)
        goods = LabelGoods(shelf, multi_looks, position_of)
        self._lanes = {name: Lane(name, gateway, self._keeper, renderer, goods, clock) for name, gateway in gateways.items()}
        hearing = Hearing(clock)
        balance = Balance(self._keeper, self._lanes, hearing)
        holds = Holds(self._keeper, hearing, self._lanes.keys(), clock, settings)
        self._planner = Planner(self._keeper, self._lanes, balance, holds, goods, clock)
        touch, wanted = self._planner.touch, self._planner.wanted
        self._sightings = Sightings(self._keeper, self._lanes, hearing, clock, settings, wanted, touch)
        self._bindings = Bindings(self._keeper, self._lanes, hearing, shelf, clock, touch)
        self._views = Views(self._keeper, self._lanes, hearing, shelf, clock, settings)

    def start(self, connection: Connection) -> None:
        """Read the ledger; everything is planned again once."""
        self._keeper.load(connection, self._settings().hold_ms)
        self._planner.touch(self._keeper.books)

    def lowest_for(self, item_id: str) -> LabelPrice | None:
        """The lowest price a label of the item may be showing: the till never charges more. Safe from any thread."""
        return self._keeper.lowest_for(item_id)

    def items_changed(self, item_ids: Iterable[str] | None) -> None:
        """Names or prices in force changed; None: of any item."""
        if item_ids is None:
            self._planner.touch(self._keeper.books)
        else:
            for item_id in sorted(item_ids):  # sets: their own order would differ from run to run
                self._planner.touch(sorted(self._keeper.labels_of(item_id)))

    def moved(self, label_id: str) -> None:
        """A label hangs elsewhere now: one that prints its place is drawn anew."""
        self._planner.touch((label_id,))

    async def bind(
        self,
        label_id: str,
        item_id: str | None,
        *,
        staff_id: str = "",
        access_point: str = "",
        hardware_type: int = 0,
        more_items: Sequence[str] = (),
    ) -> LabelView:
        """See `Bindings.bind`; returns the label as it stands then."""
        await self._bindings.bind(
            label_id,
            item_id,
            staff_id=staff_id,
            access_point=access_point,
            hardware_type=hardware_type,
            more_items=tuple(more_items),
        )
        return self._views.one(label_id)

    async def inherit(self, labels: Sequence[HeldLabel]) -> int:
        """See `Bindings.inherit`."""
        return await self._bindings.inherit(labels)

    async def remove(self, label_id: str, *, staff_id: str) -> None:
        """See `Bindings.remove`."""
        await self._bindings.remove(label_id, staff_id=staff_id)

    def view(self, label_id: str) -> LabelView:
        """One label. Raises `UnknownLabel`."""
        return self._views.one(label_id)

    def views(self) -> list[LabelView]:
        """All labels, by id."""
        return self._views.all()

    def views_of(self, item_id: str) -> list[LabelView]:
        """The labels bound to an item, or still showing it, by id."""
        return self._views.of_item(item_id)

    def states(self) -> dict[str, str]:
        """The state of every label, by id."""
        return self._views.states()

    def late(self) -> dict[str, int]:
        """Labels a person must look after: by id, since when (ms)."""
        return self._views.late()

    @property
    def mismatch(self) -> MismatchClock:
        """How long shelf and till have disagreed."""
        return self._planner.mismatch

    def figures(self) -> ShelfFigures:
        """Shelf against till now, for metrics and telemetry."""
        return ShelfFigures(
            labels_mismatched=self.mismatch.labels_now,
            mismatch_ms=self.mismatch.total_ms,
            worst_items_ms=tuple(self.mismatch.worst(WORST_ITEMS)),
            lanes=tuple(LaneFigures(lane.access_point, lane.waiting, lane.in_flight, lane.eta_ms) for lane in self.lanes()),
        )

    def lanes(self) -> list[LaneView]:
        """How each access point stands, by name."""
        return self._views.lanes()

    def unbound_seen(self) -> list[str]:
        """Labels an access point reported that are bound to nothing."""
        return self._views.unbound_seen()

    async def on_event(self, event: DeviceEvent) -> None:
        """What an access point said. Raises `StoreDbError` when a confirmation could not be stored (it comes again)."""
        await self._sightings.on_event(event)

    async def run(self) -> None:
        """Commit, plan, send and wait, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keeper.run())
            for lane in self._lanes.values():
                tasks.create_task(lane.run())
            tasks.create_task(self._planner.plan_for_ever())
            tasks.create_task(self._planner.tick_for_ever())
