"""The printer's side of ESC/POS: a stream of bytes, in whatever pieces, back into operations. Never raises, always bounded.

It reads commands by their grammar and never scans for bytes: `DLE EOT` inside an image or a bar code is no question.
Lengths of commands: Epson ESC/POS reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from protocols.escpos.barcodes import read_bars
from protocols.escpos.charsets import CHINESE, CODE_PAGES, decode_text
from protocols.escpos.images import read_columns, read_graphics
from protocols.escpos.operations import (
    ALIGNS,
    CLEAR_BUFFER,
    DRAWER_STEP_MS,
    QR_LEVELS,
    AutoStatus,
    Barcode,
    BufferedStatusRequest,
    ChineseMode,
    ClearBuffer,
    CodePage,
    Cut,
    DisplayData,
    Feed,
    Initialize,
    KickDrawer,
    Operation,
    ProcessId,
    Qr,
    Raster,
    Recover,
    Select,
    StatusRequest,
    Style,
    Text,
    Unknown,
)

PAYLOAD_MAX = 1 << 20
"""A longer image or block is skipped and reported, so a hostile length costs no memory."""
_SHOWN_MAX = 16
_WINDOW = 600
"""Bytes looked at for one command: more than any command without a counted payload has."""

_NUL, _HT, _LF, _CR, _DLE, _ESC, _FS, _GS = 0x00, 0x09, 0x0A, 0x0D, 0x10, 0x1B, 0x1C, 0x1D

_CHARSETS_BY_NUMBER = {number: name for name, number in CODE_PAGES.items()}

_ARGUMENTS = {
    (_ESC, c): count
    for count, letters in {
        0: b"@2<LSFimuv\x0c", 1: b"!%-3?ACEGJKMQRTUVadet{ rfgk", 2: b"$\\BNcl", 3: b"pX", 4: b"o", 8: b"W",
    }.items() for c in letters
} | {
    (_FS, c): count for count, letters in {0: b"&.", 1: b"!-WC", 2: b"Spg", 3: b"2"}.items() for c in letters
} | {
    (_GS, c): count
    for count, letters in {0: b":c", 1: b"!/BEHITabfhijrwu", 2: b"$LPW\\", 3: b"^"}.items() for c in letters
} | {
    (_DLE, 0x04): 1, (_DLE, 0x05): 1,
}  # fmt: skip
"""Commands whose arguments are a fixed count of bytes. `ESC c`, `FS p`: the first argument is a sub-command."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """One command at the beginning of the buffer: its length, and what it means. `skip`: bytes to drop that are not here."""

    length: int
    operation: Operation | None = None
    skip: int = 0


class Tokenizer:
    """Holds what a printer remembers between bytes: the code page, the style, the bar code's looks, the stored QR code.

    `chinese`: whether it powers on taking pairs as GBK, as printers for China do.
    """

    def __init__(self, *, chinese: bool = True) -> None:
        self._chinese_at_start = chinese
        self._held = bytearray()
        self._wanted = 0
        self._skip = 0
        self._style = Style()
        self._chinese = chinese
        self._charset = "cp437"
        self._barcode = Barcode("code128", "", height_dots=162, module_dots=3, caption=False)
        self._qr = Qr("")
        self._stored: Raster | None = None
        self._to_display = False
        self._strip_stands = False
        """An `ESC *` strip is in the line: the line feed after it prints it and no empty line."""

    def feed(self, data: bytes) -> list[Operation]:
        """The operations that are complete now. Text comes as soon as it is there, so in as many pieces as it arrives in."""
        self._held += data
        operations: list[Operation] = []
        while True:
            dropped = min(self._skip, len(self._held))
            del self._held[:dropped]
            self._skip -= dropped
            if not self._held or len(self._held) < self._wanted:
                return operations
            taken = self._take(bytes(self._held[: max(_WINDOW, self._wanted)]))
            if taken is None:
                if not self._wanted or len(self._held) < self._wanted:
                    return operations
                continue
            self._wanted = 0
            del self._held[: taken.length]
            self._skip = taken.skip
            if taken.operation is not None:
                operations.append(taken.operation)

    def _take(self, held: bytes) -> _Taken | None:
        """The first command of `held`, or None while it is not complete."""
        first = held[0]
        if self._to_display:
            return self._take_for_display(held)
        strip_stands, self._strip_stands = self._strip_stands, False
        if strip_stands and first == _LF:
            return _Taken(1)
        if first in {_LF, _HT} or 0x20 <= first != 0x7F:
            return self._take_text(held)
        if first in {_NUL, _CR}:
            return _Taken(1)
        if first not in {_DLE, _ESC, _FS, _GS}:
            return _Taken(1, Unknown(held[:1]))
        if len(held) < 2:
            return None
        special = _SPECIAL.get((first, held[1]))
        if special is not None:
            return special(self, held)
        count = _ARGUMENTS.get((first, held[1]))
        if count is None:
            return _Taken(2, Unknown(held[:2]))
        if len(held) < 2 + count:
            return None
        return _Taken(2 + count, self._simple(held[: 2 + count]))

    def _take_for_display(self, held: bytes) -> _Taken | None:
        """While deselected: everything is the display's but the next `ESC =` and the real-time commands."""
        if held[0] == _DLE or held[:2] == b"\x1b=":
            if len(held) < 2:
                return None
            special = _SPECIAL.get((held[0], held[1]))
            if special is not None:
                return special(self, held)
            if (count := _ARGUMENTS.get((held[0], held[1]))) is not None:
                return None if len(held) < 2 + count else _Taken(2 + count, self._simple(held[: 2 + count]))
        elif held == b"\x1b":
            return None
        ends = [place for byte in (b"\x1b", b"\x10") if (place := held.find(byte, 1)) > 0]
        end = min(ends, default=len(held))
        return _Taken(end, DisplayData(held[:end]))

    def take_select(self, held: bytes) -> _Taken | None:
        """`ESC =`: bit 0 the printer, bit 1 the display; neither is the printer, as after power-on."""
        if len(held) < 3:
            return None
        self._to_display = held[2] & 3 == 2
        return _Taken(3, Select(self._to_display))

    def _take_text(self, held: bytes) -> _Taken | None:
        end, text = 0, []
        while end < len(held):
            byte = held[end]
            if byte in {_LF, _HT} or 0x20 <= byte < 0x7F:
                size = 1
            elif byte >= 0x80:
                size = _pair_size(held[end : end + 2]) if self._chinese and byte > 0x80 else 1
            else:
                break
            if size == 0 or end + size > len(held):
                break
            text.append(held[end : end + size])
            end += size
        if end == 0:
            return None
        return _Taken(end, Text(decode_text(b"".join(text), CHINESE if self._chinese else self._charset)))

    def _simple(self, command: bytes) -> Operation | None:
        first, letter, n = command[0], command[1:2], command[-1]
        if first == _DLE:
            return StatusRequest(n) if letter == b"\x04" and 1 <= n <= 4 else _recover(command)
        if first == _FS and letter in {b"&", b"."}:
            self._chinese = letter == b"&"
            return ChineseMode(self._chinese)
        style = self._restyled((first, letter), n)
        if style is not None:
            self._style = style
            return style
        return self._esc(letter, command) if first == _ESC else self._gs(letter, command)

    def _restyled(self, command: tuple[int, bytes], n: int) -> Style | None:
        style = self._style
        match command:
            case (0x1B, b"a"):
                return msgspec.structs.replace(style, align=ALIGNS[n & 3]) if n & ~0x30 < 3 else None
            case (0x1B, b"E") | (0x1B, b"G"):
                return msgspec.structs.replace(style, bold=bool(n & 1))
            case (0x1B, b"-"):
                return msgspec.structs.replace(style, underline=n & 3 != 0)
            case (0x1D, b"B"):
                return msgspec.structs.replace(style, invert=bool(n & 1))
            case (0x1D, b"!"):
                return msgspec.structs.replace(style, width=(n >> 4 & 7) + 1, height=(n & 7) + 1)
            case (0x1B, b"!"):
                width, height = 1 + (n >> 5 & 1), 1 + (n >> 4 & 1)
                return msgspec.structs.replace(style, bold=bool(n & 8), underline=bool(n & 0x80), width=width, height=height)
            case _:
                return None

    def _esc(self, letter: bytes, command: bytes) -> Operation | None:
        n = command[-1]
        match letter:
            case b"@":
                self._style, self._chinese, self._charset = Style(), self._chinese_at_start, "cp437"
                return Initialize()
            case b"2" | b"3":
                return None  # line spacing
            case b"d":
                return Feed(n)
            case b"J":
                return Feed((n + 29) // 30)
            case b"i" | b"m":
                return Cut(full=letter == b"i", feed_dots=None)
            case b"p":
                pin_on_off = command[2:]
                return KickDrawer(
                    2 if pin_on_off[0] & 1 == 0 else 5, pin_on_off[1] * DRAWER_STEP_MS, pin_on_off[2] * DRAWER_STEP_MS
                )
            case b"t" if n in _CHARSETS_BY_NUMBER:
                self._charset = _CHARSETS_BY_NUMBER[n]
                return CodePage(self._charset)
            case _:
                return Unknown(command)

    def _gs(self, letter: bytes, command: bytes) -> Operation | None:
        n = command[-1]
        match letter:
            case b"a":
                return AutoStatus(n)
            case b"r" if n & ~0x30 in {1, 2}:
                return BufferedStatusRequest(n & ~0x30)
            case b"h" if n:
                self._barcode = msgspec.structs.replace(self._barcode, height_dots=n)
                return None
            case b"w" if 2 <= n <= 6:
                self._barcode = msgspec.structs.replace(self._barcode, module_dots=n)
                return None
            case b"H":
                self._barcode = msgspec.structs.replace(self._barcode, caption=n & ~0x30 != 0)
                return None
            case b"f":
                return None
            case _:
                return Unknown(command)

    def take_cut(self, held: bytes) -> _Taken | None:
        """`GS V`."""
        if len(held) < 3:
            return None
        mode = held[2]
        if mode in {0, 1, 0x30, 0x31}:
            return _Taken(3, Cut(full=mode & 1 == 0, feed_dots=None))
        if mode not in {65, 66, 97, 98, 103, 104}:
            return _Taken(3, Unknown(held[:3]))
        if len(held) < 4:
            return None
        return _Taken(4, Cut(full=mode & 1 == 1, feed_dots=held[3]))

    def take_barcode(self, held: bytes) -> _Taken | None:
        """`GS k`, form A (ends with NUL) and form B (with its length)."""
        if len(held) < 4:
            return None
        kind = held[2]
        if kind < 65:
            end = held.find(0, 3, 3 + 256)
            if end < 0:
                return None if len(held) < 3 + 256 else _Taken(3, Unknown(held[:3]))
            return _Taken(end + 1, self._bars(kind + 65, held[3:end], held[: end + 1]))
        length = 4 + held[3]
        return None if len(held) < length else _Taken(length, self._bars(kind, held[4:length], held[:length]))

    def _bars(self, kind: int, data: bytes, command: bytes) -> Operation:
        read = read_bars(kind, data)
        if read is not None:
            return msgspec.structs.replace(self._barcode, symbology=read[0], data=read[1])
        return Unknown(command[:_SHOWN_MAX])

    def take_raster(self, held: bytes) -> _Taken | None:
        """`GS v 0`."""
        if len(held) < 8:
            return None
        width, height = int.from_bytes(held[4:6], "little"), int.from_bytes(held[6:8], "little")
        size = width * height
        if held[2] != 0x30 or size == 0:
            return _Taken(8, Unknown(held[:8]))
        return self._with_payload(held, 8, size, lambda rows: Raster(width, rows))

    def take_block(self, held: bytes) -> _Taken | None:
        """`GS ( x`, `ESC ( x`, `FS ( x`: a block with its length."""
        if len(held) < 5:
            return None
        letter = held[2:3] if held[0] == _GS else b""
        return self._with_payload(held, 5, int.from_bytes(held[3:5], "little"), lambda block: self._block(letter, block))

    def _block(self, letter: bytes, block: bytes) -> Operation | None:
        if letter == b"H" and len(block) == 6 and block[:2] == b"00" and all(0x20 <= byte <= 0x7E for byte in block[2:]):
            return ProcessId(block[2:].decode("ascii"))
        if letter == b"k" and block[:1] == b"1":
            return self._qr_step(block[1:2], block[2:])
        if letter == b"L" and (graphics := read_graphics(block)) is not None:
            return self._graphics(graphics)
        return Unknown((b"\x1d(" + letter + block)[:_SHOWN_MAX])

    def _graphics(self, graphics: Raster | bool) -> Operation | None:
        if isinstance(graphics, Raster):
            self._stored = graphics
            return None
        printed, self._stored = self._stored, None
        return printed

    def _qr_step(self, function: bytes, data: bytes) -> Operation | None:
        if function == b"C" and data and 1 <= data[0] <= 16:
            self._qr = msgspec.structs.replace(self._qr, module_dots=data[0])
        elif function == b"E" and data and 0x30 <= data[0] <= 0x33:
            self._qr = msgspec.structs.replace(self._qr, level=QR_LEVELS[data[0] - 0x30])
        elif function == b"P":
            self._qr = msgspec.structs.replace(self._qr, data=data[1:].decode("utf-8", errors="replace"))
        elif function == b"Q" and self._qr.data:
            return self._qr
        return None

    def take_long_block(self, held: bytes) -> _Taken | None:
        """`GS 8 L`: a block with a length of four bytes."""
        if len(held) < 7:
            return None
        return self._with_payload(held, 7, int.from_bytes(held[3:7], "little"), lambda block: self._block(held[2:3], block))

    def take_columns(self, held: bytes) -> _Taken | None:
        """`ESC *`: an image in columns."""
        if len(held) < 5:
            return None
        mode, across = held[2], int.from_bytes(held[3:5], "little")
        size = across * (3 if mode in {32, 33} else 1)
        shown = held[:_SHOWN_MAX]
        taken = self._with_payload(held, 5, size, lambda data: read_columns(mode, across, data) or Unknown(shown))
        self._strip_stands = taken is not None and isinstance(taken.operation, Raster)
        return taken

    def take_tabs(self, held: bytes) -> _Taken | None:
        """`ESC D`: up to 32 tab stops, ended by NUL."""
        end = held.find(0, 2, 2 + 33)
        if end >= 0:
            return _Taken(end + 1, Unknown(held[: min(end + 1, _SHOWN_MAX)]))
        return None if len(held) < 2 + 33 else _Taken(2, Unknown(held[:2]))

    def take_pulse(self, held: bytes) -> _Taken | None:
        """`DLE DC4`: function 1 is a pulse, 8 has seven arguments, the others two."""
        if len(held) < 3:
            return None
        length = 10 if held[2] == 8 else 5
        if len(held) < length:
            return None
        if held[2] == 1 and held[3] in {0, 1} and 1 <= held[4] <= 8:
            return _Taken(5, KickDrawer(2 if held[3] == 0 else 5, held[4] * 100, 100, now=True))
        return _Taken(length, ClearBuffer() if held[:length] == CLEAR_BUFFER else Unknown(held[:length]))

    def _with_payload(self, held: bytes, head: int, size: int, read: Callable[[bytes], Operation | None]) -> _Taken | None:
        if size > PAYLOAD_MAX:
            return _Taken(head, Unknown(held[:head]), skip=size)
        if len(held) < head + size:
            self._wanted = head + size
            return None
        return _Taken(head + size, read(held[head : head + size]))


_SPECIAL: dict[tuple[int, int], Callable[[Tokenizer, bytes], _Taken | None]] = {
    (_GS, ord("V")): Tokenizer.take_cut,
    (_GS, ord("k")): Tokenizer.take_barcode,
    (_GS, ord("v")): Tokenizer.take_raster,
    (_GS, ord("(")): Tokenizer.take_block,
    (_ESC, ord("(")): Tokenizer.take_block,
    (_FS, ord("(")): Tokenizer.take_block,
    (_GS, ord("8")): Tokenizer.take_long_block,
    (_ESC, ord("*")): Tokenizer.take_columns,
    (_ESC, ord("D")): Tokenizer.take_tabs,
    (_DLE, 0x14): Tokenizer.take_pulse,
    (_ESC, ord("=")): Tokenizer.take_select,
}


def _pair_size(pair: bytes) -> int:
    """Bytes of the Chinese character that begins here: 2, or 1 for a stray lead byte; 0 while the second is not here."""
    if len(pair) < 2:
        return 0
    return 2 if 0x40 <= pair[1] != 0x7F else 1


def _recover(command: bytes) -> Operation:
    return Recover(command[2]) if command[1] == 0x05 and command[2] in {1, 2} else Unknown(command)
