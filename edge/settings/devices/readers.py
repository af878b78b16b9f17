"""RFID readers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from edge.reader_rules import radio_problems
from edge.settings.devices.table import DeviceTable
from protocols.contract.values import Place
from protocols.zebra_iot import ANSWERS, COMMANDS, DATA


class DoorSettings(DeviceTable, frozen=True, kw_only=True):
    """What every reader has: which of its antennas look into the store and out of it, and what a door does."""

    antennas_inside: tuple[int, ...] = ()
    antennas_outside: tuple[int, ...] = ()
    receive_into: Place = Place.BACK_ROOM
    power_dbm: int | None = None
    rssi_min_dbm: int = -70
    gap_ms: int = 2_000
    receipt_quiet_ms: int = 5_000


def _door_problems(reader: DoorSettings) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    both = set(reader.antennas_inside) & set(reader.antennas_outside)
    both_or_none = bool(reader.antennas_inside or reader.antennas_outside)
    for key, antennas in (("antennas_inside", reader.antennas_inside), ("antennas_outside", reader.antennas_outside)):
        if (both_or_none and not antennas) or min(antennas, default=1) < 1:
            found.append((key, f"devices.{key}: at least one antenna number from 1, as on the reader."))
    if both:
        found.append(("antennas_outside", f"antenna {min(both)} cannot look both inside and outside."))
    return found


class LlrpRadioSettings(DoorSettings, frozen=True, kw_only=True):
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
    report_every_tags: int = 1
    keepalive_ms: int = 5_000

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = _door_problems(self)
        if min(self.gap_ms, self.receipt_quiet_ms, self.report_every_tags) < 1 or self.keepalive_ms < 100:
            words = "devices: gap_ms, receipt_quiet_ms and report_every_tags are at least 1, keepalive_ms at least 100."
            found.append(("", words))
        return [*found, *radio_problems(self)]


class ZebraIotSettings(DoorSettings, frozen=True, kw_only=True, tag_field="kind", tag="zebra_iot"):
    """A reader that speaks JSON over MQTT (Zebra IoT Connector), by way of a broker; controlled over MQTT or REST."""

    broker: str
    broker_port: int = 1883
    topic: str = ""
    data_topic: str = ""
    command_topic: str = ""
    answer_topic: str = ""
    tls: bool = False
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    user: str = ""
    password_file: Path | None = None
    rest_url: str = ""
    rest_user: str = "admin"
    rest_password_file: Path | None = None
    rest_ca_file: Path | None = None
    ask_every_ms: int = 10_000

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = _door_problems(self)
        if min(self.gap_ms, self.receipt_quiet_ms) < 1 or self.ask_every_ms < 100:
            found.append(("", "devices: gap_ms and receipt_quiet_ms are at least 1, ask_every_ms at least 100."))
        if any(mark in topic for topic in self.topics for mark in "+#"):
            found.append(("topic", "devices.topic: whole topics, without + and #."))
        if len(set(self.topics)) < len(self.topics):
            found.append(("topic", "devices: data_topic, command_topic and answer_topic must differ."))
        if self.tls and self.tls_ca_file is None:
            found.append(("tls_ca_file", "devices.tls_ca_file: the authority (PEM) that signed the broker's certificate."))
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            found.append(("tls_cert_file", "devices: tls_cert_file and tls_key_file go together."))
        if not self.tls and self.broker not in {"127.0.0.1", "::1", "localhost"}:
            found.append(("tls", "devices.tls: must be true for a broker on another machine."))
        if self.rest_url and not self.rest_url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            found.append(("rest_url", "devices.rest_url: https://…; plain http to this machine only."))
        if self.rest_url and self.rest_password_file is None:
            found.append(
                ("rest_password_file", "devices.rest_password_file: a file with the password of the reader's REST user.")
            )
        return found

    @property
    def topics(self) -> tuple[str, str, str]:
        """Data, commands, answers: as told, else below `topic` (else below the reader's id)."""
        base = self.topic or self.id
        named = (self.data_topic, self.command_topic, self.answer_topic)
        data, command, answer = (
            told or f"{base}/{name}" for told, name in zip(named, (DATA, COMMANDS, ANSWERS), strict=True)
        )
        return data, command, answer


TABLES = (LlrpSettings, ZebraIotSettings)
