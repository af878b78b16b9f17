"""The bench's settings: one TOML file to one frozen struct. An unknown key is refused with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path

import msgspec

from protocols.esl.tag_types import TAG_TYPES

KINDS = ("scales", "printers", "access_points", "readers")


class SettingsRefused(ValueError):
    """The file cannot be used; the text names file, line, key and what would be right."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ScaleSettings(_Table, frozen=True, kw_only=True):
    """A Toledo 8217 scale on a pseudo-terminal."""

    id: str
    port: Path
    proxy_port: Path | None = None


class PrinterSettings(_Table, frozen=True, kw_only=True):
    """An ESC/POS receipt printer on TCP."""

    id: str
    port: int = 9100
    columns: int = 42
    bytes_per_second: int = 0
    proxy_port: int | None = None


class AccessPointSettings(_Table, frozen=True, kw_only=True):
    """An OpenEPaperLink access point with its labels. The defaults are quick; a real label takes 40,000 ms to check in."""

    id: str
    port: int = 8070
    labels: int = 200
    hardware_type: int = 1
    tag_version: int = 0x26
    check_in_ms: int = 1_000
    render_ms: int = 100
    transfer_ms: int = 10
    refresh_ms: int = 300
    attempts: int = 20
    attempt_ms: int = 3_000
    clean: bool = False
    proxy_port: int | None = None


class ReaderSettings(_Table, frozen=True, kw_only=True):
    """An RFID reader at a door (LLRP on TCP): the first half of its antennas looks outside, the second inside."""

    id: str
    port: int = 5084
    antennas: int = 4
    read_percent: int = 60
    company_prefix_digits: int = 7
    proxy_port: int | None = None


class BenchSettings(_Table, frozen=True, kw_only=True):
    """Everything the bench is told."""

    seed: int = 1
    port: int = 8090
    fonts: tuple[Path, ...] = ()
    scales: tuple[ScaleSettings, ...] = ()
    printers: tuple[PrinterSettings, ...] = ()
    access_points: tuple[AccessPointSettings, ...] = ()
    readers: tuple[ReaderSettings, ...] = ()


_TABLES: dict[str, type[_Table]] = {
    "scales": ScaleSettings,
    "printers": PrinterSettings,
    "access_points": AccessPointSettings,
    "readers": ReaderSettings,
}


def load(path: Path) -> BenchSettings:
    """Read and check the file. Paths in it are relative to its folder. Raises `SettingsRefused`."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise SettingsRefused(f"{path}: cannot be read: {error.strerror}. Pass the file with --config.") from error
    except UnicodeDecodeError as error:
        raise SettingsRefused(f"{path}: is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path}: is not valid TOML: {error}.") from error

    def read_path(kind: type, value: object) -> object:
        if kind is not Path or not isinstance(value, str) or not value:
            raise ValueError(f"Expected a path as text, got {value!r}")
        return path.parent.absolute() / value

    try:
        settings = msgspec.convert(tables, BenchSettings, dec_hook=read_path)
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{path}:{_explain(str(error), text)}") from error
    for where, why in _problems(settings):
        raise SettingsRefused(f"{path}:{line_of(text, *where)}: {why}")
    return settings


def line_of(text: str, table: str, index: int, key: str) -> int:
    """The line (from 1) of a key of the `index`th [[table]] ("" for the top), or of the table itself; 1 when not found."""
    current, count, header = "", -1, 1
    for number, line in enumerate(text.splitlines(), start=1):
        opened = re.match(r"\s*\[\[?\s*([\w-]+)", line)
        if opened is not None:
            current = opened.group(1)
            count += current == table
            if current == table and count == index:
                header = number
        here = current == table and (not table or count == index)
        if here and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
        if not table and opened is not None and current == key:
            return number
    return header


def _explain(message: str, text: str) -> str:
    what, _, where = message.partition(" - at `$")
    found = re.match(r"\.(\w+)\[(\d+|\.\.\.)\]", where)
    table = found.group(1) if found is not None else ""
    index = int(found.group(2)) if found is not None and found.group(2).isdigit() else 0
    key = where.rstrip("`").rpartition(".")[2].partition("[")[0]
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown is not None:
        key = unknown.group(1)
        fields = [field.name for field in msgspec.structs.fields(_TABLES.get(table, BenchSettings))]
        near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(fields)}."
        return f"{line_of(text, table, index, key)}: unknown key '{key}'{_in(table)}. {hint}"
    missing = re.search(r"missing required field `(.*)`", what)
    if missing is not None:
        return f"{line_of(text, table, index, '')}: the key '{missing.group(1)}'{_in(table)} is missing."
    return f"{line_of(text, table, index, key)}: wrong value for '{key}'{_in(table)}: {what[0].lower()}{what[1:]}."


def _in(table: str) -> str:
    return f" in [[{table}]]" if table else ""


def _problems(settings: BenchSettings) -> list[tuple[tuple[str, int, str], str]]:
    """(table, index, key) and what is wrong with it."""
    found: list[tuple[tuple[str, int, str], str]] = []
    ids: set[str] = set()
    ports: set[int | Path] = {settings.port} if settings.port else set()
    for table in KINDS:
        devices: tuple[ScaleSettings | PrinterSettings | AccessPointSettings | ReaderSettings, ...] = getattr(
            settings, table
        )
        for index, device in enumerate(devices):
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", device.id):
                found.append(((table, index, "id"), f"'{device.id}' is no id: 1 to 32 of A-Z a-z 0-9 _ -."))
            if device.id in ids:
                found.append(((table, index, "id"), f"the id '{device.id}' is used twice."))
            ids.add(device.id)
            for key in ("port", "proxy_port"):
                port = getattr(device, key)
                if isinstance(port, int) and not 0 <= port <= 65_535:
                    found.append(((table, index, key), f"{port} is no port."))
                if port and port in ports:
                    found.append(((table, index, key), f"{port} is used twice."))
                if port:
                    ports.add(port)
    for index, point in enumerate(settings.access_points):
        if point.hardware_type not in TAG_TYPES:
            known = ", ".join(str(kind) for kind in sorted(TAG_TYPES))
            found.append((("access_points", index, "hardware_type"), f"{point.hardware_type} is not known. Known: {known}."))
        if not 0 < point.labels <= 20_000:
            found.append((("access_points", index, "labels"), "1 to 20000 labels."))
        if min(point.check_in_ms, point.render_ms, point.attempt_ms, point.attempts) < 1:
            found.append((("access_points", index, "check_in_ms"), "times and attempts must be above 0."))
    found.extend(_reader_problems(settings))
    return found


def _reader_problems(settings: BenchSettings) -> list[tuple[tuple[str, int, str], str]]:
    found: list[tuple[tuple[str, int, str], str]] = []
    for index, reader in enumerate(settings.readers):
        if not 1 <= reader.antennas <= 16 or not 1 <= reader.read_percent <= 100:
            found.append((("readers", index, "antennas"), "1 to 16 antennas, and 1 to 100 percent of reads."))
        if not 6 <= reader.company_prefix_digits <= 12:
            found.append((("readers", index, "company_prefix_digits"), "6 to 12 digits."))
    return found
