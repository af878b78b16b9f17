"""JPEG to planes the way the access point does it: 5-6-5 bits per pixel, then the nearest panel colour, no dithering.

Shares no code with the renderer's own check, so that a predicted hash is proven by something else than itself.
"""

from __future__ import annotations

import io

from PIL import Image

from protocols.esl.image import ImageRefused, Planes, nearest_colour, planes_of_masks
from protocols.esl.tag_types import Rgb, TagType

_MAPS: dict[tuple[Rgb, ...], _Nearest] = {}


class _Nearest(dict[int, int]):
    """Colour index of each 5-6-5 pixel met so far."""

    def __init__(self, colours: tuple[Rgb, ...]) -> None:
        super().__init__()
        self._colours = colours

    def __missing__(self, pixel: int) -> int:
        red, green, blue = pixel >> 11, pixel >> 5 & 63, pixel & 31
        full = (red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2)
        index = self[pixel] = nearest_colour(full, self._colours)
        return index


def planes_of_jpeg(kind: TagType, jpeg: bytes) -> Planes:
    """What the tag will show. A smaller picture leaves the rest white. Raises `ImageRefused` when it is no JPEG."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as opened:
            picture = opened.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ImageRefused("invalid jpg") from error
    if picture.size != (kind.width, kind.height):
        whole = Image.new("RGB", (kind.width, kind.height), kind.colours[0])
        whole.paste(picture, (0, 0))
        picture = whole
    nearest = _MAPS.setdefault(kind.colours, _Nearest(kind.colours))
    red, green, blue = picture.split()
    bands = red.tobytes(), green.tobytes(), blue.tobytes()
    if bands[0] == bands[1] == bands[2]:
        panel = red.point([nearest[_pixel(level, level, level)] for level in range(256)])
    else:
        indices = bytes(nearest[_pixel(r, g, b)] for r, g, b in zip(*bands, strict=True))
        panel = Image.frombytes("L", picture.size, indices)
    black = panel.point([255 if index in (1, 3) else 0 for index in range(256)], "1")
    accent = panel.point([255 if index in (2, 3) else 0 for index in range(256)], "1")
    return planes_of_masks(kind, black, accent)


def _pixel(red: int, green: int, blue: int) -> int:
    return (red & 0xF8) << 8 | (green & 0xFC) << 3 | blue >> 3
