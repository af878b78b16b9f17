"""A barcode scanner on a serial line: receiving side and scanner's side. No I/O, no clock.

A scan is `[prefix] [AIM identifier] code suffix`. The suffix is CR, LF, CR LF or TAB as the scanner is set; what is between
is read by `codes`. The line has neither checksum nor acknowledgement: what is damaged is told as unreadable, never guessed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.device_events import Symbology
from protocols.scanners.codes import CODE_LENGTH_MAX, CodeReader, ScannerEvent, identified

PIECES_WITHIN_MS = 500
"""A code whose next piece has not come by then is given up, or its rest would be taken for the beginning of the next."""


class Suffix(enum.Enum):
    """How the scanner ends a code."""

    CR = b"\r"
    LF = b"\n"
    CRLF = b"\r\n"
    TAB = b"\t"


@dataclass(frozen=True, slots=True)
class ScanFormat:
    """How the scanner is set. `prefix`: characters before every code."""

    suffix: Suffix = Suffix.CR
    prefix: str = ""


class ReceivingSession:
    """The till's side. Times are milliseconds of any clock that never goes back.

    `receive(bytes, now)` -> what was scanned; `expire(now)` at `deadline_ms` gives an unfinished code up. The same code
    again within `duplicate_ms` is the same scan.
    """

    def __init__(self, device_id: str, form: ScanFormat, duplicate_ms: int) -> None:
        self._form = form
        self._reader = CodeReader(device_id, duplicate_ms)
        self._end = form.suffix.value[-1:]
        self._buffer = b""
        self.deadline_ms: int | None = None
        """Until when the rest of a code may come; None: none is half there."""

    def receive(self, data: bytes, now_ms: int) -> list[ScannerEvent]:
        """Take what came, in any pieces; never raises."""
        heard = self.expire(now_ms)
        self._buffer += data
        while self._end in self._buffer:
            piece, _, self._buffer = self._buffer.partition(self._end)
            piece = piece.strip(b"\r\n")  # a scanner set to CR LF where CR or LF is expected, or the other way round
            if piece:
                heard += self._read(piece, now_ms)
        # What else a suffix is made of begins no code.
        self._buffer = self._buffer.lstrip(b"\r\n")
        if len(self._buffer) > CODE_LENGTH_MAX + len(self._form.prefix) + 3:
            self._buffer = b""
            heard.append(self._reader.unreadable("no end within the longest code"))
        self.deadline_ms = now_ms + PIECES_WITHIN_MS if self._buffer else None
        return heard

    def expire(self, now_ms: int) -> list[ScannerEvent]:
        """Give up a code whose rest did not come."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return []
        self.deadline_ms = None
        self._buffer = b""
        return [self._reader.unreadable("the end of a code did not come")]

    def _read(self, piece: bytes, now_ms: int) -> list[ScannerEvent]:
        text = piece.decode("latin-1")
        if not text.startswith(self._form.prefix):
            return [self._reader.unreadable("the prefix is missing")]
        return self._reader.read(text.removeprefix(self._form.prefix), now_ms)


def encode_scan(code: str, form: ScanFormat, symbology: Symbology = Symbology.UNTOLD) -> bytes:
    """What the scanner sends for a code; its identifier unless `symbology` is UNTOLD.

    A UPC-A goes out as EAN-13 when its identifier does. Raises ValueError for what no barcode holds.
    """
    return (form.prefix + identified(code, symbology)).encode("latin-1") + form.suffix.value
