"""A barcode scanner on a serial line: receiving side and scanner's side. No I/O, no clock.

A scan is `[prefix] [AIM identifier] code suffix`. The suffix is CR, LF, CR LF or TAB as the scanner is set. The AIM
identifier is `]`, a letter and a modifier; it tells the kind of barcode, and with it how many digits an EAN has: a digit
lost on the line is then noticed here, else the check digit must tell. With identifiers on, scanners send UPC-A and UPC-E
as EAN-13. The line has neither checksum nor acknowledgement: what is damaged is told as unreadable, never guessed.

Sources: PSC 7000 manual p. 4-5, HP scanner guide p. 205, Honeywell 3820 A-2 (AIM identifiers).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from protocols.device_events import CodeScanned, CodeUnreadable, Symbology

CODE_LENGTH_MAX = 128
PIECES_WITHIN_MS = 500
"""A code whose next piece has not come by then is given up, or its rest would be taken for the beginning of the next."""
GROUP_SEPARATOR = "\x1d"
_IDENTIFIER = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
_EAN13_DIGITS, _EAN8_DIGITS = 13, 8

_BY_IDENTIFIER = {
    "E4": Symbology.EAN8,
    "E": Symbology.EAN_UPC,
    "C1": Symbology.GS1_128,
    "C": Symbology.CODE128,
    "A": Symbology.CODE39,
    "G": Symbology.CODE93,
    "H": Symbology.CODE11,
    "F": Symbology.CODABAR,
    "I": Symbology.ITF,
    "S": Symbology.STANDARD_2_OF_5,
    "M": Symbology.MSI,
    "e": Symbology.DATABAR,
    "L": Symbology.PDF417,
    "d2": Symbology.GS1_DATA_MATRIX,
    "d": Symbology.DATA_MATRIX,
    "Q3": Symbology.GS1_QR,
    "Q": Symbology.QR,
    "X": Symbology.OTHER,
}
"""By letter and modifier, else by letter alone."""
IDENTIFIERS = {symbology: f"]{key}0"[:3] for key, symbology in _BY_IDENTIFIER.items()}
"""What a scanner sends before a code of each kind."""

ScannerEvent = CodeScanned | CodeUnreadable


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
        self._device_id = device_id
        self._form = form
        self._duplicate_ms = duplicate_ms
        self._end = form.suffix.value[-1:]
        self._buffer = b""
        self._last: tuple[str, int] | None = None
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
            heard.append(self._unreadable("no end within the longest code"))
        self.deadline_ms = now_ms + PIECES_WITHIN_MS if self._buffer else None
        return heard

    def expire(self, now_ms: int) -> list[ScannerEvent]:
        """Give up a code whose rest did not come."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return []
        self.deadline_ms = None
        self._buffer = b""
        return [self._unreadable("the end of a code did not come")]

    def _read(self, piece: bytes, now_ms: int) -> list[ScannerEvent]:
        text = piece.decode("latin-1")
        if not text.startswith(self._form.prefix):
            return [self._unreadable("the prefix is missing")]
        text = text.removeprefix(self._form.prefix)
        found = _IDENTIFIER.match(text)
        symbology = Symbology.UNTOLD
        if found is not None:
            text = text[found.end() :]
            symbology = _BY_IDENTIFIER.get(found[1] + found[2]) or _BY_IDENTIFIER.get(found[1], Symbology.OTHER)
        if not 0 < len(text) <= CODE_LENGTH_MAX:
            return [self._unreadable("no code, or one too long")]
        if not all(" " <= character <= "~" or character == GROUP_SEPARATOR for character in text):
            return [self._unreadable("characters no code has")]
        if (digits := _digits_of(symbology)) is not None:
            if found is not None and found[2] == "3":  # an add-on of two or five digits follows
                text = text[:_EAN13_DIGITS]
            if len(text) != digits or not text.isdigit():
                return [self._unreadable(f"{symbology.value} of {len(text)} characters")]
        repeated = self._last is not None and self._last[0] == text and now_ms - self._last[1] < self._duplicate_ms
        self._last = text, now_ms
        return [] if repeated else [CodeScanned(device_id=self._device_id, code=text, symbology=symbology)]

    def _unreadable(self, why: str) -> CodeUnreadable:
        return CodeUnreadable(device_id=self._device_id, why=why)


def _digits_of(symbology: Symbology) -> int | None:
    match symbology:
        case Symbology.EAN_UPC:
            return _EAN13_DIGITS
        case Symbology.EAN8:
            return _EAN8_DIGITS
        case _:
            return None


def encode_scan(code: str, form: ScanFormat, symbology: Symbology = Symbology.UNTOLD) -> bytes:
    """What the scanner sends for a code; its identifier unless `symbology` is UNTOLD.

    A UPC-A goes out as EAN-13 when its identifier does. Raises ValueError for what no barcode holds.
    """
    if not 0 < len(code) <= CODE_LENGTH_MAX:
        raise ValueError(f"a code has 1 to {CODE_LENGTH_MAX} characters")
    if not all(" " <= character <= "~" or character == GROUP_SEPARATOR for character in code):
        raise ValueError("a code has the printable characters of ASCII")
    identifier = ""
    if symbology is not Symbology.UNTOLD:
        identifier = IDENTIFIERS[symbology]
        digits = _digits_of(symbology)
        if digits is not None:
            code = code.rjust(digits, "0")
            if len(code) != digits or not code.isdigit():
                raise ValueError(f"'{code}' is no {symbology.value}: it has {digits} digits")
    return (form.prefix + identifier + code).encode("latin-1") + form.suffix.value
