"""What a Bluetooth controller tells its host (Core Specification 5.4, volume 4, part E, 7.7), both roles."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.h4 import Packet, PacketType

LE_META = 0x3E
SUCCESS = 0x00
UNKNOWN_COMMAND, UNKNOWN_CONNECTION, TIMED_OUT = 0x01, 0x02, 0x08
KEY_MISSING = 0x06
DISALLOWED, TOO_LATE, FAILED_TO_CONNECT = 0x0C, 0x46, 0x3E
DATA_COMPLETE, DATA_LOST = 0x00, 0xFF


@dataclass(frozen=True, slots=True)
class CommandComplete:
    """7.7.14. `result` begins with the status. `credits`: how many commands the controller takes now."""

    opcode: int
    result: bytes
    credits: int = 1

    @property
    def status(self) -> int:
        """0: done."""
        return self.result[0] if self.result else SUCCESS


@dataclass(frozen=True, slots=True)
class CommandStatus:
    """7.7.15: begun (0), or refused."""

    opcode: int
    status: int
    credits: int = 1


@dataclass(frozen=True, slots=True)
class Disconnected:
    """7.7.5."""

    connection: int
    reason: int


@dataclass(frozen=True, slots=True)
class EncryptionChanged:
    """7.7.8. `status` other than 0: the other side has no such key, or the connection ended."""

    connection: int
    status: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class PacketsCompleted:
    """7.7.19: ACL packets that left the controller, by connection."""

    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Connected:
    """7.7.65.10 [v1] or [v2]. `status` other than 0: there is no connection."""

    status: int
    connection: int
    address: bytes
    address_type: int = 0


@dataclass(frozen=True, slots=True)
class Advertised:
    """One report of 7.7.65.13."""

    address: bytes
    address_type: int
    rssi: int
    data: bytes
    connectable: bool = True


@dataclass(frozen=True, slots=True)
class SubeventDataWanted:
    """7.7.65.36: the controller will soon send these subevents."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class SlotReport:
    """One response of 7.7.65.37. `lost`: something was there, nothing could be read."""

    slot: int
    rssi: int
    data: bytes
    lost: bool = False


@dataclass(frozen=True, slots=True)
class AnswersReported:
    """7.7.65.37: what came in a subevent's slots."""

    subevent: int
    reports: tuple[SlotReport, ...]
    sent: bool = True


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event the host has no use for."""

    code: int
    body: bytes


HciEvent = (
    CommandComplete
    | CommandStatus
    | Disconnected
    | EncryptionChanged
    | PacketsCompleted
    | Connected
    | Advertised
    | SubeventDataWanted
    | AnswersReported
    | OtherEvent
)

_CONNECTED = struct.Struct("<BHBB6s")
_CONNECTED_REST = {0x0A: 6 + 6 + 7, 0x29: 6 + 6 + 7 + 3}
_ADVERTISED = struct.Struct("<HB6sBBBbbHB6sB")
_SLOT = struct.Struct("<bbBBBB")


def read_event(packet: Packet) -> tuple[HciEvent, ...]:
    """What one event packet tells (a packet of reports tells several things). Raises `EslRefused`."""
    body = packet.body
    try:
        match packet.head:
            case 0x0E:
                return (CommandComplete(int.from_bytes(body[1:3], "little"), body[3:], body[0]),)
            case 0x0F:
                return (CommandStatus(int.from_bytes(body[2:4], "little"), body[0], body[1]),)
            case 0x05:
                return (Disconnected(int.from_bytes(body[1:3], "little"), body[3]),)
            case 0x08:
                return (EncryptionChanged(int.from_bytes(body[1:3], "little"), body[0], bool(body[3])),)
            case 0x13:
                pairs = (struct.unpack_from("<HH", body, 1 + 4 * each) for each in range(body[0]))
                return (PacketsCompleted(tuple((handle, count) for handle, count in pairs)),)
            case 0x3E:
                reader = _LE.get(body[0])
                return reader(body) if reader is not None else (OtherEvent(packet.head, body),)
            case _:
                return (OtherEvent(packet.head, body),)
    except (struct.error, IndexError) as error:
        raise EslRefused(f"event {packet.head:02X} is cut off: {body[:16].hex()}") from error


def event_packet(event: HciEvent) -> Packet:
    """A controller's side."""
    match event:
        case CommandComplete():
            return _event(0x0E, bytes((event.credits,)) + event.opcode.to_bytes(2, "little") + event.result)
        case CommandStatus():
            return _event(0x0F, bytes((event.status, event.credits)) + event.opcode.to_bytes(2, "little"))
        case Disconnected():
            return _event(0x05, struct.pack("<BHB", SUCCESS, event.connection, event.reason))
        case EncryptionChanged():
            return _event(0x08, struct.pack("<BHB", event.status, event.connection, event.enabled))
        case PacketsCompleted():
            pairs = b"".join(struct.pack("<HH", *pair) for pair in event.counts)
            return _event(0x13, bytes((len(event.counts),)) + pairs)
        case Connected():
            head = _CONNECTED.pack(event.status, event.connection, 0, event.address_type, event.address)
            return _event(LE_META, b"\x29" + head + bytes(_CONNECTED_REST[0x29]))
        case Advertised():
            head = _ADVERTISED.pack(
                int(event.connectable),
                event.address_type,
                event.address,
                1,
                0,
                0xFF,
                127,
                event.rssi,
                0,
                0,
                bytes(6),
                len(event.data),
            )
            return _event(LE_META, b"\x0d\x01" + head + event.data)
        case SubeventDataWanted():
            return _event(LE_META, bytes((0x27, 0, event.start, event.count)))
        case AnswersReported():
            reports = b"".join(map(_slot_bytes, event.reports))
            return _event(LE_META, bytes((0x28, 0, event.subevent, int(not event.sent), len(event.reports))) + reports)
        case OtherEvent():
            return _event(event.code, event.body)


def _event(code: int, body: bytes) -> Packet:
    return Packet(PacketType.EVENT, code, body)


def _slot_bytes(report: SlotReport) -> bytes:
    status = DATA_LOST if report.lost else DATA_COMPLETE
    return _SLOT.pack(127, report.rssi, 0xFF, report.slot, status, len(report.data)) + report.data


def _read_connected(body: bytes) -> tuple[HciEvent, ...]:
    status, handle, _role, kind, address = _CONNECTED.unpack_from(body, 1)
    if len(body) < 1 + _CONNECTED.size + _CONNECTED_REST[body[0]]:
        raise IndexError("cut off")
    return (Connected(status, handle, address, kind),)


def _read_advertised(body: bytes) -> tuple[HciEvent, ...]:
    found: list[HciEvent] = []
    at = 2
    for _ in range(body[1]):
        kind, address_type, address, *_rest, rssi, _interval, _type, _direct, length = _ADVERTISED.unpack_from(body, at)
        at += _ADVERTISED.size
        if at + length > len(body):
            raise IndexError("cut off")
        found.append(Advertised(address, address_type, rssi, body[at : at + length], bool(kind & 1)))
        at += length
    return tuple(found)


def _read_wanted(body: bytes) -> tuple[HciEvent, ...]:
    return (SubeventDataWanted(body[2], body[3]),)


def _read_answers(body: bytes) -> tuple[HciEvent, ...]:
    reports: list[SlotReport] = []
    at = 5
    for _ in range(body[4]):
        _power, rssi, _cte, slot, status, length = _SLOT.unpack_from(body, at)
        at += _SLOT.size
        if at + length > len(body):
            raise IndexError("cut off")
        reports.append(SlotReport(slot, rssi, body[at : at + length], status != DATA_COMPLETE))
        at += length
    return (AnswersReported(body[2], tuple(reports), body[3] == SUCCESS),)


_LE: dict[int, Callable[[bytes], tuple[HciEvent, ...]]] = {
    0x0A: _read_connected,
    0x29: _read_connected,
    0x0D: _read_advertised,
    0x27: _read_wanted,
    0x28: _read_answers,
}
