"""A Modbus indicator's registers as a weight, and back: both sides of a profile. Whole numbers only, no I/O."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from protocols.device_events import WeightState
from protocols.scales.frames import Shown, weighed
from protocols.scales.modbus_profile import WORDS_OF, Flag, Order, Profile, Read, Table
from protocols.scales.session import Ordered, Platter, ScaleOrder
from protocols.scales.speaking import AT_REST, net_grams
from protocols.scales.units import GRAMS_IN, Mass

Cells = Mapping[tuple[Table, int], int]
"""Registers (16 bits) and bits by table and address on the wire."""
_SWAPS: dict[Order, tuple[int, ...]] = {
    "ABCD": (0, 1, 2, 3),
    "CDAB": (2, 3, 0, 1),
    "BADC": (1, 0, 3, 2),
    "DCBA": (3, 2, 1, 0),
}
_FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}


def _swapped(data: bytes, order: Order) -> bytes:
    """From the wire to high byte first, and back: each order is its own reverse."""
    if len(data) == 2:
        return data[::-1] if order in {"BADC", "DCBA"} else data
    return bytes(data[place] for place in _SWAPS[order])


def number_of(words: Sequence[int], kind: str, order: Order) -> tuple[int, int] | None:
    """Registers as a fraction, exactly; None for a float that is no number."""
    data = _swapped(struct.pack(f">{len(words)}H", *words), order)
    (value,) = struct.unpack(_FORMATS[kind], data)
    if isinstance(value, float):
        if not abs(value) <= 1e9:  # nor for infinity, nor for what is no number
            return None
        numerator, denominator = value.as_integer_ratio()
        return numerator, denominator
    return value, 1


def words_of(digits: int, places: int, kind: str, order: Order) -> tuple[int, ...]:
    """The registers of a number with so many digits behind the point. Raises struct.error when it does not fit."""
    value = digits / 10**places if kind == "float32" else digits
    data = _swapped(struct.pack(_FORMATS[kind], value), order)
    return struct.unpack(f">{len(data) // 2}H", data)


class Indicator:
    """The till's side: what the registers read together say. Without a bit for motion, readings must repeat."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._same: Shown | None = None
        self._times = 0

    def count(self, shown: Shown) -> Shown:
        """One reading of everything in `reads_of`, as far as it may be believed yet."""
        if shown.mass is None:
            self._same, self._times = None, 0
            return shown
        self._times = self._times + 1 if shown == self._same else 1
        self._same = shown
        return shown if self._times >= self._profile.alike else Shown(WeightState.MOTION)

    def forget(self) -> None:
        """A reading was lost, or an order given."""
        self._same, self._times = None, 0


def shown_by(profile: Profile, cells: Cells) -> Shown:
    """What the registers say."""
    means = {flag.means: _is_on(profile, flag, cells) for flag in profile.flags}
    if means.get("fault") or means.get("good") is False:
        return Shown(WeightState.FAULT)
    if means.get("over"):
        return Shown(WeightState.OVER_CAPACITY)
    if means.get("under"):
        return Shown(WeightState.UNDER_ZERO)
    if means.get("motion") or means.get("stable") is False:
        return Shown(WeightState.MOTION)
    weight = profile.weight
    first = weight.address - profile.base
    words = [cells[weight.table, first + place] for place in range(WORDS_OF[weight.type])]
    fraction = number_of(words, weight.type, profile.order)
    if fraction is None:
        return Shown(WeightState.FAULT)
    numerator, denominator = fraction
    numerator, denominator = numerator * GRAMS_IN[weight.unit][0], denominator * GRAMS_IN[weight.unit][1]
    denominator *= int("1" + "0" * weight.decimals)
    mass = Mass(_rounded(numerator, denominator), _rounded(numerator * 1_000, denominator))
    return weighed(mass, net=bool(means.get("net")), unit=weight.unit)


def judge(order: ScaleOrder, shown: Shown) -> Ordered:
    """What the reading after an order proves."""
    if shown.state is WeightState.MOTION:
        return Ordered.MOTION
    if shown.state is WeightState.ZERO or (order is ScaleOrder.CLEAR_TARE and shown.state in AT_REST and not shown.net):
        return Ordered.DONE
    return Ordered.OUT_OF_RANGE


def cells_of(profile: Profile, platter: Platter) -> dict[tuple[Table, int], int]:
    """The indicator's side: every cell of the profile, as its platter is now."""
    state, net = platter.state(), net_grams(platter)
    on = {
        "motion": state is WeightState.MOTION,
        "stable": state in AT_REST,
        "over": state is WeightState.OVER_CAPACITY,
        "under": state is WeightState.UNDER_ZERO,
        "zero": state is WeightState.ZERO,
        "net": platter.tare_grams != 0,
        "fault": state is WeightState.FAULT,
        "good": state is not WeightState.FAULT,
    }
    cells: dict[tuple[Table, int], int] = {}
    for flag in profile.flags:
        place = flag.table, flag.address - profile.base
        bit = int(on[flag.means] is not flag.inverted)
        cells[place] = bit if flag.table in {"coil", "discrete"} else cells.get(place, 0) | bit << flag.bit
    weight = profile.weight
    numerator, denominator = GRAMS_IN[weight.unit]
    places = 6 if weight.type == "float32" else weight.decimals
    digits = _rounded(net * denominator * int("1" + "0" * places), numerator)
    for offset, word in enumerate(words_of(digits, places, weight.type, profile.order)):
        cells[weight.table, weight.address - profile.base + offset] = word
    for command in profile.commands:
        cells.setdefault((command.table, command.address - profile.base), 0)
    return cells


def cells_from(read: Read, values: Sequence[int]) -> dict[tuple[Table, int], int]:
    """The cells of one answer."""
    return {(read.table, read.address + place): value for place, value in enumerate(values)}


def _is_on(profile: Profile, flag: Flag, cells: Cells) -> bool:
    value = cells[flag.table, flag.address - profile.base]
    bit = value != 0 if flag.table in {"coil", "discrete"} else bool(value >> flag.bit & 1)
    return bit is not flag.inverted


def _rounded(numerator: int, denominator: int) -> int:
    """Halves away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size
