"""RFID readers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from edge.reader_rules import radio_problems
from edge.settings.devices.table import DeviceTable
from protocols.contract.values import Place


class LlrpRadioSettings(DeviceTable, frozen=True, kw_only=True):
    """How an LLRP reader is reached and how it reads; whatever it is used for."""

    tls: bool = False
    tls_ca_file: Path | None = None
    tls_server_name: str = ""
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    llrp_version: Literal["auto", "1.0.1"] = "auto"
    antenna_power_dbm: dict[str, float] = msgspec.field(default_factory=dict)
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
    """An LLRP reader: at a door, or as the tables of tags say."""

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

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found: list[tuple[str, str]] = []
        both = set(self.antennas_inside) & set(self.antennas_outside)
        both_or_none = bool(self.antennas_inside or self.antennas_outside)
        for key, antennas in (("antennas_inside", self.antennas_inside), ("antennas_outside", self.antennas_outside)):
            if (both_or_none and not antennas) or min(antennas, default=1) < 1:
                found.append((key, f"devices.{key}: at least one antenna number from 1, as on the reader."))
        if both:
            found.append(("antennas_outside", f"antenna {min(both)} cannot look both inside and outside."))
        if min(self.gap_ms, self.receipt_quiet_ms, self.report_every_tags) < 1 or self.keepalive_ms < 100:
            words = "devices: gap_ms, receipt_quiet_ms and report_every_tags are at least 1, keepalive_ms at least 100."
            found.append(("", words))
        return [*found, *radio_problems(self)]


TABLES = (LlrpSettings,)
