"""Modbus weighing indicators: there is no common map, so each model is a profile, a TOML file. Read, check, no I/O.

A profile says where the weight stands and how (type, order of bytes, point, unit), which bits mean what, and what is to be
written for zero, tare and clear. `profiles/*.toml` are the house's; settings may name any file. Addresses are as the maker
prints them; `base` is 0 or 1, whichever the maker counts from.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from typing import Literal

import msgspec

from protocols.device_events import WeightState
from protocols.scales.session import ScaleOrder
from protocols.scales.units import GRAMS_IN

Table = Literal["holding", "input", "coil", "discrete"]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
"""How the bytes of a number of two registers lie on the wire; A is the highest. Numbers of one register: AB or BA."""
WORDS_OF = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2}


class ProfileRefused(ValueError):
    """A profile cannot be used; the text says which key and why."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the tables of a profile."""


class Number(_Table, frozen=True, kw_only=True):
    """Where the weight stands. `decimals`: how many of a whole number's digits are behind the point."""

    address: int
    table: Literal["holding", "input"] = "holding"
    type: Literal["int16", "uint16", "int32", "uint32", "float32"] = "float32"
    decimals: int = 0
    unit: str = "kg"


class Flag(_Table, frozen=True, kw_only=True):
    """A bit: of a register (`bit` 0 is the lowest), or a coil or discrete input by itself. `inverted`: 0 means yes."""

    means: Literal["motion", "stable", "over", "under", "zero", "net", "fault", "good"]
    address: int
    table: Table = "holding"
    bit: int = 0
    inverted: bool = False


class Command(_Table, frozen=True, kw_only=True):
    """What is written for an order: a coil on and off, or a register's bit (or whole `value`) and then 0 again.

    Indicators act on the edge from 0 to 1, so the order is always taken back.
    """

    order: ScaleOrder
    address: int
    table: Literal["holding", "coil"] = "holding"
    bit: int = 0
    value: int | None = None


class Profile(_Table, frozen=True, kw_only=True):
    """One model. `alike`: without a bit for motion, so many readings in a row must be the same."""

    name: str
    maker: str
    source: str
    weight: Number
    flags: tuple[Flag, ...] = ()
    commands: tuple[Command, ...] = ()
    base: Literal[0, 1] = 0
    order: Order = "ABCD"
    registers_max: int = 32
    """So many registers the indicator tells in one answer."""
    alike: int = 1

    @property
    def tells_motion(self) -> bool:
        """Whether the indicator itself says that the load rests."""
        return any(flag.means in {"motion", "stable"} for flag in self.flags)


class Read(msgspec.Struct, frozen=True):
    """Registers, or bits, to ask for; `address` as on the wire (from 0)."""

    table: Table
    address: int
    count: int


class Write(msgspec.Struct, frozen=True):
    """A register or a coil to write; `address` as on the wire."""

    table: Literal["holding", "coil"]
    address: int
    value: int


def parse(text: str) -> Profile:
    """A profile from its TOML. Raises `ProfileRefused`."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except tomllib.TOMLDecodeError as error:
        raise ProfileRefused(f"is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ProfileRefused(f"is no profile: {error}") from error
    problem = _problem(profile)
    if problem:
        raise ProfileRefused(problem)
    return profile


def shipped_names() -> tuple[str, ...]:
    """The profiles that come with the house."""
    folder = importlib.resources.files("protocols.scales").joinpath("profiles")
    return tuple(sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml")))


def shipped(name: str) -> Profile:
    """One of the house's profiles. Raises `ProfileRefused`."""
    if name not in shipped_names():
        raise ProfileRefused(f"there is no profile '{name}'. Known: {', '.join(shipped_names())}")
    return parse(importlib.resources.files("protocols.scales").joinpath("profiles", f"{name}.toml").read_text("utf-8"))


def reads_of(profile: Profile) -> tuple[Read, ...]:
    """What to ask for one weight: as few questions as tables, gaps and the indicator's limit allow; the weight's first."""
    weight = profile.weight
    places: list[tuple[Table, int, int]] = [(weight.table, weight.address - profile.base, WORDS_OF[weight.type])]
    places += [(flag.table, flag.address - profile.base, 1) for flag in profile.flags]
    reads: list[Read] = []
    for table, address, count in places:
        for index, known in enumerate(reads):
            first = min(known.address, address)
            end = max(known.address + known.count, address + count)
            if known.table == table and end - first <= profile.registers_max:
                reads[index] = Read(table, first, end - first)
                break
        else:
            reads.append(Read(table, address, count))
    return tuple(reads)


def writes_of(profile: Profile, order: ScaleOrder) -> tuple[Write, Write] | None:
    """What to write, and what to write after it; None: the indicator cannot be told so."""
    for command in profile.commands:
        if command.order is order:
            on = 1 if command.table == "coil" else command.value if command.value is not None else 1 << command.bit
            address = command.address - profile.base
            return Write(command.table, address, on), Write(command.table, address, 0)
    return None


def states_of(profile: Profile) -> frozenset[WeightState]:
    """The states the indicator can say."""
    meant = {flag.means for flag in profile.flags}
    told = {WeightState.STABLE, WeightState.ZERO, WeightState.UNDER_ZERO}
    if meant & {"motion", "stable"}:
        told.add(WeightState.MOTION)
    if "over" in meant:
        told.add(WeightState.OVER_CAPACITY)
    if meant & {"fault", "good"}:
        told.add(WeightState.FAULT)
    return frozenset(told)


def _problem(profile: Profile) -> str:
    if profile.weight.unit not in GRAMS_IN:
        return f"weight.unit '{profile.weight.unit}' is no unit. Known: {', '.join(GRAMS_IN)}"
    if not 0 <= profile.weight.decimals <= 6 or (profile.weight.decimals and profile.weight.type == "float32"):
        return "weight.decimals: 0 to 6, and none with float32"
    if not 2 <= profile.registers_max <= 125:
        return "registers_max: 2 to 125"
    if not profile.tells_motion and profile.alike < 3:
        return "alike: at least 3 where no flag means 'motion' or 'stable'"
    every: tuple[Number | Flag | Command, ...] = (profile.weight, *profile.flags, *profile.commands)
    for each in every:
        if not profile.base <= each.address <= 0xFFFF:
            return f"address {each.address}: {profile.base} to 65535"
        if isinstance(each, Flag | Command) and not 0 <= each.bit <= 15:
            return f"bit {each.bit}: 0 to 15"
    return ""
