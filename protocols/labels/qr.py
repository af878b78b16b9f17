"""QR codes (ISO/IEC 18004:2015, model 2, byte mode, versions 1 to 10) as matrices of modules.

Rows are integers, the leftmost module in the highest bit, so that mask penalties are counted with shifts, a row at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from protocols.labels.reed_solomon import check_bytes
from protocols.labels.template import Correction

QUIET_MODULES = 4
VERSIONS_MAX = 10
_CHECK_BYTES = {
    Correction.LOW: (7, 10, 15, 20, 26, 18, 20, 24, 30, 18),
    Correction.MEDIUM: (10, 16, 26, 18, 24, 16, 18, 22, 22, 26),
    Correction.QUARTILE: (13, 22, 18, 26, 18, 24, 18, 22, 20, 24),
    Correction.HIGH: (17, 28, 22, 16, 22, 28, 26, 26, 24, 28),
}
"""Error correction bytes of each block, by version (table 9)."""
_BLOCKS = {
    Correction.LOW: (1, 1, 1, 1, 1, 2, 2, 2, 2, 4),
    Correction.MEDIUM: (1, 1, 1, 2, 2, 4, 4, 4, 5, 5),
    Correction.QUARTILE: (1, 1, 2, 2, 4, 4, 6, 6, 8, 8),
    Correction.HIGH: (1, 1, 2, 4, 4, 4, 5, 6, 8, 8),
}
_LEVEL_BITS = {Correction.LOW: 1, Correction.MEDIUM: 0, Correction.QUARTILE: 3, Correction.HIGH: 2}
_ALIGNMENT = ((), (6, 18), (6, 22), (6, 26), (6, 30), (6, 34), (6, 22, 38), (6, 24, 42), (6, 26, 46), (6, 28, 50))
"""Centres of alignment patterns, by version (annex E)."""
_FORMAT_MASK, _FORMAT_POLYNOMIAL, _VERSION_POLYNOMIAL = 0x5412, 0x537, 0x1F25


class QrRefused(ValueError):
    """The text does not fit into a code of the versions drawn here."""


@dataclass(frozen=True, slots=True)
class QrMatrix:
    """`size` modules each way; `rows` top to bottom, the leftmost module in the highest bit. Without quiet zone."""

    version: int
    size: int
    rows: tuple[int, ...]

    @property
    def side(self) -> int:
        """Modules each way, the quiet zone included."""
        return self.size + 2 * QUIET_MODULES

    def bitmap(self) -> bytes:
        """255 dark, 0 light, row by row, the quiet zone of 4 modules included."""
        margin = bytes(self.side * QUIET_MODULES)
        edge = bytes(QUIET_MODULES)
        lines = (f"{row:0{self.size}b}".encode().translate(_TO_LEVELS) for row in self.rows)
        return margin + b"".join(edge + line + edge for line in lines) + margin


_TO_LEVELS = bytes(255 if value == ord("1") else 0 for value in range(256))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is fixed in a version: function modules, which places hold data (in order), and the eight masks over them."""

    size: int
    dark: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    """(row, bit value) of each data module in the order of the bits."""
    masks: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=2048)
def qr_matrix(text: str, correction: Correction = Correction.MEDIUM) -> QrMatrix:
    """The smallest code that holds the UTF-8 bytes of a text. Raises `QrRefused`."""
    data = text.encode()
    for version in range(1, VERSIONS_MAX + 1):
        room = _data_bytes(version, correction)
        count_bits = 8 if version < 10 else 16
        if 4 + count_bits + 8 * len(data) <= 8 * room:
            return _draw(version, correction, _stream(data, room, count_bits))
    raise QrRefused(
        f"{len(data)} bytes do not fit into a QR code of version {VERSIONS_MAX} with correction {correction.value}"
    )


def _stream(data: bytes, room: int, count_bits: int) -> bytes:
    bits = (0b0100 << count_bits | len(data)) << 8 * len(data) | int.from_bytes(data, "big")
    length = 4 + count_bits + 8 * len(data)
    ended = min(length + 4, 8 * room)
    padded = (ended + 7) // 8
    head = (bits << (padded * 8 - length)).to_bytes(padded, "big")
    return head + bytes((0xEC, 0x11)[index % 2] for index in range(room - padded))


def _draw(version: int, correction: Correction, stream: bytes) -> QrMatrix:
    frame = _frame(version)
    rows = [0] * frame.size
    bits = "".join(f"{byte:08b}" for byte in _interleaved(version, correction, stream))
    for (row, value), bit in zip(frame.places, bits, strict=False):
        if bit == "1":
            rows[row] |= value
    best: tuple[int, tuple[int, ...]] | None = None
    for number, mask in enumerate(frame.masks):
        masked = [row ^ flip | fixed for row, flip, fixed in zip(rows, mask, frame.dark, strict=True)]
        _put_format(masked, frame.size, _LEVEL_BITS[correction] << 3 | number)
        penalty = _penalty(masked, frame.size)
        if best is None or penalty < best[0]:
            best = penalty, tuple(masked)
    assert best is not None
    return QrMatrix(version, frame.size, best[1])


def _raw_modules(version: int) -> int:
    """Modules left for data and error correction."""
    size = 17 + 4 * version
    modules = size * size - 3 * 64 - 2 * 15 - 1 - 2 * (size - 16)
    if version >= 2:
        aligned = len(_ALIGNMENT[version - 1])
        modules -= (aligned - 1) ** 2 * 25 + (aligned - 2) * 2 * 20
    return modules - (36 if version >= 7 else 0)


def _data_bytes(version: int, correction: Correction) -> int:
    blocks, check = _BLOCKS[correction][version - 1], _CHECK_BYTES[correction][version - 1]
    return _raw_modules(version) // 8 - blocks * check


def _interleaved(version: int, correction: Correction, stream: bytes) -> bytes:
    """Data and error correction bytes of all blocks, a byte of each in turn (7.6)."""
    blocks, check = _BLOCKS[correction][version - 1], _CHECK_BYTES[correction][version - 1]
    short, longer = divmod(len(stream), blocks)
    parts: list[bytes] = []
    at = 0
    for number in range(blocks):
        length = short + (number >= blocks - longer)
        parts.append(stream[at : at + length])
        at += length
    checks = [check_bytes(part, check) for part in parts]
    out = bytearray()
    for index in range(short + 1):
        out.extend(part[index] for part in parts if index < len(part))
    for index in range(check):
        out.extend(found[index] for found in checks)
    return bytes(out)


class _Fixed:
    """Function modules of a version while they are put in place."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.dark, self.taken = [0] * size, [0] * size

    def put(self, row: int, column: int, *, is_dark: bool) -> None:
        """One module; nothing outside the symbol."""
        if 0 <= row < self.size and 0 <= column < self.size:
            value = 1 << (self.size - 1 - column)
            self.taken[row] |= value
            self.dark[row] = self.dark[row] | value if is_dark else self.dark[row] & ~value

    def square(self, row: int, column: int, radius: int, light_rings: tuple[int, ...]) -> None:
        """Rings around a centre, dark but for some."""
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                self.put(row + dy, column + dx, is_dark=max(abs(dy), abs(dx)) not in light_rings)

    def reserve(self, row: int, column: int) -> None:
        """Keep a module free of data, whatever stands there."""
        self.taken[row] |= 1 << (self.size - 1 - column)


@lru_cache(maxsize=VERSIONS_MAX)
def _frame(version: int) -> _Frame:
    size = 17 + 4 * version
    fixed = _Fixed(size)
    for index in range(size):
        fixed.put(6, index, is_dark=index % 2 == 0)
        fixed.put(index, 6, is_dark=index % 2 == 0)
    corners = ((3, 3), (3, size - 4), (size - 4, 3))
    for row, column in corners:
        fixed.square(row, column, 4, light_rings=(2, 4))
    centres = _ALIGNMENT[version - 1]
    for row, column in product(centres, centres):
        if (row, column) not in ((6, 6), (6, size - 7), (size - 7, 6)):
            fixed.square(row, column, 2, light_rings=(1,))
    for index in range(9):
        fixed.reserve(8, index)
        fixed.reserve(index, 8)
    for index in range(8):
        fixed.reserve(8, size - 1 - index)
        fixed.put(size - 1 - index, 8, is_dark=index == 7)
    for index, bit in enumerate(_version_bits(version) if version >= 7 else ()):
        fixed.put(size - 11 + index % 3, index // 3, is_dark=bit)
        fixed.put(index // 3, size - 11 + index % 3, is_dark=bit)
    places = tuple(_places(size, fixed.taken))
    return _Frame(size, tuple(fixed.dark), places, tuple(_mask(size, places, number) for number in range(8)))


def _places(size: int, taken: list[int]) -> list[tuple[int, int]]:
    """Data modules: two columns at a time from the right, upwards and downwards in turn, the timing column skipped."""
    places: list[tuple[int, int]] = []
    upwards = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for row in range(size - 1, -1, -1) if upwards else range(size):
            for column in (right, right - 1):
                value = 1 << (size - 1 - column)
                if not taken[row] & value:
                    places.append((row, value))
        upwards = not upwards
    return places


def _mask(size: int, places: tuple[tuple[int, int], ...], number: int) -> tuple[int, ...]:
    rows = [0] * size
    for row, value in places:
        column = size - value.bit_length()
        if _flips(number, row, column):
            rows[row] |= value
    return tuple(rows)


def _flips(number: int, i: int, j: int) -> bool:
    """Table 10; i is the row, j the column."""
    conditions = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )
    return conditions[number] == 0


def _coded(value: int, polynomial: int, check_bits: int) -> int:
    rest = value << check_bits
    while rest.bit_length() > check_bits:
        rest ^= polynomial << (rest.bit_length() - polynomial.bit_length())
    return value << check_bits | rest


def _version_bits(version: int) -> list[bool]:
    coded = _coded(version, _VERSION_POLYNOMIAL, 12)
    return [bool(coded >> index & 1) for index in range(18)]


def _put_format(rows: list[int], size: int, value: int) -> None:
    """Level and mask, twice (7.9.1)."""
    coded = _coded(value, _FORMAT_POLYNOMIAL, 10) ^ _FORMAT_MASK
    beside = [*range(6), 7, 8]
    for index in range(15):
        if not coded >> index & 1:
            continue
        row, column = (beside[index], 8) if index < 8 else (8, 7 if index == 8 else 14 - index)
        rows[row] |= 1 << (size - 1 - column)
        row, column = (8, size - 1 - index) if index < 8 else (size - 15 + index, 8)
        rows[row] |= 1 << (size - 1 - column)


def _penalty(rows: list[int], size: int) -> int:
    """7.8.3.1: long runs, 2 x 2 blocks, patterns like a finder's, an uneven share of dark modules."""
    lines = [f"{row:0{size}b}" for row in rows]
    columns = [int("".join(column), 2) for column in zip(*lines, strict=True)]
    full = (1 << size) - 1
    total = 0
    for line in (*rows, *columns):
        total += _run_penalty(line) + _run_penalty(line ^ full) + 40 * _finder_likes(line, size)
    for upper, lower in pairwise(rows):
        same_down = ~(upper ^ lower) & full
        same_across = ~(upper ^ upper >> 1) & full >> 1
        total += 3 * (same_down & same_down >> 1 & same_across).bit_count()
    dark = sum(row.bit_count() for row in rows)
    return total + 10 * (abs(20 * dark - 10 * size * size) // (size * size))


def _run_penalty(line: int) -> int:
    """3 for five modules of a kind in a row, 1 for each more."""
    fives = line & line >> 1 & line >> 2
    fives = fives & fives >> 2
    return fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()


def _finder_likes(line: int, size: int) -> int:
    """1:1:3:1:1 with four light modules on one side; beyond the edge it is light."""
    wide = line << 4
    light = ~wide
    core = wide & wide >> 2 & wide >> 3 & wide >> 4 & wide >> 6 & light >> 1 & light >> 5
    before = light >> 7 & light >> 8 & light >> 9 & light >> 10
    after = light << 1 & light << 2 & light << 3 & light << 4
    inside = ((1 << (size - 6)) - 1) << 4
    return (core & before & inside).bit_count() + (core & after & inside).bit_count()
