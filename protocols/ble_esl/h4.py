"""Packets on the wire between host and Bluetooth controller (HCI, UART transport "H4"), both roles.

A packet is a type byte and a header with a length: command (01: opcode 2, length 1), ACL data (02: handle 2, length 2),
event (04: code 1, length 1). There is no way back into step: after a wrong type byte the link must be opened anew.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.ble_esl.errors import HciFramingLost

WAITING_BYTES_MAX = 1 << 17


class PacketType(enum.IntEnum):
    """The first byte."""

    COMMAND = 1
    ACL = 2
    EVENT = 4


_LENGTH_AT = {PacketType.COMMAND: (2, 1), PacketType.ACL: (2, 2), PacketType.EVENT: (1, 1)}
"""Where the length stands in the header, and its bytes."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet without its type byte and length. `head`: opcode, handle with flags, or event code."""

    kind: PacketType
    head: int
    body: bytes


def write_packet(packet: Packet) -> bytes:
    """The bytes on the wire."""
    at, size = _LENGTH_AT[packet.kind]
    return (
        bytes((packet.kind,)) + packet.head.to_bytes(at, "little") + len(packet.body).to_bytes(size, "little") + packet.body
    )


class Framer:
    """Cuts the stream into packets."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are whole now. Raises `HciFramingLost`."""
        self._data += data
        found = []
        while (packet := self._take()) is not None:
            found.append(packet)
        if len(self._data) > WAITING_BYTES_MAX:
            raise HciFramingLost("a packet that never ends")
        return found

    def _take(self) -> Packet | None:
        if not self._data:
            return None
        try:
            kind = PacketType(self._data[0])
        except ValueError as error:
            raise HciFramingLost(f"{self._data[0]:02X} is no packet type of a controller") from error
        at, size = _LENGTH_AT[kind]
        start = 1 + at + size
        if len(self._data) < start:
            return None
        length = int.from_bytes(self._data[1 + at : start], "little")
        if len(self._data) < start + length:
            return None
        packet = Packet(kind, int.from_bytes(self._data[1 : 1 + at], "little"), bytes(self._data[start : start + length]))
        del self._data[: start + length]
        return packet
