"""Cuts a byte stream into LLRP messages, whatever pieces it comes in. Linear in time, bounded in memory."""

from __future__ import annotations

from protocols.llrp.errors import FramingLost
from protocols.llrp.messages import HEADER_BYTES

MESSAGE_BYTES_MAX = 1 << 20
"""Longer than any report a reader sends; a length beyond is noise, and waiting for it would never end."""


def pieces(report: bytes, piece_bytes: int) -> list[bytes]:
    """A long RO_ACCESS_REPORT as several short ones that say the same; what makes no sense in it stays in the last."""
    found: list[bytes] = []
    begin, at, end = HEADER_BYTES, HEADER_BYTES, len(report)
    while at + 4 <= end:
        length = report[at + 2] << 8 | report[at + 3]
        if report[at] & 0x80 or length < 4:
            break
        at = min(at + length, end)
        if at - begin >= piece_bytes:
            found.append(report[begin:at])
            begin = at
    if begin < end:
        found.append(report[begin:])
    return [report[:2] + (HEADER_BYTES + len(body)).to_bytes(4, "big") + report[6:HEADER_BYTES] + body for body in found]


class Framer:
    """One per connection: half a message must never meet the bytes of the next connection."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._max = message_bytes_max
        self._buffer = bytearray()
        self._wanted = HEADER_BYTES

    @property
    def buffered_bytes(self) -> int:
        """How much of an unfinished message is held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; returns the messages that are complete, header included.

        Raises FramingLost for a length below 10 or above the limit, once the messages before it were returned.
        """
        self._buffer += data
        if len(self._buffer) < self._wanted:
            return []
        frames: list[bytes] = []
        buffer, at, have = bytes(self._buffer), 0, len(self._buffer)
        while have - at >= HEADER_BYTES:
            length = int.from_bytes(buffer[at + 2 : at + 6], "big")
            if not HEADER_BYTES <= length <= self._max:
                if frames:
                    length = HEADER_BYTES  # the next call, or the next byte, finds it again
                    break
                raise FramingLost(f"a message says it has {length} bytes; {HEADER_BYTES} to {self._max} are possible")
            if have - at < length:
                break
            frames.append(buffer[at : at + length])
            at += length
        else:
            length = HEADER_BYTES
        del self._buffer[:at]
        self._wanted = length
        return frames
