"""Cuts a byte stream into LLRP messages, whatever pieces it comes in. Linear in time, bounded in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from protocols.llrp.errors import FramingLost
from protocols.llrp.messages import HEADER_BYTES, RoAccessReport

MESSAGE_BYTES_MAX = 1 << 20
"""Longer than any report a reader sends; a length beyond is noise, and waiting for it would never end."""


def pieces(report: bytes, piece_bytes: int) -> Iterator[bytes]:
    """A long RO_ACCESS_REPORT as several short ones that say the same; what makes no sense in it stays in the last."""
    begin, at, end = HEADER_BYTES, HEADER_BYTES, len(report)
    while at + 4 <= end:
        length = report[at + 2] << 8 | report[at + 3]
        if report[at] & 0x80 or length < 4:
            break
        at = min(at + length, end)
        if at - begin >= piece_bytes:
            yield _piece(report, begin, at)
            begin = at
    if begin < end:
        yield _piece(report, begin, end)


def _piece(report: bytes, begin: int, end: int) -> bytes:
    length = HEADER_BYTES + end - begin
    return report[:2] + length.to_bytes(4, "big") + report[6:HEADER_BYTES] + report[begin:end]


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


class Incoming:
    """What one connection has received and not read yet: whole messages, of a long report one piece after the other."""

    def __init__(self, piece_bytes: int, message_bytes_max: int) -> None:
        self._framer = Framer(message_bytes_max)
        self._piece_bytes = piece_bytes
        self._frames: deque[bytes] = deque()
        self._pieces: Iterator[bytes] = iter(())

    def __bool__(self) -> bool:
        return bool(self._frames)

    def feed(self, data: bytes) -> None:
        """Take bytes. Raises FramingLost, when there is nothing left to be read before it."""
        self._frames.extend(self._framer.feed(data))
        if not self._frames:
            self._framer.feed(b"")

    def take(self) -> bytes:
        """The next message or piece; empty at the end of a long report. Only when there is something."""
        piece = next(self._pieces, None)
        if piece is not None:
            return piece
        frame = self._frames.popleft()
        if self._is_long(frame):
            self._pieces = pieces(frame, self._piece_bytes)
            self._frames.appendleft(b"")
            return next(self._pieces)
        return frame

    def clear(self) -> None:
        """The connection is of no use any more."""
        self._frames.clear()
        self._pieces = iter(())

    def _is_long(self, frame: bytes) -> bool:
        return len(frame) > 2 * self._piece_bytes and (frame[0] << 8 | frame[1]) & 0x3FF == RoAccessReport.number
