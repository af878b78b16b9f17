"""Rules between the keys of an LLRP reader's table in the settings: key and complaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.settings.devices.readers import LlrpRadioSettings

ANTENNAS_MAX = 32
POWER_DBM = (0.0, 36.0)
INPUTS_MAX = 16


def radio_problems(reader: LlrpRadioSettings) -> list[tuple[str, str]]:
    """What cannot be, in the order of the keys."""
    return [*_link_problems(reader), *_antenna_problems(reader), *_trigger_problems(reader)]


def _link_problems(reader: LlrpRadioSettings) -> list[tuple[str, str]]:
    found = []
    tls = (reader.tls_ca_file, reader.tls_cert_file, reader.tls_key_file, reader.tls_server_name)
    if any(tls) and not reader.tls:
        found.append(("tls", "devices.tls: must be true for the other tls_ keys to mean something."))
    if reader.tls and reader.tls_ca_file is None:
        found.append(("tls_ca_file", "devices.tls_ca_file: the authority (PEM) whose reader certificates are trusted."))
    if (reader.tls_cert_file is None) != (reader.tls_key_file is None):
        found.append(("tls_cert_file", "devices: tls_cert_file and tls_key_file go together."))
    return found


def _antenna_problems(reader: LlrpRadioSettings) -> list[tuple[str, str]]:
    found = []
    for number, power in reader.antenna_power_dbm.items():
        if not number.isdecimal() or not 1 <= int(number) <= ANTENNAS_MAX or not POWER_DBM[0] <= power <= POWER_DBM[1]:
            words = "devices.antenna_power_dbm: { antenna = dBm }, antennas from 1, 0 to 36 dBm."
            found.append(("antenna_power_dbm", words))
            break
    if not 0 <= reader.gen2_session <= 3:
        found.append(("gen2_session", "devices.gen2_session: 0 to 3."))
    if not 1 <= reader.tags_expected <= 65_535:
        found.append(("tags_expected", "devices.tags_expected: 1 to 65535."))
    if not 50 <= reader.flush_ms <= 60_000:
        found.append(("flush_ms", "devices.flush_ms: 50 to 60000."))
    return found


def _trigger_problems(reader: LlrpRadioSettings) -> list[tuple[str, str]]:
    found = []
    if reader.start == "periodic" and not 0 < reader.run_ms <= reader.period_ms:
        found.append(
            ("period_ms", "devices.period_ms: with start = 'periodic', run_ms is at least 1 and at most period_ms.")
        )
    pins = (*reader.inputs, reader.start_input)
    if any(not 1 <= pin <= INPUTS_MAX for pin in pins):
        found.append(("inputs", f"devices: inputs and start_input are numbers from 1 to {INPUTS_MAX}, as on the reader."))
    if not 0 <= reader.debounce_ms <= 5_000:
        found.append(("debounce_ms", "devices.debounce_ms: 0 to 5000."))
    return found
