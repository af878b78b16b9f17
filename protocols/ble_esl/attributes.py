"""The attribute protocol as far as provisioning and image transfer need it (Core, volume 3, part F), both roles.

Each answer is matched to its request by opcode, one request at a time. Also the control points of the Object Transfer
Service: opcodes and their answers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols.ble_esl.errors import EslRefused

ERROR = 0x01
MTU_REQUEST, MTU_ANSWER = 0x02, 0x03
FIND_REQUEST, FIND_ANSWER = 0x04, 0x05
BY_TYPE_REQUEST, BY_TYPE_ANSWER = 0x08, 0x09
READ_REQUEST, READ_ANSWER = 0x0A, 0x0B
WRITE_REQUEST, WRITE_ANSWER = 0x12, 0x13
NOTIFICATION, INDICATION, CONFIRMATION = 0x1B, 0x1D, 0x1E
NOT_FOUND = 0x0A
NOT_SUPPORTED = 0x06
INVALID_HANDLE = 0x01
INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION = 0x05, 0x0F
VALUE_REFUSED = 0x13
CHARACTERISTIC = 0x2803
MTU = 247
LAST_HANDLE = 0xFFFF

ACTION_CHECKSUM, ACTION_WRITE, ACTION_ANSWER = 0x03, 0x06, 0x60
LIST_GO_TO, LIST_ANSWER = 0x05, 0x70
CONTROL_SUCCESS = 0x01
WRITE_TRUNCATES = 0x02


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A characteristic that was found: its number (0 for one of 128 bits) and the handle of its value."""

    declaration: int
    handle: int
    number: int


def mtu_request() -> bytes:
    """What the host can take."""
    return struct.pack("<BH", MTU_REQUEST, MTU)


def by_type_request(start: int) -> bytes:
    """Characteristics from a handle on."""
    return struct.pack("<BHHH", BY_TYPE_REQUEST, start, LAST_HANDLE, CHARACTERISTIC)


def find_request(start: int, end: int) -> bytes:
    """Descriptors in a range."""
    return struct.pack("<BHH", FIND_REQUEST, start, end)


def read_request(handle: int) -> bytes:
    """A value."""
    return struct.pack("<BH", READ_REQUEST, handle)


def write_request(handle: int, value: bytes) -> bytes:
    """A value to write."""
    return struct.pack("<BH", WRITE_REQUEST, handle) + value


def error_answer(request: int, handle: int, code: int) -> bytes:
    """Why a request is not done."""
    return struct.pack("<BBHB", ERROR, request, handle, code)


def read_error(pdu: bytes) -> tuple[int, int]:
    """Request opcode and error code of an ERROR. Raises `EslRefused`."""
    if len(pdu) != 5:
        raise EslRefused(f"an attribute error of {len(pdu)} bytes")
    return pdu[1], pdu[4]


def read_characteristics(pdu: bytes) -> list[Characteristic]:
    """From a BY_TYPE_ANSWER. Raises `EslRefused`."""
    if len(pdu) < 2 or pdu[1] not in (7, 21) or (len(pdu) - 2) % pdu[1]:
        raise EslRefused("characteristics of a strange length")
    found = []
    for at in range(2, len(pdu), pdu[1]):
        declaration, _properties, handle = struct.unpack_from("<HBH", pdu, at)
        number = int.from_bytes(pdu[at + 5 : at + 7], "little") if pdu[1] == 7 else 0
        found.append(Characteristic(declaration, handle, number))
    return found


def read_descriptors(pdu: bytes) -> list[tuple[int, int]]:
    """Handle and number of each, from a FIND_ANSWER; those of 128 bits are left out. Raises `EslRefused`."""
    if len(pdu) < 2:
        raise EslRefused("descriptors without a format")
    if pdu[1] != 1:
        return []
    if (len(pdu) - 2) % 4:
        raise EslRefused("descriptors of a strange length")
    return [struct.unpack_from("<HH", pdu, at) for at in range(2, len(pdu), 4)]


def go_to(object_id: int) -> bytes:
    """Choose an object."""
    return bytes((LIST_GO_TO,)) + object_id.to_bytes(6, "little")


def write_object(offset: int, length: int) -> bytes:
    """Announce bytes for the chosen object; what was behind them is cut off."""
    return struct.pack("<BIIB", ACTION_WRITE, offset, length, WRITE_TRUNCATES)


def checksum(offset: int, length: int) -> bytes:
    """Ask for the CRC-32 of bytes of the chosen object."""
    return struct.pack("<BII", ACTION_CHECKSUM, offset, length)


def control_answer(answer: int, request: int, result: int, value: bytes = b"") -> bytes:
    """An indication of a control point."""
    return bytes((answer, request, result)) + value


def read_control_answer(value: bytes, request: int) -> tuple[int, bytes] | None:
    """Result and value when this is the answer to that request."""
    if len(value) < 3 or value[0] not in (ACTION_ANSWER, LIST_ANSWER) or value[1] != request:
        return None
    return value[2], value[3:]
