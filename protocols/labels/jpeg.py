"""JPEG that decodes to the colours drawn, without looking at each picture again.

The access point takes JPEG only and maps every pixel to the nearest colour of the panel, so what matters is how far a
decoded pixel can be from the drawn one. A quantised DCT coefficient is off by at most half its table entry, and each one
moves a pixel by at most its basis function: summed over the 64 of a block that bounds the error of a plane, and the
conversion to red, green and blue bounds the channels. At `QUALITY` no channel can be further off than `DRIFT_MAX`, which is
less than half the way to another panel colour under any nearest-colour rule, with room for the access point's 5-6-5 bits and
for other decoders' rounding. A test computes the bound from the tables Pillow really writes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image

from protocols.labels.palette import Palette

QUALITY = 95
DRIFT_MAX = 96
_HALVED = 2
_WHOLE = 0


def encode(canvas: Image.Image, palette: Palette, *, coloured: bool) -> bytes:
    """JPEG of a canvas (see `palette`). Without colour the chroma planes are even, so halving them loses nothing."""
    if coloured:
        indexed = canvas.convert("P")
        indexed.putpalette(palette.rgb)
        picture = indexed.convert("RGB")
    else:
        # Grey as RGB, not YCbCr: the encoder's own conversion is faster than packing three planes.
        picture = canvas.convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY, subsampling=_WHOLE if coloured else _HALVED)
    return stream.getvalue()


def drift_bound(luma_table: Sequence[int], chroma_table: Sequence[int]) -> float:
    """The furthest any channel of any pixel can be off, for two quantisation tables of 64 entries in rows."""
    luma, chroma = _plane_bound(luma_table), _plane_bound(chroma_table)
    return luma + 1.772 * chroma


def _plane_bound(table: Sequence[int]) -> float:
    worst = 0.0
    for x in range(8):
        across = _basis(x)
        for y in range(8):
            down = _basis(y)
            worst = max(worst, sum(table[v * 8 + u] / 2 * across[u] * down[v] for v in range(8) for u in range(8)))
    return worst


def _basis(place: int) -> list[float]:
    """How far a unit coefficient of each frequency moves one place, in one direction."""
    scale = [math.sqrt(0.5)] + [1.0] * 7
    return [scale[u] / 2 * abs(math.cos((2 * place + 1) * u * math.pi / 16)) for u in range(8)]
