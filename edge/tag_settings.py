"""What the antennas of readers look at, as tables of the settings: exits, fitting rooms, shelves, pads, parts of the store.

Every key is explained in `example-store.toml`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from edge.toml_lines import KeyPath
from protocols.contract.values import Place

Problems = list[tuple[KeyPath, str]]
PASSWORD_DIGITS = 8


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class TagSettings(_Table, frozen=True, kw_only=True):
    closes_at: str = ""
    departs_after_minutes: int = 10
    access_password_file: str = ""
    kill_password_file: str = ""


class GateSettings(_Table, frozen=True, kw_only=True):
    id: str
    reader: str
    antennas_inside: tuple[int, ...]
    antennas_outside: tuple[int, ...]
    rssi_min_dbm: int = -70
    siren_output: int | None = None
    siren_seconds: int = 5
    beam_inside_input: int | None = None
    beam_outside_input: int | None = None
    beam_broken: Literal["high", "low"] = "high"


class FittingRoomSettings(_Table, frozen=True, kw_only=True):
    id: str
    reader: str
    antennas: tuple[int, ...]


class SmartShelfSettings(_Table, frozen=True, kw_only=True):
    id: str
    reader: str
    antenna: int


class PadSettings(_Table, frozen=True, kw_only=True):
    till: str
    reader: str
    antennas: tuple[int, ...]
    rssi_min_dbm: int = -62
    auto: bool = False
    kill_at_sale: bool = False


class SpotSettings(_Table, frozen=True, kw_only=True):
    id: str
    reader: str
    antennas: tuple[int, ...]
    place: Place = Place.SALES_FLOOR


class TagTables(_Table, frozen=True, kw_only=True):
    """All of them; `edge.settings.Settings` has the same fields."""

    tags: TagSettings = TagSettings()
    gates: tuple[GateSettings, ...] = ()
    fitting_rooms: tuple[FittingRoomSettings, ...] = ()
    smart_shelves: tuple[SmartShelfSettings, ...] = ()
    pads: tuple[PadSettings, ...] = ()
    spots: tuple[SpotSettings, ...] = ()


TABLES: dict[str, type[msgspec.Struct]] = {
    "tags": TagSettings,
    "gates": GateSettings,
    "fitting_rooms": FittingRoomSettings,
    "smart_shelves": SmartShelfSettings,
    "pads": PadSettings,
    "spots": SpotSettings,
}


def closing_time(tags: TagSettings) -> datetime.time | None:
    """When the fitting rooms must be empty; None: nobody said. Raises ValueError."""
    return datetime.time.fromisoformat(tags.closes_at) if tags.closes_at else None


def password_of(file: str) -> int:
    """The 32-bit password in a file of 8 hexadecimal digits; 0 without a file. Raises ValueError, OSError."""
    if not file:
        return 0
    digits = Path(file).read_text(encoding="ascii").strip()
    if len(digits) != PASSWORD_DIGITS or not int(digits, 16):
        raise ValueError(f"{file}: {PASSWORD_DIGITS} hexadecimal digits, not all 0")
    return int(digits, 16)


def uses_of(tables: TagTables) -> list[tuple[KeyPath, str, tuple[int, ...]]]:
    """(where in the file, reader, antennas) of every table."""
    found: list[tuple[KeyPath, str, tuple[int, ...]]] = []
    for index, gate in enumerate(tables.gates):
        found.append((("gates", index), gate.reader, (*gate.antennas_inside, *gate.antennas_outside)))
    for index, shelf in enumerate(tables.smart_shelves):
        found.append((("smart_shelves", index), shelf.reader, (shelf.antenna,)))
    several: Mapping[str, Iterable[FittingRoomSettings | PadSettings | SpotSettings]] = {
        "fitting_rooms": tables.fitting_rooms,
        "pads": tables.pads,
        "spots": tables.spots,
    }
    for key, entries in several.items():
        found.extend(((key, index), each.reader, each.antennas) for index, each in enumerate(entries))
    return found


def antennas_of(tables: TagTables, reader: str) -> frozenset[int]:
    """The antennas of a reader that the tables name."""
    return frozenset(antenna for _, named, antennas in uses_of(tables) if named == reader for antenna in antennas)


def problems(tables: TagTables, doors: Mapping[str, frozenset[int]], tills: frozenset[str]) -> Problems:
    """What is wrong. `doors`: every reader with the antennas it uses as a door."""
    found: Problems = []
    taken = {(reader, antenna) for reader, antennas in doors.items() for antenna in antennas}
    for where, reader, antennas in uses_of(tables):
        table = where[0]
        if reader not in doors:
            found.append(
                ((*where, "reader"), f"{table}: there is no reader '{reader}' (kind llrp or zebra_iot) in [[devices]].")
            )
        if not antennas or min(antennas) < 1:
            found.append((where, f"{table}: at least one antenna number from 1, as on the reader."))
        for antenna in antennas:
            if (reader, antenna) in taken:
                found.append((where, f"{table}: antenna {antenna} of '{reader}' is used twice: it looks at one thing."))
            taken.add((reader, antenna))
    found.extend(_gate_problems(tables))
    found.extend(_pad_problems(tables, tills))
    try:
        closing_time(tables.tags)
    except ValueError:
        found.append((("tags", "closes_at"), f"tags.closes_at: a time such as 21:30, not '{tables.tags.closes_at}'."))
    if tables.tags.departs_after_minutes < 1:
        found.append((("tags", "departs_after_minutes"), "tags.departs_after_minutes: at least 1."))
    found.extend(_password_problems(tables))
    return found


def _password_problems(tables: TagTables) -> Problems:
    found: Problems = []
    for key in ("access_password_file", "kill_password_file"):
        file = getattr(tables.tags, key)
        try:
            password_of(file)
        except (ValueError, OSError):  # what stands in the file is a secret: it is not repeated
            found.append((("tags", key), f"tags.{key}: a readable file of {PASSWORD_DIGITS} hexadecimal digits, not all 0."))
    for index, pad in enumerate(tables.pads):
        if pad.kill_at_sale and not tables.tags.kill_password_file:
            found.append((("pads", index, "kill_at_sale"), "pads.kill_at_sale: needs tags.kill_password_file."))
    return found


def _gate_problems(tables: TagTables) -> Problems:
    found: Problems = []
    seen: set[str] = set()
    for index, gate in enumerate(tables.gates):
        if gate.id in seen:
            found.append((("gates", index, "id"), f"two gates have the id '{gate.id}'."))
        seen.add(gate.id)
        if not gate.antennas_inside or not gate.antennas_outside:
            found.append((("gates", index), "gates: antennas_inside and antennas_outside both need at least one antenna."))
        if not 1 <= gate.siren_seconds <= 60:
            found.append((("gates", index, "siren_seconds"), "gates.siren_seconds: 1 to 60."))
    return found


def _pad_problems(tables: TagTables, tills: frozenset[str]) -> Problems:
    found: Problems = []
    seen: set[str] = set()
    for index, pad in enumerate(tables.pads):
        if pad.till not in tills:
            found.append((("pads", index, "till"), f"pads: there is no till '{pad.till}' in [[tills]]."))
        if pad.till in seen:
            found.append((("pads", index, "till"), f"two pads belong to till '{pad.till}'."))
        seen.add(pad.till)
    return found
