"""A USB scanner that speaks HID POS (usage page 8Ch), as its hidraw node tells it: input reports of 64 bytes. Both roles.

| byte | what |
|---|---|
| 0 | report id, 02 |
| 1 | how many of the 56 bytes are data |
| 2-4 | AIM identifier, zeros when there is none |
| 5-60 | data |
| 61, 62 | further symbology, reserved |
| 63 | bit 0: the code goes on in the next report |

Source: HID POS usage tables 1.02, Access-IS LSR118 manual p. 68.
"""

from __future__ import annotations

from protocols.device_events import Symbology
from protocols.scanners.codes import CODE_LENGTH_MAX, CodeReader, ScannerEvent, identified

REPORT_BYTES = 64
REPORT_ID = 2
DATA_BYTES_MAX = 56
PIECES_WITHIN_MS = 500
_DATA_AT, _FLAGS_AT = 5, 63
_CONTINUED = 1


class HidPosSession:
    """The till's side; used like `serial_codes.ReceivingSession`.

    hidraw hands on one whole report at a time. What cannot be a report (another one of the device, or a link that lost
    bytes) is left out, one byte at a time, until one fits.
    """

    def __init__(self, device_id: str, duplicate_ms: int) -> None:
        self._reader = CodeReader(device_id, duplicate_ms)
        self._buffer = b""
        self._text = ""
        self._begun = False
        self.deadline_ms: int | None = None
        """Until when the rest of a code may come; None: none is half there."""

    def receive(self, data: bytes, now_ms: int) -> list[ScannerEvent]:
        """Take what was read, in any pieces; never raises."""
        heard = self.expire(now_ms)
        self._buffer += data
        at, skipped = 0, False
        while len(self._buffer) - at >= REPORT_BYTES:
            report = self._buffer[at : at + REPORT_BYTES]
            if _plausible(report):
                heard += self._take(report, now_ms)
                at += REPORT_BYTES
            else:
                skipped = True
                at += 1
        self._buffer = self._buffer[at:]
        if skipped:
            heard += [self._reader.unreadable("a report that is none")]
            self._begun, self._text = False, ""
        self.deadline_ms = now_ms + PIECES_WITHIN_MS if self._buffer or self._begun else None
        return heard

    def expire(self, now_ms: int) -> list[ScannerEvent]:
        """Give up a code whose rest did not come."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return []
        self.deadline_ms, self._buffer, self._begun, self._text = None, b"", False, ""
        return [self._reader.unreadable("the end of a code did not come")]

    def _take(self, report: bytes, now_ms: int) -> list[ScannerEvent]:
        if not self._begun:
            self._begun, self._text = True, report[2:_DATA_AT].rstrip(b"\0").decode("latin-1")
        self._text += report[_DATA_AT : _DATA_AT + report[1]].decode("latin-1")
        if len(self._text) > CODE_LENGTH_MAX + 3:
            self._begun = False
            return [self._reader.unreadable("no end within the longest code")]
        if report[_FLAGS_AT] & _CONTINUED:
            return []
        self._begun = False
        text = self._text.rstrip("\r\n")
        return self._reader.read(text, now_ms) if text else []


def _plausible(report: bytes) -> bool:
    length, identifier = report[1], report[2:_DATA_AT]
    if report[0] != REPORT_ID or length > DATA_BYTES_MAX or report[_FLAGS_AT] > _CONTINUED:
        return False
    if identifier != b"\0\0\0" and not (identifier[0] == ord("]") and identifier[1:].isalnum()):
        return False
    return not any(report[_DATA_AT + length : _DATA_AT + DATA_BYTES_MAX])


def encode_reports(code: str, symbology: Symbology = Symbology.UNTOLD) -> list[bytes]:
    """The scanner's side: the reports of one code. Raises ValueError for what no barcode holds."""
    text = identified(code, symbology)
    identifier = b"\0\0\0"
    if symbology is not Symbology.UNTOLD:
        identifier, text = text[:3].encode("latin-1"), text[3:]
    data = text.encode("latin-1")
    pieces = [data[at : at + DATA_BYTES_MAX] for at in range(0, len(data), DATA_BYTES_MAX)]
    return [
        bytes([REPORT_ID, len(piece)])
        + identifier
        + piece.ljust(DATA_BYTES_MAX, b"\0")
        + bytes([0, 0, _CONTINUED if number < len(pieces) else 0])
        for number, piece in enumerate(pieces, start=1)
    ]
