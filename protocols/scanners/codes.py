"""What every scanner's code goes through, however it came: the AIM identifier, what no code holds, the duplicate window.

The AIM identifier is `]`, a letter and a modifier; it tells the kind of barcode, and with it how many digits an EAN has: a
digit lost on the way is then noticed here, else the check digit must tell. With identifiers on, scanners send UPC-A and
UPC-E as EAN-13.

Sources: PSC 7000 manual p. 4-5, HP scanner guide p. 205, Honeywell 3820 A-2 (AIM identifiers).
"""

from __future__ import annotations

import re

from protocols.device_events import CodeScanned, CodeUnreadable, Symbology

CODE_LENGTH_MAX = 400
"""A Digital Link or a GS1 DataMatrix with all its elements is longer than any line barcode."""
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
    "J1": Symbology.GS1_DOTCODE,
    "J": Symbology.DOTCODE,
    "z": Symbology.AZTEC,
    "U": Symbology.MAXICODE,
    "X": Symbology.OTHER,
}
"""By letter and modifier, else by letter alone."""
IDENTIFIERS = {symbology: f"]{key}0"[:3] for key, symbology in _BY_IDENTIFIER.items()}
"""What a scanner sends before a code of each kind."""

ScannerEvent = CodeScanned | CodeUnreadable


class CodeReader:
    """Turns the text of one scan into an event. Times are milliseconds of any clock that never goes back.

    The same code again within `duplicate_ms` is the same scan; 0 takes every one.
    """

    def __init__(self, device_id: str, duplicate_ms: int) -> None:
        self._device_id = device_id
        self._duplicate_ms = duplicate_ms
        self._last: tuple[str, int] | None = None

    def read(self, text: str, now_ms: int) -> list[ScannerEvent]:
        """The code with its identifier, if the scanner sends one: none or one event. Never raises."""
        found = _IDENTIFIER.match(text)
        symbology = Symbology.UNTOLD
        if found is not None:
            text = text[found.end() :]
            symbology = _BY_IDENTIFIER.get(found[1] + found[2]) or _BY_IDENTIFIER.get(found[1], Symbology.OTHER)
        if not 0 < len(text) <= CODE_LENGTH_MAX:
            return [self.unreadable("no code, or one too long")]
        if not _printable(text):
            return [self.unreadable("characters no code has")]
        if (digits := digits_of(symbology)) is not None:
            if found is not None and found[2] == "3":  # an add-on of two or five digits follows
                text = text[:_EAN13_DIGITS]
            if len(text) != digits or not text.isdigit():
                return [self.unreadable(f"{symbology.value} of {len(text)} characters")]
        repeated = self._last is not None and self._last[0] == text and now_ms - self._last[1] < self._duplicate_ms
        self._last = text, now_ms
        return [] if repeated else [CodeScanned(device_id=self._device_id, code=text, symbology=symbology)]

    def unreadable(self, why: str) -> CodeUnreadable:
        """Something came that is no whole code."""
        return CodeUnreadable(device_id=self._device_id, why=why)


def digits_of(symbology: Symbology) -> int | None:
    """How many digits a code of this kind has; None: as many as it likes."""
    match symbology:
        case Symbology.EAN_UPC:
            return _EAN13_DIGITS
        case Symbology.EAN8:
            return _EAN8_DIGITS
        case _:
            return None


def identified(code: str, symbology: Symbology) -> str:
    """The scanner's side: the code as it is sent, its identifier before it unless `symbology` is UNTOLD.

    A UPC-A goes out as EAN-13 when its identifier does. Raises ValueError for what no barcode holds.
    """
    if not 0 < len(code) <= CODE_LENGTH_MAX:
        raise ValueError(f"a code has 1 to {CODE_LENGTH_MAX} characters")
    if not _printable(code):
        raise ValueError("a code has the printable characters of ASCII")
    if symbology is Symbology.UNTOLD:
        return code
    digits = digits_of(symbology)
    if digits is not None:
        code = code.rjust(digits, "0")
        if len(code) != digits or not code.isdigit():
            raise ValueError(f"'{code}' is no {symbology.value}: it has {digits} digits")
    return IDENTIFIERS[symbology] + code


def _printable(text: str) -> bool:
    return all(" " <= character <= "~" or character == GROUP_SEPARATOR for character in text)
