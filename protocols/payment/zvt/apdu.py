"""ZVT messages as bytes: two bytes of command, the length, the data. On TCP they follow each other with nothing between.

A length up to 254 is one byte; more is `FF` and two bytes, low byte first.
"""

from __future__ import annotations

from dataclasses import dataclass

LONG = 0xFF
DATA_BYTES_MAX = 0xFFFF


@dataclass(frozen=True, slots=True)
class Apdu:
    """One message. `command`: class and instruction, as in 0x0601."""

    command: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the line. Raises ValueError for more than 65535 bytes of data."""
        size = len(self.data)
        if size > DATA_BYTES_MAX:
            raise ValueError(f"{size} bytes of data: at most {DATA_BYTES_MAX}")
        length = bytes((size,)) if size < LONG else bytes((LONG, size & 0xFF, size >> 8))
        return self.command.to_bytes(2, "big") + length + self.data

    def __repr__(self) -> str:
        # Data may hold parts of a card number: a log never shows it.
        return f"Apdu(0x{self.command:04x}, {len(self.data)} bytes)"


class ApduReader:
    """Bytes of a TCP connection to messages, in any pieces. Holds at most one message that is not complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[Apdu]:
        """The messages that are complete now. Never raises: every byte belongs to some message."""
        self._buffer += data
        found = []
        while (taken := first_apdu(self._buffer)) is not None:
            apdu, size = taken
            found.append(apdu)
            del self._buffer[:size]
        return found


def first_apdu(data: bytes | bytearray) -> tuple[Apdu, int] | None:
    """The message at the start and its size in bytes; None: not all of it is there."""
    if len(data) < 3:
        return None
    head, size = 3, data[2]
    if size == LONG:
        if len(data) < 5:
            return None
        head, size = 5, data[3] | data[4] << 8
    if len(data) < head + size:
        return None
    return Apdu(int.from_bytes(data[:2], "big"), bytes(data[head : head + size])), head + size
