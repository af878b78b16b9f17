"""Registers to values and values to registers, by a point of a profile; and which registers to read together. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.modbus.profile import BIT_TABLES, READ_FUNCTION, ByteOrder, Point, Profile, Table

_WHOLE = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
_PLACES: dict[ByteOrder, tuple[int, int, int, int]] = {
    "ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2), "DCBA": (3, 2, 1, 0),
}  # fmt: skip
"""Where the bytes A, B, C, D stand in the four bytes of the wire; each of these swaps is its own inverse."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A point's value, or why there is none: `probe_fault`, `not_a_number`, `implausible`, or what a sentinel means."""

    measure: str
    value: float | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One question to the device: `count` registers (or bits) from `address`, and the points in them."""

    table: Table
    address: int
    count: int
    points: tuple[Point, ...]

    @property
    def function(self) -> int:
        """The function code, 1 to 4."""
        return READ_FUNCTION[self.table]


def reads_of(profile: Profile) -> tuple[Read, ...]:
    """The fewest reads that a profile's limits allow, in order of table and address."""
    found: list[Read] = []
    for point in sorted(profile.points, key=lambda each: (each.table, each.address)):
        end = point.address + point.registers
        last = found[-1] if found and found[-1].table == point.table else None
        if last is None:
            joined = False
        else:
            gap = point.address - (last.address + last.count)
            joined = gap <= profile.gap_max and end - last.address <= profile.registers_per_read
        if last is not None and joined:
            count = max(last.count, end - last.address)
            found[-1] = Read(last.table, last.address, count, (*last.points, point))
        else:
            found.append(Read(point.table, point.address, point.registers, (point,)))
    return tuple(found)


def decode_read(profile: Profile, read: Read, registers: Sequence[int]) -> tuple[Decoded, ...]:
    """The values of an answer. Raises ValueError when the answer has another length than was asked for."""
    needed = read.count
    if len(registers) < needed or (read.table not in BIT_TABLES and len(registers) != needed):
        raise ValueError(f"{len(registers)} registers came, {needed} were asked for")
    found = []
    for point in read.points:
        at = point.address - read.address
        found.append(decode(point, registers[at : at + point.registers], profile.order_of(point)))
    return tuple(found)


def decode(point: Point, registers: Sequence[int], order: ByteOrder = "ABCD") -> Decoded:
    """One value from its registers (0 to 65535 each; a bit: 0 or 1)."""
    if point.type == "bit":
        return Decoded(point.measure, float(bool(registers[0])))
    data = _swapped(struct.pack(f">{len(registers)}H", *registers), order)
    unsigned = int.from_bytes(data, "big")
    for sentinel in point.faults:
        if unsigned == sentinel.raw:
            return Decoded(point.measure, None, sentinel.means)
    (raw,) = struct.unpack(_WHOLE[point.type], data)
    if point.bit_count < 16:
        raw = unsigned >> point.bit_from & (1 << point.bit_count) - 1
    if not math.isfinite(raw):
        return Decoded(point.measure, None, "not_a_number")
    value = float(raw != 0) if point.flag else _tidy(raw * point.scale + point.offset)
    if (point.low is not None and value < point.low) or (point.high is not None and value > point.high):
        return Decoded(point.measure, None, "implausible")
    return Decoded(point.measure, value)


def encode(point: Point, value: float, order: ByteOrder = "ABCD") -> tuple[int, ...]:
    """The registers a device holds for a value: the nearest it can say. Raises OverflowError when it cannot."""
    if point.type == "bit":
        return (int(bool(value)),)
    raw = (value - point.offset) / point.scale
    if point.type == "float32":
        return encode_raw(point, struct.unpack(">I", struct.pack(">f", raw))[0], order)
    whole = round(raw)
    if point.bit_count < 16:
        if not 0 <= whole < 1 << point.bit_count:
            raise OverflowError(f"{point.measure}: {value} does not fit into {point.bit_count} bits")
        whole <<= point.bit_from
    try:
        data = struct.pack(_WHOLE[point.type], whole)
    except struct.error as error:
        raise OverflowError(f"{point.measure}: {value} does not fit into {point.type}") from error
    return encode_raw(point, int.from_bytes(data, "big"), order)


def encode_raw(point: Point, raw: int, order: ByteOrder = "ABCD") -> tuple[int, ...]:
    """The registers of a raw unsigned value, a sentinel for one."""
    if point.type == "bit":
        return (int(bool(raw)),)
    data = _swapped(raw.to_bytes(2 * point.registers, "big"), order)
    return struct.unpack(f">{point.registers}H", data)


def registers_of(profile: Profile, values: Mapping[str, float]) -> dict[tuple[Table, int], int]:
    """What a device of this model holds: every point's registers, 0 where no value is given and in the gaps of a read."""
    held = {(read.table, read.address + number): 0 for read in reads_of(profile) for number in range(read.count)}
    for point in profile.points:
        fresh = encode(point, values.get(point.measure, 0.0), profile.order_of(point))
        for at, register in enumerate(fresh, start=point.address):
            key = (point.table, at)
            held[key] = held.get(key, 0) | register if point.bit_count < 16 else register
    return held


def _swapped(data: bytes, order: ByteOrder) -> bytes:
    if len(data) == 2:
        return data if order in {"ABCD", "CDAB"} else data[::-1]
    return bytes(data[place] for place in _PLACES[order])


def _tidy(value: float) -> float:
    """0.1 x 35 is told as 3.5, not as 3.5000000000000004; a float32 has no more than seven digits anyway."""
    return float(f"{value:.9g}")
