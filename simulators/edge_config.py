"""The part of a store box's settings that fits a bench: its tills and devices, so that one file describes a store."""

from __future__ import annotations

import json

from simulators.device_tables import TomlValue
from simulators.settings import BenchSettings


def edge_config(settings: BenchSettings, made_from: str) -> str:
    """TOML text for a box's store.toml. Devices with a bad line are reached through it, so that its faults hit."""
    tables = [f"# The tills and devices of {made_from}, made by `python -m simulators edge-config`.\n"]
    if not settings.tills:
        tables.append("# It names no [[tills]], so no till has a device.\n")
    for till in settings.tills:
        named = {
            "id": till.id,
            "scale": till.scale,
            "printer": till.printer,
            "scanner": till.scanner,
            "terminal": till.terminal,
            "card_reader": till.card_reader,
            "codes": till.codes,
            "display": till.display,
        }
        tables.append(_table("tills", {key: value for key, value in named.items() if value is not None}))
    wanted = [(device.id, device.edge_table()) for device in settings.devices()]
    tables += [_table("devices", {"kind": keys["kind"], "id": name, **keys}) for name, keys in wanted if keys]
    for reader in settings.readers:
        tables += [_table(name, keys) for name, keys in reader.places()]
    return "\n".join(tables)


def _table(name: str, keys: dict[str, str] | dict[str, TomlValue]) -> str:
    lines = [f"{key} = {_toml(value)}" for key, value in keys.items()]
    return f"[[{name}]]\n" + "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A JSON string is a TOML string; a list of tables is one of inline tables."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        tables = (", ".join(f"{key} = {json.dumps(each)}" for key, each in table.items()) for table in value)
        return "[" + ", ".join(f"{{ {table} }}" for table in tables) + "]"
    return json.dumps(value)
