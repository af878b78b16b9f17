"""The device's side of the wire, RTU and TCP: bytes in, answers out. (The master's side is pymodbus.)

RTU: address, function, data, CRC-16 (polynomial A001h, start FFFFh, low byte first). TCP: transaction, protocol 0, length,
unit, function, data. Only reads (functions 1 to 4) are known; any other is answered with exception 1.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protocols.modbus.profile import READ_FUNCTION, Table

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
Framing = Literal["rtu", "tcp"]
_TABLE_OF: dict[int, Table] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_RTU_REQUEST_BYTES = 8
_MBAP_BYTES = 7
_BUFFER_MAX = 1_024
Held = Mapping[tuple[Table, int], int]
"""What a device holds, by table and address."""

assert {table: code for code, table in _TABLE_OF.items()} == READ_FUNCTION


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a unit on this line. `transaction` is TCP's."""

    unit: int
    function: int
    address: int
    count: int
    transaction: int = 0


def crc16(data: bytes) -> int:
    """The check of an RTU frame, as a number; on the wire its low byte comes first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class DeviceLine:
    """Cuts what a master sends into requests. RTU: eight bytes with a right check; anything else is passed over."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._buffer = b""

    def receive(self, data: bytes) -> list[Asked]:
        """The requests that are complete now."""
        self._buffer = (self._buffer + data)[-_BUFFER_MAX:]
        return self._rtu() if self._framing == "rtu" else self._tcp()

    def frame(self, asked: Asked, pdu: bytes) -> bytes:
        """An answer to a request, ready for the wire."""
        if self._framing == "tcp":
            return struct.pack(">HHHB", asked.transaction, 0, len(pdu) + 1, asked.unit) + pdu
        body = bytes([asked.unit]) + pdu
        return body + struct.pack("<H", crc16(body))

    def _rtu(self) -> list[Asked]:
        found = []
        while len(self._buffer) >= _RTU_REQUEST_BYTES:
            head = self._buffer[:_RTU_REQUEST_BYTES]
            if struct.unpack("<H", head[6:])[0] != crc16(head[:6]):
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[_RTU_REQUEST_BYTES:]
            unit, function, address, count = struct.unpack(">BBHH", head[:6])
            found.append(Asked(unit, function, address, count))
        return found

    def _tcp(self) -> list[Asked]:
        found = []
        while len(self._buffer) >= _MBAP_BYTES + 1:
            transaction, protocol, length, unit, function = struct.unpack(">HHHBB", self._buffer[: _MBAP_BYTES + 1])
            if protocol != 0 or not 2 <= length <= 254:
                self._buffer = b""
                break
            if len(self._buffer) < 6 + length:
                break
            body = self._buffer[_MBAP_BYTES + 1 : 6 + length]
            self._buffer = self._buffer[6 + length :]
            address, count = struct.unpack(">HH", body[:4].ljust(4, b"\0"))
            found.append(Asked(unit, function, address, count, transaction))
        return found


def answer(asked: Asked, held: Held) -> bytes:
    """The PDU a device answers with: its registers, or an exception."""
    table = _TABLE_OF.get(asked.function)
    if table is None:
        return refusal(asked, ILLEGAL_FUNCTION)
    bits = table in {"coil", "discrete"}
    if not 1 <= asked.count <= (2_000 if bits else 125):
        return refusal(asked, ILLEGAL_VALUE)
    places = [(table, asked.address + number) for number in range(asked.count)]
    if any(place not in held for place in places):
        return refusal(asked, ILLEGAL_ADDRESS)
    values = [held[place] for place in places]
    if not bits:
        return struct.pack(f">BB{len(values)}H", asked.function, 2 * len(values), *values)
    packed = bytearray((len(values) + 7) // 8)
    for number, value in enumerate(values):
        packed[number // 8] |= bool(value) << number % 8
    return bytes([asked.function, len(packed)]) + bytes(packed)


def refusal(asked: Asked, exception: int) -> bytes:
    """An exception's PDU."""
    return bytes([asked.function & 0x7F | 0x80, exception])
