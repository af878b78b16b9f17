"""Kinds of OpenEPaperLink tags: panel size, colours and how the access point lays the picture out for them.

The numbers are those of OpenEPaperLink's `resources/tagtypes/XX.json`: `hwType` (hex XX), width and height as a person
holds the label, `rotatebuffer` in quarter turns from there to the panel's own buffer, `bpp`, `colortable`, and from which
tag firmware on the file is compressed. Only types of one or two bit planes are here.
"""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]

WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
RED: Rgb = (255, 0, 0)
YELLOW: Rgb = (255, 255, 0)

_LETTERS = {WHITE: "W", BLACK: "B", RED: "R", YELLOW: "Y"}

NEVER = 0x10000
"""No tag firmware compresses (versions have 16 bits)."""


@dataclass(frozen=True, slots=True)
class TagType:
    """One hardware type. `colours` in the order of the wire code: white, black, then the accents (none, one or two)."""

    hardware_type: int
    name: str
    width: int
    height: int
    rotate_buffer: int
    colours: tuple[Rgb, ...]
    zlib_from: int = NEVER
    g5_from: int = NEVER

    @property
    def has_accent(self) -> bool:
        """Whether the panel can show more than black and white."""
        return len(self.colours) > 2

    @property
    def palette(self) -> str:
        """`BW`, `BWR`, `BWY` or `BWRY`."""
        return "".join(_LETTERS[colour] for colour in (BLACK, WHITE, RED, YELLOW) if colour in self.colours)

    @property
    def buffer_size(self) -> tuple[int, int]:
        """Width and height of the panel's buffer: turned when `rotate_buffer` is odd."""
        return (self.height, self.width) if self.rotate_buffer % 2 else (self.width, self.height)

    @property
    def plane_bytes(self) -> int:
        """Bytes of one bit plane: bits run on from row to row without padding."""
        return self.width * self.height // 8


BW = (WHITE, BLACK)
BWR = (WHITE, BLACK, RED)
BWY = (WHITE, BLACK, YELLOW)
BWRY = (WHITE, BLACK, RED, YELLOW)

TAG_TYPES: dict[int, TagType] = {
    kind.hardware_type: kind
    for kind in (
        TagType(0x00, 'M2 1.54"', 152, 152, 0, BWR),
        TagType(0x01, 'M2 2.9"', 296, 128, 1, BWR, g5_from=0x29),
        TagType(0x02, 'M2 4.2"', 400, 300, 0, BWR, g5_from=0x29),
        TagType(0x03, 'M2 2.2"', 212, 104, 1, BWR, g5_from=0x29),
        TagType(0x26, 'M2 7.5" BW', 640, 384, 0, BW, zlib_from=0x27),
        TagType(0x2B, 'M3 2.9" BWRY', 384, 168, 3, BWRY, zlib_from=0x27),
        TagType(0x2C, 'M3 4.3" BWRY', 522, 152, 3, BWRY, zlib_from=0x27),
        TagType(0x2F, 'M3 4.3"', 522, 152, 3, BWR, zlib_from=0x27),
        TagType(0x33, 'M3 2.9" 384x168', 384, 168, 3, BWR, zlib_from=0x27),
        TagType(0x34, 'M3 4.2"', 400, 300, 0, BWR, zlib_from=0x27),
        TagType(0x36, '7.5" 800x480', 800, 480, 0, BWR, zlib_from=0x27),
        TagType(0x3C, 'M3 4.2" BWY', 400, 300, 0, BWY, zlib_from=0x27),
        TagType(0x55, 'HS 2.13"', 256, 128, 1, BWR),
        TagType(0x60, 'HS 3.5" BWY', 384, 184, 1, BWY),
        TagType(0xB0, '2.13" BW', 250, 128, 3, BW),
    )
}
"""Every type this house draws for. Other types are refused before anything is sent."""
