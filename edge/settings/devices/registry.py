"""Every kind of device the settings know: a family is a module beside this one, and its line here."""

from __future__ import annotations

from types import MappingProxyType

from edge.settings.devices import cards, displays, labels, printers, readers, scales, scanners, sensors, terminals
from edge.settings.devices.table import DeviceTable, kind_of

TABLES: tuple[type[DeviceTable], ...] = (
    *scales.TABLES,
    *scanners.TABLES,
    *cards.TABLES,
    *printers.TABLES,
    *displays.TABLES,
    *terminals.TABLES,
    *labels.TABLES,
    *readers.TABLES,
    *sensors.TABLES,
)

BY_KIND = MappingProxyType({kind_of(table): table for table in TABLES})

TILL_KEYS = tuple(dict.fromkeys(table.STANDS_AT for table in TABLES if table.STANDS_AT))
"""The keys of a till that name a device."""
