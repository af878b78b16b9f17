"""Readers that speak JSON: Zebra's IoT Connector (FX7500, FX9600, ATR7000, FXR90). Tag data as events over MQTT, control as
commands over MQTT or as REST. Both roles. Bytes in, values out.

A data message is one event or a list of them: `{"type": "SIMPLE", "timestamp": ISO 8601, "data": {...}}` with `eventNum`,
`format`, `idHex` and, as the reader is set, `antenna`, `peakRssi`, `phase` (degrees), `reads`, `TID`. A command is
`{"command", "command_id", "payload"}`, its answer `{"command", "command_id", "response": "success", "payload"}`. Over
REST the same commands are `PUT /cloud/start`, `/cloud/stop`, `/cloud/mode` and `GET /cloud/status`, with a token from
`GET /cloud/localRestLogin`. Source: the maker's public interface guide (zebradevs.github.io/rfid-ziotc-docs).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from protocols.llrp.reads import TagRecord

PAYLOAD_BYTES_MAX = 1 << 20
TAGS_MAX = 5_000
"""Events of one message. Policy: further ones are counted as unreadable."""
EPC_BYTES_MAX = 62
FULL_TURN = 4_096
DATA, EVENTS, COMMANDS, ANSWERS = "data", "events", "commands", "answers"
"""The default topics below the reader's own."""
LOGIN, START, STOP, MODE, STATUS = "/cloud/localRestLogin", "/cloud/start", "/cloud/stop", "/cloud/mode", "/cloud/status"
SUCCESS = "success"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The last: a thousand brackets, one in another."""
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_T = TypeVar("_T")


class IotMalformed(Exception):
    """A message that is none of these."""


class _Data(msgspec.Struct, kw_only=True, omit_defaults=True):
    id_hex: str = msgspec.field(name="idHex")
    event_num: int = msgspec.field(name="eventNum", default=0)
    format: str = "epc"
    antenna: int = 0
    peak_rssi: float | None = msgspec.field(name="peakRssi", default=None)
    phase: float | None = None
    reads: int | None = None
    tid: str | None = msgspec.field(name="TID", default=None)


class _Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    data: _Data
    timestamp: str = ""
    type: str = "SIMPLE"


class Mode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the reader reads: `type` SIMPLE tells each read; power in dBm, for all antennas."""

    type: str = "SIMPLE"
    antennas: tuple[int, ...] = ()
    transmit_power: float | None = msgspec.field(name="transmitPower", default=None)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """`command`: start, stop, set_mode, get_status."""

    command: str
    command_id: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`response` is `success`, or what went wrong."""

    command: str = ""
    command_id: str = ""
    response: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `get_status` tells, as far as it is used: `radioActivity` active or inactive; antennas by number."""

    radio_activity: str = msgspec.field(name="radioActivity", default="")
    antennas: dict[str, str] = {}


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What the login answers: the token stands in `message`."""

    message: str
    code: int = 0


@dataclass(slots=True)
class TagData:
    """What a data message holds; `unreadable`: events of it that made no sense."""

    records: list[TagRecord] = field(default_factory=list)
    unreadable: int = 0


_events = msgspec.json.Decoder(list[msgspec.Raw])
_event = msgspec.json.Decoder(_Event)
_command = msgspec.json.Decoder(Command)
_answer = msgspec.json.Decoder(Answer)
_encode = msgspec.json.Encoder().encode


def read_tags(payload: bytes) -> TagData:
    """A data message. One event that makes no sense is counted, the others survive. Raises `IotMalformed`."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise IotMalformed(f"a message of {len(payload)} bytes; at most {PAYLOAD_BYTES_MAX}")
    try:
        parts = _events.decode(payload) if payload.lstrip()[:1] == b"[" else [msgspec.Raw(payload)]
    except _UNREADABLE as error:
        raise IotMalformed(f"no JSON: {error}") from error
    found = TagData(unreadable=max(0, len(parts) - TAGS_MAX))
    for part in parts[:TAGS_MAX]:
        try:
            found.records.append(_record(_event.decode(part)))
        except (ValueError, OverflowError, RecursionError):  # msgspec's own errors are ValueErrors
            found.unreadable += 1
    if not found.records and len(parts) == 1:
        raise IotMalformed("no tag event")
    return found


def write_tags(records: list[TagRecord], *, event_num: int = 1, extra: dict[str, str] | None = None) -> bytes:
    """The reader's side: one list of events. `extra`: further text fields of each event."""
    events = []
    for number, record in enumerate(records, event_num):
        data = _Data(
            id_hex=record.epc.hex(),
            event_num=number,
            antenna=record.antenna,
            peak_rssi=record.rssi_dbm if record.rssi_cdbm is None else record.rssi_cdbm / 100,
            phase=None if record.phase is None else record.phase * 360 / FULL_TURN,
            reads=record.count,
            tid=None if record.tid is None else record.tid.hex(),
        )
        told = msgspec.to_builtins(_Event(data=data, timestamp=_timestamp(record.last_seen_us), type="SIMPLE"))
        events.append({**told, **(extra or {})})
    return _encode(events)


def write_command(command: str, command_id: str, payload: msgspec.Struct | None = None) -> bytes:
    """A command as bytes."""
    raw = msgspec.Raw(b"{}" if payload is None else _encode(payload))
    return _encode(Command(command=command, command_id=command_id, payload=raw))


def read_command(payload: bytes) -> Command:
    """The reader's side. Raises `IotMalformed`."""
    return _decoded(_command, payload)


def write_answer(answer: Answer) -> bytes:
    """The reader's side."""
    return _encode(answer)


def read_answer(payload: bytes) -> Answer:
    """Raises `IotMalformed`."""
    return _decoded(_answer, payload)


def read_status(payload: bytes) -> Status:
    """Raises `IotMalformed`."""
    return _decoded(msgspec.json.Decoder(Status), payload)


def read_token(payload: bytes) -> str:
    """What the login answered. Raises `IotMalformed`."""
    token = _decoded(msgspec.json.Decoder(Token), payload).message
    if not token:
        raise IotMalformed("a login without a token")
    return token


def read_mode(payload: bytes) -> Mode:
    """The reader's side. Raises `IotMalformed`."""
    return _decoded(msgspec.json.Decoder(Mode), payload)


def raw(payload: bytes) -> msgspec.Raw:
    """JSON bytes as the payload of an answer."""
    return msgspec.Raw(payload)


def write_struct(value: msgspec.Struct) -> bytes:
    """A body of a REST request or answer."""
    return _encode(value)


def _decoded(decoder: msgspec.json.Decoder[_T], payload: bytes) -> _T:
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise IotMalformed(f"a message of {len(payload)} bytes; at most {PAYLOAD_BYTES_MAX}")
    try:
        return decoder.decode(payload)
    except _UNREADABLE as error:
        raise IotMalformed(str(error)) from error


def _record(event: _Event) -> TagRecord:
    data = event.data
    epc = bytes.fromhex(data.id_hex)
    if not 0 < len(epc) <= EPC_BYTES_MAX or not 0 <= data.antenna <= 0xFFFF:
        raise ValueError("no EPC")
    seen_us = _microseconds(event.timestamp)
    rssi = data.peak_rssi
    if rssi is not None and not -200 <= rssi <= 100:
        raise ValueError("no RSSI")
    return TagRecord(
        epc,
        data.antenna,
        None if rssi is None else round(rssi),
        seen_us,
        seen_us,
        min(max(1, data.reads or 1), 0xFFFF),
        8 * len(epc),
        rssi_cdbm=None if rssi is None or rssi == round(rssi) else round(rssi * 100),
        phase=None if data.phase is None else round(data.phase % 360 * FULL_TURN / 360) % FULL_TURN,
        tid=None if data.tid is None else bytes.fromhex(data.tid),
    )


def _microseconds(timestamp: str) -> int | None:
    """Of a reader without a clock, or with one that cannot be read: None."""
    if not timestamp:
        return None
    try:
        moment = datetime.datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)


def _timestamp(microseconds: int | None) -> str:
    if microseconds is None:
        return ""
    return (_EPOCH + datetime.timedelta(microseconds=microseconds)).isoformat(timespec="milliseconds")
