"""Customer displays with two lines: a driver each. What they show is decided beside their till (`display_feed`)."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.displays import Cd5220Settings, PrinterDisplaySettings
from firmware_bridges.customer_display import DisplayDriver, PrinterDisplayDriver
from firmware_bridges.printer import PrinterDriver


def _fit_port(shop: DeviceShop, device: Cd5220Settings) -> Fitting:
    driver = DisplayDriver(
        device.id,
        device.port,
        baud=device.baud,
        line=device.line,
        charset=device.charset,
        open_port=shop.needs.wires.port,
    )
    return Fitting(driver)


def _fit_behind_printer(shop: DeviceShop, device: PrinterDisplaySettings) -> Fitting:
    def printer() -> PrinterDriver:
        driver = shop.park.fittings[device.printer].driver
        assert isinstance(driver, PrinterDriver), "the settings were checked"
        return driver

    return Fitting(PrinterDisplayDriver(device.id, printer, charset=device.charset))


FAMILY = Family(
    "displays",
    (
        DeviceKind(Cd5220Settings, "display", "CD5220", _fit_port, ("show",), live=True),
        DeviceKind(PrinterDisplaySettings, "display", "CD5220 behind ESC/POS", _fit_behind_printer, ("show",), live=True),
    ),
)
