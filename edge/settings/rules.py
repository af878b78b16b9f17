"""Rules between the keys of the settings: what is wrong, where in the file, and the remedy."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

from edge import sensor_settings, tag_settings
from edge.settings.devices.displays import PrinterDisplaySettings
from edge.settings.devices.foreign import ForeignDevice
from edge.settings.devices.printers import EscposFileSettings, EscposSerialSettings, EscposTcpSettings
from edge.settings.devices.readers import DoorSettings, LlrpSettings
from edge.settings.devices.registry import TILL_KEYS
from edge.settings.devices.sensors import sensor_ids
from edge.settings.devices.table import DeviceTable
from edge.settings.tables import ApiSettings, HqSettings, Settings
from edge.toml_lines import KeyPath
from protocols.scanners.routes import NUMBERS_MAX, number_faults

Problems = list[tuple[KeyPath, str]]


def problems(settings: Settings) -> Problems:
    """Everything that is wrong."""
    return [
        *_store_problems(settings),
        *_api_problems(settings.api),
        *device_problems(settings),
        *_tag_problems(settings),
        *_number_problems(settings),
        *sensor_settings.problems(settings, [name for device in settings.devices for name in sensor_ids(device)]),
    ]


def _number_problems(settings: Settings) -> Problems:
    numbers = [each.own() for each in settings.numbers]
    if len(numbers) > NUMBERS_MAX:
        return [(("numbers", NUMBERS_MAX), f"numbers: at most {NUMBERS_MAX}.")]
    return [
        (("numbers", index, key), f"numbers.{key}: {why}")
        for index, number in enumerate(numbers)
        for key, why in number_faults(number, numbers[:index])
    ]


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


def _tag_problems(settings: Settings) -> Problems:
    readers = [device for device in settings.devices if isinstance(device, DoorSettings)]
    doors = {reader.id: frozenset({*reader.antennas_inside, *reader.antennas_outside}) for reader in readers}
    found = tag_settings.problems(settings, doors, frozenset(till.id for till in settings.tills))
    for index, device in enumerate(settings.devices):
        if isinstance(device, DoorSettings) and not doors[device.id] | tag_settings.antennas_of(settings, device.id):
            words = (
                f"devices: the reader '{device.id}' reads for nobody: set antennas_inside and antennas_outside (a door), or "
                "name it in [[gates]], [[fitting_rooms]], [[smart_shelves]], [[pads]] or [[spots]]."
            )
            found.append((("devices", index), words))
    wired = {reader.id for reader in readers if isinstance(reader, LlrpSettings)}
    for index, gate in enumerate(settings.gates):
        pins = (gate.siren_output, gate.beam_inside_input, gate.beam_outside_input)
        if gate.reader not in wired and any(pin is not None for pin in pins):
            words = "gates: a siren and light beams hang on a reader of kind llrp; leave their keys out for this one."
            found.append((("gates", index), words))
    return found


def device_problems(settings: Settings) -> Problems:
    """What is wrong with `[[devices]]` and with the tills that name them."""
    found: Problems = []
    devices: dict[str, DeviceTable] = {}
    for index, device in enumerate(settings.devices):
        if device.id in devices:
            found.append((("devices", index, "id"), f"two devices have the id '{device.id}'."))
        devices[device.id] = device
        found.extend((("devices", index, *([key] if key else [])), why) for key, why in device.problems())
    found.extend(_displays_behind_printers(settings, devices))
    seen: set[str] = set()
    taken: set[str] = set()
    displays: set[str | None] = {None}
    for index, till in enumerate(settings.tills):
        if not re.fullmatch(r"[A-Za-z0-9_]{1,16}", till.id):
            found.append((("tills", index, "id"), "tills.id: 1 to 16 letters, digits or '_': it is printed on receipts."))
        if till.id in seen:
            found.append((("tills", index, "id"), f"two tills have the id '{till.id}'."))
        seen.add(till.id)
        for key in TILL_KEYS:
            name = getattr(till, key)
            if name is not None and not _stands_at(devices.get(name), key):
                found.append((("tills", index, key), f"till '{till.id}': there is no {key} '{name}' in [[devices]]."))
        for name in till.more_scales:
            if name not in devices or devices[name].STANDS_AT != "scale" or name == till.scale or till.scale is None:
                words = f"till '{till.id}': more_scales names scales of [[devices]] beside its scale; '{name}' is none."
                found.append((("tills", index, "more_scales"), words))
        for key, name in (("scanner", till.scanner), ("card_reader", till.card_reader)):
            if name in taken:
                found.append((("tills", index, key), f"two tills have the {key} '{name}': a code goes to one."))
            taken |= {name} if name is not None else set()
        if till.display in displays - {None}:
            found.append((("tills", index, "display"), f"two tills have the display '{till.display}': it shows one basket."))
        displays.add(till.display)
    return found


def _displays_behind_printers(settings: Settings, devices: dict[str, DeviceTable]) -> Problems:
    return [
        (
            ("devices", index, "printer"),
            f"devices.printer: there is no ESC/POS printer '{device.printer}' for the display '{device.id}' to hang behind.",
        )
        for index, device in enumerate(settings.devices)
        if isinstance(device, PrinterDisplaySettings)
        and not isinstance(devices.get(device.printer), EscposTcpSettings | EscposSerialSettings | EscposFileSettings)
    ]


def _stands_at(device: DeviceTable | None, key: str) -> bool:
    """Whether a till may name it there. What a driver of others is for is known only once it is loaded."""
    return isinstance(device, ForeignDevice) or (device is not None and key == device.STANDS_AT)
