"""A kind of device, and what one device of it brings into the box."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edge.checkout.asking import Way
from edge.settings.devices.table import DeviceTable, kind_of
from firmware_bridges.supervise import Driver

if TYPE_CHECKING:
    from edge.devices.shop import DeviceShop

Table = TypeVar("Table", bound=DeviceTable)


@dataclass(frozen=True, slots=True)
class Fitting:
    """One device, put together, not yet running.

    `tasks` run beside the driver, and leave nothing behind when they are cancelled. `ways`: how a till may be paid with it.
    `on_state` is called when the device's state changed.
    """

    driver: Driver
    tasks: tuple[Callable[[], Coroutine[None, None, None]], ...] = ()
    ways: tuple[Way, ...] = ()
    on_state: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class DeviceKind(Generic[Table]):
    """One kind of the settings.

    `device_kind`: what it is for people, on screens and in facts. `protocol`: what it speaks. `commands`: what it can be
    asked to do, beside telling what it sees. `fit` puts a device together and opens nothing; it raises `SettingsRefused`
    or `FontsMissing`. `live`: such a device may come, change and go while the box runs, for all it brings is its `Fitting`.
    """

    table: type[Table]
    device_kind: str
    protocol: str
    fit: Callable[[DeviceShop, Table], Fitting]
    commands: tuple[str, ...] = ()
    live: bool = False

    @property
    def name(self) -> str:
        """The `kind` of the settings."""
        return kind_of(self.table)

    def fit_table(self, shop: DeviceShop, device: DeviceTable) -> Fitting:
        """`fit`, for a table that is of this kind."""
        if not isinstance(device, self.table):
            raise TypeError(f"{device.id} is no {self.name}")
        return self.fit(shop, device)


def _nothing(_shop: DeviceShop) -> None:
    """A family without a service over all its devices."""


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds that belong together. `finish` is called once all devices of the settings are fitted: labels, tags."""

    name: str
    kinds: tuple[DeviceKind[Any], ...]
    finish: Callable[[DeviceShop], None] = _nothing
