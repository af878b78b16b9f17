"""Glyphs for labels: hard-edged (no grey pixel may reach an e-paper panel), drawn once per font and size, then reused.

Font files are given by their paths, in order: the first font that has a character draws it. Without any file Pillow's own
Latin font serves. In a collection (`.ttc`) the simplified Chinese face is taken where there is one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from protocols.labels.content import CannotDraw

SYSTEM_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
)
"""Where Debian keeps the fonts labels are drawn with when none are configured; the caller drops those that are missing."""
GLYPHS_KEPT = 16_384
"""Of all sizes together; then all are forgotten."""
FACES_IN_COLLECTION_MAX = 32
_PROBES = ("\uffff", "\U0010ffff")
"""Characters no font has: what they look like is how a font says "missing"."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in one size. `mask` None: nothing to draw. `left` and `top` from the pen on the baseline."""

    mask: Image.Image | None
    left: int
    top: int
    width: int
    height: int
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

    def missing(self, text: str) -> str:
        """The characters of a text that no font has."""
        return "".join(dict.fromkeys(char for char in text if not any(source.has(char) for source in self._sources)))

    def glyph(self, char: str, size_px: int) -> Glyph:
        """A character. Raises `CannotDraw` when no font has it."""
        found = self._glyphs.get(size_px, {}).get(char)
        return found if found is not None else self._keep(char, size_px)

    def width(self, text: str, size_px: int) -> int:
        """Pixels the pen moves along a text. Raises `CannotDraw`."""
        return self.measure(text, size_px).advance

    def measure(self, text: str, size_px: int) -> Line:
        """Where a text has ink. Raises `CannotDraw`."""
        glyphs = self._glyphs.get(size_px, {})
        pen = left = right = top = bottom = 0
        for char in text:
            glyph = glyphs.get(char) or self._keep(char, size_px)
            if glyph.mask is not None:
                left = min(left, pen + glyph.left)
                right = max(right, pen + glyph.left + glyph.width)
                top = min(top, glyph.top)
                bottom = max(bottom, glyph.top + glyph.height)
            pen += glyph.advance
        return Line(pen, left, max(right, pen), top, bottom)

    def draw(self, canvas: Image.Image, text: str, size_px: int, x: int, baseline: int, value: int = 255) -> None:
        """Put a text on a canvas of mode "L" or "1" in one pixel value, the pen beginning at `x`. Raises `CannotDraw`."""
        ink = canvas.im
        glyphs = self._glyphs.get(size_px, {})
        for char in text:
            glyph = glyphs.get(char) or self._keep(char, size_px)
            if glyph.mask is not None:
                left, top = x + glyph.left, baseline + glyph.top
                # Straight to the core: `Image.paste` costs ten times the copying.
                ink.paste(value, (left, top, left + glyph.width, top + glyph.height), glyph.mask.im)
            x += glyph.advance

    def _keep(self, char: str, size_px: int) -> Glyph:
        if self._kept >= GLYPHS_KEPT:
            self._glyphs.clear()
            self._kept = 0
        made = self._glyphs.setdefault(size_px, {})[char] = self._make(char, size_px)
        self._kept += 1
        return made

    def _make(self, char: str, size_px: int) -> Glyph:
        for source in self._sources:
            if source.has(char):
                return _glyph_of(source.face(size_px), char)
        raise CannotDraw(f"no font has the character {char!r} (U+{ord(char):04X})")


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
    glyph = _glyph_of(face, char)
    if glyph.mask is None:
        return b""
    stream = io.BytesIO()
    stream.write(bytes(f"{glyph.mask.size}", "ascii"))
    stream.write(glyph.mask.tobytes())
    return stream.getvalue()


def _glyph_of(face: ImageFont.FreeTypeFont, char: str) -> Glyph:
    left, top, right, bottom = (round(edge) for edge in face.getbbox(char, mode="1", anchor="ls"))
    advance = max(round(face.getlength(char, mode="1")), 0)
    if right <= left or bottom <= top:
        return Glyph(None, 0, 0, 0, 0, advance)
    mask = Image.new("1", (right - left, bottom - top))
    pen = ImageDraw.Draw(mask)
    pen.fontmode = "1"
    pen.text((-left, -top), char, fill=255, font=face, anchor="ls")
    return Glyph(mask if mask.getbbox() is not None else None, left, top, mask.width, mask.height, advance)
