"""Drivers of others: a package names a `ForeignKind` under the entry point group `tallystick.drivers`.

One is loaded only when `drivers.load` names it and a device is of that kind. One that is missing, cannot be loaded, was made
for another version of this interface, or does not take its table, leaves its device FAILED with the reason; nothing else of
the box notices.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import msgspec
import structlog

from edge.devices.fitting import DeviceKind, Fitting
from edge.devices.shop import DeviceShop
from edge.settings.devices.foreign import ForeignDevice
from edge.settings.devices.table import DeviceTable
from firmware_bridges.supervise import Driver, Emit
from firmware_bridges.wires import Wires
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent

API_VERSION = 1
"""Of this module, `DeviceTable`, `Driver`, `Emit`, `LinkBroken`, `Heartbeat` and `protocols.device_events`."""
GROUP = "tallystick.drivers"

log = structlog.get_logger("tallystick.edge.devices")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a driver may use."""

    clock: Clock
    wires: Wires


@dataclass(frozen=True, slots=True)
class ForeignKind:
    """What the entry point gives; its name is the `kind` of the settings.

    `table`: a frozen `DeviceTable` with `tag_field="kind"` and the same name as `tag`. `make` opens nothing.
    """

    api_version: int
    table: type[DeviceTable]
    device_kind: str
    protocol: str
    make: Callable[[Any, Surroundings], Driver]
    commands: tuple[str, ...] = ()


class UnusableDriver(Exception):
    """The text says why, and what to do."""


class FailedDriver:
    """Stands where a driver of others should: it says why there is none, and does nothing."""

    def __init__(self, device_id: str, device_kind: str, reason: str) -> None:
        self.device_id = device_id
        self.device_kind = device_kind
        self._reason = reason

    async def run(self, emit: Emit) -> None:
        """Until cancelled."""
        state = DeviceState.FAILED
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=state, reason=self._reason))
        await asyncio.get_running_loop().create_future()


def kind_of_foreign(device: ForeignDevice) -> DeviceKind[ForeignDevice]:
    """The kind of such a device; never raises."""
    found = load(device.kind)
    if isinstance(found, str):
        return DeviceKind(ForeignDevice, "other", device.kind, functools.partial(_failed, found), live=True)
    fit = functools.partial(_fit, found)
    return DeviceKind(ForeignDevice, found.device_kind, found.protocol, fit, found.commands, live=True)


@functools.lru_cache(maxsize=64)
def load(name: str) -> ForeignKind | str:
    """The driver of that name, or why there is none. Loaded once while the process runs."""
    named = [point for point in metadata.entry_points(group=GROUP) if point.name == name]
    if len(named) != 1:
        which = "no package" if not named else f"{len(named)} packages"
        return f"the driver '{name}' is offered by {which} installed here: install the one that is meant"
    try:
        found = named[0].load()
    except Exception as error:
        log.exception("driver_not_loaded", driver=name)
        return f"the driver '{name}' cannot be loaded ({type(error).__name__}: {error}): ask its maker"
    if getattr(found, "api_version", None) != API_VERSION:
        made_for = getattr(found, "api_version", "none")
        return (
            f"the driver '{name}' was made for interface {made_for}, this box has {API_VERSION}: install the right version"
        )
    if not isinstance(found, ForeignKind):
        return f"the driver '{name}' is no ForeignKind: ask its maker"
    return found


def _failed(reason: str, _shop: DeviceShop, device: ForeignDevice) -> Fitting:
    return Fitting(FailedDriver(device.id, "other", reason))


def _fit(kind: ForeignKind, shop: DeviceShop, device: ForeignDevice) -> Fitting:
    """Its own code runs here: whatever it raises is the device's trouble alone."""
    try:
        table = msgspec.convert(device.keys, kind.table)
        wrong = [why for _key, why in table.problems()]
        if wrong:
            raise UnusableDriver(wrong[0])
        return Fitting(kind.make(table, Surroundings(shop.needs.clock, shop.needs.wires)))
    except Exception as error:
        log.exception("driver_not_made", device_id=device.id, driver=device.kind)
        return Fitting(
            FailedDriver(device.id, kind.device_kind, f"the driver '{device.kind}' does not take its table: {error}")
        )
