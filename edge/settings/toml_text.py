"""Device tables as TOML, the way a person would write them: what is as usual is left out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge.settings.devices.foreign import ForeignDevice
from edge.settings.devices.table import DeviceTable, kind_of
from protocols.contract.device_table import write_table


def devices_text(devices: Iterable[DeviceTable]) -> str:
    """One `[[devices]]` each, in order. Reading it gives the same devices."""
    return write_table(_said(device) for device in devices)


def _said(device: DeviceTable) -> dict[str, object]:
    if isinstance(device, ForeignDevice):
        return device.keys
    values: dict[str, object] = msgspec.to_builtins(device, enc_hook=str)
    usual = {
        field.encode_name: msgspec.to_builtins(_default(field), enc_hook=str)
        for field in msgspec.structs.fields(device)
        if not field.required
    }
    said = {key: value for key, value in values.items() if not (key in usual and usual[key] == value)}
    return {**said, "kind": kind_of(device)}


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
