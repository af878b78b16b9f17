"""CD5220, the command set of vacuum-fluorescent customer displays with two lines of twenty columns. Both roles.

Source: CD5220 manuals (command table; `ESC Q` line mode). A display says nothing: whether it is there, nobody can know.
After `ESC Q` only CLR and another `ESC Q` are obeyed until the next CLR or the switch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.escpos.charsets import CHINESE, decode_text, encode_text, unencodable
from protocols.escpos.columns import character_columns, padded

COLUMNS, LINES = 20, 2
SCROLL_MAX = 40
SCREEN_WAITING_MAX = 64
"""Bytes of one command a display holds; more is rubbish and dropped."""
CHARSETS = ("cp437", "cp850", "cp858", "cp1252", "cp866", CHINESE)
"""What displays are set to, mostly by switches: a code page, or Chinese as GB pairs."""
CLEAR, INITIALIZE = b"\x0c", b"\x1b@"
CR = b"\r"


def line_bytes(line: int, text: str, charset: str) -> bytes:
    """`ESC Q A` or `ESC Q B`: text in line 0 or 1, cut and filled to twenty columns.

    What the charset cannot write becomes `?`, one for each column, so that what follows stands where it should.
    """
    if line not in {0, 1}:
        raise ValueError(f"a display has lines 0 and 1, not {line}")
    return b"\x1bQ" + (b"A" if line == 0 else b"B") + shown(padded(text, COLUMNS), charset) + CR


def screen_bytes(upper: str, lower: str, charset: str) -> bytes:
    """Both lines. Neither clears the display first, so it does not flicker, and works whatever it did before."""
    return line_bytes(0, upper, charset) + line_bytes(1, lower, charset)


def start_bytes() -> bytes:
    """Initialise and clear: once, when the display is found. A display in line mode obeys the clearing alone."""
    return CLEAR + INITIALIZE + CLEAR


def scroll_bytes(text: str, charset: str) -> bytes:
    """`ESC Q D`: up to forty columns run through the upper line."""
    return b"\x1bQD" + shown(padded(text, SCROLL_MAX).rstrip(), charset) + CR


def shown(text: str, charset: str) -> bytes:
    """A text's bytes; `?` in place of what cannot be written, two for a wide character, so no control character passes."""
    strange = set(unencodable(text, charset)) | {"\n"}
    plain = "".join("?" * character_columns(each) if each in strange else each for each in text)
    return encode_text(plain, charset)


def blink_bytes(rate: int) -> bytes:
    """`US E n`: the display blinks; 0 stands still."""
    return b"\x1fE" + bytes([rate])


def _blank() -> list[list[str]]:
    return [[" "] * COLUMNS for _ in range(LINES)]


@dataclass(slots=True)
class Screen:
    """The display's side: bytes in, two lines out. Never raises, holds little, and takes any split of the bytes.

    Modes: overwrite (as after the switch), vertical scroll, horizontal scroll; line mode after `ESC Q`.
    """

    charset: str = "cp437"
    lines: list[list[str]] = field(default_factory=_blank)
    line_mode: bool = False
    blink: int = 0
    self_tests: int = 0
    scrolling: str = ""
    strange: int = 0
    """Commands it did not know or, in line mode, did not obey."""
    _held: bytes = b""
    _x: int = 0
    _y: int = 0
    _mode: int = 1

    def text(self) -> tuple[str, str]:
        """What it shows, both lines of twenty columns."""
        return "".join(self.lines[0]), "".join(self.lines[1])

    def feed(self, data: bytes) -> None:
        """Bytes from the till."""
        self._held += data
        while self._held:
            taken = self._take(self._held)
            if taken == 0:
                if len(self._held) <= SCREEN_WAITING_MAX:
                    return
                self.strange, taken = self.strange + 1, 1
            self._held = self._held[taken:]

    def _take(self, held: bytes) -> int:
        """Obey the first command; its length, or 0 while it is not whole."""
        first = held[:1]
        if first == b"\x0c":
            self._clear()
            return 1
        if first == b"\x1b":
            return self._escape(held)
        if first == b"\x1f":
            return self._us(held)
        if first == b"\x0b":
            return self._obey(1, self._home)
        if first == b"\x18":
            return self._obey(1, self._clear_line)
        if first in {b"\r", b"\n"}:
            return self._obey(1, self._next_line)
        if held[0] < 0x20:
            self.strange += 1
            return 1
        return self._characters(held)

    def _obey(self, length: int, act: Callable[[], None]) -> int:
        if self.line_mode:
            self.strange += 1
        else:
            act()
        return length

    def _escape(self, held: bytes) -> int:
        if len(held) < 2:
            return 0
        letter = held[1:2]
        if letter == b"Q":
            return self._line(held)
        if letter == b"@":
            return self._obey(2, self._initialize)
        if letter in {b"\x11", b"\x12", b"\x13"}:
            return self._obey(2, lambda: setattr(self, "_mode", held[1] - 0x10))
        if letter == b"l":
            return 0 if len(held) < 4 else self._obey(4, lambda: self._move(held[2], held[3]))
        self.strange += 1
        return 2

    def _us(self, held: bytes) -> int:
        if len(held) < 2:
            return 0
        if held[1:2] == b"@":
            return self._obey(2, lambda: setattr(self, "self_tests", self.self_tests + 1))
        if held[1:2] == b"E":
            return 0 if len(held) < 3 else self._obey(3, lambda: setattr(self, "blink", held[2]))
        self.strange += 1
        return 2

    def _line(self, held: bytes) -> int:
        """`ESC Q A|B|D text CR`. A control character in the text ends it: the command was torn."""
        if len(held) < 3:
            return 0
        which = held[2:3]
        end = next((place for place in range(3, len(held)) if held[place] < 0x20), -1)
        if which not in {b"A", b"B", b"D"}:
            self.strange += 1
            return 3
        if end < 0:
            return 0
        if held[end : end + 1] != CR:
            self.strange += 1
            return end
        text = decode_text(held[3:end], self.charset)
        self.line_mode, self.blink = True, 0
        if which == b"D":
            self.scrolling = padded(text, SCROLL_MAX).rstrip()
        self.lines[which == b"B"] = _cells(padded(text, COLUMNS))
        return end + 1

    def _characters(self, held: bytes) -> int:
        size = 1
        if self.charset == CHINESE and held[0] > 0x80:
            if len(held) < 2:
                return 0
            size = 2 if 0x40 <= held[1] != 0x7F else 1
        text = decode_text(held[:size], self.charset)
        return self._obey(size, lambda: self._put_all(text))

    def _put_all(self, text: str) -> None:
        for character in text:
            self._put(character)

    def _put(self, character: str) -> None:
        wide = max(1, character_columns(character))
        if self._x + wide > COLUMNS:
            if self._mode == 3:
                self.lines[self._y] = [*self.lines[self._y][wide:], character, *[""] * (wide - 1)]
                return
            self._next_line()
        self.lines[self._y][self._x : self._x + wide] = [character, *[""] * (wide - 1)]
        self._x += wide

    def _next_line(self) -> None:
        self._x = 0
        if self._y == 1 and self._mode == 2:
            self.lines = [self.lines[1], [" "] * COLUMNS]
        else:
            self._y = 1 - self._y

    def _home(self) -> None:
        self._x = self._y = 0

    def _move(self, x: int, y: int) -> None:
        if 1 <= x <= COLUMNS and 1 <= y <= LINES:
            self._x, self._y = x - 1, y - 1
        else:
            self.strange += 1

    def _clear_line(self) -> None:
        self.lines[self._y], self._x = [" "] * COLUMNS, 0

    def _clear(self) -> None:
        self.lines, self.line_mode, self.scrolling, self.blink = _blank(), False, "", 0
        self._home()

    def _initialize(self) -> None:
        self._clear()
        self._mode = 1


def _cells(text: str) -> list[str]:
    """A cell for each column; the second one of a wide character is empty."""
    wide = [(character, character_columns(character)) for character in text]
    return [cell for character, columns in wide if columns for cell in (character, *[""] * (columns - 1))]
