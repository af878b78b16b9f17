"""ZVT on a serial line (8N2): `10 02`, the message with every 10 doubled, `10 03`, a checksum; answered `06` or `15`.

The checksum is CRC-16 with the reflected polynomial 8408h and start value 0, over the message (not doubled) and the byte 03;
low byte first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from protocols.payment.zvt.apdu import Apdu, first_apdu

DLE, STX, ETX, ACK, NAK = 0x10, 0x02, 0x03, 0x06, 0x15
FRAME_BYTES_MAX = 65_540
POLYNOMIAL = 0x8408


@dataclass(frozen=True, slots=True)
class Received:
    """The other side has the last frame, unspoilt."""


@dataclass(frozen=True, slots=True)
class NotReceived:
    """The other side wants the last frame again."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A frame came with a wrong checksum, or held no message: answer `NAK`."""


Heard: TypeAlias = Apdu | Received | NotReceived | Spoilt


def checksum(data: bytes) -> int:
    """CRC-16 of a message and the closing 03."""
    crc = 0
    for byte in (*data, ETX):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


def encode(apdu: Apdu) -> bytes:
    """One frame."""
    data = apdu.encode()
    return bytes((DLE, STX)) + data.replace(b"\x10", b"\x10\x10") + bytes((DLE, ETX)) + checksum(data).to_bytes(2, "little")


class SerialReader:
    """Bytes of a serial line to frames, in any pieces. Rubbish between frames is passed over."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._state = "idle"
        self._crc = 0

    def receive(self, data: bytes) -> list[Heard]:
        """What is complete now. Never raises."""
        return [heard for byte in data if (heard := self._take(byte)) is not None]

    def _take(self, byte: int) -> Heard | None:
        match self._state:
            case "idle":
                return self._outside(byte)
            case "dle":
                self._state = "frame" if byte == STX else "idle"
                self._frame.clear()
            case "frame":
                if byte == DLE:
                    self._state = "frame_dle"
                else:
                    self._add(byte)
            case "frame_dle":
                return self._after_dle(byte)
            case "crc_low":
                self._crc = byte
                self._state = "crc_high"
            case _:
                self._state = "idle"
                return self._ended(self._crc | byte << 8)
        return None

    def _outside(self, byte: int) -> Heard | None:
        if byte == DLE:
            self._state = "dle"
        return Received() if byte == ACK else NotReceived() if byte == NAK else None

    def _after_dle(self, byte: int) -> Heard | None:
        if byte == DLE:
            self._state = "frame"
            self._add(byte)
        elif byte == ETX:
            self._state = "crc_low"
        elif byte == STX:  # the other side began anew
            self._state = "frame"
            self._frame.clear()
        else:
            self._state = "idle"
            return Spoilt()
        return None

    def _add(self, byte: int) -> None:
        self._frame.append(byte)
        if len(self._frame) > FRAME_BYTES_MAX:
            self._state = "idle"

    def _ended(self, crc: int) -> Heard:
        taken = first_apdu(self._frame)
        whole = taken is not None and taken[1] == len(self._frame)
        if taken is None or not whole or crc != checksum(bytes(self._frame)):
            return Spoilt()
        return taken[0]
