"""The one label renderer: content and hardware type in, JPEG for the access point, planes and their hash out.

The access point takes JPEG only and maps each pixel to the nearest colour of the panel. So the picture is drawn in pure
panel colours, encoded without chroma subsampling at quality 95 or better, decoded again and compared: no channel of any
pixel may be further than `DRIFT_MAX` from what was drawn, which is less than half the way to another colour under any
nearest-colour rule, with room for the access point's 5-6-5 bits and for other decoders' rounding. Then the planes, and
with them the hash the access point will report for the raw file, are known beforehand.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops

from protocols.esl.image import Planes, file_hash, planes_of_masks
from protocols.esl.tag_types import TAG_TYPES, TagType
from protocols.labels.barcode import EAN_MODULES, modules_of
from protocols.labels.content import SYMBOLS, CannotDraw, LabelContent, price_text
from protocols.labels.fonts import FontBook

DRIFT_MAX = 96
QUALITIES = (95, 98, 100)
PICTURES_KEPT = 64
ELLIPSIS = "..."
PRICE_SHRINK = 0.88
PRICE_PX_MIN = 14


@dataclass(frozen=True, slots=True)
class Rendered:
    """`picture`: JPEG bytes. `image_hash`: 32 hex digits as a tag record shows them when the file went raw."""

    picture: bytes
    image_hash: str
    planes: Planes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Sizes and baselines in pixels, from the panel's size."""

    margin: int
    name_px: int
    small_px: int
    price_px: int
    name_base: int
    second_base: int
    rule_y: int
    price_base: int
    code_top: int
    module: int


class LabelRenderer:
    """Draws labels with the fonts given; see `FontBook` for their order."""

    def __init__(self, fonts: Sequence[Path] = ()) -> None:
        self._fonts = FontBook(fonts)
        self._layouts: dict[int, _Layout] = {}
        self._kept: OrderedDict[tuple[LabelContent | None, int], Rendered] = OrderedDict()

    @property
    def fonts(self) -> FontBook:
        """What can be drawn: `fonts.missing(text)` tells which characters cannot."""
        return self._fonts

    def render(self, content: LabelContent | None, hardware_type: int) -> Rendered:
        """A label; `content` None: a blank one. Raises `CannotDraw`.

        A name too long for its line is set smaller, then ends in "..."; a second name no font can draw is left out; a price
        that does not fit is refused.
        """
        key = (content, hardware_type)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        kind = TAG_TYPES.get(hardware_type)
        if kind is None:
            raise CannotDraw(f"label hardware type {hardware_type} (hex {hardware_type:02X}) is not known here")
        black = Image.new("1", (kind.width, kind.height))
        accent = Image.new("1", (kind.width, kind.height)) if content is not None and content.highlight else None
        if content is not None:
            self._draw(kind, content, black, accent if kind.has_accent and accent is not None else black)
        planes = planes_of_masks(kind, black, accent)
        rendered = Rendered(_jpeg(kind, black, accent), file_hash(planes.raw_file), planes)
        self._kept[key] = rendered
        if len(self._kept) > PICTURES_KEPT:
            self._kept.popitem(last=False)
        return rendered

    def _draw(self, kind: TagType, content: LabelContent, black: Image.Image, accent: Image.Image) -> None:
        layout = self._layouts.get(kind.hardware_type)
        if layout is None:
            layout = self._layouts[kind.hardware_type] = _layout(kind)
        line_px = kind.width - 2 * layout.margin
        name, size_px = self._fitted(content.name, layout.name_px, line_px)
        self._fonts.draw(black, name, size_px, layout.margin, layout.name_base)
        if content.name_zh and not self._fonts.missing(content.name_zh):
            second, size_px = self._fitted(content.name_zh, layout.name_px, line_px)
            self._fonts.draw(black, second, size_px, layout.margin, layout.second_base)
        black.paste(255, (layout.margin, layout.rule_y, kind.width - layout.margin, layout.rule_y + 1))
        self._draw_price(kind, layout, content, black)
        if content.highlight:
            accent.paste(255, (0, layout.rule_y + 3, layout.margin - 1, layout.code_top - 3))
        self._draw_foot(kind, layout, content, black)

    def _draw_price(self, kind: TagType, layout: _Layout, content: LabelContent, black: Image.Image) -> None:
        sign = SYMBOLS.get(content.currency, "")
        currency = sign if sign and not self._fonts.missing(sign) else content.currency
        beside = [currency]
        if content.per_kg:
            beside.append("/ kg")
        elif content.unit_price is not None:
            unit = content.unit_price
            beside.append(f"1 {unit.unit} =" if unit.unit.isalpha() else f"{unit.unit} =")
            beside.append(price_text(unit.price_minor, content.minor_digits))
        beside_px = max(self._fonts.width(text, layout.small_px) for text in beside) + layout.margin
        step = layout.small_px + 3
        top = layout.price_base - step * (len(beside) - 1)
        for number, text in enumerate(beside):
            self._fonts.draw(black, text, layout.small_px, layout.margin + 2, top + number * step)
        price = price_text(content.price_minor, content.minor_digits)
        room_px = kind.width - 2 * layout.margin - beside_px
        size_px = layout.price_px
        while (width := self._fonts.width(price, size_px)) > room_px:
            size_px = int(size_px * PRICE_SHRINK)
            if size_px < PRICE_PX_MIN:
                raise CannotDraw(f"the price {price} {content.currency} does not fit on a label of {kind.width} pixels")
        self._fonts.draw(black, price, size_px, kind.width - layout.margin - width, layout.price_base)

    def _draw_foot(self, kind: TagType, layout: _Layout, content: LabelContent, black: Image.Image) -> None:
        row = modules_of(content.gtin)
        foot_base = kind.height - layout.margin
        text_px = max(layout.small_px * 3 // 4, 8)
        if row is not None:
            module = layout.module
            while module > 1 and len(row) * module > kind.width:
                module -= 1
            bars = Image.frombytes("L", (len(row), 1), row).convert("1", dither=Image.Dither.NONE)
            height = kind.height - layout.margin - layout.code_top
            bars = bars.resize((len(row) * module, height), Image.Resampling.NEAREST)
            black.paste(bars, (0, layout.code_top))
        elif content.gtin:
            self._fonts.draw(black, content.gtin, layout.small_px, layout.margin, foot_base)
        if content.revision:
            mark = f"r{content.revision}"
            x = kind.width - layout.margin - self._fonts.width(mark, text_px)
            taken = len(row) * layout.module if row is not None else 0
            if x < taken:
                raise CannotDraw(f"the revision mark {mark} does not fit beside the barcode")
            self._fonts.draw(black, mark, text_px, x, foot_base)

    def _fitted(self, text: str, size_px: int, room_px: int) -> tuple[str, int]:
        """The text and a size it fits in, or as much of it as fits in the smallest size with "..." behind."""
        smallest = max(size_px * 7 // 10, 10)
        for size in (size_px, (size_px + smallest) // 2, smallest):
            if self._fonts.width(text, size) <= room_px:
                return text, size
        taken = self._fonts.width(ELLIPSIS, smallest)
        for index, char in enumerate(text):
            taken += self._fonts.glyph(char, smallest).advance
            if taken > room_px:
                return text[:index].rstrip() + ELLIPSIS, smallest
        return text, smallest


def _layout(kind: TagType) -> _Layout:
    height, margin = kind.height, max(kind.height // 32, 3)
    line = height * 17 // 100
    code_top = height * 80 // 100
    return _Layout(
        margin=margin,
        name_px=height * 15 // 100,
        small_px=max(height * 11 // 100, 10),
        price_px=height * 41 // 100,
        name_base=margin + line * 8 // 10,
        second_base=margin + line * 18 // 10,
        rule_y=margin + line * 22 // 10,
        price_base=code_top - margin * 3 // 2,
        code_top=code_top,
        module=max(1, min(kind.width * 4 // 5 // EAN_MODULES, height // 64)),
    )


def _jpeg(kind: TagType, black: Image.Image, accent: Image.Image | None) -> bytes:
    """JPEG whose pixels decode to the colours drawn. Raises `CannotDraw` when no quality achieves it."""
    light = ImageChops.invert(black).convert("L")
    if accent is not None and kind.has_accent:
        picture = light.convert("RGB")
        picture.paste(kind.colours[2], mask=accent)
    else:
        # A picture without colour: the chroma planes are even and survive exactly, so luma alone needs looking at.
        even = Image.new("L", light.size, 128)
        picture = Image.merge("YCbCr", (light, even, even))
    for quality in QUALITIES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality, subsampling=0)
        drift = _drift(light, stream, "L") if picture.mode == "YCbCr" else _drift(picture, stream, "RGB")
        if drift <= DRIFT_MAX:
            return stream.getvalue()
    raise CannotDraw("the picture does not survive JPEG")


def _drift(drawn: Image.Image, stream: io.BytesIO, mode: Literal["L", "RGB"]) -> int:
    """The largest difference of any channel of any pixel after decoding."""
    stream.seek(0)
    with Image.open(stream) as decoded:
        decoded.draft(mode, drawn.size)
        difference = ImageChops.difference(drawn, decoded)
    return max(index % 256 for index, count in enumerate(difference.histogram()) if count)
