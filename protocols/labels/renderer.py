"""The one label renderer, of preview, simulator and label: content, panel and template in; JPEG, planes and their hash out.

The picture is drawn in pure panel colours and encoded so that it decodes to them (`jpeg.py`). Then the planes, and with them
the hash the access point will report for the raw file, are known beforehand.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from protocols.esl.image import Planes, file_hash, planes_of_masks
from protocols.esl.tag_types import TagType
from protocols.labels.content import SYMBOLS, LabelContent
from protocols.labels.drawing import draw
from protocols.labels.fonts import FontBook
from protocols.labels.jpeg import encode
from protocols.labels.look import LookBook, kind_of, template_for
from protocols.labels.palette import WHITE_LUMA, Palette, palette_of
from protocols.labels.pattern import Saying
from protocols.labels.template import Template

PICTURES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Rendered:
    """`picture`: JPEG bytes. `image_hash`: 32 hex digits as a tag record shows them when the file went raw.

    `left_out`, `shortened`: names of elements that are not on the label, or not whole, as their template allows.
    """

    picture: bytes
    image_hash: str
    planes: Planes
    template: str = ""
    """`regular@3`; empty for a blank label."""
    left_out: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()


class LabelRenderer:
    """Draws labels with the fonts given; see `FontBook` for their order. Not for several threads at once."""

    def __init__(self, fonts: Sequence[Path] = ()) -> None:
        self._fonts = FontBook(fonts)
        self._signs = {code: sign for code, sign in SYMBOLS.items() if not self._fonts.missing(sign)}
        self._looks = LookBook()
        self._kept: OrderedDict[tuple[LabelContent | None, int, int], Rendered] = OrderedDict()

    @property
    def fonts(self) -> FontBook:
        """What can be drawn: `fonts.missing(text)` tells which characters cannot."""
        return self._fonts

    def render(self, content: LabelContent | None, hardware_type: int, template: Template | None = None) -> Rendered:
        """A label; `content` None: a blank one; no template: the built-in one for the content.

        Raises `CannotDraw`, with the name of the element that does not fit or has a character no font draws.
        """
        if content is None:
            return self._blank(hardware_type)
        look = self._looks.look(template or template_for(content), hardware_type)
        key = (content, hardware_type, look.serial)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        drawing = draw(self._fonts, look, Saying(look.template, self._signs), content)
        picture, planes = _finished(look.kind, look.palette, drawing.canvas, coloured=drawing.coloured)
        return self._keep(
            key,
            Rendered(
                picture=picture,
                image_hash=file_hash(planes.raw_file),
                planes=planes,
                template=look.template.mark,
                left_out=tuple(drawing.left_out),
                shortened=tuple(drawing.shortened),
            ),
        )

    def _blank(self, hardware_type: int) -> Rendered:
        key = (None, hardware_type, 0)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        kind = kind_of(hardware_type)
        canvas = Image.new("L", (kind.width, kind.height), WHITE_LUMA)
        picture, planes = _finished(kind, palette_of(kind), canvas)
        return self._keep(key, Rendered(picture=picture, image_hash=file_hash(planes.raw_file), planes=planes))

    def _keep(self, key: tuple[LabelContent | None, int, int], rendered: Rendered) -> Rendered:
        self._kept[key] = rendered
        if len(self._kept) > PICTURES_KEPT:
            self._kept.popitem(last=False)
        return rendered


def _finished(kind: TagType, palette: Palette, canvas: Image.Image, *, coloured: bool = False) -> tuple[bytes, Planes]:
    """JPEG and planes of a canvas."""
    if coloured:
        black = canvas.point(palette.first_plane, "1")
        accent = canvas.point(palette.second_plane, "1")
        planes = planes_of_masks(kind, black, accent)
    else:
        # The same bits as by the table, in a tenth of the time.
        planes = planes_of_masks(kind, ImageChops.invert(canvas.convert("1", dither=Image.Dither.NONE)), None)
    return encode(canvas, palette, coloured=coloured), planes
