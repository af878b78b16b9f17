"""How wide text is on a receipt or a display of fixed columns: Chinese takes two. A character is never cut in half."""

from __future__ import annotations

import functools
import unicodedata


@functools.lru_cache(maxsize=4_096)
def character_columns(character: str) -> int:
    """Columns of one character: 2 when wide, 0 for marks that stand on the one before, else 1."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def text_columns(text: str) -> int:
    """Columns of a text."""
    return sum(character_columns(character) for character in text)


def cut_to(text: str, columns: int) -> str:
    """As much of a text as fits."""
    taken = 0
    for place, character in enumerate(text):
        taken += character_columns(character)
        if taken > columns:
            return text[:place]
    return text


def padded(text: str, columns: int) -> str:
    """Cut or filled with spaces to exactly so many columns."""
    fitting = cut_to(text, columns)
    return fitting + " " * (columns - text_columns(fitting))


def centred(text: str, columns: int) -> str:
    """In the middle of so many columns."""
    fitting = cut_to(text, columns)
    return padded(" " * ((columns - text_columns(fitting)) // 2) + fitting, columns)


def two_ends(left: str, right: str, columns: int) -> str:
    """Left and right text in one line; the right one is whole as long as it fits, the left one is cut, one space between."""
    right = cut_to(right, columns)
    room = columns - text_columns(right)
    return padded(left, room - 1 if right and room else room) + (" " if right and room else "") + right
