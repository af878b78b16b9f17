"""Scanners."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.scanners import HidScannerSettings, SerialScannerSettings, WedgeScannerSettings
from firmware_bridges.scanner import HidPosScannerDriver, ScannerDriver, WedgeScannerDriver
from protocols.scanners.evdev import KeyEnd, WedgeFormat
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


def _fit_wedge(shop: DeviceShop, device: WedgeScannerSettings) -> Fitting:
    form = WedgeFormat(device.layout, KeyEnd[device.suffix.upper()], device.prefix, device.keys_within_ms)
    driver = WedgeScannerDriver(
        device.id,
        device.port,
        form,
        shop.needs.clock,
        duplicate_ms=device.duplicate_ms,
        open_records=shop.needs.wires.records,
    )
    return Fitting(driver)


def _fit_hid(shop: DeviceShop, device: HidScannerSettings) -> Fitting:
    driver = HidPosScannerDriver(
        device.id,
        device.port,
        shop.needs.clock,
        duplicate_ms=device.duplicate_ms,
        open_records=shop.needs.wires.records,
    )
    return Fitting(driver)


FAMILY = Family(
    "scanners",
    (
        DeviceKind(SerialScannerSettings, "scanner", "codes on a serial line", _fit_serial),
        DeviceKind(WedgeScannerSettings, "scanner", "keys of the kernel (evdev)", _fit_wedge),
        DeviceKind(HidScannerSettings, "scanner", "HID POS reports (hidraw)", _fit_hid),
    ),
)
