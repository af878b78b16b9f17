"""Device tables as TOML, the way a person would write them: what is as usual is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from edge.settings.devices.table import DeviceTable, kind_of


def devices_text(devices: Iterable[DeviceTable]) -> str:
    """One `[[devices]]` each, in order. Reading it gives the same devices."""
    return "\n".join(_table(device) for device in devices)


def _table(device: DeviceTable) -> str:
    values: dict[str, object] = msgspec.to_builtins(device, enc_hook=str)
    usual = {
        field.encode_name: msgspec.to_builtins(_default(field), enc_hook=str)
        for field in msgspec.structs.fields(device)
        if not field.required
    }
    lines = ["[[devices]]", f"kind = {_value(kind_of(device))}"]
    lines += [
        f"{name} = {_value(value)}"
        for name, value in values.items()
        if name != "kind" and value is not None and not (name in usual and usual[name] == value)
    ]
    return "\n".join([*lines, ""])


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is one of TOML
        case list() | tuple():
            return f"[{', '.join(_value(each) for each in value)}]"
        case Mapping():
            return "{ " + ", ".join(f"{_value(str(key))} = {_value(each)}" for key, each in value.items()) + " }"
        case _:
            return str(value)
