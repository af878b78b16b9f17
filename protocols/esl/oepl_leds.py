"""The light of a label: the 12 bytes of `/led_flash`, and patterns made from a colour and a time.

Byte 0 is brightness - 1 (high nibble) and mode (low nibble: 0 stops, 1 flashes). Then three groups of three bytes: colour as
3-3-2 bits, ticks between flashes (high nibble) and flashes (low nibble), pause in ticks. Byte 10 is how often the whole is
shown, less one; byte 11 is spare. A tick is 100 ms: clients of the access point send tenths of a second, and the tags'
firmware waits `value x 100` milliseconds. 255 rounds would never end on some tags, so they are refused here.
"""

from __future__ import annotations

from dataclasses import dataclass

PATTERN_BYTES = 12
TICK_MS = 100
ROUNDS_MAX = 254
SECONDS_MAX = ROUNDS_MAX
NIBBLE = 15
COLOURS = {
    "red": 0xE0,
    "green": 0x1C,
    "blue": 0x03,
    "yellow": 0xFC,
    "white": 0xFF,
}
"""Names a person chooses from, as 3-3-2 bits of red, green and blue."""


class PatternRefused(ValueError):
    """No pattern a label takes; the text names the part and its range."""


@dataclass(frozen=True, slots=True)
class Flashes:
    """`count` (0..15) flashes of `colour` (3-3-2 bits), `gap_ticks` (0..15) apart, then `pause_ticks` (0..255)."""

    colour: int = 0
    count: int = 0
    gap_ticks: int = 0
    pause_ticks: int = 0


@dataclass(frozen=True, slots=True)
class LedPattern:
    """What a light does. `rounds` 1..254 of up to three groups; `brightness` 1..16. `on` False: the light stops."""

    groups: tuple[Flashes, ...] = ()
    rounds: int = 1
    brightness: int = 2
    on: bool = True

    @property
    def lasts_ms(self) -> int:
        """How long it takes, without the few milliseconds of each flash itself."""
        ticks = sum(group.count * group.gap_ticks + group.pause_ticks for group in self.groups)
        return ticks * self.rounds * TICK_MS if self.on else 0


STOP = LedPattern(on=False)
STOP_BYTES = bytes((0xF0,)) + bytes(PATTERN_BYTES - 1)
"""Not all zeros: the access point takes the first bytes for the hash of an image, and zeros would mean "no image"."""
_OWN = frozenset({STOP_BYTES[:8].hex()} | {f"11{colour:02x}250000000000" for colour in COLOURS.values()})
_HASH_DIGITS = 16


def is_own_pattern(image_hash: str) -> bool:
    """Whether a tag record's hash is the beginning of one of our patterns.

    The access point queues a flash like an image: when the label has taken it, the record counts an update and its hash is
    the pattern's first 8 bytes.
    """
    return image_hash[:_HASH_DIGITS] in _OWN


def flashing(colour: str, seconds: int) -> LedPattern:
    """Five short flashes a second. Raises `PatternRefused` for an unknown colour or a time outside 1..254 s."""
    if colour not in COLOURS:
        raise PatternRefused(f"colour {colour[:20]!r} is none of {', '.join(COLOURS)}")
    if not 1 <= seconds <= SECONDS_MAX:
        raise PatternRefused(f"{seconds} seconds: a label flashes for 1 to {SECONDS_MAX} seconds")
    return LedPattern((Flashes(COLOURS[colour], count=5, gap_ticks=2),), rounds=seconds)


def write_pattern(pattern: LedPattern) -> bytes:
    """The 12 bytes. Raises `PatternRefused` for what does not fit in them."""
    if len(pattern.groups) > 3:
        raise PatternRefused(f"{len(pattern.groups)} groups of flashes; a label takes three")
    if not 1 <= pattern.rounds <= ROUNDS_MAX:
        raise PatternRefused(f"{pattern.rounds} rounds; a label takes 1 to {ROUNDS_MAX}")
    if not 1 <= pattern.brightness <= NIBBLE + 1:
        raise PatternRefused(f"brightness {pattern.brightness}; a label takes 1 to {NIBBLE + 1}")
    if not pattern.on:
        return STOP_BYTES
    data = bytearray([(pattern.brightness - 1) << 4 | 1])
    for group in (*pattern.groups, Flashes(), Flashes(), Flashes())[:3]:
        if not (0 <= group.count <= NIBBLE and 0 <= group.gap_ticks <= NIBBLE):
            raise PatternRefused(f"{group.count} flashes {group.gap_ticks} ticks apart; each at most {NIBBLE}")
        if not (0 <= group.colour <= 255 and 0 <= group.pause_ticks <= 255):
            raise PatternRefused(f"colour {group.colour} or pause {group.pause_ticks} is not within 0..255")
        data += bytes((group.colour, group.gap_ticks << 4 | group.count, group.pause_ticks))
    return bytes(data) + bytes((pattern.rounds - 1, 0))


def read_pattern(data: bytes) -> LedPattern:
    """What a label makes of the 12 bytes. Raises `PatternRefused` for another length, or a light that would never stop."""
    if len(data) != PATTERN_BYTES:
        raise PatternRefused(f"{len(data)} bytes; a pattern has {PATTERN_BYTES}")
    if data[0] & NIBBLE != 1:
        return STOP
    if data[10] + 1 > ROUNDS_MAX:
        raise PatternRefused(f"{data[10] + 1} rounds; the light of some labels would never stop")
    groups = [Flashes(data[at], data[at + 1] & NIBBLE, data[at + 1] >> 4, data[at + 2]) for at in (1, 4, 7)]
    while groups and groups[-1] == Flashes():
        groups.pop()
    return LedPattern(tuple(groups), rounds=data[10] + 1, brightness=(data[0] >> 4) + 1)
