"""The device table of a store as headquarters sends it and as the store tells of it. Pure.

The text is TOML: the `[[devices]]` tables of the store's settings file and nothing else. Only the box knows what its drivers
take; headquarters checks that it is TOML with an id and a kind in each table.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

TEXT_CHARS_MAX = 32_768
"""Of one device table: with its row it fits a feed delta."""
DEVICES_MAX = 200
ROW_KEY = "device_table"
_BARE = re.compile(r"[A-Za-z0-9_-]+")

Outcome = Literal["in_force", "refused", "rolled_back"]
"""`refused`: nothing was touched, the table is wrong. `rolled_back`: it was tried, and all is as it was before."""


class DeviceTableRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="device_table"):
    """The device table a store should have, in its set-up feed. Empty text: that of the box's own settings file again."""

    revision: int
    """Counts the tables sent to this store, from 1."""
    text: str
    even_if_not_ready: bool = False
    """Also when a device that came or changed does not answer now."""

    def key(self) -> str:
        return ROW_KEY


class DeviceTableTold(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="DeviceTableTold"):
    """Which device table is in force in the store, and what became of the one that was sent last."""

    in_force: int
    """The revision in force; 0: the box's own settings file."""
    text: str
    """The table in force."""
    revision: int
    """The revision tried last; 0: none ever was."""
    outcome: Outcome
    reason: str = ""
    """Why it is not in force: names the device, the field and the remedy."""


class TableUnreadable(ValueError):
    """Not a device table; the text says where and why. `field` is like `devices[2].kind`, empty for the whole text."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field = field
        self.why = why


def read_table(text: str) -> list[dict[str, object]]:
    """The tables of the text, each with an id and a kind. Raises `TableUnreadable`."""
    if len(text) > TEXT_CHARS_MAX:
        raise TableUnreadable("", f"{len(text)} characters, at most {TEXT_CHARS_MAX} are taken.")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TableUnreadable("", f"this is not TOML: {error}.") from error
    for name in document:
        if name != "devices":
            raise TableUnreadable(name, "only [[devices]] can be set from headquarters.")
    devices = document.get("devices", [])
    if not isinstance(devices, list) or not all(isinstance(each, dict) for each in devices):
        raise TableUnreadable("devices", "write each device as a table of its own, below a line [[devices]].")
    if len(devices) > DEVICES_MAX:
        raise TableUnreadable("devices", f"{len(devices)} devices, at most {DEVICES_MAX} are taken.")
    seen: set[str] = set()
    for index, device in enumerate(devices):
        for key in ("id", "kind"):
            if not isinstance(device.get(key), str) or not device[key]:
                raise TableUnreadable(
                    f"devices[{index}].{key}", f"each device needs {'an id' if key == 'id' else 'a kind'}."
                )
        if device["id"] in seen:
            raise TableUnreadable(f"devices[{index}].id", f"two devices have the id '{device['id']}'.")
        seen.add(device["id"])
    return devices


def write_table(tables: Iterable[Mapping[str, object]]) -> str:
    """One `[[devices]]` each, kind and id first. Reading it gives the same tables; a key whose value is None is left out."""
    return "\n".join(_table(table) for table in tables)


def _table(table: Mapping[str, object]) -> str:
    first = {key: table[key] for key in ("kind", "id") if key in table}
    values = first | {key: value for key, value in table.items() if key not in first}
    lines = [
        f"{key if _BARE.fullmatch(key) else _value(key)} = {_value(value)}"
        for key, value in values.items()
        if value is not None
    ]
    return "\n".join(["[[devices]]", *lines, ""])


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is one of TOML
        case list() | tuple():
            return f"[{', '.join(_value(each) for each in value)}]"
        case dict():
            return "{ " + ", ".join(f"{_value(str(key))} = {_value(each)}" for key, each in value.items()) + " }"
        case _:
            return str(value)
