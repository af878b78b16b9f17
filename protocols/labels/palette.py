"""What the colour roles of a template are on each kind of panel.

While a label is drawn, each pixel of the canvas (mode "L") holds the luma of its colour: white 255, black 0, red 76, yellow
226 (ITU-R BT.601, rounded). So a label without colour is its own picture in grey.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.esl.tag_types import BLACK, RED, WHITE, YELLOW, Rgb, TagType
from protocols.labels.template import Role

WHITE_LUMA = 255
BLACK_LUMA = 0
_LUMAS: dict[Rgb, int] = {WHITE: WHITE_LUMA, BLACK: BLACK_LUMA, RED: 76, YELLOW: 226}


@dataclass(frozen=True, slots=True)
class Palette:
    """Ready-made tables of one panel's colours, 256 values each, by canvas value."""

    inks: dict[Role, int]
    """The canvas value of each role."""
    first_plane: list[int]
    """255 where bit plane 1 has a bit."""
    second_plane: list[int]
    rgb: bytes
    """Red, green and blue of each canvas value, as Pillow takes a palette."""


_KEPT: dict[tuple[Rgb, ...], Palette] = {}


def palette_of(kind: TagType) -> Palette:
    """The palette of a kind of panel."""
    found = _KEPT.get(kind.colours)
    if found is None:
        found = _KEPT[kind.colours] = _make(kind.colours)
    return found


def _make(colours: tuple[Rgb, ...]) -> Palette:
    codes = {_LUMAS[colour]: index for index, colour in enumerate(colours)}
    shown = {_LUMAS[colour]: colour for colour in colours}
    return Palette(
        inks={role: _LUMAS[colour] for role, colour in _roles(colours).items()},
        first_plane=[255 if codes.get(value) in (1, 3) else 0 for value in range(256)],
        second_plane=[255 if codes.get(value) in (2, 3) else 0 for value in range(256)],
        rgb=b"".join(bytes(shown.get(value, WHITE)) for value in range(256)),
    )


def _roles(colours: tuple[Rgb, ...]) -> dict[Role, Rgb]:
    """Letters are black, white or red, never yellow; what is written on a filled area contrasts with it."""
    red = RED if RED in colours else None
    yellow = YELLOW if YELLOW in colours else None
    banner = red or yellow or BLACK
    highlight = yellow or red or BLACK
    return {
        Role.INK: BLACK,
        Role.PAPER: WHITE,
        Role.ALERT: red or BLACK,
        Role.BANNER: banner,
        Role.ON_BANNER: _on(banner),
        Role.HIGHLIGHT: highlight,
        Role.ON_HIGHLIGHT: _on(highlight),
    }


def _on(fill: Rgb) -> Rgb:
    return BLACK if fill == YELLOW else WHITE
