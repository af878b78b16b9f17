"""Words and sums of money into rectangles of pixels: as large as they fit, never a pixel outside.

Sizes of words come from a ladder of about 8 % a step, so that few sizes of each character are ever drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from protocols.labels.fonts import FontBook, Line
from protocols.labels.template import Align, CurrencyPlace, MoneyStyle

ELLIPSIS = "..."
SIZE_PX_MAX = 400
_TEXT_FILL = 0.94
"""Size of a line of words by the height of its area: letters with descenders then fit."""
_DIGIT_HEIGHT = 0.7
"""Height of digits by their size, at least: where the search for a price's size begins."""
_LINE_STEP = 1.12
_RAISED_SCALE = 0.56
_SIGN_SCALE = 0.45
_CODE_SCALE = 0.7
"""Of a currency's three letters in plain style."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in pixels, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of one line: from the pen at `x`, its baseline `rise` pixels above that of the line."""

    text: str
    size_px: int
    x: int = 0
    rise: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Text ready to be drawn: runs in lines. `top` and `bottom` of the ink are measured from the first baseline."""

    lines: tuple[tuple[Run, ...], ...]
    widths: tuple[int, ...]
    step: int
    top: int
    bottom: int
    size_px: int


def _ladder() -> list[int]:
    sizes = list(range(6, 16))
    while sizes[-1] < SIZE_PX_MAX:
        sizes.append(max(sizes[-1] + 1, sizes[-1] * 108 // 100))
    return sizes


_LADDER = _ladder()


def words(fonts: FontBook, text: str, frame: Frame, size_max_px: int, size_min_px: int, lines_max: int) -> Block | None:
    """A text in one or more lines; None when it does not fit at its smallest size. Raises `CannotDraw`."""
    most = max(int(frame.height * _TEXT_FILL), size_min_px)
    if size_max_px:
        most = min(most, size_max_px)
    rung = bisect_right(_LADDER, most) - 1
    if lines_max == 1 and rung >= 0:
        rung = min(rung, _rung_by_width(fonts, text, frame, _LADDER[rung]))
    while rung >= 0 and (size := _LADDER[rung]) >= size_min_px:
        block = _wrapped(fonts, text, frame, size, lines_max)
        if block is not None:
            return block
        rung -= 1
    return None


def _rung_by_width(fonts: FontBook, text: str, frame: Frame, size_px: int) -> int:
    """Where to begin searching: widths grow with the size but for rounding, so a step above the quotient is tried too."""
    width = fonts.measure(text, size_px).advance
    if width <= frame.width:
        return len(_LADDER)
    return bisect_right(_LADDER, size_px * frame.width // width) + 1


def shortened(fonts: FontBook, text: str, frame: Frame, size_min_px: int, lines_max: int) -> Block | None:
    """As much of a text as fits at the smallest size, with "..." behind; None when not even that fits."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _cut(fonts, text, middle, frame, size_min_px, lines_max) is None:
            high = middle - 1
        else:
            low = middle
    return _cut(fonts, text, low, frame, size_min_px, lines_max) if low else None


def _cut(fonts: FontBook, text: str, length: int, frame: Frame, size_px: int, lines_max: int) -> Block | None:
    return _wrapped(fonts, text[:length].rstrip() + ELLIPSIS, frame, size_px, lines_max)


def _wrapped(fonts: FontBook, text: str, frame: Frame, size_px: int, lines_max: int) -> Block | None:
    whole = fonts.measure(text, size_px)
    if whole.right - whole.left <= frame.width:
        return _block(((text, whole),), size_px, frame)
    if lines_max == 1:
        return None
    lines: list[tuple[str, Line]] = []
    rest = text
    while rest:
        if len(lines) == lines_max:
            return None
        taken = _line_of(fonts, rest, size_px, frame.width)
        if not taken:
            return None
        line = taken.rstrip()
        measured = fonts.measure(line, size_px)
        if measured.right - measured.left > frame.width:
            # Ink before the pen, as of a "j", counts too.
            return None
        lines.append((line, measured))
        rest = rest[len(taken) :].lstrip()
    return _block(tuple(lines), size_px, frame)


def _line_of(fonts: FontBook, text: str, size_px: int, room_px: int) -> str:
    """The longest beginning that fits and ends where a line may: after a blank, or beside a character of no alphabet."""
    pen = 0
    end = 0
    for index, char in enumerate(text):
        glyph = fonts.glyph(char, size_px)
        if pen + max(glyph.advance, glyph.right) > room_px and char != " ":
            return text[:end]
        pen += glyph.advance
        following = text[index + 1 : index + 2]
        if char == " " or not following or ord(char) > _LAST_ALPHABETIC or ord(following) > _LAST_ALPHABETIC:
            end = index + 1
    return text


_LAST_ALPHABETIC = 0x2E7F
"""Beyond it are ideographs, between which a line may end."""


def _block(lines: tuple[tuple[str, Line], ...], size_px: int, frame: Frame) -> Block | None:
    step = int(size_px * _LINE_STEP)
    top = lines[0][1].top
    bottom = max(index * step + line.bottom for index, (_, line) in enumerate(lines))
    if bottom - top > frame.height:
        return None
    return Block(
        lines=tuple((Run(text, size_px, -line.left),) for text, line in lines),
        widths=tuple(line.right - line.left for _, line in lines),
        step=step,
        top=top,
        bottom=bottom,
        size_px=size_px,
    )


@dataclass(frozen=True, slots=True)
class Money:
    """A sum to be set: `amount` as `price_text` writes it, `sign` of the currency or its code."""

    amount: str
    sign: str
    style: MoneyStyle
    place: CurrencyPlace


def money(fonts: FontBook, sum_of: Money, frame: Frame, size_max_px: int, size_min_px: int) -> Block | None:
    """A sum in one line as large as it fits; None when it does not at its smallest size. Raises `CannotDraw`."""
    size = min(int(frame.height / _DIGIT_HEIGHT), SIZE_PX_MAX)
    if size_max_px:
        size = min(size, size_max_px)
    while size >= size_min_px:
        block = _money_at(fonts, sum_of, size)
        width, height = block.widths[0], block.bottom - block.top
        if width <= frame.width and height <= frame.height:
            return block
        size = min(size - 1, size * frame.width // width, size * frame.height // height)
    return None


def _money_at(fonts: FontBook, sum_of: Money, size_px: int) -> Block:
    scale = _SIGN_SCALE if sum_of.style is MoneyStyle.RAISED else 1 if len(sum_of.sign) == 1 else _CODE_SCALE
    small = max(int(size_px * scale), 8)
    gap = max(size_px // 12, 1)
    runs: list[Run] = []
    place = CurrencyPlace.BEFORE if sum_of.style is MoneyStyle.RAISED else sum_of.place
    pen = 0
    if place is CurrencyPlace.BEFORE and sum_of.sign:
        runs.append(Run(sum_of.sign, small))
        pen = fonts.width(sum_of.sign, small) + gap
    major, point, minor = sum_of.amount.partition(".")
    if sum_of.style is MoneyStyle.RAISED and minor:
        runs.append(Run(major + point, size_px, pen))
        # The minor digits stand over the point: nothing tears the sum apart, and it still has its point.
        pen += fonts.width(major, size_px) + gap
        raised = max(int(size_px * _RAISED_SCALE), 8)
        rise = fonts.measure("0", raised).top - fonts.measure("0", size_px).top
        runs.append(Run(minor, raised, pen, max(rise, 0)))
        pen += fonts.width(minor, raised)
    else:
        runs.append(Run(sum_of.amount, size_px, pen))
        pen += fonts.width(sum_of.amount, size_px)
    if place is CurrencyPlace.AFTER and sum_of.sign:
        runs.append(Run(sum_of.sign, small, pen + gap))
    return _line_block(fonts, runs, size_px)


def _line_block(fonts: FontBook, runs: list[Run], size_px: int) -> Block:
    lines = [(run, fonts.measure(run.text, run.size_px)) for run in runs]
    left = min(run.x + line.left for run, line in lines)
    right = max(run.x + line.right for run, line in lines)
    moved = tuple(Run(run.text, run.size_px, run.x - left, run.rise) for run in runs)
    return Block(
        lines=(moved,),
        widths=(right - left,),
        step=0,
        top=min(line.top - run.rise for run, line in lines),
        bottom=max(line.bottom - run.rise for run, line in lines),
        size_px=size_px,
    )


def offset_of(size: int, room: int, align: Align) -> int:
    """Where something begins in a room."""
    match align:
        case Align.START:
            return 0
        case Align.CENTRE:
            return (room - size) // 2
        case Align.END:
            return room - size
