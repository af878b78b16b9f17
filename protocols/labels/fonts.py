"""Glyphs for labels: hard-edged (no grey pixel may reach an e-paper panel), drawn once per font and size, then reused.

Font files are given by their paths, in order: the first font that has a character draws it. Without any file Pillow's own
Latin font serves. In a collection (`.ttc`) the simplified Chinese face is taken where there is one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from protocols.labels.content import CannotDraw

if TYPE_CHECKING:
    from PIL._imaging import ImagingCore

SYSTEM_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
)
"""Where Debian keeps the fonts labels are drawn with when none are configured; the caller drops those that are missing."""
GLYPHS_KEPT = 16_384
"""Of all sizes together; then all are forgotten."""
LINES_KEPT = 4_096
FACES_IN_COLLECTION_MAX = 32
_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}
_JOINED = range(0x0900, 0x0E80)
"""Devanagari to Thai: letters are reordered, stacked and joined."""
_PROBES = ("\uffff", "\U0010ffff")
"""Characters no font has: what they look like is how a font says "missing"."""


class Glyph(NamedTuple):
    """One character in one size. `ink` None: nothing to draw. Its edges are pixels from the pen on the baseline."""

    ink: ImagingCore | None
    left: int
    top: int
    right: int
    bottom: int
    advance: int


@dataclass(frozen=True, slots=True)
class Line:
    """Measures of a text from the pen on the baseline: `advance` pixels across, its ink from `left` to `right` and from
    `top` (negative: above the baseline) to `bottom`."""

    advance: int
    left: int
    right: int
    top: int
    bottom: int


class FontBook:
    """The fonts of a renderer, at all sizes. Raises `CannotDraw` at once when a file is no font."""

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        self._sources = [_Source(path) for path in paths] or [_Source(None)]
        self._glyphs: dict[int, dict[str, Glyph]] = {}
        self._kept = 0
        self._lines: dict[tuple[str, int], Line] = {}

    def missing(self, text: str) -> str:
        """The characters of a text that cannot be drawn: no font has them, or they need more than setting side by side."""
        return "".join(dict.fromkeys(char for char in text if not self._can(char)))

    def _can(self, char: str) -> bool:
        return not _unsettable(char) and any(source.has(char) for source in self._sources)

    def glyph(self, char: str, size_px: int) -> Glyph:
        """A character. Raises `CannotDraw` when no font has it."""
        found = self._glyphs.get(size_px, {}).get(char)
        return found if found is not None else self._keep(char, size_px)

    def width(self, text: str, size_px: int) -> int:
        """Pixels the pen moves along a text. Raises `CannotDraw`."""
        return self.measure(text, size_px).advance

    def measure(self, text: str, size_px: int) -> Line:
        """Where a text has ink. Raises `CannotDraw`."""
        key = text, size_px
        found = self._lines.get(key)
        if found is None:
            if len(self._lines) >= LINES_KEPT:
                self._lines.clear()
            found = self._lines[key] = self._measured(text, size_px)
        return found

    def _measured(self, text: str, size_px: int) -> Line:
        glyphs = self._glyphs.get(size_px, {})
        pen = left = right = top = bottom = 0
        for char in text:
            glyph = glyphs.get(char) or self._keep(char, size_px)
            ink, ink_left, ink_top, ink_right, ink_bottom, advance = glyph
            if ink is not None:
                left = min(left, pen + ink_left)
                right = max(right, pen + ink_right)
                top = min(top, ink_top)
                bottom = max(bottom, ink_bottom)
            pen += advance
        return Line(pen, left, max(right, pen), top, bottom)

    def draw(self, canvas: Image.Image, text: str, size_px: int, x: int, baseline: int, value: int = 255) -> None:
        """Put a text on a canvas of mode "L" or "1" in one pixel value, the pen beginning at `x`. Raises `CannotDraw`."""
        # Straight to the core: `Image.paste` costs ten times the copying.
        core = canvas.im
        glyphs = self._glyphs.get(size_px, {})
        for char in text:
            ink, left, top, right, bottom, advance = glyphs.get(char) or self._keep(char, size_px)
            if ink is not None:
                core.paste(value, (x + left, baseline + top, x + right, baseline + bottom), ink)
            x += advance

    def _keep(self, char: str, size_px: int) -> Glyph:
        if self._kept >= GLYPHS_KEPT:
            self._glyphs.clear()
            self._kept = 0
        made = self._glyphs.setdefault(size_px, {})[char] = self._make(char, size_px)
        self._kept += 1
        return made

    def _make(self, char: str, size_px: int) -> Glyph:
        why = _unsettable(char)
        if why:
            raise CannotDraw(f"the character {char!r} (U+{ord(char):04X}) {why}")
        for source in self._sources:
            if source.has(char):
                return _glyph_of(source.face(size_px), char)
        raise CannotDraw(f"no font has the character {char!r} (U+{ord(char):04X})")


def _unsettable(char: str) -> str:
    """Why a character would come out wrong however good the fonts are; empty: it would not."""
    if unicodedata.category(char) == "Cc":
        return "is a control character"
    if unicodedata.bidirectional(char) in _RIGHT_TO_LEFT:
        return "is written from right to left, which labels cannot do"
    return "belongs to a script whose letters are joined, which labels cannot do" if ord(char) in _JOINED else ""


class _Source:
    """One font file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._index = 0
        self._faces: dict[int, ImageFont.FreeTypeFont] = {}
        self._known: dict[str, bool] = {}
        if path is not None and path.suffix.lower() in {".ttc", ".otc"}:
            self._index = _chinese_face(path)
        probe = self.face(16)
        self._missing_looks = {_looks(probe, char) for char in _PROBES}

    def face(self, size_px: int) -> ImageFont.FreeTypeFont:
        if size_px not in self._faces:
            self._faces[size_px] = _open(self._path, size_px, self._index)
        return self._faces[size_px]

    def has(self, char: str) -> bool:
        known = self._known.get(char)
        if known is None:
            known = char == " " or _looks(self.face(16), char) not in self._missing_looks
            self._known[char] = known
        return known


def _open(path: Path | None, size_px: int, index: int) -> ImageFont.FreeTypeFont:
    if path is None:
        font = ImageFont.load_default(size_px)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise CannotDraw("this Pillow has no FreeType: give font files")
        return font
    try:
        return ImageFont.truetype(str(path), size_px, index=index, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise CannotDraw(f"{path} is no font: {error}") from error


def _chinese_face(path: Path) -> int:
    for index in range(FACES_IN_COLLECTION_MAX):
        try:
            family, _ = ImageFont.truetype(str(path), 16, index=index).getname()
        except OSError:
            return 0
        if family is not None and family.endswith(" SC"):
            return index
    return 0


def _looks(face: ImageFont.FreeTypeFont, char: str) -> bytes:
    """What a character looks like, to tell it from the sign for a missing one."""
    mask = _drawn(face, char)[0]
    return b"" if mask is None else bytes(f"{mask.size}", "ascii") + mask.tobytes()


def _glyph_of(face: ImageFont.FreeTypeFont, char: str) -> Glyph:
    mask, left, top = _drawn(face, char)
    advance = max(round(face.getlength(char, mode="1")), 0)
    if mask is None:
        return Glyph(None, 0, 0, 0, 0, advance)
    return Glyph(mask.im, left, top, left + mask.width, top + mask.height, advance)


def _drawn(face: ImageFont.FreeTypeFont, char: str) -> tuple[Image.Image | None, int, int]:
    """A mask of the character's ink and its place from the pen; None: no ink."""
    left, top, right, bottom = (round(edge) for edge in face.getbbox(char, mode="1", anchor="ls"))
    if right <= left or bottom <= top:
        return None, 0, 0
    mask = Image.new("1", (right - left, bottom - top))
    pen = ImageDraw.Draw(mask)
    pen.fontmode = "1"
    pen.text((-left, -top), char, fill=255, font=face, anchor="ls")
    return (mask if mask.getbbox() is not None else None), left, top
