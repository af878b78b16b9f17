"""From a rendered label to the object a Bluetooth label stores."""

from __future__ import annotations

import pytest

from protocols.ble_esl.gatt import DisplayInfo
from protocols.ble_esl.picture import display_of, panel_of, write_object
from protocols.esl.image import ImageRefused, blank_picture, file_hash
from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer

RENDERER = LabelRenderer()
CONTENT = LabelContent(name="Tea", price_minor=250, currency="EUR", gtin="4006381333931", highlight=True)


@pytest.mark.parametrize("number", sorted(TAG_TYPES))
def test_every_panel_gets_exactly_the_planes_its_hash_names(number: int) -> None:
    kind = TAG_TYPES[number]
    drawn = RENDERER.render(CONTENT, number)
    assert write_object(kind, drawn.picture, drawn.image_hash) == drawn.planes.raw_file
    blank = bytes(kind.plane_bytes)
    assert write_object(kind, blank_picture(kind), file_hash(blank)) == blank


@pytest.mark.parametrize("number", sorted(TAG_TYPES))
def test_a_display_is_known_by_its_size_and_colours(number: int) -> None:
    found = panel_of(display_of(TAG_TYPES[number]))
    assert found is not None
    assert (found.width, found.height, found.colours) == (
        TAG_TYPES[number].width,
        TAG_TYPES[number].height,
        TAG_TYPES[number].colours,
    )


def test_strange_displays_and_other_pictures_are_refused() -> None:
    kind, drawn = TAG_TYPES[1], RENDERER.render(CONTENT, 1)
    assert panel_of(DisplayInfo(296, 128, 0x0B)) is None
    assert panel_of(DisplayInfo(297, 128, 0x06)) is None
    with pytest.raises(ImageRefused, match="not the one"):
        write_object(kind, drawn.picture, "0" * 32)
    with pytest.raises(ImageRefused, match="pixels"):
        write_object(TAG_TYPES[2], drawn.picture, drawn.image_hash)
    with pytest.raises(ImageRefused, match="no JPEG"):
        write_object(kind, b"GIF89a", drawn.image_hash)
