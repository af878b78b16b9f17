"""Carries device events to who decides: weights, scanned codes, labels, tags at the doors, states."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from edge.devices.board import Board
from edge.devices.scales import ScaleReadings
from edge.figures import Figures
from edge.sensors.hall import SensorEvent
from edge.store_db.errors import StoreBusy, StoreFull
from protocols.device_events import (
    CardSeen,
    CardUnread,
    CodeScanned,
    CodeUnreadable,
    DeviceEvent,
    DeviceState,
    DeviceStateEvent,
    DrawerKicked,
    InputChanged,
    PeopleTotals,
    PrinterSensorChanged,
    PrinterStatus,
    ReaderHealth,
    SensorPresence,
    SensorsRead,
    TagsRead,
    TillEvent,
    WeightRead,
)

log = structlog.get_logger("tallystick.edge.devices")

EVENTS_WAITING_MAX = 5_000
"""Label events not yet decided on. Policy when reached: the newest is dropped; access points tell their state again."""
_GONE = {DeviceState.RETRYING, DeviceState.FAILED, DeviceState.STOPPED}


class LabelEvents(Protocol):
    """The label service, as events reach it."""

    async def on_event(self, event: DeviceEvent) -> None:
        """What an access point said."""


class Router:
    """`emit` is what drivers call; `run` decides on label events one after the other."""

    def __init__(
        self,
        board: Board,
        scales: ScaleReadings,
        touch: Callable[[], None],
        scanned: Callable[[TillEvent], None],
        figures: Figures | None = None,
    ) -> None:
        """`touch`: something the tills show has changed. `scanned`: a scanner or card reader read something; its till
        takes it."""
        self._board = board
        self._scales = scales
        self._touch = touch
        self._scanned = scanned
        self._figures = figures or Figures()
        self._labels: LabelEvents | None = None
        self._tags: Callable[[TagsRead], None] | None = None
        self._inputs: Callable[[InputChanged], None] | None = None
        self._sensors: Callable[[SensorEvent], None] | None = None
        self._drawers: Callable[[DeviceEvent], None] = lambda _event: None
        self._waiting: asyncio.Queue[DeviceEvent] = asyncio.Queue(EVENTS_WAITING_MAX)
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many label events wait for a decision."""
        return self._waiting.qsize()

    def give_labels_to(self, labels: LabelEvents) -> None:
        """The store has labels."""
        self._labels = labels

    def give_tags_to(self, take: Callable[[TagsRead], None]) -> None:
        """The store has readers at its doors. `take` is called on the event loop and returns at once."""
        self._tags = take

    def give_drawers_to(self, take: Callable[[DeviceEvent], None]) -> None:
        """Somebody watches the cash drawers. `take` is called on the event loop and returns at once."""
        self._drawers = take

    def give_inputs_to(self, take: Callable[[InputChanged], None]) -> None:
        """Somebody wants the inputs of readers (light beams). `take` is called on the event loop and returns at once."""
        self._inputs = take

    def give_sensors_to(self, take: Callable[[SensorEvent], None]) -> None:
        """The store has sensors. `take` is called on the event loop and returns at once."""
        self._sensors = take

    def emit(self, event: DeviceEvent) -> None:
        """A driver said something. Called on the event loop; returns at once."""
        self._figures.heard(event)
        match event:
            case WeightRead():
                if self._scales.take(event):
                    self._touch()
            case CodeScanned() | CodeUnreadable() | CardSeen() | CardUnread():
                self._scanned(event)
            case TagsRead() | InputChanged() | SensorsRead() | SensorPresence() | PeopleTotals():
                self._hand_on(event)
            case ReaderHealth() | PrinterSensorChanged():
                pass  # the figures have it
            case PrinterStatus() | DrawerKicked():
                self._drawers(event)
            case DeviceStateEvent():
                if event.state in _GONE:
                    self._scales.forget(event.device_id)
                    self._drawers(event)
                self._board.take(event)
            case _:
                self._put(event)

    def _hand_on(self, event: TagsRead | InputChanged | SensorEvent) -> None:
        """To whom the store has for it; to nobody otherwise."""
        match event:
            case TagsRead():
                if self._tags is not None:
                    self._tags(event)
            case InputChanged():
                if self._inputs is not None:
                    self._inputs(event)
            case _:
                if self._sensors is not None:
                    self._sensors(event)

    async def run(self) -> None:
        """For ever."""
        while True:
            event = await self._waiting.get()
            if self._labels is None:
                continue
            try:
                await self._labels.on_event(event)
            except (StoreFull, StoreBusy) as error:
                log.warning("a label event could not be stored; the access point will tell again", error=str(error))

    def _put(self, event: DeviceEvent) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.dropped += 1
