"""The box's settings: one TOML file, one frozen struct. A wrong key is refused with its line and the nearest right one.

Every key is explained in `example-store.toml` in the folder above.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Union

import msgspec

from edge import tag_settings
from edge.settings.devices.foreign import foreign_device
from edge.settings.devices.registry import BY_KIND, TABLES
from edge.settings.devices.table import DeviceTable
from edge.settings.rules import problems
from edge.settings.tables import (
    ApiSettings,
    ClockSettings,
    DriverSettings,
    HqSettings,
    JournalSettings,
    LabelSettings,
    Settings,
    StoreSettings,
    TelemetrySettings,
    TillSettings,
)
from edge.toml_lines import KeyPath, line_of


class SettingsRefused(Exception):
    """The settings cannot be used; the text names file, line, key and what to do."""


def load(path: Path) -> Settings:
    """Read and check the settings file. Paths in it are relative to its folder. Raises `SettingsRefused`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsRefused(f"{path}: cannot be read: {error.strerror}. Pass the file with --config.") from error
    except UnicodeDecodeError as error:
        raise SettingsRefused(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path}: is not valid TOML: {error}.") from error

    try:
        settings = read_tables(tables, path.parent.absolute())
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{path}{_explain(str(error), text, tables)}") from error
    for where, why in problems(settings):
        raise SettingsRefused(f"{path}:{line_of(text, where)}: {why}")
    return settings


def read_tables(tables: Mapping[str, object], folder: Path) -> Settings:
    """The tables of a file as settings, rules between keys not yet looked at. Raises `msgspec.ValidationError`."""
    others = {name: table for name, table in tables.items() if name != "devices"}
    settings = msgspec.convert(others, Settings, dec_hook=_path_reader(folder))
    devices = read_devices(tables.get("devices", []), folder, settings.drivers.load)
    return msgspec.structs.replace(settings, devices=devices)


def read_devices(tables: object, folder: Path, foreign: Collection[str] = ()) -> tuple[DeviceTable, ...]:
    """The tables of `[[devices]]`. Paths in them are relative to `folder`; kinds in `foreign` are kept for their drivers.

    Raises `msgspec.ValidationError`.
    """
    try:
        listed = msgspec.convert(tables, list[dict[str, object]])
    except msgspec.ValidationError as error:
        raise _placed(error, "devices") from error
    return tuple(_read_device(table, index, folder, foreign) for index, table in enumerate(listed))


def _read_device(table: dict[str, object], index: int, folder: Path, foreign: Collection[str]) -> DeviceTable:
    try:
        if table.get("kind") in foreign and table.get("kind") not in BY_KIND:
            return foreign_device(table)
        device: DeviceTable = msgspec.convert(table, _AnyDevice, dec_hook=_path_reader(folder))
    except msgspec.ValidationError as error:
        raise _placed(error, f"devices[{index}]") from error
    return device


def _placed(error: msgspec.ValidationError, where: str) -> msgspec.ValidationError:
    what, at, within = str(error).partition(" - at `$")
    return msgspec.ValidationError(f"{what} - at `$.{where}{within if at else '`'}")


_AnyDevice: Any = Union[TABLES]  # noqa: UP007 - made from the registry


def _path_reader(folder: Path) -> Callable[[type, object], object]:
    def read_path(kind: type, value: object) -> object:
        if kind is not Path or not isinstance(value, str) or not value:
            raise ValueError(f"Expected a path as text, got {value!r}")
        return folder / value

    return read_path


def _explain(message: str, text: str, tables: dict[str, object]) -> str:
    """msgspec's words with the line, the key and the nearest right key."""
    where, words = _told(message, tables)
    return f":{line_of(text, where)}: {words}"


def explained(message: str, tables: dict[str, object]) -> str:
    """msgspec's words with the key and the nearest right key, for tables that came from no file."""
    return _told(message, tables)[1]


def _told(message: str, tables: dict[str, object]) -> tuple[KeyPath, str]:
    what, _, where = message.partition(" - at `$")
    here = _path_of(where.removesuffix("`"))
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown is not None:
        key = unknown.group(1)
        known = _fields_at(here, tables)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f" Did you mean '{near[0]}'?" if near else f" Known here: {', '.join(known)}."
        return (*here, key), f"unknown key '{_dotted((*here, key))}'.{hint}"
    missing = re.search(r"missing required field `(.*)`", what)
    if missing is not None:
        return here, f"the key '{_dotted((*here, missing.group(1)))}' is missing."
    wrong = what[0].lower() + what[1:]
    return here, f"wrong value for '{_dotted(here)}': {wrong}."


def _path_of(text: str) -> KeyPath:
    """`.devices[0].port` as ("devices", 0, "port"); msgspec's `[...]` for an unnamed place is left out."""
    parts = re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", text)
    return tuple(name or int(number) for name, number in parts)


def _dotted(path: KeyPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _fields_at(path: KeyPath, tables: dict[str, object]) -> list[str]:
    """The keys a table may have."""
    if not path:
        return [field.encode_name for field in msgspec.structs.fields(Settings)]
    kinds: dict[str, type[msgspec.Struct]] = {
        **tag_settings.TABLES,
        "store": StoreSettings,
        "hq": HqSettings,
        "api": ApiSettings,
        "journal": JournalSettings,
        "clock": ClockSettings,
        "drivers": DriverSettings,
        "labels": LabelSettings,
        "telemetry": TelemetrySettings,
        "tills": TillSettings,
    }
    table = kinds.get(str(path[0])) or _device_struct(path, tables)
    names = [field.encode_name for field in msgspec.structs.fields(table)]
    return ["kind", *names] if path[0] == "devices" else names


def _device_struct(path: KeyPath, tables: dict[str, object]) -> type[DeviceTable]:
    devices = tables.get("devices")
    index = path[1] if len(path) > 1 else 0
    device = devices[index] if isinstance(devices, list) and isinstance(index, int) else {}
    return BY_KIND.get(str(device.get("kind")), TABLES[0])
