"""Payment terminals: a driver, and the ways to pay it brings to the tills that name it."""

from __future__ import annotations

import functools

from edge.checkout.asking import Way, offline
from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.terminals import TallystickTerminalSettings
from firmware_bridges.payment_terminal import PaymentTerminalDriver
from protocols.contract.till_payment import MethodView


def _fit(shop: DeviceShop, device: TallystickTerminalSettings) -> Fitting:
    driver = PaymentTerminalDriver(
        device.id,
        device.host,
        device.port,
        answer_seconds=device.answer_seconds,
        open_link=shop.needs.wires.terminal,
    )
    ways = tuple(
        Way(method, device.id, driver, functools.partial(_method_view, driver, method)) for method in device.methods
    )
    return Fitting(driver, ways=ways)


def _method_view(driver: PaymentTerminalDriver, method: str) -> MethodView:
    return offline(method, driver.trouble) if driver.trouble else MethodView(method=method)


FAMILY = Family(
    "terminals",
    (
        DeviceKind(
            TallystickTerminalSettings,
            "payment_terminal",
            "Tallystick terminal",
            _fit,
            ("pay", "refund", "cancel", "query", "reverse"),
        ),
    ),
)
