"""What a kind of device is to the bench: how it is built, healed and reached, and what can be wrong with it.

A new kind is a `DeviceKind`, a line in `simulators.kinds`, a field in `BenchSettings`, a control module and a card.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from protocols.clock import Clock, SeededRandom
from simulators.cables import Cable
from simulators.field_docs import field_docs
from simulators.listening import Serve
from simulators.payment_terminal.ledger import Acquirer
from simulators.settings import DeviceTable, LineTable

Device = TypeVar("Device")
Handled_contra = TypeVar("Handled_contra", contravariant=True)
Table = TypeVar("Table", bound=DeviceTable)
Value = bool | int | str | None
"""What a fault is set to; its default is good order."""
Struct = TypeVar("Struct", bound=msgspec.Struct)


class WrongValue(ValueError):
    """A fault cannot be set to that; the text says to what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a device is built with. `chance`: a stream of its own by name. `index`: its place among its kind, from 0."""

    clock: Clock
    chance: Callable[[str], SeededRandom]
    cable: Callable[[LineTable], Cable]
    serve: Serve
    """`asyncio.start_server`, or one in memory."""
    fonts: tuple[Path, ...]
    acquirer: Acquirer
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob(Generic[Handled_contra]):
    """One fault of a device, to be read and set. `default`: good order; its type is what may be set (None: int or None)."""

    name: str
    default: Value
    read: Callable[[Handled_contra], Value]
    write: Callable[[Handled_contra, Any], Awaitable[None] | None]
    about: str = ""
    """What then happens, for the menu of faults; empty: its name in words."""

    async def set(self, device: Handled_contra, value: Value) -> None:
        """Raises `WrongValue`."""
        kinds = (int, type(None)) if self.default is None else (type(self.default),)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join("nothing" if kind is type(None) else kind.__name__ for kind in kinds)
            raise WrongValue(f"{self.name}: {value!r} is no {expected}")
        try:
            done = self.write(device, value)
            if inspect.isawaitable(done):
                await done
        except ValueError as error:
            raise WrongValue(f"{self.name}: {error}") from error

    def is_on(self, device: Handled_contra) -> bool:
        """Whether something is wrong now."""
        return self.read(device) != self.default


async def _nothing(_given: Any, _device: Any) -> None:
    pass


def _port(_given: Any, device: Any) -> Path | int | None:
    return int(device.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind(Generic[Table, Device]):
    """`name`: its table in the settings, its key in /state, its path. `noun`: one of it."""

    name: str
    noun: str
    table: type[Table]
    build: Callable[[Table, Workshop], Device]
    knobs: Sequence[Knob[Device]] = field(default=())
    tidy: Callable[[Table, Device], Awaitable[None]] = _nothing
    """Good order beyond the faults: nothing on the scales, the drawer shut."""
    reach: Callable[[Table, Device], Path | int | None] = _port
    """Where a bad line in front of it leads: a serial port, a TCP port; None: there can be none."""

    def knob(self, name: str) -> Knob[Device] | None:
        """A fault by its name."""
        return next((each for each in self.knobs if each.name == name), None)


def plug_knob(
    plugged_in: Callable[[Device], bool],
    plug_in: Callable[[Device], Awaitable[None]],
    unplug: Callable[[Device], Awaitable[None]],
) -> Knob[Device]:
    """Its plug or cable."""

    async def write(device: Device, out: bool) -> None:
        if out and plugged_in(device):
            await unplug(device)
        elif not out and not plugged_in(device):
            await plug_in(device)

    return Knob(
        name="unplugged",
        default=False,
        read=lambda device: not plugged_in(device),
        write=write,
        about="Its cable or plug is pulled: whoever uses it sees it end.",
    )


def struct_knobs(
    shape: type[Struct],
    get: Callable[[Device], Struct],
    put: Callable[[Device, Struct], None],
    *,
    docs: type | None = None,
) -> tuple[Knob[Device], ...]:
    """A fault per field of a struct of faults. `put` gets the whole struct with the change.

    What a fault does is the docstring below its field, in `docs` when the struct has none.
    """
    told = field_docs(docs or shape)

    def knob(each: msgspec.structs.FieldInfo) -> Knob[Device]:
        def write(device: Device, value: Value) -> None:
            put(device, shape(**{**msgspec.structs.asdict(get(device)), each.name: value}))

        return Knob(
            name=each.name,
            default=each.default,
            read=lambda device: _value(get(device), each.name),
            write=write,
            about=told.get(each.name, each.name.replace("_", " ").capitalize() + "."),
        )

    return tuple(knob(each) for each in msgspec.structs.fields(shape))


def _value(faults: msgspec.Struct, name: str) -> Value:
    found = getattr(faults, name)
    assert found is None or isinstance(found, bool | int | str)
    return found


def copy_into(target: object, source: msgspec.Struct) -> None:
    """Every field of `source` into the attribute of that name."""
    for name in source.__struct_fields__:
        setattr(target, name, getattr(source, name))
