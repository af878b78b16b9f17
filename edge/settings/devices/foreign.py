"""A device whose driver is not ours: its table is kept as it is, and read by the driver once that is loaded."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edge.settings.devices.table import DeviceTable


class ForeignDevice(DeviceTable, frozen=True, kw_only=True):
    """`kind` is named in `drivers.load`. `keys`: the whole table, kind and id included."""

    kind: str
    keys: dict[str, object]


def foreign_device(table: Mapping[str, object]) -> ForeignDevice:
    """The table as it stands. Raises `msgspec.ValidationError` without an id."""
    device_id = table.get("id")
    if not isinstance(device_id, str) or not device_id:
        raise msgspec.ValidationError("Object missing required field `id`")
    return ForeignDevice(id=device_id, kind=str(table["kind"]), keys=dict(table))
