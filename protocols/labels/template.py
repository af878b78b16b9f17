"""What a label looks like, as data: templates that headquarters writes, versions and publishes, and every store draws alike.

A template serves one purpose (a regular price, a promotion ...) and has layouts, each for certain panels; the first that
serves a panel is used. All places are areas in thousandths of the panel (in a repeat: of its slot), so that one layout
serves several sizes. Letters are as large as their area allows, between a floor in pixels and a ceiling.

What does not fit is decided per element (`Trouble`): the default refuses the whole label, naming the element. A price is
always refused, never cut. Colours are roles; each palette says what they are (`palette.py`), so that no letter is ever
printed in yellow on white.
"""

from __future__ import annotations

import enum

import msgspec

WHOLE = 1000
"""Thousandths: the whole width or height."""
LAYOUTS_MAX = 16
ELEMENTS_MAX = 48
"""In one layout, those of repeats included."""
PATTERN_CHARS_MAX = 200
TEMPLATE_BYTES_MAX = 48 * 1024
"""Of the JSON: with its row it fits a feed delta (64 KiB)."""


class Purpose(enum.StrEnum):
    """What a template is for; the box chooses by what there is to say."""

    REGULAR = "regular"
    PROMOTION = "promotion"
    """A reduced price, with the former one and the last day where they are known."""
    MEMBER = "member"
    """A price for members beside the one for everybody."""
    OUT_OF_STOCK = "out_of_stock"
    MULTI = "multi"
    """Several products on one label."""
    UNIT = "unit"
    """The unit price as large as the price: goods sold by content, bulk goods."""


class Role(enum.StrEnum):
    """Colours by what they are for."""

    INK = "ink"
    """Black."""
    PAPER = "paper"
    """White."""
    ALERT = "alert"
    """For letters and lines that shall catch the eye: red where the panel has red, else black."""
    BANNER = "banner"
    """A filled area: red, else yellow, else black."""
    ON_BANNER = "on_banner"
    """Letters on `banner`, legible there."""
    HIGHLIGHT = "highlight"
    """A filled area of another kind: yellow, else red, else black."""
    ON_HIGHLIGHT = "on_highlight"
    """Letters on `highlight`, legible there."""


class Align(enum.StrEnum):
    """Across or down an area."""

    START = "start"
    CENTRE = "centre"
    END = "end"


class Trouble(enum.StrEnum):
    """What happens to an element that does not fit at its smallest size, or has a character no font draws."""

    REFUSE = "refuse"
    """The label is not drawn; the error names the element."""
    SHORTEN = "shorten"
    """Text ends in "..." (a missing character is refused all the same)."""
    LEAVE_OUT = "leave_out"
    """The element is left out, and the result says so."""


class Amount(enum.StrEnum):
    """Which sum of money of the content."""

    PRICE = "price"
    WAS = "was"
    MEMBER = "member"
    UNIT = "unit"
    SAVING = "saving"
    """`was` less `price`."""


class MoneyStyle(enum.StrEnum):
    """How a sum is set."""

    PLAIN = "plain"
    RAISED = "raised"
    """Minor digits smaller and raised, the currency sign small before them: `€ 12⁹⁹`."""


class CurrencyPlace(enum.StrEnum):
    """Where the currency stands in plain style."""

    BEFORE = "before"
    AFTER = "after"
    NONE = "none"


class Symbology(enum.StrEnum):
    """Kinds of bar codes."""

    GTIN = "gtin"
    """EAN-13, EAN-8, UPC-A or ITF-14, as the number of digits says; the pattern must give a GTIN."""
    CODE128 = "code128"
    GS1_128 = "gs1_128"
    """Code 128 with FNC1; the pattern is written with application identifiers in brackets: `(01){gtin14}(10){batch}`."""


class DateStyle(enum.StrEnum):
    """How `{until}` is written."""

    ISO = "iso"
    """2026-12-03"""
    DMY = "dmy"
    """03.12.2026"""
    MDY = "mdy"
    """12/03/2026"""
    ZH = "zh"
    """12月3日"""


class Correction(enum.StrEnum):
    """QR error correction level (ISO/IEC 18004): about 7, 15, 25, 30 % of the code may be lost."""

    LOW = "L"
    MEDIUM = "M"
    QUARTILE = "Q"
    HIGH = "H"


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle in thousandths of what it lies in."""

    x: int = 0
    y: int = 0
    width: int = WHOLE
    height: int = WHOLE


class _Element(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every element has. Later elements are drawn over earlier ones."""

    name: str
    """Unique in its layout; errors name it."""
    area: Area
    when: str = ""
    """A field of the content: the element is drawn only when it is not empty. `!field`: only when it is empty."""


class TextElement(_Element, frozen=True, kw_only=True, tag="text"):
    """Words. `pattern` holds literal text and `{field}`s (see `content.FIELDS`); a pattern one of whose fields is empty is
    empty, and nothing is drawn."""

    pattern: str
    colour: Role = Role.INK
    align: Align = Align.START
    valign: Align = Align.CENTRE
    lines_max: int = 1
    size_max_px: int = 0
    """0: as the height of the area allows."""
    size_min_px: int = 10
    trouble: Trouble = Trouble.REFUSE


class PriceElement(_Element, frozen=True, kw_only=True, tag="price"):
    """A sum of money, as large as the area allows. Refused when it does not fit; nothing is drawn when the content has no
    such sum (the price itself it always has)."""

    amount: Amount = Amount.PRICE
    style: MoneyStyle = MoneyStyle.PLAIN
    currency: CurrencyPlace = CurrencyPlace.BEFORE
    colour: Role = Role.INK
    align: Align = Align.END
    valign: Align = Align.CENTRE
    size_max_px: int = 0
    size_min_px: int = 14
    struck: bool = False
    """Struck through: a former price."""


class RuleElement(_Element, frozen=True, kw_only=True, tag="rule"):
    """A line: the area filled, at least one pixel each way."""

    colour: Role = Role.INK


class BoxElement(_Element, frozen=True, kw_only=True, tag="box"):
    """A rectangle, filled or (with `border_px`) outlined, with corners rounded by `radius_px`."""

    colour: Role = Role.INK
    border_px: int = 0
    """0: filled."""
    radius_px: int = 0


class BarcodeElement(_Element, frozen=True, kw_only=True, tag="barcode"):
    """A bar code in whole pixels per module, as wide as the area allows; its quiet zones lie inside the area."""

    symbology: Symbology = Symbology.GTIN
    pattern: str = "{gtin}"
    align: Align = Align.START
    digits: bool = False
    """What it says in digits below, where there is height for it."""
    module_max_px: int = 4
    height_min_px: int = 16
    trouble: Trouble = Trouble.REFUSE
    """Also for a code of which `symbology` cannot be made: a look-up code of three digits is no GTIN."""


class QrElement(_Element, frozen=True, kw_only=True, tag="qr"):
    """A QR code in whole pixels per module, in the middle of the area, its quiet zone inside.

    `{digital_link}` is the GS1 Digital Link of the item: `https://<link_domain>/01/<GTIN-14>`.
    """

    pattern: str = "{digital_link}"
    correction: Correction = Correction.MEDIUM
    module_min_px: int = 2
    module_max_px: int = 8
    trouble: Trouble = Trouble.REFUSE


Simple = TextElement | PriceElement | RuleElement | BoxElement | BarcodeElement | QrElement


class RepeatElement(_Element, frozen=True, kw_only=True, tag="repeat"):
    """One slot per product of a multi-product label, below each other (or beside, `across`); the elements' areas are those
    of a slot. More products than `slots_max` are refused."""

    elements: tuple[Simple, ...]
    slots_max: int = 4
    across: bool = False
    gap: int = 0
    """Between slots, in thousandths of the area."""


Element = TextElement | PriceElement | RuleElement | BoxElement | BarcodeElement | QrElement | RepeatElement


class Panels(msgspec.Struct, frozen=True, kw_only=True):
    """Which panels a layout serves. Sizes in pixels as a person holds the label; aspect is width / height in percent."""

    hardware_types: tuple[int, ...] = ()
    """Empty: every type that the sizes allow."""
    width_min_px: int = 0
    height_min_px: int = 0
    aspect_min_percent: int = 0
    aspect_max_percent: int = 10_000

    def serve(self, hardware_type: int, width_px: int, height_px: int) -> bool:
        """Whether a panel is one of them."""
        if self.hardware_types and hardware_type not in self.hardware_types:
            return False
        aspect = width_px * 100 // height_px
        large_enough = width_px >= self.width_min_px and height_px >= self.height_min_px
        return large_enough and self.aspect_min_percent <= aspect <= self.aspect_max_percent


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand on the panels it serves."""

    name: str
    elements: tuple[Element, ...]
    panels: Panels = Panels()


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a template. Versions of a `template_id` are numbered from 1 and never change."""

    template_id: str
    version: int
    name: str
    purpose: Purpose
    layouts: tuple[Layout, ...]
    link_domain: str = "id.gs1.org"
    """Where GS1 Digital Links of this template lead (a resolver of the retailer's own, or that of GS1)."""
    date_style: DateStyle = DateStyle.ISO

    @property
    def mark(self) -> str:
        """Names this version in hashes and messages: `regular@3`."""
        return f"{self.template_id}@{self.version}"

    def layout_for(self, hardware_type: int, width_px: int, height_px: int) -> Layout | None:
        """The layout a panel is drawn with; None: this template does not serve it."""
        for layout in self.layouts:
            if layout.panels.serve(hardware_type, width_px, height_px):
                return layout
        return None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Template)


class TemplateRefused(ValueError):
    """The bytes are no template; the text names the field."""


def encode_template(template: Template) -> bytes:
    """JSON, the same bytes for the same template."""
    return _encoder.encode(template)


def decode_template(data: bytes) -> Template:
    """Read a template. Raises `TemplateRefused` for JSON of another shape; the rules beyond the shape are in
    `rules.py`."""
    if len(data) > TEMPLATE_BYTES_MAX:
        raise TemplateRefused(f"a template may have {TEMPLATE_BYTES_MAX} bytes, this one has {len(data)}")
    try:
        return _decoder.decode(data)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise TemplateRefused(str(error)) from error
