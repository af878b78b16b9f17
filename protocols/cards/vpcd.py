"""The wire of a virtual card: what vpcd, a reader driver of pcscd, and the card at the other end of its TCP line say.

Both ways a message is its length (two bytes, big-endian) and so many bytes. From the reader one byte is a control (00 off,
01 on, 02 reset, 04 tell the ATR), more are a command; the card answers 04 and commands alone.

Source: vsmartcard, `vpcd.h` and `vpcd.c`.
"""

from __future__ import annotations

import enum

PORT = 35_963
MESSAGE_BYTES_MAX = 0xFFFF


class Control(enum.IntEnum):
    """One byte from the reader."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


def encode(message: bytes) -> bytes:
    """A message as it goes over the line. Raises ValueError when it is empty or too long."""
    if not 0 < len(message) <= MESSAGE_BYTES_MAX:
        raise ValueError("a message has 1 to 65535 bytes")
    return len(message).to_bytes(2, "big") + message


class Splitter:
    """Cuts what came into messages, in any pieces. A message of length 0 says nothing and is left out."""

    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, data: bytes) -> list[bytes]:
        """The messages that are whole now; never raises."""
        self._buffer += data
        found = []
        while len(self._buffer) >= 2:
            end = 2 + int.from_bytes(self._buffer[:2], "big")
            if len(self._buffer) < end:
                break
            if end > 2:
                found.append(self._buffer[2:end])
            self._buffer = self._buffer[end:]
        return found


def control_of(message: bytes) -> Control | None:
    """What the reader wants, when the message is no command for the card; None: it is one, or nothing known."""
    known = {each.value for each in Control}
    return Control(message[0]) if len(message) == 1 and message[0] in known else None
