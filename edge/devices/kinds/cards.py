"""Readers of member cards."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.cards import PcscReaderSettings
from firmware_bridges.pcsc_reader import KIND, PcscReaderDriver
from firmware_bridges.pcsc_wire import WorkerOrder


def _fit_pcsc(shop: DeviceShop, device: PcscReaderSettings) -> Fitting:
    order = WorkerOrder(
        reader=device.reader,
        sources=device.sources,
        app_id=device.app_id,
        app_file=device.app_file,
        ndef_uri=device.ndef_uri,
        block=device.block,
        keys_file="" if device.keys_file is None else str(device.keys_file),
    )
    return Fitting(PcscReaderDriver(device.id, order, shop.needs.clock, duplicate_ms=device.duplicate_ms))


FAMILY = Family("cards", (DeviceKind(PcscReaderSettings, KIND, "PC/SC: UID, MIFARE, NDEF, ISO 7816", _fit_pcsc),))
