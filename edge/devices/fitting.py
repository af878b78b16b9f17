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
    """One device, put together, not yet running. `tasks` run beside the driver; `ways`: how a till may be paid with it."""

    driver: Driver
    tasks: tuple[Callable[[], Coroutine[None, None, None]], ...] = ()
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceKind(Generic[Table]):
    """One kind of the settings.

    `device_kind`: what it is for people, on screens and in facts. `protocol`: what it speaks. `commands`: what it can be
    asked to do, beside telling what it sees. `fit` puts a device together and opens nothing; it raises `SettingsRefused`
    or `FontsMissing`.
    """

    table: type[Table]
    device_kind: str
    protocol: str
    fit: Callable[[DeviceShop, Table], Fitting]
    commands: tuple[str, ...] = ()

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
