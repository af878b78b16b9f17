"""The box's settings: one TOML file, one frozen struct. A wrong key is refused with its line and the nearest right one.

Every key is explained in `example-store.toml` beside this file.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import urllib.parse
from pathlib import Path
from types import UnionType
from typing import Literal, get_args

import msgspec

from edge import tag_settings
from edge.reader_rules import radio_problems
from edge.tag_settings import TagTables
from edge.toml_lines import KeyPath, line_of
from protocols.contract.values import Place
from protocols.escpos.charsets import CHARSETS


class SettingsRefused(Exception):
    """The settings cannot be used; the text names file, line, key and what to do."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class StoreSettings(_Table, frozen=True, kw_only=True):
    id: str
    data_dir: Path
    language: Literal["en", "zh"] = "en"
    edge_id: str = ""
    seed_feed: Path | None = None


class HqSettings(_Table, frozen=True, kw_only=True):
    mqtt_url: str = ""
    https_url: str = ""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    shards: int = 16
    transport: Literal["auto", "mqtt", "https"] = "auto"


class ApiSettings(_Table, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    client_ca_file: Path | None = None


class JournalSettings(_Table, frozen=True, kw_only=True):
    keep_days: int = 30
    second_medium: Path | None = None
    second_medium_mb: int = 512


class ClockSettings(_Table, frozen=True, kw_only=True):
    trust: Literal["kernel", "always"] = "kernel"
    drill_offset_seconds: int = 0


class TelemetrySettings(_Table, frozen=True, kw_only=True):
    every_seconds: int = 60


class LabelSettings(_Table, frozen=True, kw_only=True):
    fonts: tuple[Path, ...] = ()
    settle_seconds: int = 60
    refresh_seconds: int = 20
    out_of_stock: bool = False
    large_unit_price: bool = False
    print_revision: bool = False


class TillSettings(_Table, frozen=True, kw_only=True):
    id: str
    scale: str | None = None
    printer: str | None = None
    scanner: str | None = None
    terminal: str | None = None


class Toledo8217Settings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="toledo8217"):
    id: str
    port: str
    baud: int = 9600
    interval_ms: int = 200


class MtSicsSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="mt_sics"):
    id: str
    port: str
    baud: int = 9600
    interval_ms: int = 200


class SerialScannerSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="serial_scanner"):
    id: str
    port: str
    baud: int = 9600
    suffix: Literal["cr", "lf", "crlf", "tab"] = "cr"
    prefix: str = ""
    duplicate_ms: int = 300


class EscposTcpSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="escpos_tcp"):
    id: str
    host: str
    port: int = 9100
    columns: int = 42
    charset: str = "cp858"
    proof: Literal["process_id", "status"] = "process_id"
    logo: Path | None = None
    """A picture for the head of receipts; None: no picture."""


class TallystickTerminalSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="tallystick_terminal"):
    id: str
    host: str
    port: int = 7071
    methods: tuple[Literal["card", "code"], ...] = ("card", "code")
    answer_seconds: int = 180


class OeplApSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="oepl_ap"):
    id: str
    url: str


class LabelCloudSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="label_cloud"):
    id: str
    url: str
    company: str
    store: str
    username: str
    password_file: Path
    poll_seconds: int = 15


class BleEslSettings(_Table, frozen=True, kw_only=True, tag_field="kind", tag="ble_esl"):
    id: str
    port: str
    memory: Path
    baud: int = 1_000_000
    admit: bool = False
    rssi_min_dbm: int = -80
    groups: int = 28


class LlrpRadioSettings(_Table, frozen=True, kw_only=True):
    """How an LLRP reader is reached and how it reads; whatever it is used for."""

    tls: bool = False
    tls_ca_file: Path | None = None
    tls_server_name: str = ""
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    llrp_version: Literal["auto", "1.0.1"] = "auto"
    antenna_power_dbm: dict[str, float] = {}
    gen2_session: int = 0
    tags_expected: int = 32
    rf_mode: int | None = None
    impinj_search_mode: int | None = None
    start: Literal["always", "immediate", "periodic", "input"] = "always"
    period_ms: int = 0
    run_ms: int = 0
    start_input: int = 1
    inputs: tuple[int, ...] = ()
    debounce_ms: int = 50
    extras: tuple[Literal["phase", "exact_rssi", "doppler", "tid"], ...] = ()
    carry_forward: bool = True
    flush_ms: int = 500


class LlrpSettings(LlrpRadioSettings, frozen=True, kw_only=True, tag_field="kind", tag="llrp"):
    id: str
    host: str
    port: int = 5084
    antennas_inside: tuple[int, ...] = ()
    antennas_outside: tuple[int, ...] = ()
    receive_into: Place = Place.BACK_ROOM
    power_dbm: int | None = None
    rssi_min_dbm: int = -70
    gap_ms: int = 2_000
    receipt_quiet_ms: int = 5_000
    report_every_tags: int = 1
    keepalive_ms: int = 5_000


ScaleSettings = Toledo8217Settings | MtSicsSettings
DeviceSettings = (
    ScaleSettings
    | SerialScannerSettings
    | EscposTcpSettings
    | TallystickTerminalSettings
    | OeplApSettings
    | LabelCloudSettings
    | BleEslSettings
    | LlrpSettings
)
"""Every kind of device: a new one is a struct above and its name here."""

TILL_DEVICES: dict[str, type[_Table] | UnionType] = {
    "scale": ScaleSettings,
    "printer": EscposTcpSettings,
    "scanner": SerialScannerSettings,
    "terminal": TallystickTerminalSettings,
}
"""The keys of a till that name a device, and which kinds it may be."""


class Settings(TagTables, frozen=True, kw_only=True):
    """Everything the box is told from outside."""

    store: StoreSettings
    hq: HqSettings | None = None
    api: ApiSettings = ApiSettings()
    journal: JournalSettings = JournalSettings()
    clock: ClockSettings = ClockSettings()
    labels: LabelSettings = LabelSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    tills: tuple[TillSettings, ...] = ()
    devices: tuple[DeviceSettings, ...] = ()


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

    def read_path(kind: type, value: object) -> object:
        if kind is not Path or not isinstance(value, str) or not value:
            raise ValueError(f"Expected a path as text, got {value!r}")
        return path.parent.absolute() / value

    try:
        settings = msgspec.convert(tables, Settings, dec_hook=read_path)
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{path}{_explain(str(error), text, tables)}") from error
    _check(path, text, settings)
    return settings


def _explain(message: str, text: str, tables: dict[str, object]) -> str:
    """msgspec's words with the line, the key and the nearest right key."""
    what, _, where = message.partition(" - at `$")
    here = _path_of(where.removesuffix("`"))
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown is not None:
        key = unknown.group(1)
        known = _fields_at(here, tables)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f" Did you mean '{near[0]}'?" if near else f" Known here: {', '.join(known)}."
        return f":{line_of(text, (*here, key))}: unknown key '{_dotted((*here, key))}'.{hint}"
    missing = re.search(r"missing required field `(.*)`", what)
    if missing is not None:
        return f":{line_of(text, here)}: the key '{_dotted((*here, missing.group(1)))}' is missing."
    wrong = what[0].lower() + what[1:]
    return f":{line_of(text, here)}: wrong value for '{_dotted(here)}': {wrong}."


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
        "labels": LabelSettings,
        "telemetry": TelemetrySettings,
        "tills": TillSettings,
    }
    table = kinds.get(str(path[0])) or _device_struct(path, tables)
    names = [field.encode_name for field in msgspec.structs.fields(table)]
    return ["kind", *names] if path[0] == "devices" else names


def _device_struct(path: KeyPath, tables: dict[str, object]) -> type[_Table]:
    devices = tables.get("devices")
    index = path[1] if len(path) > 1 else 0
    device = devices[index] if isinstance(devices, list) and isinstance(index, int) else {}
    kinds: dict[object, type[_Table]] = {each.__struct_config__.tag: each for each in get_args(DeviceSettings)}
    return kinds.get(device.get("kind"), Toledo8217Settings)


def _check(path: Path, text: str, settings: Settings) -> None:
    """Rules between keys."""

    def refuse(where: KeyPath, why: str) -> SettingsRefused:
        return SettingsRefused(f"{path}:{line_of(text, where)}: {why}")

    for where, why in (
        *_store_problems(settings),
        *_api_problems(settings.api),
        *_device_problems(settings),
        *_tag_problems(settings),
    ):
        raise refuse(where, why)


Problems = list[tuple[KeyPath, str]]


def _store_problems(settings: Settings) -> Problems:
    found: Problems = []
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", settings.store.id):
        found.append((("store", "id"), "store.id: 1 to 32 letters, digits, '-' or '_'."))
    if settings.journal.keep_days < 1:
        found.append((("journal", "keep_days"), "journal.keep_days: at least 1."))
    if settings.journal.second_medium_mb < 1:
        found.append((("journal", "second_medium_mb"), "journal.second_medium_mb: at least 1."))
    if not 0 <= settings.telemetry.every_seconds <= 3600:
        found.append((("telemetry", "every_seconds"), "telemetry.every_seconds: 0 (none) to 3600."))
    hq = settings.hq
    if hq is not None and (hq.mqtt_url or hq.https_url):
        if not (hq.ca_file and hq.cert_file and hq.key_file):
            found.append((("hq",), "hq: ca_file, cert_file and key_file are needed to talk to headquarters."))
        if hq.transport == "mqtt" and not hq.mqtt_url:
            found.append((("hq", "transport"), "hq.transport is 'mqtt', so hq.mqtt_url is needed."))
        found.extend(_url_problems(hq))
        if not hq.https_url:
            found.append((("hq",), "hq.https_url is needed: feeds are pulled from there."))
        if not 1 <= hq.shards <= 1024:
            found.append((("hq", "shards"), "hq.shards: 1 to 1024, the same number as at headquarters."))
    return found


def _url_problems(hq: HqSettings) -> Problems:
    found: Problems = []
    for key, url, scheme in (("mqtt_url", hq.mqtt_url, "mqtts"), ("https_url", hq.https_url, "https")):
        parts = urllib.parse.urlsplit(url)
        if url and (parts.scheme != scheme or not parts.hostname or parts.path.strip("/")):
            found.append((("hq", key), f"hq.{key}: {scheme}://host:port is expected, not '{url}'. The line is always TLS."))
    return found


def is_loopback(host: str) -> bool:
    """Whether a listening address is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api_problems(api: ApiSettings) -> Problems:
    found: Problems = []
    if not 0 <= api.port <= 65_535:
        found.append((("api", "port"), "api.port: 0 to 65535 (0 takes a free one)."))
    complete = api.tls_cert_file and api.tls_key_file and api.client_ca_file
    if not is_loopback(api.host) and not complete:
        found.append(
            (
                ("api", "host"),
                f"api.host '{api.host}' can be reached from other machines, so tls_cert_file, tls_key_file and "
                "client_ca_file are needed (screens then show a client certificate). Or use 127.0.0.1.",
            )
        )
    return found


def _line_problems(device: DeviceSettings) -> list[tuple[str, str]]:
    """Key and complaint, for devices on a serial port or behind a converter from serial to network."""
    if not isinstance(device, ScaleSettings | SerialScannerSettings | BleEslSettings):
        return []
    found = []
    url = urllib.parse.urlsplit(device.port)
    if "://" in device.port and (url.scheme != "tcp" or not url.hostname or not _port_of(url) or url.path):
        found.append(("port", f"devices.port: a device path or tcp://host:port is expected, not '{device.port}'."))
    if isinstance(device, ScaleSettings) and device.interval_ms < 1:
        found.append(("interval_ms", "devices.interval_ms: at least 1."))
    if isinstance(device, SerialScannerSettings) and not 0 <= device.duplicate_ms <= 10_000:
        found.append(("duplicate_ms", "devices.duplicate_ms: 0 to 10000 (0 takes every code)."))
    if isinstance(device, BleEslSettings) and not 1 <= device.groups <= 28:
        found.append(("groups", "devices.groups: 1 to 28 groups of at most 255 labels."))
    return found


def _port_of(url: urllib.parse.SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        return None


def _tag_problems(settings: Settings) -> Problems:
    readers = [device for device in settings.devices if isinstance(device, LlrpSettings)]
    doors = {reader.id: frozenset({*reader.antennas_inside, *reader.antennas_outside}) for reader in readers}
    found = tag_settings.problems(settings, doors, frozenset(till.id for till in settings.tills))
    for index, device in enumerate(settings.devices):
        if isinstance(device, LlrpSettings) and not doors[device.id] | tag_settings.antennas_of(settings, device.id):
            words = (
                f"devices: the reader '{device.id}' reads for nobody: set antennas_inside and antennas_outside (a door), or "
                "name it in [[gates]], [[fitting_rooms]], [[smart_shelves]], [[pads]] or [[spots]]."
            )
            found.append((("devices", index), words))
    return found


def _reader_problems(reader: LlrpSettings, index: int) -> Problems:
    found: Problems = []
    both = set(reader.antennas_inside) & set(reader.antennas_outside)
    both_or_none = bool(reader.antennas_inside or reader.antennas_outside)
    for key, antennas in (("antennas_inside", reader.antennas_inside), ("antennas_outside", reader.antennas_outside)):
        if (both_or_none and not antennas) or min(antennas, default=1) < 1:
            found.append((("devices", index, key), f"devices.{key}: at least one antenna number from 1, as on the reader."))
    if both:
        found.append((("devices", index, "antennas_outside"), f"antenna {min(both)} cannot look both inside and outside."))
    if min(reader.gap_ms, reader.receipt_quiet_ms, reader.report_every_tags) < 1 or reader.keepalive_ms < 100:
        words = "devices: gap_ms, receipt_quiet_ms and report_every_tags are at least 1, keepalive_ms at least 100."
        found.append((("devices", index), words))
    found.extend((("devices", index, key), why) for key, why in radio_problems(reader))
    return found


def _device_problems(settings: Settings) -> Problems:
    found: Problems = []
    kinds: dict[str, DeviceSettings] = {}
    for index, device in enumerate(settings.devices):
        if device.id in kinds:
            found.append((("devices", index, "id"), f"two devices have the id '{device.id}'."))
        kinds[device.id] = device
        found.extend((("devices", index, key), why) for key, why in _line_problems(device))
        if isinstance(device, EscposTcpSettings) and device.charset not in CHARSETS:
            known = ", ".join(CHARSETS)
            found.append((("devices", index, "charset"), f"devices.charset: '{device.charset}' is none of {known}."))
        if isinstance(device, LlrpSettings):
            found.extend(_reader_problems(device, index))
        if isinstance(device, TallystickTerminalSettings) and not 10 <= device.answer_seconds <= 600:
            found.append((("devices", index, "answer_seconds"), "devices.answer_seconds: 10 to 600."))
    seen: set[str] = set()
    scanners: set[str | None] = set()
    for index, till in enumerate(settings.tills):
        if not re.fullmatch(r"[A-Za-z0-9_]{1,16}", till.id):
            found.append((("tills", index, "id"), "tills.id: 1 to 16 letters, digits or '_': it is printed on receipts."))
        if till.id in seen:
            found.append((("tills", index, "id"), f"two tills have the id '{till.id}'."))
        seen.add(till.id)
        for key, wanted in TILL_DEVICES.items():
            name = getattr(till, key)
            if name is not None and not isinstance(kinds.get(name), wanted):
                found.append((("tills", index, key), f"till '{till.id}': there is no {key} '{name}' in [[devices]]."))
        if till.scanner is not None and till.scanner in scanners:
            found.append((("tills", index, "scanner"), f"two tills have the scanner '{till.scanner}': a code goes to one."))
        scanners.add(till.scanner)
    return found
