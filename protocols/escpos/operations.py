"""What a receipt printer is told, as frozen operations, and their bytes.

Sources: Epson ESC/POS reference; Epson TM-T88III guide; for Chinese the SPRT SP and HCC POS80B manuals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from protocols.escpos.barcodes import Symbology, bar_data
from protocols.escpos.charsets import CHINESE, CODE_PAGES, encode_text

Align = Literal["left", "centre", "right"]
QrLevel = Literal["L", "M", "Q", "H"]
Pin = Literal[2, 5]

ALIGNS: tuple[Align, ...] = ("left", "centre", "right")
QR_LEVELS: tuple[QrLevel, ...] = ("L", "M", "Q", "H")
RASTER_SLICE_ROWS = 255
"""A longer image is sent in slices: many printers hold no more rows at once."""
CLEAR_BUFFER = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
DRAWER_STEP_MS = 2
"""Unit of both times in `ESC p`."""


class Operation(msgspec.Struct, frozen=True):
    """Base of everything a printer can be told."""


class Initialize(Operation, frozen=True):
    """Back to the state after power-on; what was printed stays."""


class Text(Operation, frozen=True):
    """Characters; `\\n` prints the line. No other control characters."""

    text: str


class Style(Operation, frozen=True):
    """How text looks from here on. `width` and `height` multiply the font, 1 to 8."""

    align: Align = "left"
    bold: bool = False
    underline: bool = False
    invert: bool = False
    width: int = 1
    height: int = 1


class Feed(Operation, frozen=True):
    """Print what is in the line and feed 0 to 255 lines."""

    lines: int = 1


class Cut(Operation, frozen=True):
    """Cut the paper. `feed_dots` 0 to 255: feed to the blade and that much further first; None: cut where it stands."""

    full: bool = True
    feed_dots: int | None = 0


class KickDrawer(Operation, frozen=True):
    """A pulse on the drawer connector; times in ms, even, up to 510. `now`: at once (`DLE DC4`, 100 to 800 ms)."""

    pin: Pin = 2
    on_ms: int = 100
    off_ms: int = 100
    now: bool = False


class Barcode(Operation, frozen=True):
    """A bar code; `protocols.escpos.barcodes` says what it may hold. `module_dots` 2 to 6, `height_dots` 1 to 255."""

    symbology: Symbology
    data: str
    height_dots: int = 64
    module_dots: int = 2
    caption: bool = True


class Qr(Operation, frozen=True):
    """A QR code (model 2) of up to 2,000 bytes UTF-8. `module_dots` 1 to 16."""

    data: str
    module_dots: int = 3
    level: QrLevel = "L"


class Raster(Operation, frozen=True):
    """An image: rows of `width_bytes` bytes, eight dots each, left dot in the high bit, 1 = black."""

    width_bytes: int
    rows: bytes

    @property
    def height_dots(self) -> int:
        """Number of rows."""
        return len(self.rows) // self.width_bytes


class ChineseMode(Operation, frozen=True):
    """Whether bytes from 81h up are taken in pairs as GBK (`FS &`, `FS .`). Chinese printers power on with it."""

    on: bool


class CodePage(Operation, frozen=True):
    """Which code page single bytes are read with."""

    charset: str


class ProcessId(Operation, frozen=True):
    """Ask for an answer once everything before is printed (`GS ( H`, function 48). Four characters 20h to 7Eh."""

    identity: str


class AutoStatus(Operation, frozen=True):
    """Automatic status back (`GS a`): bits 0 drawer, 1 online, 2 error, 3 paper, 6 panel; 0 turns it off."""

    mask: int


class StatusRequest(Operation, frozen=True):
    """`DLE EOT n`, n 1 to 4, answered at once even by a stopped printer."""

    number: int


class BufferedStatusRequest(Operation, frozen=True):
    """`GS r n`: 1 paper, 2 drawer. Answered in its turn, so not by a stopped printer."""

    number: int


class Recover(Operation, frozen=True):
    """`DLE ENQ n`: 1 go on after an error, 2 go on and drop the buffer."""

    number: int


class ClearBuffer(Operation, frozen=True):
    """`DLE DC4 8`: drop at once what waits in the buffer, also of a stopped printer. Known by newer printers only."""


class Select(Operation, frozen=True):
    """`ESC = n`: whether what follows is for the printer, or passed on to the customer display behind it."""

    display: bool


class DisplayData(Operation, frozen=True):
    """What a deselected printer hands on to the display, in the pieces it came in."""

    data: bytes


class Unknown(Operation, frozen=True):
    """Bytes that are no operation of ours: skipped by the device, kept for whoever looks (at most 16 of them)."""

    data: bytes


def prepared(operations: Iterable[Operation], charset: str) -> Iterator[Operation]:
    """The operations with the charset chosen before the first text and again after each Initialize."""
    chosen = False
    for operation in operations:
        if isinstance(operation, Initialize):
            chosen = False
        elif isinstance(operation, Text) and not chosen:
            chosen = True
            yield ChineseMode(charset == CHINESE)
            if charset != CHINESE:
                yield CodePage(charset)
        yield operation


def encode(operations: Iterable[Operation], *, charset: str) -> bytes:
    """The bytes for a printer set to `charset`, one of `charsets.CHARSETS`; the charset is chosen where needed.

    Raises charsets.Unencodable for text it cannot write (ask `charsets.unencodable` first and send an image instead),
    ValueError for an operation out of its range, LookupError for a charset that is not known.
    """
    return b"".join(encode_one(operation, charset) for operation in prepared(operations, charset))


def encode_one(operation: Operation, charset: str) -> bytes:  # noqa: PLR0912 - one case per operation
    """The bytes of one operation alone. Raises as `encode`."""
    match operation:
        case Initialize():
            return b"\x1b@"
        case Text(text):
            return encode_text(text, charset)
        case Style():
            return _style(operation)
        case Feed(lines):
            return b"\x1bd" + _byte(lines, 0, 255)
        case Cut(full, None):
            return b"\x1dV\x00" if full else b"\x1dV\x01"
        case Cut(full, int(feed_dots)):
            return (b"\x1dVA" if full else b"\x1dVB") + _byte(feed_dots, 0, 255)
        case KickDrawer():
            return _kick(operation)
        case Barcode():
            return _barcode(operation)
        case Qr():
            return _qr(operation)
        case Raster():
            return _raster(operation)
        case ChineseMode(on):
            return b"\x1c&" if on else b"\x1c."
        case CodePage(name):
            return b"\x1bt" + bytes([CODE_PAGES[name]])
        case ProcessId(identity):
            return b"\x1d(H\x06\x0000" + process_id_bytes(identity)
        case AutoStatus(mask):
            return b"\x1da" + _byte(mask, 0, 255)
        case StatusRequest(number):
            return b"\x10\x04" + _byte(number, 1, 4)
        case BufferedStatusRequest(number):
            return b"\x1dr" + _byte(number, 1, 2)
        case Recover(number):
            return b"\x10\x05" + _byte(number, 1, 2)
        case ClearBuffer():
            return CLEAR_BUFFER
        case Select(display):
            return b"\x1b=\x02" if display else b"\x1b=\x01"
        case DisplayData(data):
            return data
        case _:
            raise ValueError(f"no bytes for {type(operation).__name__}")


def process_id_bytes(identity: str) -> bytes:
    """The four bytes of a process id. Raises ValueError for anything but four characters 20h to 7Eh."""
    if len(identity) != 4 or not all(0x20 <= ord(character) <= 0x7E for character in identity):
        raise ValueError(f"a process id is four printable ASCII characters, not {identity!r}")
    return identity.encode("ascii")


def _byte(value: int, least: int, most: int) -> bytes:
    if not least <= value <= most:
        raise ValueError(f"{value} is not within {least} to {most}")
    return bytes([value])


def _style(style: Style) -> bytes:
    _byte(style.width, 1, 8)
    _byte(style.height, 1, 8)
    return b"".join((
        b"\x1ba" + bytes([ALIGNS.index(style.align)]),
        b"\x1d!" + bytes([(style.width - 1) << 4 | (style.height - 1)]),
        b"\x1bE" + bytes([style.bold]),
        b"\x1b-" + bytes([style.underline]),
        b"\x1dB" + bytes([style.invert]),
    ))  # fmt: skip


def _kick(kick: KickDrawer) -> bytes:
    pin = b"\x00" if kick.pin == 2 else b"\x01"
    if kick.now:
        return b"\x10\x14\x01" + pin + _byte(kick.on_ms // 100, 1, 8)
    return b"\x1bp" + pin + _byte(kick.on_ms // DRAWER_STEP_MS, 0, 255) + _byte(kick.off_ms // DRAWER_STEP_MS, 0, 255)


def _barcode(barcode: Barcode) -> bytes:
    kind, data = bar_data(barcode.symbology, barcode.data)
    return b"".join((
        b"\x1dh" + _byte(barcode.height_dots, 1, 255),
        b"\x1dw" + _byte(barcode.module_dots, 2, 6),
        b"\x1df\x00",
        b"\x1dH" + (b"\x02" if barcode.caption else b"\x00"),
        b"\x1dk" + bytes([kind]) + _byte(len(data), 1, 255) + data,
    ))  # fmt: skip


def _qr(qr: Qr) -> bytes:
    data = qr.data.encode("utf-8")
    if not 1 <= len(data) <= 2000:
        raise ValueError(f"a QR code holds 1 to 2000 bytes, not {len(data)}")
    return b"".join((
        b"\x1d(k\x04\x001A2\x00",
        b"\x1d(k\x03\x001C" + _byte(qr.module_dots, 1, 16),
        b"\x1d(k\x03\x001E" + bytes([0x30 + QR_LEVELS.index(qr.level)]),
        b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data,
        b"\x1d(k\x03\x001Q0",
    ))  # fmt: skip


def _raster(raster: Raster) -> bytes:
    width = raster.width_bytes
    if not 1 <= width <= 255 or not raster.rows or len(raster.rows) % width:
        raise ValueError(f"{len(raster.rows)} bytes are no image of rows of {width} bytes")
    slices = []
    for start in range(0, raster.height_dots, RASTER_SLICE_ROWS):
        rows = raster.rows[start * width : (start + RASTER_SLICE_ROWS) * width]
        head = b"\x1dv0\x00" + width.to_bytes(2, "little") + (len(rows) // width).to_bytes(2, "little")
        slices.append(head + rows)
    return b"".join(slices)
