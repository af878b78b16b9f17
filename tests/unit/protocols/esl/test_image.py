"""Planes, files and hashes as the access point makes them (makeimage.cpp, newproto.cpp)."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from protocols.esl.image import (
    ImageRefused,
    Planes,
    canonical_hash,
    data_version,
    file_hash,
    nearest_colour,
    picture_of,
    planes_of_masks,
    read_file,
    zlib_file,
)
from protocols.esl.tag_types import BW, BWR, BWY, TAG_TYPES

SMALL = TAG_TYPES[0x00]
SHELF = TAG_TYPES[0x01]
WIDE = TAG_TYPES[0x33]
kinds = st.sampled_from([SMALL, SHELF, WIDE])


def test_the_hash_is_the_first_half_of_the_md5_of_the_file() -> None:
    file = b"The quick brown fox jumps over the lazy dog"
    assert file_hash(file) == "9e107d9d372bb6820000000000000000"
    assert data_version(file_hash(file)) == "82B62B379D7D109E"


def test_a_quarter_turn_puts_the_right_edge_of_the_label_first() -> None:
    # rotatebuffer 1: panel pixel (x, y) is label pixel (width - 1 - y, x).
    black = Image.new("1", (296, 128))
    black.putpixel((295, 0), 255)
    black.putpixel((0, 127), 255)
    planes = planes_of_masks(SHELF, black, None)
    assert len(planes.black) == 4736
    assert planes.black[0] == 0b1000_0000
    assert planes.black[-1] == 0b0000_0001
    assert planes.black.count(0) == 4734


def test_three_quarter_turns_put_the_left_edge_first() -> None:
    black = Image.new("1", (384, 168))
    black.putpixel((0, 167), 255)
    assert planes_of_masks(WIDE, black, None).black[0] == 0b1000_0000


def test_the_second_plane_is_there_only_with_accent_pixels() -> None:
    black, accent = Image.new("1", (296, 128)), Image.new("1", (296, 128))
    assert planes_of_masks(SHELF, black, accent).raw_file == bytes(4736)
    accent.putpixel((295, 7), 255)
    planes = planes_of_masks(SHELF, black, accent)
    assert len(planes.raw_file) == 9472
    assert planes.accent[0] == 0b0000_0001
    assert planes.whole() == planes.raw_file


@given(kinds, st.integers(0, 2**32), st.booleans())
def test_planes_become_the_picture_they_were_made_of(kind, seed, colour) -> None:  # type: ignore[no-untyped-def]
    size = (kind.width, kind.height)
    black = Image.effect_noise(size, 80).point(lambda value: 255 if (value + seed) % 7 > 3 else 0, "1")
    accent = Image.new("1", size)
    if colour:
        accent.paste(255, (seed % 40, 3, seed % 40 + 30, 20))
        black.paste(0, mask=accent)
    planes = planes_of_masks(kind, black, accent)
    picture = picture_of(kind, planes)
    assert picture.getpixel((seed % 40 + 1, 4)) == ((255, 0, 0) if colour else picture.getpixel((seed % 40 + 1, 4)))
    seen_black = picture.convert("RGB").getchannel("R").point(lambda value: 0 if value else 255, "1")
    assert seen_black.tobytes() == black.tobytes()


def test_a_compressed_file_has_its_size_a_small_window_and_a_header() -> None:
    planes = Planes(bytes(range(256)) * 31 + bytes(128))
    file = zlib_file(WIDE, planes)
    assert struct.unpack_from("<I", file)[0] == 6 + 8064
    assert file[4] == 0x48
    assert zlib.decompress(file[4:]) == b"\x06" + struct.pack("<HHB", 168, 384, 1) + planes.black
    assert read_file(WIDE, file, compressed=True) == planes
    assert canonical_hash(WIDE, file, file_hash(file)) == file_hash(planes.raw_file)
    assert canonical_hash(WIDE, planes.raw_file, file_hash(planes.raw_file)) == file_hash(planes.raw_file)


def test_files_that_are_no_picture_are_refused() -> None:
    good = zlib_file(WIDE, Planes(bytes(8064)))
    other_size = zlib_file(SHELF, Planes(bytes(4736)))
    for wrong in (b"", good[:-5], b"\x00" * 40, other_size):
        with pytest.raises(ImageRefused):
            read_file(WIDE, wrong, compressed=True)
    for wrong in (b"", bytes(4735), bytes(3 * 4736)):
        with pytest.raises(ImageRefused):
            read_file(SHELF, wrong, compressed=False)
    with pytest.raises(ImageRefused):
        canonical_hash(WIDE, good, file_hash(b"another file"))


@given(st.binary(max_size=400))
def test_noise_is_no_compressed_file(noise: bytes) -> None:
    with pytest.raises(ImageRefused):
        read_file(WIDE, noise, compressed=True)


def test_colours_go_to_the_nearest_and_grey_never_to_an_accent() -> None:
    assert nearest_colour((255, 255, 255), BWR) == 0
    assert nearest_colour((200, 20, 30), BWR) == 2
    assert nearest_colour((200, 20, 30), BW) in (0, 1)
    assert nearest_colour((250, 240, 60), BWY) == 2
    for level in range(256):
        assert nearest_colour((level, max(level - 19, 0), level), BWR) in (0, 1)


def test_the_types_of_the_vendor_table() -> None:
    assert (SHELF.width, SHELF.height, SHELF.plane_bytes, SHELF.buffer_size) == (296, 128, 4736, (128, 296))
    assert TAG_TYPES[0x02].plane_bytes == 15_000
    assert hashlib.md5(bytes(4736), usedforsecurity=False).hexdigest()[:16] == file_hash(bytes(4736))[:16]
