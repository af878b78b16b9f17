"""What keys type: keyboard layouts as data, for scanners that pretend to be keyboards.

A scanner types as if the host had the layout it is set to; the host must read with the same one. Key numbers are those of
the Linux input subsystem (`linux/input-event-codes.h`). Sources: that header, and X keyboard symbol tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENTER, KEYPAD_ENTER, TAB, SPACE, F8 = 28, 96, 15, 57, 66
LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, ALT_GR, CAPS_LOCK = 42, 54, 29, 97, 56, 100, 58
RIGHT_BRACKET = 27
"""The key that has `]` on a US keyboard: with Ctrl it types GS (1Dh)."""
MODIFIERS = frozenset({LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, ALT_GR})

KEYPAD = dict(zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82, 83, 74, 78, 55, 98), "7894561230.-+*/", strict=True))
"""The number pad types the same on every layout and takes no notice of Shift."""

_KEYS = (*range(2, 14), *range(16, 28), *range(30, 42), 43, *range(44, 54), 86)
"""Left to right, top to bottom; 86 is the key beside the left Shift that US keyboards lack."""
_NONE = "\0"


@dataclass(frozen=True, slots=True)
class Level:
    """Characters by key, and which of them wait for the next key (dead keys)."""

    typed: dict[int, str]
    dead: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyMap:
    """One layout. `keys` is its inverse: for each character the level (0 plain, 1 Shift, 2 AltGr) and the key."""

    name: str
    levels: tuple[Level, Level, Level]
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def character(self, key: int, *, shift: bool, alt_gr: bool) -> tuple[str, bool] | None:
        """What the key types, and whether it is dead; None: nothing a code could have."""
        if key in KEYPAD:
            return KEYPAD[key], False
        if key == SPACE:
            return " ", False
        level = self.levels[2 if alt_gr else int(shift)]
        character = level.typed.get(key)
        return None if character is None else (character, character in level.dead)


def _level(rows: str, dead: str = "") -> Level:
    characters = rows.replace(" ", "")
    return Level(
        {key: character for key, character in zip(_KEYS, characters, strict=True) if character != _NONE}, frozenset(dead)
    )


def _alt_gr(typed: dict[int, str], dead: str = "") -> Level:
    return Level(typed, frozenset(dead))


def _map(name: str, plain: Level, shift: Level, alt_gr: Level) -> KeyMap:
    levels = (plain, shift, alt_gr)
    keys: dict[str, tuple[int, int]] = {" ": (0, SPACE)}
    for number, level in enumerate(levels):
        for key, character in level.typed.items():
            keys.setdefault(character, (number, key))
    return KeyMap(name, levels, keys)


KEY_MAPS = {
    each.name: each
    for each in (
        _map(
            "us",
            _level(r"1234567890-= qwertyuiop[] asdfghjkl;'` \ zxcvbnm,./ <"),
            _level(r'!@#$%^&*()_+ QWERTYUIOP{} ASDFGHJKL:"~ | ZXCVBNM<>? >'),
            _alt_gr({}),
        ),
        _map(
            "gb",
            _level(r"1234567890-= qwertyuiop[] asdfghjkl;'` # zxcvbnm,./ " + "\\"),
            _level(r'!"£$%^&*()_+ QWERTYUIOP{} ASDFGHJKL:@¬ ~ ZXCVBNM<>? |'),
            _alt_gr({5: "€"}),
        ),
        _map(
            "de",
            _level("1234567890ß´ qwertzuiopü+ asdfghjklöä^ # yxcvbnm,.- <", dead="´^"),
            _level("!\"§$%&/()=?` QWERTZUIOPÜ* ASDFGHJKLÖÄ° ' YXCVBNM;:_ >", dead="`"),
            _alt_gr({
                3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@", 18: "€", 27: "~", 50: "µ", 86: "|",
            }),
        ),
        _map(
            "fr",
            _level("&é\"'(-è_çà)= azertyuiop^$ qsdfghjklmù² * wxcvbn,;:! <", dead="^"),
            _level("1234567890°+ AZERTYUIOP¨£ QSDFGHJKLM%\0 µ WXCVBN?./§ >", dead="¨"),
            _alt_gr({3: "~", 4: "#", 5: "{", 6: "[", 7: "|", 8: "`", 9: "\\", 10: "^", 11: "@", 12: "]", 13: "}", 18: "€"}),
        ),
    )
}  # fmt: skip
"""By the name the settings use."""
