"""A rendered label as the object a Bluetooth label's image slot holds, and which of the house's panels a display is.

The format of image objects is the label maker's own business. Ours is the bit planes of `protocols.esl.image`, one after
the other without a header: what the ledger's hash names. Another maker's labels need another `write_object`.
"""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from protocols.ble_esl import gatt
from protocols.ble_esl.gatt import DisplayInfo
from protocols.esl.image import ImageRefused, file_hash, planes_of_masks
from protocols.esl.tag_types import BW, BWR, BWRY, BWY, TAG_TYPES, Rgb, TagType

_HALF = [255 if level > 127 else 0 for level in range(256)]
_COLOURS: dict[int, tuple[Rgb, ...]] = {
    gatt.BLACK_WHITE: BW,
    gatt.RED_BLACK_WHITE: BWR,
    gatt.YELLOW_BLACK_WHITE: BWY,
    gatt.RED_YELLOW_BLACK_WHITE: BWRY,
}


def panel_of(display: DisplayInfo) -> TagType | None:
    """The panel with these pixels and colours, the lowest number of several; None: the house draws for none like it."""
    colours = _COLOURS.get(display.kind)
    fitting = (
        kind
        for _, kind in sorted(TAG_TYPES.items())
        if (kind.width, kind.height) == (display.width, display.height) and kind.colours == colours
    )
    return next(fitting, None)


def display_of(kind: TagType) -> DisplayInfo:
    """How a label with this panel describes itself."""
    display_kind = next(number for number, colours in _COLOURS.items() if kind.colours == colours)
    return DisplayInfo(kind.width, kind.height, display_kind)


def write_object(kind: TagType, picture: bytes, image_hash: str) -> bytes:
    """The object of a rendered picture (JPEG). Raises `ImageRefused` unless it is exactly the one the hash names."""
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
            pixels = opened.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ImageRefused("the picture is no JPEG") from error
    if pixels.size != (kind.width, kind.height):
        raise ImageRefused(f"the picture has {pixels.size} pixels, the panel {kind.width} x {kind.height}")
    bits = [band.point(_HALF, "1") for band in pixels.split()]
    black, accent = (_ink(bits, kind, ink) for ink in ((1, 3), (2, 3)))
    planes = planes_of_masks(kind, black, accent if kind.has_accent else None)
    if file_hash(planes.raw_file) != image_hash:
        raise ImageRefused("the picture is not the one its hash names")
    return planes.raw_file


def _ink(bits: list[Image.Image], kind: TagType, colours: tuple[int, ...]) -> Image.Image:
    """Where one of these colours is. A panel colour's channels are full or empty, and JPEG moves none past half."""
    found = Image.new("1", (kind.width, kind.height))
    for index in colours:
        if index < len(kind.colours):
            same = [bit if full else ImageChops.invert(bit) for bit, full in zip(bits, kind.colours[index], strict=True)]
            found = ImageChops.logical_or(found, ImageChops.logical_and(ImageChops.logical_and(*same[:2]), same[2]))
    return found
