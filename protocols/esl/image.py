"""Pictures as tags take them: bit planes, the file the access point transfers, and the hash it reports.

Planes (OpenEPaperLink `makeimage.cpp`): bits run from the most significant on, rows follow each other without padding, in
the panel's own buffer (turned by `rotatebuffer` quarter turns). Plane 1 has a bit for colours 1 (black) and 3, plane 2 for
colours 2 (the accent) and 3: so a panel of four colours takes two planes too. Plane 2 is sent only when it has a bit set.

Files: raw = the planes. zlib = u32 LE total size, then a zlib stream with a window of 4 KiB (first byte 0x48) over
[6, width LE16, height LE16, planes] + planes. The hash of a tag record is the first 8 bytes of the MD5 of the file
transferred, then 8 zero bytes.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageChops

from protocols.esl.tag_types import Rgb, TagType

HASH_DIGITS = 32
NO_IMAGE_HASH = "0" * HASH_DIGITS
FILE_BYTES_MAX = 1 << 20
ZLIB_WINDOW_BITS = 12
ZLIB_HEADER = struct.Struct("<BHHB")
SPREAD_MIN = 20
"""A pixel whose channels differ by less is grey, and grey never becomes an accent colour."""

_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}
_TURNS_BACK = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}


class ImageRefused(ValueError):
    """The bytes are no picture for this kind of tag; the text says why."""


@dataclass(frozen=True, slots=True)
class Planes:
    """What a panel holds. Each plane has `TagType.plane_bytes` bytes; `accent` is empty when no pixel has it."""

    black: bytes
    accent: bytes = b""

    @property
    def raw_file(self) -> bytes:
        """The file as transferred without compression."""
        return self.black + self.accent

    def whole(self) -> bytes:
        """Both planes, an empty accent plane as zeros: one byte string per picture, whatever was transferred."""
        return self.black + (self.accent or bytes(len(self.black)))

    def digest(self) -> str:
        """SHA-256 of `whole()` in lower hex: names a picture in tests and histories."""
        return hashlib.sha256(self.whole()).hexdigest()


def file_hash(file: bytes) -> str:
    """The 32 lower hex digits a tag record shows once this file was transferred."""
    return hashlib.md5(file, usedforsecurity=False).digest()[:8].hex() + "0" * 16


def data_version(image_hash: str) -> str:
    """The `md5` parameter of `/getdata`: the 8 bytes of a hash in reverse, as 16 upper hex digits, like a MAC address."""
    return bytes.fromhex(image_hash[:16])[::-1].hex().upper()


def planes_of_masks(kind: TagType, black: Image.Image, accent: Image.Image | None) -> Planes:
    """Planes from masks of mode "1" in the size a person sees (255 = ink): colours 1 and 3, and colours 2 and 3."""
    first = _pack(kind, black)
    second = _pack(kind, accent) if accent is not None and kind.has_accent else b""
    return Planes(first, second if any(second) else b"")


def picture_of(kind: TagType, planes: Planes) -> Image.Image:
    """What a person sees on the panel: RGB, `width` x `height`."""
    picture = Image.new("RGB", (kind.width, kind.height), kind.colours[0])
    picture.paste(kind.colours[1], mask=_unpack(kind, planes.black))
    if planes.accent and kind.has_accent:
        accent = _unpack(kind, planes.accent)
        picture.paste(kind.colours[2], mask=accent)
        if len(kind.colours) > 3:
            picture.paste(kind.colours[3], mask=ImageChops.logical_and(_unpack(kind, planes.black), accent))
    return picture


def blank_picture(kind: TagType) -> bytes:
    """An empty panel as a JPEG for an upload."""
    stream = io.BytesIO()
    Image.new("L", (kind.width, kind.height), 255).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def zlib_file(kind: TagType, planes: Planes) -> bytes:
    """The compressed file for tags whose firmware takes it."""
    width, height = kind.buffer_size
    header = ZLIB_HEADER.pack(ZLIB_HEADER.size, width, height, 2 if planes.accent else 1)
    plain = header + planes.raw_file
    packer = zlib.compressobj(9, zlib.DEFLATED, ZLIB_WINDOW_BITS)
    return struct.pack("<I", len(plain)) + packer.compress(plain) + packer.flush()


def read_file(kind: TagType, file: bytes, *, compressed: bool) -> Planes:
    """Planes from a transferred file. Raises `ImageRefused` for a wrong size, header or stream."""
    if not compressed:
        return _split(kind, file)
    unpacker = zlib.decompressobj(ZLIB_WINDOW_BITS)
    try:
        plain = unpacker.decompress(file[4:], ZLIB_HEADER.size + 2 * kind.plane_bytes + 1)
    except zlib.error as error:
        raise ImageRefused(f"not a zlib stream: {error}") from error
    if not unpacker.eof or len(plain) < ZLIB_HEADER.size or plain[0] != ZLIB_HEADER.size:
        raise ImageRefused("the compressed file is cut off, too long or lacks its header")
    _, width, height, planes = ZLIB_HEADER.unpack_from(plain)
    if (width, height) != kind.buffer_size:
        raise ImageRefused(f"the file is for {width}x{height}, the panel has {kind.buffer_size}")
    body = plain[ZLIB_HEADER.size :]
    if len(body) != planes * kind.plane_bytes:
        raise ImageRefused(f"{len(body)} bytes are not {planes} planes of {kind.plane_bytes}")
    return _split(kind, body)


def canonical_hash(kind: TagType, file: bytes, image_hash: str) -> str:
    """The hash the same picture has when it is sent raw: what a renderer can foretell whatever the tag's firmware takes.

    `file` was read back from the access point, `image_hash` is what the record says. Raises `ImageRefused` when the file is
    another one, or no picture.
    """
    if file_hash(file) != image_hash:
        raise ImageRefused("the file is not the one the record names")
    raw = len(file) in (kind.plane_bytes, 2 * kind.plane_bytes)
    return file_hash(read_file(kind, file, compressed=not raw).raw_file)


def nearest_colour(pixel: Rgb, colours: tuple[Rgb, ...]) -> int:
    """The colour the access point takes for a pixel, by index: least 3 r² + 5.47 g² + 1.53 b², the first of equals."""
    grey = max(pixel) - min(pixel) < SPREAD_MIN
    best, least = 0, -1
    for index, colour in enumerate(colours):
        if grey and index > 1:
            break
        red, green, blue = (a - b for a, b in zip(pixel, colour, strict=True))
        distance = 300 * red * red + 547 * green * green + 153 * blue * blue
        if least < 0 or distance < least:
            best, least = index, distance
    return best


def _split(kind: TagType, body: bytes) -> Planes:
    size = kind.plane_bytes
    if len(body) == size:
        return Planes(body)
    if len(body) == 2 * size and kind.has_accent:
        return Planes(body[:size], body[size:])
    raise ImageRefused(f"{len(body)} bytes are neither one nor two planes of {size}")


def _pack(kind: TagType, mask: Image.Image) -> bytes:
    if kind.rotate_buffer:
        mask = mask.transpose(_TURNS[kind.rotate_buffer])
    if mask.width % 8 == 0:
        return mask.tobytes()
    bits = "".join("1" if pixel else "0" for pixel in mask.convert("L").tobytes())
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _unpack(kind: TagType, plane: bytes) -> Image.Image:
    width, height = kind.buffer_size
    if width % 8 == 0:
        mask = Image.frombytes("1", (width, height), plane)
    else:
        bits = f"{int.from_bytes(plane, 'big'):0{width * height}b}"
        mask = Image.frombytes("L", (width, height), bytes(255 if bit == "1" else 0 for bit in bits)).convert("1")
    return mask.transpose(_TURNS_BACK[kind.rotate_buffer]) if kind.rotate_buffer else mask
