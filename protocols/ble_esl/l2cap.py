"""Frames inside a connection (Core Specification, volume 3, part A): channels, their pieces, and credit-based channels.

A frame is [length 2][channel 2][payload], cut into ACL packets of the controller's size. Channel 4 carries attributes,
5 signals. On a credit-based channel each frame costs one credit, and the first of a unit (SDU) begins with its length.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.h4 import Packet, PacketType

ATTRIBUTES, SIGNALS = 0x0004, 0x0005
FIRST_CHANNEL = 0x0040
CHANNEL_REQUEST, CHANNEL_ANSWER, CREDITS, REJECT = 0x14, 0x15, 0x16, 0x01
DISCONNECT_REQUEST, DISCONNECT_ANSWER = 0x06, 0x07
PARAMETERS_REQUEST, PARAMETERS_ANSWER = 0x12, 0x13
_FIRST_TO_CONTROLLER, _CONTINUING, _FIRST_TO_HOST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a connection."""

    channel: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Signal:
    """One command of the signalling channel."""

    code: int
    number: int
    data: bytes


def write_signal(signal: Signal) -> Frame:
    """As a frame."""
    return Frame(SIGNALS, struct.pack("<BBH", signal.code, signal.number, len(signal.data)) + signal.data)


def read_signal(payload: bytes) -> Signal:
    """From a frame's payload. Raises `EslRefused`."""
    if len(payload) < 4 or len(payload) != 4 + int.from_bytes(payload[2:4], "little"):
        raise EslRefused(f"no signal: {payload[:8].hex()}")
    return Signal(payload[0], payload[1], payload[4:])


def acl_packets(connection: int, frame: Frame, piece_bytes: int, *, to_host: bool = False) -> list[Packet]:
    """A frame in pieces of the controller's size."""
    data = struct.pack("<HH", len(frame.payload), frame.channel) + frame.payload
    first = _FIRST_TO_HOST if to_host else _FIRST_TO_CONTROLLER
    return [
        Packet(PacketType.ACL, connection | (first if at == 0 else _CONTINUING) << 12, data[at : at + piece_bytes])
        for at in range(0, len(data), piece_bytes)
    ]


@dataclass(slots=True)
class Joiner:
    """Puts the frames of one connection together again."""

    _data: bytearray = field(default_factory=bytearray)
    _open: bool = False

    def feed(self, packet: Packet) -> Frame | None:
        """A frame that is whole now. Raises `EslRefused` for a piece that belongs to nothing."""
        if packet.head >> 12 & 3 == _CONTINUING:
            if not self._open:
                raise EslRefused("a piece without a beginning")
        else:
            self._data.clear()
        self._data += packet.body
        self._open = len(self._data) < 4 or len(self._data) < 4 + int.from_bytes(self._data[:2], "little")
        if self._open:
            return None
        length, channel = struct.unpack_from("<HH", self._data)
        if len(self._data) != 4 + length:
            raise EslRefused("more bytes than the frame announced")
        return Frame(channel, bytes(self._data[4:]))


def handle_of(packet: Packet) -> int:
    """The connection of an ACL packet."""
    return packet.head & 0x0FFF


def channel_request(psm: int, channel: int, mtu: int, mps: int, credit: int) -> bytes:
    """Data of CHANNEL_REQUEST."""
    return struct.pack("<HHHHH", psm, channel, mtu, mps, credit)


def channel_answer(channel: int, mtu: int, mps: int, credit: int, result: int = 0) -> bytes:
    """Data of CHANNEL_ANSWER."""
    return struct.pack("<HHHHH", channel, mtu, mps, credit, result)


def read_five(data: bytes) -> tuple[int, int, int, int, int]:
    """The five numbers of either. Raises `EslRefused`."""
    if len(data) != 10:
        raise EslRefused(f"a channel is asked for and given in 10 bytes, not {len(data)}")
    one, two, three, four, five = struct.unpack("<HHHHH", data)
    return one, two, three, four, five


def unit_frames(channel: int, unit: bytes, mps: int) -> list[Frame]:
    """One unit (SDU) as frames of at most `mps` bytes."""
    data = len(unit).to_bytes(2, "little") + unit
    return [Frame(channel, data[at : at + mps]) for at in range(0, len(data), mps)]
