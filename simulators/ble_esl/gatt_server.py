"""The label's end of a connection: attributes, the Object Transfer Service's control points, and the object channel."""

from __future__ import annotations

import struct
import zlib
from collections import deque
from dataclasses import dataclass, field

from protocols.ble_esl import attributes as att
from protocols.ble_esl import gatt, l2cap
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.l2cap import Frame, Signal
from protocols.ble_esl.pairing import CHANNEL, FAILED, NOT_SUPPORTED, Pairing, PairingFailed, Party
from simulators.ble_esl.tag import Tag

UNIT_BYTES, FRAME_BYTES, CREDITS = 1_024, 247, 8
INVALID_OBJECT, OUT_OF_BOUNDS, CHANNEL_UNAVAILABLE = 0x05, 0x06, 0x06

_CHARACTERISTICS = (
    gatt.ESL_ADDRESS,
    gatt.AP_SYNC_KEY,
    gatt.RESPONSE_KEY,
    gatt.ABSOLUTE_TIME,
    gatt.DISPLAY_INFO,
    gatt.IMAGE_INFO,
    gatt.SENSOR_INFO,
    gatt.LED_INFO,
    gatt.CONTROL_POINT,
    gatt.OBJECT_ACTION,
    gatt.OBJECT_LIST,
)
_REPORTING = (gatt.CONTROL_POINT, gatt.OBJECT_ACTION, gatt.OBJECT_LIST)
FIRST_HANDLE = 0x0010


def _table() -> tuple[dict[int, int], dict[int, int]]:
    """Characteristic by the handle of its value, and by that of its configuration."""
    values, configurations, handle = {}, {}, FIRST_HANDLE
    for number in _CHARACTERISTICS:
        values[handle + 1] = number
        handle += 2
        if number in _REPORTING:
            configurations[handle] = number
            handle += 1
    return values, configurations


VALUES, CONFIGURATIONS = _table()


@dataclass(slots=True)
class GattServer:
    """One connection to one label."""

    tag: Tag
    host: Party
    chance: bytes
    encrypted: bool = False
    out: deque[Frame] = field(default_factory=deque)
    """Frames for the host."""
    _pairing: Pairing | None = None
    _reports: set[int] = field(default_factory=set)
    _object: int | None = None
    _write_at: int = 0
    _write_left: int = 0
    _channel: int | None = None
    _unit: bytearray = field(default_factory=bytearray)
    _unit_bytes: int = 0

    def take(self, frame: Frame, now_ms: int) -> None:
        """A frame of the host."""
        if frame.channel == l2cap.ATTRIBUTES and frame.payload:
            self._attribute(frame.payload, now_ms)
        elif frame.channel == CHANNEL:
            self._pair(frame.payload)
        elif frame.channel == l2cap.SIGNALS:
            self._signal(l2cap.read_signal(frame.payload))
        elif frame.channel == l2cap.FIRST_CHANNEL and self._channel is not None:
            self._object_bytes(frame.payload)

    def _pair(self, pdu: bytes) -> None:
        if self._pairing is None:
            self._pairing = Pairing(self.host, Party(self.tag.address, self.tag.address_type), self.chance, initiates=False)
        try:
            if not self.tag.pairs:
                raise PairingFailed("it pairs with nobody", NOT_SUPPORTED)
            words = self._pairing.take(pdu)
        except PairingFailed as error:
            words = [bytes((FAILED, error.reason))] if error.reason is not None else []
            self._pairing = None
        else:
            self.tag.long_term_key = self._pairing.long_term_key or self.tag.long_term_key
        self.out.extend(Frame(CHANNEL, word) for word in words)

    # Attributes.

    def _attribute(self, pdu: bytes, now_ms: int) -> None:
        opcode = pdu[0]
        if opcode == att.CONFIRMATION:
            return
        try:
            answer = self._answer(pdu, now_ms)
        except (EslRefused, struct.error, IndexError):
            answer = att.error_answer(opcode, 0, att.VALUE_REFUSED)
        self.out.append(Frame(l2cap.ATTRIBUTES, answer))
        if opcode == att.WRITE_REQUEST and answer[0] == att.WRITE_ANSWER:
            self._after_write(VALUES.get(int.from_bytes(pdu[1:3], "little")), pdu[3:])

    def _answer(self, pdu: bytes, now_ms: int) -> bytes:
        match pdu[0]:
            case att.MTU_REQUEST:
                return struct.pack("<BH", att.MTU_ANSWER, att.MTU)
            case att.BY_TYPE_REQUEST:
                return self._by_type(*struct.unpack("<HHH", pdu[1:]))
            case att.FIND_REQUEST:
                start, end = struct.unpack("<HH", pdu[1:])
                found = [handle for handle in CONFIGURATIONS if start <= handle <= end]
                if not found:
                    return att.error_answer(pdu[0], start, att.NOT_FOUND)
                rows = b"".join(struct.pack("<HH", handle, gatt.CLIENT_CONFIGURATION) for handle in found)
                return bytes((att.FIND_ANSWER, 1)) + rows
            case att.READ_REQUEST:
                number = VALUES.get(int.from_bytes(pdu[1:3], "little"))
                if number is None:
                    return att.error_answer(pdu[0], 0, att.INVALID_HANDLE)
                return bytes((att.READ_ANSWER,)) + self.tag.label.read(number)
            case att.WRITE_REQUEST:
                return self._write(int.from_bytes(pdu[1:3], "little"), pdu[3:], now_ms)
            case opcode:
                return att.error_answer(opcode, 0, att.NOT_SUPPORTED)

    def _by_type(self, start: int, end: int, number: int) -> bytes:
        """Three characteristics at a time, as a small MTU would force."""
        found = [handle for handle in VALUES if start <= handle - 1 <= end][:3]
        if number != att.CHARACTERISTIC or not found:
            return att.error_answer(att.BY_TYPE_REQUEST, start, att.NOT_FOUND)
        rows = b"".join(struct.pack("<HBHH", handle - 1, 0x0A, handle, VALUES[handle]) for handle in found)
        return bytes((att.BY_TYPE_ANSWER, 7)) + rows

    def _write(self, handle: int, value: bytes, now_ms: int) -> bytes:
        if not self.encrypted:
            return att.error_answer(att.WRITE_REQUEST, handle, att.INSUFFICIENT_ENCRYPTION)
        done = bytes((att.WRITE_ANSWER,))
        if handle in CONFIGURATIONS:
            self._reports.add(CONFIGURATIONS[handle])
            return done
        number = VALUES.get(handle)
        if number is None:
            return att.error_answer(att.WRITE_REQUEST, handle, att.INVALID_HANDLE)
        if number == gatt.CONTROL_POINT:
            self.tag.label.control(value, self.tag.at(now_ms))
        elif number not in (gatt.OBJECT_ACTION, gatt.OBJECT_LIST):
            self.tag.label.write(number, value, self.tag.at(now_ms))
        return done

    # Objects.

    def _after_write(self, number: int | None, value: bytes) -> None:
        if number not in (gatt.OBJECT_ACTION, gatt.OBJECT_LIST) or number not in self._reports or not value:
            return
        if number == gatt.OBJECT_LIST:
            wanted = int.from_bytes(value[1:7], "little") - gatt.IMAGE_OBJECT_BASE
            fits = value[0] == att.LIST_GO_TO and 0 <= wanted < self.tag.kind.images
            self._object = wanted if fits else None
            answer = att.control_answer(att.LIST_ANSWER, value[0], att.CONTROL_SUCCESS if fits else INVALID_OBJECT)
        else:
            answer = self._action(value)
        handle = next(at for at, each in VALUES.items() if each == number)
        self.out.append(Frame(l2cap.ATTRIBUTES, struct.pack("<BH", att.INDICATION, handle) + answer))

    def _action(self, value: bytes) -> bytes:
        opcode = value[0]
        if self._object is None:
            return att.control_answer(att.ACTION_ANSWER, opcode, INVALID_OBJECT)
        offset, length = struct.unpack_from("<II", value, 1)
        if opcode == att.ACTION_CHECKSUM:
            stored = self.tag.label.images.get(self._object, b"")[offset : offset + length]
            if len(stored) != length:
                return att.control_answer(att.ACTION_ANSWER, opcode, OUT_OF_BOUNDS)
            crc = zlib.crc32(stored).to_bytes(4, "little")
            return att.control_answer(att.ACTION_ANSWER, opcode, att.CONTROL_SUCCESS, crc)
        if opcode != att.ACTION_WRITE or self._channel is None:
            return att.control_answer(att.ACTION_ANSWER, opcode, CHANNEL_UNAVAILABLE)
        self.tag.label.store(self._object, offset, b"")
        self._write_at, self._write_left = offset, length
        return att.control_answer(att.ACTION_ANSWER, opcode, att.CONTROL_SUCCESS)

    def _signal(self, signal: Signal) -> None:
        if signal.code != l2cap.CHANNEL_REQUEST:
            return
        psm, channel, *_ = l2cap.read_five(signal.data)
        result = 0 if psm == gatt.OBJECT_CHANNEL_PSM else 2
        self._channel = channel if result == 0 else None
        answer = l2cap.channel_answer(l2cap.FIRST_CHANNEL, UNIT_BYTES, FRAME_BYTES, CREDITS, result)
        self.out.append(l2cap.write_signal(Signal(l2cap.CHANNEL_ANSWER, signal.number, answer)))

    def _object_bytes(self, payload: bytes) -> None:
        if not self._unit_bytes:
            self._unit_bytes, payload = int.from_bytes(payload[:2], "little"), payload[2:]
        self._unit += payload
        credit = struct.pack("<HH", self._channel or 0, 1)
        self.out.append(l2cap.write_signal(Signal(l2cap.CREDITS, 9, credit)))
        if len(self._unit) < self._unit_bytes:
            return
        data = bytes(self._unit[: self._write_left])
        self._unit.clear()
        self._unit_bytes = 0
        if self._object is not None and data:
            self.tag.label.store(self._object, self._write_at, data)
            self._write_at += len(data)
            self._write_left -= len(data)
