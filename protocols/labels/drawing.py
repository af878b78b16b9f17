"""The elements of a layout onto a canvas (mode "L", values of `palette.py`).

Each draws inside its own rectangle. What does not fit, or cannot be drawn, is refused, shortened or left out as its element
says; a refusal names the element.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from unicodedata import normalize

from PIL import Image, ImageDraw

from protocols.labels.barcode import bars_of, modules_of
from protocols.labels.code128 import CodeRefused, code128_modules, gs1_128_modules
from protocols.labels.content import CannotDraw, LabelContent, price_text
from protocols.labels.fonts import FontBook
from protocols.labels.look import Look, framed, slots
from protocols.labels.palette import BLACK_LUMA, WHITE_LUMA
from protocols.labels.pattern import Saying, amount_minor, fill, holds
from protocols.labels.qr import QrRefused, qr_matrix
from protocols.labels.template import (
    Align,
    Amount,
    BarcodeElement,
    BoxElement,
    PriceElement,
    QrElement,
    RepeatElement,
    Role,
    RuleElement,
    Simple,
    Symbology,
    TextElement,
    Trouble,
)
from protocols.labels.typeset import Block, Frame, Money, money, offset_of, shortened, words

_DIGITS_PX = 12
_UNCOLOURED = (BLACK_LUMA, WHITE_LUMA)
_TO_CANVAS = bytes(BLACK_LUMA if value else WHITE_LUMA for value in range(256))
"""From 255 dark, 0 light."""


@dataclass(slots=True)
class Drawing:
    """One label being drawn. `left_out` and `shortened`: names of elements that are not there, or not whole."""

    fonts: FontBook
    look: Look
    saying: Saying
    canvas: Image.Image
    coloured: bool = False
    """Whether anything but black and white was used."""
    left_out: list[str] = field(default_factory=list)
    shortened: list[str] = field(default_factory=list)

    def ink(self, role: Role) -> int:
        """The canvas value of a role, which is going to be used."""
        value = self.look.palette.inks[role]
        if value not in _UNCOLOURED:
            self.coloured = True
        return value


def draw(fonts: FontBook, look: Look, saying: Saying, content: LabelContent) -> Drawing:
    """Everything the layout says of a content. Raises `CannotDraw` with the element's name."""
    drawing = Drawing(fonts, look, saying, Image.new("L", (look.kind.width, look.kind.height), WHITE_LUMA))
    for placed in look.placed:
        element = placed.element
        if isinstance(element, RepeatElement):
            _repeat(drawing, element, placed.frame, content)
        else:
            _element(drawing, element, placed.frame, content)
    return drawing


def _repeat(drawing: Drawing, element: RepeatElement, frame: Frame, content: LabelContent) -> None:
    if not holds(element.when, content, drawing.saying):
        return
    products = content.products or (content,)
    if len(products) > element.slots_max:
        raise CannotDraw(f"{element.name}: {len(products)} products, room for {element.slots_max}", element.name)
    for product, slot in zip(products, slots(element, frame, len(products)), strict=True):
        for inner in element.elements:
            _element(drawing, inner, framed(inner.area, slot), product)


def _element(drawing: Drawing, element: Simple, frame: Frame, content: LabelContent) -> None:
    try:
        if holds(element.when, content, drawing.saying):
            _drawn(drawing, element, frame, content)
    except CannotDraw as error:
        if isinstance(element, TextElement | BarcodeElement | QrElement) and element.trouble is Trouble.LEAVE_OUT:
            drawing.left_out.append(element.name)
            return
        raise CannotDraw(f"{element.name}: {error}", element.name) from error


def _drawn(drawing: Drawing, element: Simple, frame: Frame, content: LabelContent) -> None:
    match element:
        case TextElement():
            _text(drawing, element, frame, content)
        case PriceElement():
            _price(drawing, element, frame, content)
        case RuleElement():
            _fill(drawing, frame, drawing.ink(element.colour))
        case BoxElement():
            _box(drawing, element, frame)
        case BarcodeElement():
            _barcode(drawing, element, frame, content)
        case QrElement():
            _qr(drawing, element, frame, content)


def _fill(drawing: Drawing, frame: Frame, value: int) -> None:
    drawing.canvas.im.paste(value, (frame.left, frame.top, frame.right, frame.bottom))


def _box(drawing: Drawing, element: BoxElement, frame: Frame) -> None:
    value = drawing.ink(element.colour)
    least = min(frame.width, frame.height)
    border, radius = element.border_px, min(element.radius_px, (least - 1) // 2)
    if (not border and radius <= 0) or 2 * border >= least:
        # Too thin to be hollow.
        _fill(drawing, frame, value)
        return
    pen = ImageDraw.Draw(drawing.canvas)
    corners = (frame.left, frame.top, frame.right - 1, frame.bottom - 1)
    if border:
        pen.rounded_rectangle(corners, radius, outline=value, width=border)
    else:
        pen.rounded_rectangle(corners, radius, fill=value)


def _text(drawing: Drawing, element: TextElement, frame: Frame, content: LabelContent) -> None:
    text = normalize("NFC", fill(element.pattern, content, drawing.saying))
    if not text:
        return
    block = words(drawing.fonts, text, frame, element.size_max_px, element.size_min_px, element.lines_max)
    if block is None and element.trouble is Trouble.SHORTEN:
        block = shortened(drawing.fonts, text, frame, element.size_min_px, element.lines_max)
        drawing.shortened.append(element.name)
    if block is None:
        raise CannotDraw(f"{text[:60]!r} does not fit into {frame.width}x{frame.height} pixels")
    _put(drawing, block, frame, element.align, element.valign, drawing.ink(element.colour))


def _price(drawing: Drawing, element: PriceElement, frame: Frame, content: LabelContent) -> None:
    minor = amount_minor(element.amount, content)
    if minor is None:
        if element.amount is Amount.PRICE:
            raise CannotDraw("there is no price")
        return
    amount = price_text(minor, content.minor_digits)
    sign = drawing.saying.signs.get(content.currency, content.currency)
    wanted = Money(amount, sign, element.style, element.currency)
    block = money(drawing.fonts, wanted, frame, element.size_max_px, element.size_min_px)
    if block is None:
        raise CannotDraw(
            f"the price {amount} {content.currency} does not fit into {frame.width}x{frame.height} pixels"
            f" at {element.size_min_px} pixels"
        )
    value = drawing.ink(element.colour)
    left, baseline = _put(drawing, block, frame, element.align, element.valign, value)
    if element.struck:
        thick = max(block.size_px // 12, 1)
        middle = baseline + (block.top + block.bottom) // 2
        _fill(drawing, Frame(left, middle, left + block.widths[0], middle + thick), value)


def _put(drawing: Drawing, block: Block, frame: Frame, align: Align, valign: Align, value: int) -> tuple[int, int]:
    """Draw a block; (left edge, baseline) of its first line."""
    top = frame.top + offset_of(block.bottom - block.top, frame.height, valign)
    first = baseline = top - block.top
    edge = frame.left
    for number, (line, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        left = frame.left + offset_of(width, frame.width, align)
        edge = left if number == 0 else edge
        for run in line:
            drawing.fonts.draw(drawing.canvas, run.text, run.size_px, left + run.x, baseline - run.rise, value)
        baseline += block.step
    return edge, first


def _barcode(drawing: Drawing, element: BarcodeElement, frame: Frame, content: LabelContent) -> None:
    text = fill(element.pattern, content, drawing.saying)
    if not text:
        return
    row = _modules(element.symbology, text)
    module = min(frame.width // len(row), element.module_max_px)
    if module == 0:
        raise CannotDraw(f"a bar code of {len(row)} modules does not fit into {frame.width} pixels")
    digits_px = _DIGITS_PX if element.digits and frame.height >= element.height_min_px + _DIGITS_PX else 0
    height = frame.height - digits_px
    if height < element.height_min_px:
        raise CannotDraw(f"{frame.height} pixels are too low for a bar code of at least {element.height_min_px}")
    width = len(row) * module
    left = frame.left + offset_of(width, frame.width, element.align)
    _fill(drawing, Frame(left, frame.top, left + width, frame.top + height), WHITE_LUMA)
    ink = drawing.canvas.im
    for start, end in bars_of(row):
        ink.paste(BLACK_LUMA, (left + start * module, frame.top, left + end * module, frame.top + height))
    if digits_px:
        below = Frame(left, frame.top + height, left + width, frame.bottom)
        block = words(drawing.fonts, text, below, _DIGITS_PX, 6, 1)
        if block is not None:
            _put(drawing, block, below, Align.CENTRE, Align.CENTRE, drawing.ink(Role.INK))


def _modules(symbology: Symbology, text: str) -> bytes:
    try:
        match symbology:
            case Symbology.CODE128:
                return code128_modules(text)
            case Symbology.GS1_128:
                return gs1_128_modules(text)
            case Symbology.GTIN:
                row = modules_of(text)
    except CodeRefused as error:
        raise CannotDraw(str(error)) from error
    if row is None:
        raise CannotDraw(f"{text!r} is no GTIN: 8, 12, 13 or 14 digits with their check digit")
    return row


def _qr(drawing: Drawing, element: QrElement, frame: Frame, content: LabelContent) -> None:
    text = fill(element.pattern, content, drawing.saying)
    if not text:
        return
    try:
        matrix = qr_matrix(text, element.correction)
    except QrRefused as error:
        raise CannotDraw(str(error)) from error
    side = matrix.side
    module = min(frame.width // side, frame.height // side, element.module_max_px)
    if module < element.module_min_px:
        raise CannotDraw(
            f"a QR code of {side} modules does not fit into {frame.width}x{frame.height} pixels"
            f" at {element.module_min_px} a module"
        )
    size = side * module
    left = frame.left + offset_of(size, frame.width, Align.CENTRE)
    top = frame.top + offset_of(size, frame.height, Align.CENTRE)
    modules = Image.frombytes("L", (side, side), matrix.bitmap().translate(_TO_CANVAS))
    # The light modules are white too, whatever lay there.
    drawing.canvas.im.paste(modules.resize((size, size), Image.Resampling.NEAREST).im, (left, top, left + size, top + size))
