"""The bench's settings: one TOML file to one frozen struct. An unknown key is refused with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from protocols.device_events import Symbology
from protocols.esl.tag_types import TAG_TYPES
from protocols.scales.registry import PROTOCOLS
from simulators.device_tables import DeviceTable, LineTable, Table, TomlValue
from simulators.llrp_reader.profiles import PROFILES
from simulators.printer_tables import DisplaySettings, PrinterSettings
from simulators.scanner_tables import CardReaderSettings, CardTable, ScannerSettings, card_problems
from simulators.sensor_settings import ModbusBusSettings, MqttSensorSettings, PeopleCounterSettings
from simulators.wire_edge_table import wire_edge_table

__all__ = [
    "AccessPointSettings",
    "BenchSettings",
    "BlePointSettings",
    "CardReaderSettings",
    "CardTable",
    "DeviceTable",
    "DisplaySettings",
    "GoodsTable",
    "LineTable",
    "PaymentTerminalSettings",
    "PrinterSettings",
    "ReaderSettings",
    "ScaleSettings",
    "ScannerSettings",
    "SettingsRefused",
    "TillTable",
    "TomlValue",
    "line_of",
    "load",
]
"""With what stands in modules of its own: bases, scanners, cards, printers and displays."""


class SettingsRefused(ValueError):
    """The file cannot be used; the text names file, line, key and what would be right."""


class ScaleSettings(LineTable, frozen=True, kw_only=True):
    """A scale. `kind`: its protocol."""

    kind: str = "toledo8217"

    def problems(self) -> list[tuple[str, str]]:
        """A protocol of the house."""
        if self.kind not in PROTOCOLS:
            return [("kind", f"'{self.kind}' is no scale protocol. Known: {', '.join(PROTOCOLS)}.")]
        return super().problems()

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": self.kind, "port": self.place()}


class PaymentTerminalSettings(DeviceTable, frozen=True, kw_only=True):
    """A payment terminal on TCP. `slow_ms`: how long a customer takes."""

    port: int = 7071
    slow_ms: int = 1_500
    proxy_port: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """Time goes forward."""
        return [] if self.slow_ms >= 0 else [("slow_ms", "0 or more milliseconds.")]

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": "tallystick_terminal", "host": "127.0.0.1", "port": self.proxy_port or self.port}


class WireTerminalSettings(DeviceTable, frozen=True, kw_only=True):
    """A payment terminal on a maker's wire, on TCP. `kind`: what it speaks. `own_printer` (zvt): it prints its slips itself.

    `keys` (payment_codes): a folder for the shop's keys at the provider, filled at the first start.
    """

    kind: Literal["zvt", "nexo_json", "payment_codes"] = "zvt"
    port: int = 20_007
    slow_ms: int = 1_500
    own_printer: bool = False
    keys: Path | None = None
    proxy_port: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """Time goes forward; keys for those who sign."""
        found = [] if self.slow_ms >= 0 else [("slow_ms", "0 or more milliseconds.")]
        if (self.kind == "payment_codes") is (self.keys is None):
            found.append(("keys", "a folder for the keys of payment_codes, and of nothing else."))
        return found

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        port = self.proxy_port or self.port
        return wire_edge_table(self.kind, self.id, port, own_printer=self.own_printer, keys=str(self.keys))


class AccessPointSettings(DeviceTable, frozen=True, kw_only=True):
    """An OpenEPaperLink access point with its labels. The defaults are quick; a real label takes 40,000 ms to check in."""

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

    def problems(self) -> list[tuple[str, str]]:
        """Types, counts and times."""
        found = []
        if self.hardware_type not in TAG_TYPES:
            known = ", ".join(str(kind) for kind in sorted(TAG_TYPES))
            found.append(("hardware_type", f"{self.hardware_type} is not known. Known: {known}."))
        if not 0 < self.labels <= 20_000:
            found.append(("labels", "1 to 20000 labels."))
        if min(self.check_in_ms, self.render_ms, self.attempt_ms, self.attempts) < 1:
            found.append(("check_in_ms", "times and attempts must be above 0."))
        return found

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": "oepl_ap", "url": f"http://127.0.0.1:{self.proxy_port or self.port}"}


class BlePointSettings(DeviceTable, frozen=True, kw_only=True):
    """A Bluetooth controller with labels on the air (HCI on TCP). Labels belong to no network at first."""

    port: int = 8071
    labels: int = 100
    hardware_type: int = 1
    images: int = 2
    drift_ppm: int = 20
    proxy_port: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """Panels, counts and clocks."""
        found = []
        if self.hardware_type not in TAG_TYPES:
            known = ", ".join(str(kind) for kind in sorted(TAG_TYPES))
            found.append(("hardware_type", f"{self.hardware_type} is not known. Known: {known}."))
        if not 0 < self.labels <= 7_140:
            found.append(("labels", "1 to 7140 labels."))
        if not 1 <= self.images <= 255:
            found.append(("images", "1 to 255 image slots."))
        if not 0 <= self.drift_ppm <= 500:
            found.append(("drift_ppm", "0 to 500 millionths."))
        return found

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`. New labels are admitted: all the simulated ones are new at first."""
        place = f"tcp://127.0.0.1:{self.proxy_port or self.port}"
        return {"kind": "ble_esl", "port": place, "memory": f"{self.id}.jsonl", "admit": True}


READER_USES = ("door", "gate", "rooms", "pad")


class ReaderSettings(DeviceTable, frozen=True, kw_only=True):
    """An RFID reader (LLRP on TCP).

    `use`: `door` (goods that come in) and `gate` (an exit for customers, its siren on output 1): the first half of its
    antennas looks outside, the second inside; `rooms`: each antenna is a fitting room; `pad`: the pad of the till `till`.

    `profile`: which maker's reader it is like. `beam_deg`: how wide an antenna hears, 360 all round. With
    `tls_certificate` and `tls_key` (PEM files) it speaks TLS only.
    """

    port: int = 5084
    antennas: int = 4
    read_percent: int = 60
    profile: str = "plain"
    beam_deg: int = 360
    use: str = "door"
    till: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    company_prefix_digits: int = 7
    proxy_port: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """Antennas, chance and digits."""
        found = []
        if not 2 <= self.antennas <= 16:
            found.append(("antennas", "2 to 16 antennas."))
        if not 1 <= self.read_percent <= 100:
            found.append(("read_percent", "1 to 100 percent of reads."))
        if self.profile not in PROFILES:
            found.append(("profile", f"'{self.profile}' is none of {', '.join(PROFILES)}."))
        if self.use not in READER_USES:
            found.append(("use", f"'{self.use}' is none of {', '.join(READER_USES)}."))
        if (self.use == "pad") is not bool(self.till):
            found.append(("till", "a pad belongs to a till, and only a pad does."))
        if not 10 <= self.beam_deg <= 360:
            found.append(("beam_deg", "10 to 360 degrees."))
        if (self.tls_certificate is None) is not (self.tls_key is None):
            found.append(("tls_certificate", "tls_certificate and tls_key go together."))
        if not 6 <= self.company_prefix_digits <= 12:
            found.append(("company_prefix_digits", "6 to 12 digits."))
        return found

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        keys: dict[str, TomlValue] = {"kind": "llrp", "host": "127.0.0.1", "port": self.proxy_port or self.port}
        if self.use == "door":
            keys |= self.sides()
        if self.use == "gate":
            keys |= {"report_every_tags": 1}
        if self.tls_certificate is not None:
            keys |= {"tls": True, "tls_ca_file": str(self.tls_certificate)}  # right for a certificate that signed itself
        return keys

    def sides(self) -> dict[str, TomlValue]:
        """Which antennas look inside and outside, at a door or a gate."""
        half = self.antennas // 2
        return {
            "antennas_inside": list(range(half + 1, self.antennas + 1)),
            "antennas_outside": list(range(1, half + 1)),
        }

    def places(self) -> list[tuple[str, dict[str, TomlValue]]]:
        """Further tables of a box's settings: what the antennas look at, when it is no door."""
        everything: list[int] = list(range(1, self.antennas + 1))
        match self.use:
            case "gate":
                return [("gates", {"id": self.id, "reader": self.id, **self.sides(), "siren_output": 1})]
            case "rooms":
                return [
                    ("fitting_rooms", {"id": str(number), "reader": self.id, "antennas": [number]}) for number in everything
                ]
            case "pad":
                return [("pads", {"till": self.till, "reader": self.id, "antennas": everything})]
            case _:
                return []


class TillTable(Table, frozen=True, kw_only=True):
    """A till of the store: which devices stand at it."""

    id: str
    scale: str | None = None
    printer: str | None = None
    scanner: str | None = None
    terminal: str | None = None
    card_reader: str | None = None
    codes: str | None = None
    display: str | None = None


class GoodsTable(Table, frozen=True, kw_only=True):
    """Something to scan, or (with `grams`) to put on a scale as well."""

    code: str
    name: str
    name_zh: str = ""
    symbology: str = Symbology.UNTOLD.value
    grams: int | None = None


class BenchSettings(Table, frozen=True, kw_only=True):
    """Everything the bench is told."""

    seed: int = 1
    port: int = 8090
    fonts: tuple[Path, ...] = ()
    tills: tuple[TillTable, ...] = ()
    goods: tuple[GoodsTable, ...] = ()
    scales: tuple[ScaleSettings, ...] = ()
    scanners: tuple[ScannerSettings, ...] = ()
    printers: tuple[PrinterSettings, ...] = ()
    displays: tuple[DisplaySettings, ...] = ()
    payment_terminals: tuple[PaymentTerminalSettings, ...] = ()
    terminals: tuple[WireTerminalSettings, ...] = ()
    access_points: tuple[AccessPointSettings, ...] = ()
    ble_points: tuple[BlePointSettings, ...] = ()
    readers: tuple[ReaderSettings, ...] = ()
    card_readers: tuple[CardReaderSettings, ...] = ()
    cards: tuple[CardTable, ...] = ()
    modbus_buses: tuple[ModbusBusSettings, ...] = ()
    mqtt_sensors: tuple[MqttSensorSettings, ...] = ()
    people_counters: tuple[PeopleCounterSettings, ...] = ()

    def devices(self) -> Iterator[DeviceTable]:
        """Every device of every kind."""
        for table in _TABLES:
            yield from self.of(table)

    def of(self, kind: str) -> tuple[DeviceTable, ...]:
        """The devices of a kind, by the name of its table."""
        found: tuple[DeviceTable, ...] = getattr(self, kind)
        return found

    def named(self, kind: str, device_id: str) -> DeviceTable:
        """The settings of one device."""
        return next(each for each in self.of(kind) if each.id == device_id)


_TABLES: dict[str, type[DeviceTable]] = {
    "scales": ScaleSettings,
    "scanners": ScannerSettings,
    "printers": PrinterSettings,
    "displays": DisplaySettings,
    "payment_terminals": PaymentTerminalSettings,
    "terminals": WireTerminalSettings,
    "access_points": AccessPointSettings,
    "ble_points": BlePointSettings,
    "readers": ReaderSettings,
    "card_readers": CardReaderSettings,
    "modbus_buses": ModbusBusSettings,
    "mqtt_sensors": MqttSensorSettings,
    "people_counters": PeopleCounterSettings,
}
"""Every kind of device: a new one is a struct and a field of `BenchSettings` above, and its line here."""


def kinds_of_table() -> tuple[str, ...]:
    """The names of the tables of devices."""
    return tuple(_TABLES)


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
    for where, why in problems_of(settings):
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
        kinds: dict[str, type[msgspec.Struct]] = {**_TABLES, "tills": TillTable, "goods": GoodsTable, "cards": CardTable}
        fields = [field.name for field in msgspec.structs.fields(kinds.get(table, BenchSettings))]
        near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(fields)}."
        return f"{line_of(text, table, index, key)}: unknown key '{key}'{_in(table)}. {hint}"
    missing = re.search(r"missing required field `(.*)`", what)
    if missing is not None:
        return f"{line_of(text, table, index, '')}: the key '{missing.group(1)}'{_in(table)} is missing."
    return f"{line_of(text, table, index, key)}: wrong value for '{key}'{_in(table)}: {what[0].lower()}{what[1:]}."


def _in(table: str) -> str:
    return f" in [[{table}]]" if table else ""


Problems = list[tuple[tuple[str, int, str], str]]


def problems_of(settings: BenchSettings) -> Problems:
    """(table, index, key) and what is wrong with it."""
    found: Problems = []
    ids: set[str] = set()
    ports: set[int | Path] = {settings.port} if settings.port else set()
    for table in _TABLES:
        for index, device in enumerate(settings.of(table)):
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", device.id):
                found.append(((table, index, "id"), f"'{device.id}' is no id: 1 to 32 of A-Z a-z 0-9 _ -."))
            if device.id in ids:
                found.append(((table, index, "id"), f"the id '{device.id}' is used twice."))
            ids.add(device.id)
            for key in ("port", "tcp_port", "proxy_port", "proxy_tcp_port"):
                port = getattr(device, key, None)
                if isinstance(port, int) and not 0 <= port <= 65_535:
                    found.append(((table, index, key), f"{port} is no port."))
                if port and port in ports:
                    found.append(((table, index, key), f"{port} is used twice."))
                if port:
                    ports.add(port)
            found.extend(((table, index, key), why) for key, why in device.problems())
    return [*found, *_till_problems(settings), *_goods_problems(settings), *_card_problems(settings)]


def _till_problems(settings: BenchSettings) -> Problems:
    found: Problems = []
    seen: set[tuple[str, str | None]] = set()
    for index, till in enumerate(settings.tills):
        kinds: tuple[tuple[str, tuple[DeviceTable, ...]], ...] = (
            ("scale", settings.scales),
            ("printer", settings.printers),
            ("display", settings.displays),
            ("scanner", settings.scanners),
            ("terminal", (*settings.payment_terminals, *(x for x in settings.terminals if x.kind != "payment_codes"))),
            ("codes", tuple(x for x in settings.terminals if x.kind == "payment_codes")),
            ("card_reader", settings.card_readers),
        )
        for wanted, devices in kinds:
            name = getattr(till, wanted)
            if name is not None and name not in {each.id for each in devices}:
                found.append((("tills", index, wanted), f"till '{till.id}': there is no {wanted} '{name}'."))
        for key, value in (("id", till.id), ("scanner", till.scanner), ("card_reader", till.card_reader)):
            if value is not None and (key, value) in seen:
                found.append((("tills", index, key), f"two tills have the {key} '{value}'."))
            seen.add((key, value))
    return found


def _card_problems(settings: BenchSettings) -> Problems:
    return [(("cards", index, key), why) for index, key, why in card_problems(settings.cards)]


def _goods_problems(settings: BenchSettings) -> Problems:
    found: Problems = []
    kinds = [each.value for each in Symbology]
    for index, goods in enumerate(settings.goods):
        if goods.symbology not in kinds:
            found.append((("goods", index, "symbology"), f"'{goods.symbology}' is none of {', '.join(kinds)}."))
    return found
