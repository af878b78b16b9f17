"""What a model of Modbus device tells where: one TOML file per model, read into one frozen struct.

Modbus has no standard map, and makers print the same register as number 1538, address 1537 or 0601h. A profile says which
it means (`address_base`), and for each value: table, address, type, order of bytes, scale, raw values that mean a fault, and
what is plausible. Everything after loading uses addresses as they are on the wire (base 0).
"""

from __future__ import annotations

import math
import tomllib
from typing import Literal

import msgspec

Table = Literal["holding", "input", "coil", "discrete"]
RegisterType = Literal["int16", "uint16", "int32", "uint32", "float32", "bit"]
ByteOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]
"""How the four bytes A (most significant) to D lie in two registers; the first two letters go for 16 bits too."""

BIT_TABLES = frozenset({"coil", "discrete"})
READ_FUNCTION: dict[str, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
REGISTERS_MAX = 125
"""Of one read (Modbus application protocol 1.1b3, 6.3)."""
ADDRESS_MAX = 0xFFFF
POINTS_MAX = 100


class ProfileRefused(ValueError):
    """The profile cannot be used; the text names the point, the field and what would be right."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Sentinel(_Table, frozen=True, kw_only=True):
    """A raw value that is no measurement. `raw`: the register as an unsigned number (0x8000 for -32768 of an int16)."""

    raw: int
    means: str = "probe_fault"


class Point(_Table, frozen=True, kw_only=True):
    """One value of a device. The value told is raw x `scale` + `offset`, in the unit that ends the measure's name."""

    measure: str
    address: int
    table: Table = "holding"
    type: RegisterType = "int16"
    order: ByteOrder | None = None
    """None: the profile's."""
    scale: float = 1.0
    offset: float = 0.0
    bit_from: int = 0
    """Of a 16-bit register only these bits are the value: `bit_count` of them from this one (0 is the lowest)."""
    bit_count: int = 16
    flag: bool = False
    """Told as 1 when the raw value is not 0."""
    faults: tuple[Sentinel, ...] = ()
    low: float | None = None
    high: float | None = None
    """What is plausible; a value outside is told as a fault."""
    rising: bool = False
    """A counter that only grows (kWh): one that falls is flagged."""
    stuck_after_s: int = 0
    """Exactly the same value for longer than this is flagged; 0: it may stand still."""

    @property
    def registers(self) -> int:
        """How many registers (or bits) it takes."""
        return 2 if self.type in {"int32", "uint32", "float32"} else 1


class Profile(_Table, frozen=True, kw_only=True):
    """One model of device."""

    name: str
    maker: str
    model: str
    baud: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    address_base: Literal[0, 1] = 0
    order: ByteOrder = "ABCD"
    registers_per_read: int = 60
    gap_max: int = 0
    """Points so many registers apart are read together; 0: only neighbours (devices may refuse what they do not have)."""
    source: str = ""
    """Where the map is from."""
    points: tuple[Point, ...]

    def order_of(self, point: Point) -> ByteOrder:
        """The order of a point's bytes."""
        return point.order or self.order


def parse(text: str) -> Profile:
    """Read a profile file. Raises `ProfileRefused`."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except tomllib.TOMLDecodeError as error:
        raise ProfileRefused(f"the profile is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ProfileRefused(f"the profile is wrong: {error}") from error
    if not 1 <= profile.registers_per_read <= REGISTERS_MAX:
        raise ProfileRefused(f"registers_per_read: 1 to {REGISTERS_MAX}")
    if not 1 <= len(profile.points) <= POINTS_MAX:
        raise ProfileRefused(f"points: 1 to {POINTS_MAX} of them")
    base = profile.address_base
    points = tuple(msgspec.structs.replace(point, address=point.address - base) for point in profile.points)
    seen: set[str] = set()
    for point in points:
        if problem := _problem_of(point, profile.registers_per_read):
            raise ProfileRefused(f"point {point.measure}: {problem}")
        if point.measure in seen:
            raise ProfileRefused(f"point {point.measure}: comes twice")
        seen.add(point.measure)
    return msgspec.structs.replace(profile, points=points, address_base=0)


def _problem_of(point: Point, registers_per_read: int) -> str:
    if not 0 <= point.address <= ADDRESS_MAX - point.registers + 1:
        return "address: outside of 0 to 65535, after address_base is taken off"
    if point.registers > registers_per_read:
        return "type: needs more registers than registers_per_read"
    if (point.table in BIT_TABLES) is not (point.type == "bit"):
        return "type: coils and discrete inputs are of type 'bit', registers are not"
    if not math.isfinite(point.scale) or point.scale == 0 or not math.isfinite(point.offset):
        return "scale, offset: numbers, and scale is not 0"
    whole = (point.bit_from, point.bit_count) == (0, 16)
    if not whole and (point.type != "uint16" or point.bit_from < 0 or not 1 <= point.bit_count <= 16 - point.bit_from):
        return "bit_from, bit_count: bits 0 to 15 of a uint16"
    if point.low is not None and point.high is not None and point.low >= point.high:
        return "low is not below high"
    return ""
