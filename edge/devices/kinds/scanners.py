"""Scanners."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.scanners import SerialScannerSettings
from firmware_bridges.scanner import ScannerDriver
from protocols.scanners.serial_codes import ScanFormat, Suffix


def _fit_serial(shop: DeviceShop, device: SerialScannerSettings) -> Fitting:
    driver = ScannerDriver(
        device.id,
        device.port,
        ScanFormat(Suffix[device.suffix.upper()], device.prefix),
        shop.needs.clock,
        duplicate_ms=device.duplicate_ms,
        baud=device.baud,
        open_port=shop.needs.wires.port,
    )
    return Fitting(driver)


FAMILY = Family(
    "scanners", (DeviceKind(SerialScannerSettings, "scanner", "codes on a serial line", _fit_serial, live=True),)
)
