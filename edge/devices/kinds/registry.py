"""The families of devices. A new one is a module beside this one, and its line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from edge.devices.fitting import DeviceKind
from edge.devices.foreign import kind_of_foreign
from edge.devices.kinds import cards, displays, labels, printers, readers, scales, scanners, sensors, terminals
from edge.settings.devices.foreign import ForeignDevice
from edge.settings.devices.table import DeviceTable

FAMILIES = (
    scales.FAMILY,
    scanners.FAMILY,
    cards.FAMILY,
    printers.FAMILY,
    displays.FAMILY,
    terminals.FAMILY,
    labels.FAMILY,
    readers.FAMILY,
    sensors.FAMILY,
)

KINDS: tuple[DeviceKind[Any], ...] = tuple(kind for family in FAMILIES for kind in family.kinds)

BY_TABLE = MappingProxyType({kind.table: kind for kind in KINDS})


def kind_for(device: DeviceTable) -> DeviceKind[Any]:
    """The kind of a device of the settings."""
    return kind_of_foreign(device) if isinstance(device, ForeignDevice) else BY_TABLE[type(device)]
