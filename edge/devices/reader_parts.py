"""Readers at doors, put together from the settings: drivers, and the service their tags go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.checkout.reasons import reason
from edge.rfid.portal import PortalSetup
from edge.rfid.service import Door, PortalService
from edge.settings import LlrpSettings
from firmware_bridges.links import ByteLink, open_tcp
from firmware_bridges.llrp_reader import READ_MAX_BYTES, LlrpReaderDriver
from firmware_bridges.reader_tls import reader_tls
from protocols.clock import Clock
from protocols.llrp.reader_setup import Extra, InventorySetup, Start

if TYPE_CHECKING:
    from edge.devices.needs import DeviceNeeds


STARTS = {
    "always": Start.ALWAYS,
    "immediate": Start.IMMEDIATE,
    "periodic": Start.PERIODIC,
    "input": Start.INPUT,
}
EXTRAS = {"phase": Extra.PHASE, "exact_rssi": Extra.EXACT_RSSI, "doppler": Extra.DOPPLER, "tid": Extra.TID}


def reader_driver(device: LlrpSettings, clock: Clock, others: frozenset[int] = frozenset()) -> LlrpReaderDriver:
    """The driver of one reader. `others`: antennas that look at something else than a door."""
    antennas = tuple(sorted({*device.antennas_inside, *device.antennas_outside, *others}))
    setup = inventory_setup(device, antennas)
    host = device.host.strip("[]")

    async def open_tls() -> ByteLink:
        tls = reader_tls(device.tls_ca_file, device.tls_cert_file, device.tls_key_file) if device.tls_ca_file else None
        name = device.tls_server_name or None
        return await open_tcp(host, device.port, read_max_bytes=READ_MAX_BYTES, tls=tls, server_name=name)

    return LlrpReaderDriver(device.id, host, device.port, setup, clock, open_link=open_tls if device.tls else None)


def inventory_setup(device: LlrpSettings, antennas: tuple[int, ...]) -> InventorySetup:
    """What a table of the settings asks of its reader."""
    extras = Extra(0)
    for name in device.extras:
        extras |= EXTRAS[name]
    return InventorySetup(
        antennas=antennas,
        report_every_tags=device.report_every_tags,
        flush_ms=device.flush_ms,
        keepalive_ms=device.keepalive_ms,
        power_cdbm=None if device.power_dbm is None else device.power_dbm * 100,
        antenna_power_cdbm=tuple((int(number), round(dbm * 100)) for number, dbm in device.antenna_power_dbm.items()),
        gen2_session=device.gen2_session,
        tags_expected=device.tags_expected,
        rf_mode=device.rf_mode,
        search_mode=device.impinj_search_mode,
        start=STARTS[device.start],
        period_ms=device.period_ms,
        run_ms=device.run_ms,
        start_input=device.start_input,
        inputs=device.inputs,
        debounce_ms=device.debounce_ms,
        extras=extras,
        carry_forward=device.carry_forward,
        version_max=2 if device.llrp_version == "auto" else 1,
    )


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
