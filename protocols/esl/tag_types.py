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

NEVER = 0x10000
"""No tag firmware compresses (versions have 16 bits)."""


@dataclass(frozen=True, slots=True)
class TagType:
    """One hardware type. `colours` in the order of the wire code: white, black and, where there is one, the accent."""

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
        """Whether the panel can show a third colour."""
        return len(self.colours) > 2

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

TAG_TYPES: dict[int, TagType] = {
    kind.hardware_type: kind
    for kind in (
        TagType(0x00, 'M2 1.54"', 152, 152, 0, BWR),
        TagType(0x01, 'M2 2.9"', 296, 128, 1, BWR, g5_from=0x29),
        TagType(0x02, 'M2 4.2"', 400, 300, 0, BWR, g5_from=0x29),
        TagType(0x33, 'M3 2.9" 384x168', 384, 168, 3, BWR, zlib_from=0x27),
        TagType(0x36, '7.5" 800x480', 800, 480, 0, BWR, zlib_from=0x27),
    )
}
"""Every type this house draws for. Other types are refused before anything is sent."""
