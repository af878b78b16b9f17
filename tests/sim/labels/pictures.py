"""Pictures that carry an item and a price in fat dots, quick to draw; whoever sees the panel can tell what it says.

They stand in for the real renderer (which has its own tests): here only the way of a picture matters, and what was drawn is
remembered outside of the box.
"""

from __future__ import annotations

import functools
import io
import zlib

import pytest
from PIL import Image

from edge.labels.content import RenderedLabel, ShelfItem
from protocols.esl.image import Planes, file_hash, planes_of_masks
from protocols.esl.tag_types import TAG_TYPES, TagType
from simulators.oepl_ap import jpeg
from simulators.oepl_ap import pictures as made

Says = tuple[str, int] | None
"""(item, price in minor units); None: a blank panel."""


class Pictures:
    """See `edge.labels.content.Renderer`. `says`: what each picture ever drawn tells a customer, by planes digest."""

    def __init__(self) -> None:
        self.says: dict[str, Says] = {}
        self._drawn: dict[tuple[Says, int], RenderedLabel] = {}
        for kind in TAG_TYPES.values():
            self.says[Planes(bytes(kind.plane_bytes)).digest()] = None

    def render(self, item: ShelfItem | None, _label_id: str, hardware_type: int) -> RenderedLabel:
        """Draw it, once."""
        says = None if item is None else (item.item_id, item.price_minor)
        found = self._drawn.get((says, hardware_type))
        if found is None:
            picture, planes = _draw(TAG_TYPES[hardware_type], says)
            self.says[planes.digest()] = says
            found = self._drawn[says, hardware_type] = RenderedLabel(picture, file_hash(planes.raw_file))
        return found


def _draw(kind: TagType, says: Says) -> tuple[bytes, Planes]:
    columns, rows = kind.width // 8, kind.height // 8
    dots = Image.new("L", (columns, rows), 255)
    if says is not None:
        item_id, price_minor = says
        bits = f"{zlib.crc32(item_id.encode()):032b}{price_minor:024b}1"
        for position, bit in enumerate(bits):
            if bit == "1":
                dots.putpixel((position % columns, position // columns), 0)
    whole = Image.new("L", (kind.width, kind.height), 255)
    whole.paste(dots.resize((columns * 8, rows * 8), Image.Resampling.NEAREST), (0, 0))
    out = io.BytesIO()
    whole.convert("RGB").save(out, "JPEG", quality=95)
    black = whole.point([255] + [0] * 255, "1")
    return out.getvalue(), planes_of_masks(kind, black, None)


def read_each_jpeg_once(patch: pytest.MonkeyPatch) -> None:
    """The access point's own reading of a JPEG, remembered: the same few pictures are uploaded thousands of times."""
    patch.setattr(made, "planes_of_jpeg", functools.lru_cache(maxsize=4_096)(jpeg.planes_of_jpeg))
