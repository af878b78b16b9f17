"""Scales: a protocol of `protocols/scales/registry.py` and its struct are all a new one needs; Modbus ones have profiles."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings import SettingsRefused
from edge.settings.devices.scales import (
    TABLES,
    AnyScaleSettings,
    Dialog06Settings,
    ModbusScaleSettings,
    Toledo8213Settings,
    Toledo8217Settings,
    ToledoContinuousSettings,
)
from edge.settings.devices.table import kind_of
from firmware_bridges.modbus_line import LineSettings
from firmware_bridges.modbus_scale import ModbusScaleDriver
from firmware_bridges.scale import ScaleDriver
from protocols.scales import toledo8217, toledo_continuous
from protocols.scales.dialog06_scale import with_polynomial
from protocols.scales.modbus_profile import Profile, ProfileRefused, parse, shipped
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import ScaleOrder, ScaleProtocol


def _fit(shop: DeviceShop, device: AnyScaleSettings) -> Fitting:
    driver = ScaleDriver(
        device.id,
        _protocol(device),
        device.port,
        shop.needs.clock,
        baud=device.baud,
        interval_ms=device.interval_ms,
        minimum_grams=device.minimum_grams,
        open_port=shop.needs.wires.port,
    )
    return Fitting(driver)


def _protocol(device: AnyScaleSettings) -> ScaleProtocol:
    protocol = PROTOCOLS[kind_of(device)]
    match device:
        case Dialog06Settings(check_polynomial=int(polynomial)):
            return with_polynomial(polynomial)
        case Toledo8217Settings(unit="lb") | Toledo8213Settings(unit="lb"):
            return toledo8217.in_pounds(protocol)
        case ToledoContinuousSettings(checksum=False):
            return toledo_continuous.without_checksum()
        case _:
            return protocol


def _fit_modbus(shop: DeviceShop, device: ModbusScaleSettings) -> Fitting:
    driver = ModbusScaleDriver(
        device.id,
        _profile(device),
        device.unit,
        LineSettings(device.port, device.baud, device.parity),
        shop.needs.wires.modbus,
        shop.needs.clock,
        interval_ms=device.interval_ms,
        minimum_grams=device.minimum_grams,
    )
    return Fitting(driver)


def _profile(device: ModbusScaleSettings) -> Profile:
    if device.profile_file is None:
        return shipped(device.profile)
    try:
        return parse(device.profile_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ProfileRefused) as error:
        raise SettingsRefused(f"devices '{device.id}': profile_file {device.profile_file}: {error}") from error


def _kind(table: type[AnyScaleSettings]) -> DeviceKind[AnyScaleSettings]:
    orders = sorted(each.value for each in PROTOCOLS[kind_of(table)].orders)
    return DeviceKind(table, "scale", kind_of(table), _fit, commands=tuple(orders))


MODBUS = DeviceKind(
    ModbusScaleSettings, "scale", "modbus", _fit_modbus, commands=tuple(sorted(each.value for each in ScaleOrder))
)
FAMILY = Family("scales", (*(_kind(table) for table in TABLES if table is not ModbusScaleSettings), MODBUS))
