"""Readers at doors, put together from the settings: drivers, and the service their tags go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.checkout.reasons import reason
from edge.rfid.portal import PortalSetup
from edge.rfid.service import Door, PortalService
from edge.settings import LlrpSettings
from firmware_bridges.llrp_reader import LlrpReaderDriver
from protocols.clock import Clock
from protocols.llrp.reader_setup import InventorySetup

if TYPE_CHECKING:
    from edge.devices.build import DeviceNeeds


def reader_driver(device: LlrpSettings, clock: Clock) -> LlrpReaderDriver:
    """The driver of one reader."""
    setup = InventorySetup(
        antennas=tuple(sorted({*device.antennas_inside, *device.antennas_outside})),
        report_every_tags=device.report_every_tags,
        keepalive_ms=device.keepalive_ms,
        power_cdbm=None if device.power_dbm is None else device.power_dbm * 100,
    )
    return LlrpReaderDriver(device.id, device.host, device.port, setup, clock)


def portals(readers: Mapping[str, LlrpSettings], needs: DeviceNeeds) -> PortalService:
    """The service of all doors; unknown goods become an alarm."""
    doors = {
        name: Door(
            portal=PortalSetup(
                inside=frozenset(device.antennas_inside),
                outside=frozenset(device.antennas_outside),
                rssi_min_dbm=device.rssi_min_dbm,
                gap_ms=device.gap_ms,
            ),
            receive_into=device.receive_into,
            receipt_quiet_ms=device.receipt_quiet_ms,
        )
        for name, device in readers.items()
    }

    def alarm(count: int) -> None:
        needs.alarms.keep(reason("tags_unknown", count=count), standing=count > 0)

    service = PortalService(needs.store, needs.journal, needs.clock, needs.ids, doors, alarm)
    service.start()
    needs.watch.listen(lambda _items: service.catalogue_changed())
    return service
