"""Payment terminals: a driver, and the ways to pay it brings to the tills that name it."""

from __future__ import annotations

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.payment_parts import codes_driver, nexo_driver, way_of, zvt_driver
from edge.devices.shop import DeviceShop
from edge.settings.devices.terminals import NexoSettings, PaymentCodesSettings, TallystickTerminalSettings, ZvtSettings
from firmware_bridges.payment_terminal import PaymentTerminalDriver

COMMANDS = ("pay", "refund", "cancel", "query", "reverse")


def _fit(shop: DeviceShop, device: TallystickTerminalSettings) -> Fitting:
    driver = PaymentTerminalDriver(
        device.id,
        device.host,
        device.port,
        answer_seconds=device.answer_seconds,
        open_link=shop.needs.wires.terminal,
    )
    return Fitting(driver, ways=tuple(way_of(driver, method) for method in device.methods))


def _fit_zvt(shop: DeviceShop, device: ZvtSettings) -> Fitting:
    driver = zvt_driver(device, shop.needs)
    return Fitting(driver, ways=(way_of(driver, "card"),))


def _fit_nexo(shop: DeviceShop, device: NexoSettings) -> Fitting:
    driver = nexo_driver(device, shop.needs)
    return Fitting(driver, ways=(way_of(driver, "card"),))


def _fit_codes(shop: DeviceShop, device: PaymentCodesSettings) -> Fitting:
    driver = codes_driver(device, shop.needs)
    return Fitting(driver, ways=(way_of(driver, "code"),))


FAMILY = Family(
    "terminals",
    (
        DeviceKind(TallystickTerminalSettings, "payment_terminal", "Tallystick terminal", _fit, COMMANDS),
        DeviceKind(ZvtSettings, "payment_terminal", "ZVT", _fit_zvt, COMMANDS),
        DeviceKind(NexoSettings, "payment_terminal", "Terminal API (nexo as JSON)", _fit_nexo, COMMANDS),
        DeviceKind(PaymentCodesSettings, "payment_terminal", "WeChat Pay, Alipay", _fit_codes, COMMANDS),
    ),
)
