"""What listens to tags beside the doors, put together from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.catalogue import lookup
from edge.checkout.reasons import reason
from edge.rfid.fitting_service import FittingService
from edge.rfid.floor_service import FloorService, Spot
from edge.rfid.gate import GateSetup
from edge.rfid.gate_parts import Gate
from edge.rfid.gate_service import GateService
from edge.rfid.hall import TagHall
from edge.rfid.pad import PadSetup
from edge.rfid.pads import Pads, TillPad
from edge.rfid.presence import Ear
from edge.rfid.shelf_service import ShelfService
from edge.settings import LlrpSettings
from edge.tag_settings import TagTables, closing_time, uses_of
from firmware_bridges.llrp_reader import LlrpReaderDriver
from protocols.contract.values import Place
from protocols.device_events import InputChanged

if TYPE_CHECKING:
    from edge.devices.needs import DeviceNeeds

MINUTE_MS = 60_000


class ReaderOutputs:
    """The outputs of all readers."""

    def __init__(self, readers: Mapping[str, LlrpReaderDriver]) -> None:
        self._readers = readers

    def set_output(self, device_id: str, port: int, *, on: bool) -> None:
        """At once, or when the reader comes back."""
        if (reader := self._readers.get(device_id)) is not None:
            reader.set_output(port, on)


def tag_hall(
    tables: TagTables, doors: Mapping[str, LlrpSettings], readers: Mapping[str, LlrpReaderDriver], needs: DeviceNeeds
) -> TagHall | None:
    """Everything the settings name; None: no antenna looks at anything but doors."""
    if not uses_of(tables):
        return None
    floor = FloorService(
        needs.store,
        needs.journal,
        needs.clock,
        needs.ids,
        _spots(tables),
        depart_ms=tables.tags.departs_after_minutes * MINUTE_MS,
        received_at=next((door.receive_into for door in doors.values()), Place.BACK_ROOM),
    )
    hall = TagHall(
        clock=needs.clock,
        floor=floor,
        gates=_gates(tables, readers, needs),
        pads=Pads(needs.clock, _pads(tables), lambda _till_id: needs.touch()),
        fitting=_fitting(tables, floor, needs),
        shelves=_shelves(tables, needs),
    )
    needs.journal.watch(hall.journalled)
    if hall.shelves is not None:
        shelves = hall.shelves
        needs.watch.listen(lambda _items: shelves.catalogue_changed())
    hall.start()
    return hall


def _spots(tables: TagTables) -> dict[Ear, Spot]:
    """Every antenna: only parts of the store and shelves say where the book should have a tag."""
    spots: dict[Ear, Spot] = {}
    for each in tables.spots:
        spots |= {(each.reader, antenna): Spot(each.id, each.place) for antenna in each.antennas}
    for shelf in tables.smart_shelves:
        spots[shelf.reader, shelf.antenna] = Spot(shelf.id, Place.SALES_FLOOR)
    for room in tables.fitting_rooms:
        spots |= {(room.reader, antenna): Spot(room.id, None) for antenna in room.antennas}
    for gate in tables.gates:
        antennas = (*gate.antennas_inside, *gate.antennas_outside)
        spots |= {(gate.reader, antenna): Spot(gate.id, None) for antenna in antennas}
    for pad in tables.pads:
        spots |= {(pad.reader, antenna): Spot(f"till {pad.till}", None) for antenna in pad.antennas}
    return spots


def _gates(tables: TagTables, readers: Mapping[str, LlrpReaderDriver], needs: DeviceNeeds) -> GateService:
    gates = {
        gate.id: Gate(
            device_id=gate.reader,
            setup=GateSetup(frozenset(gate.antennas_inside), frozenset(gate.antennas_outside), gate.rssi_min_dbm),
            siren_port=gate.siren_output,
            siren_ms=gate.siren_seconds * 1000,
            beam_inside=gate.beam_inside_input,
            beam_outside=gate.beam_outside_input,
            beam_broken_high=gate.beam_broken == "high",
        )
        for gate in tables.gates
    }

    def alarm(count: int) -> None:
        needs.alarms.keep(reason("gate_alarm", count=count), standing=count > 0)

    return GateService(
        needs.store, needs.journal, needs.clock, needs.ids, gates, signals=ReaderOutputs(readers), on_alarms=alarm
    )


def _pads(tables: TagTables) -> dict[str, TillPad]:
    return {
        pad.till: TillPad(pad.reader, PadSetup(frozenset(pad.antennas), pad.rssi_min_dbm), pad.auto) for pad in tables.pads
    }


def _fitting(tables: TagTables, floor: FloorService, needs: DeviceNeeds) -> FittingService | None:
    rooms = {(room.reader, antenna): room.id for room in tables.fitting_rooms for antenna in room.antennas}
    if not rooms:
        return None

    def abandoned(count: int) -> None:
        needs.alarms.keep(reason("fitting_abandoned", count=count), standing=count > 0)

    return FittingService(
        needs.store,
        needs.journal,
        needs.clock,
        needs.ids,
        rooms,
        closes_at=closing_time(tables.tags),
        time_zone=lookup.time_zone,
        where=floor.where,
        on_abandoned=abandoned,
    )


def _shelves(tables: TagTables, needs: DeviceNeeds) -> ShelfService | None:
    if not tables.smart_shelves:
        return None

    def below(count: int) -> None:
        needs.alarms.keep(reason("shelf_below", count=count), standing=count > 0)

    ears = {(shelf.reader, shelf.antenna): shelf.id for shelf in tables.smart_shelves}
    return ShelfService(needs.store, needs.clock, ears, below)


def take_input(hall: TagHall, event: InputChanged) -> None:
    """A reader's input changed: a light barrier, perhaps."""
    hall.gates.input_changed(event.device_id, event.port, event.at_ms, high=event.high)
