"""Scales: a protocol of `protocols/scales/registry.py` and its struct are all a new one needs."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.scales import TABLES, ScaleSettings
from edge.settings.devices.table import kind_of
from firmware_bridges.scale import ScaleDriver
from protocols.scales.registry import PROTOCOLS


def _fit(shop: DeviceShop, device: ScaleSettings) -> Fitting:
    driver = ScaleDriver(
        device.id,
        PROTOCOLS[kind_of(device)],
        device.port,
        shop.needs.clock,
        baud=device.baud,
        interval_ms=device.interval_ms,
        open_port=shop.needs.wires.port,
    )
    return Fitting(driver)


FAMILY = Family("scales", tuple(DeviceKind(table, "scale", kind_of(table), _fit, live=True) for table in TABLES))
