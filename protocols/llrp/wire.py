"""How LLRP values lie on the wire, as annotations: a parameter or message is a struct whose fields say how they are written.

`Layout` makes reader and writer from a struct's annotations once, at import. Every parameter and message is its own fields
in declared order, then parameters (`parts`) in wire order to its end (LLRP 1.0.1, section 17). Big-endian throughout.
"""

from __future__ import annotations

import struct
import typing
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from protocols.llrp.errors import Malformed


@dataclass(frozen=True, slots=True)
class Number:
    """One integer; `code` is its letter in `struct`."""

    code: str


@dataclass(frozen=True, slots=True)
class TopBit:
    """A truth value in the highest bit of a byte; the seven others are reserved and written as 0."""


@dataclass(frozen=True, slots=True)
class TopBits:
    """A number in the `bits` highest bits of a byte; the others are reserved and written as 0."""

    bits: int


@dataclass(frozen=True, slots=True)
class Words:
    """UTF-8 text after its length in bytes (u16). Bytes that are no UTF-8 are kept too: show such text with `readable`."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Integers after their number (u16)."""

    code: str


@dataclass(frozen=True, slots=True)
class CountedBits:
    """A bit string after its length in bits (u16), padded to whole bytes."""


@dataclass(frozen=True, slots=True)
class ToTheEnd:
    """All bytes that are left."""


_AS_IT_CAME = "surrogateescape"


def readable(text: str) -> str:
    """A reader's words for people and files: what was no UTF-8 becomes question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


class BitString(msgspec.Struct, frozen=True):
    """`data` holds `bits` bits from the left; the padding is kept as it came."""

    bits: int
    data: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= 0xFFFF or len(self.data) != (self.bits + 7) // 8:
            raise ValueError(f"{len(self.data)} bytes cannot hold exactly {self.bits} bits")


U8 = Annotated[int, Number("B")]
U16 = Annotated[int, Number("H")]
U32 = Annotated[int, Number("I")]
U64 = Annotated[int, Number("Q")]
S8 = Annotated[int, Number("b")]
S16 = Annotated[int, Number("h")]
Flag = Annotated[bool, TopBit()]
Top2 = Annotated[int, TopBits(2)]
Text = Annotated[str, Words()]
U8s = Annotated[tuple[int, ...], Counted("B")]
U16s = Annotated[tuple[int, ...], Counted("H")]
U32s = Annotated[tuple[int, ...], Counted("I")]
Bits = Annotated[BitString, CountedBits()]
Rest = Annotated[bytes, ToTheEnd()]

FieldKind = Number | TopBit | TopBits | Words | Counted | CountedBits | ToTheEnd
Value = int | bool | str | bytes | BitString | tuple[int, ...]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parameters. `tv`: one type byte and a fixed length, instead of a type and a length of 16 bits each.

    `own_head`: vendor and subtype of a maker's own parameter, before its fields.
    """

    number: ClassVar[int] = -1
    tv: ClassVar[bool] = False
    own_head: ClassVar[bytes] = b""
    parts: tuple[Parameter, ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all messages. `message_id` joins an answer to its request."""

    number: ClassVar[int] = -1
    message_id: int = 0
    parts: tuple[Parameter, ...] = ()


def own_head(vendor: int, subtype: int) -> bytes:
    """What a custom parameter of this kind begins with."""
    return struct.pack(">II", vendor, subtype)


P = typing.TypeVar("P", bound=Parameter)


def find(parts: tuple[Parameter, ...], kind: type[P]) -> P | None:
    """The first part of a kind."""
    return next((part for part in parts if isinstance(part, kind)), None)


def find_all(parts: tuple[Parameter, ...], kind: type[P]) -> list[P]:
    """All parts of a kind, in wire order."""
    return [part for part in parts if isinstance(part, kind)]


class Layout:
    """Reads and writes the own fields of one struct (everything before its `parts`)."""

    def __init__(self, kind: type[Parameter] | type[Message]) -> None:
        self.kind = kind
        self.fields = _fields(kind)
        """Every field with how it is written, in wire order."""
        fixed = "".join(_fixed_code(how) for _, how in self.fields) if self.is_fixed else ""
        self.fixed_bytes = struct.calcsize(">" + fixed) if self.is_fixed else None
        """Length of the own fields when it never changes."""
        self._fixed = struct.Struct(">" + fixed)
        self._names = [name for name, _ in self.fields]
        self._flags = [name for name, how in self.fields if isinstance(how, TopBit)]
        self._shifts = [(name, 8 - how.bits) for name, how in self.fields if isinstance(how, TopBits)]

    @property
    def is_fixed(self) -> bool:
        """Whether all fields have one length."""
        return all(isinstance(how, Number | TopBit | TopBits) for _, how in self.fields)

    def read(self, data: bytes, at: int, end: int) -> tuple[dict[str, Value], int]:
        """The fields by name, and where they end. Raises Malformed when they reach beyond `end`."""
        if self.fixed_bytes is not None:
            if at + self.fixed_bytes > end:
                raise Malformed(f"{self.kind.__name__} has {end - at} bytes, it needs {self.fixed_bytes}")
            values: dict[str, Value] = dict(zip(self._names, self._fixed.unpack_from(data, at), strict=True))
            for name in self._flags:
                values[name] = bool(int(values[name]) & 0x80)  # type: ignore[arg-type]
            for name, shift in self._shifts:
                values[name] = int(values[name]) >> shift  # type: ignore[arg-type]
            return values, at + self.fixed_bytes
        values = {}
        for name, how in self.fields:
            try:
                values[name], at = _read(how, data, at, end)
            except (struct.error, Malformed) as error:
                raise Malformed(f"{self.kind.__name__}.{name} is cut short or unreadable") from error
        return values, at

    def write(self, value: Parameter | Message) -> bytes:
        """The fields as bytes. Raises ValueError for a number that does not fit."""
        try:
            return b"".join(_write(how, getattr(value, name)) for name, how in self.fields)
        except struct.error as error:
            raise ValueError(f"{self.kind.__name__}: {error}") from error


def _fields(kind: type[Parameter] | type[Message]) -> list[tuple[str, FieldKind]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return [
        (name, hints[name].__metadata__[0])
        for name in kind.__struct_fields__
        if name not in Parameter.__struct_fields__ + Message.__struct_fields__
    ]


def _fixed_code(how: FieldKind) -> str:
    return how.code if isinstance(how, Number) else "B"


def _read(how: FieldKind, data: bytes, at: int, end: int) -> tuple[Value, int]:
    match how:
        case Number():
            return _ints(how.code, 1, data, at, end)[0], at + struct.calcsize(how.code)
        case TopBit():
            return bool(_ints("B", 1, data, at, end)[0] & 0x80), at + 1
        case TopBits(bits=bits):
            return _ints("B", 1, data, at, end)[0] >> 8 - bits, at + 1
        case ToTheEnd():
            return data[at:end], end
        case _:
            (count,) = _ints("H", 1, data, at, end)
            at += 2
    match how:
        case Words():
            return _bytes(data, at, count, end).decode("utf-8", _AS_IT_CAME), at + count
        case CountedBits():
            length = (count + 7) // 8
            return BitString(bits=count, data=_bytes(data, at, length, end)), at + length
        case Counted():
            return _ints(how.code, count, data, at, end), at + count * struct.calcsize(how.code)


def _ints(code: str, count: int, data: bytes, at: int, end: int) -> tuple[int, ...]:
    wire = f">{count}{code}"
    if at + struct.calcsize(wire) > end:
        raise Malformed("cut short")
    return struct.unpack_from(wire, data, at)


def _bytes(data: bytes, at: int, count: int, end: int) -> bytes:
    if at + count > end:
        raise Malformed("cut short")
    return data[at : at + count]


def _write(how: FieldKind, value: Value) -> bytes:
    match how, value:
        case Number(), int():
            return struct.pack(">" + how.code, value)
        case TopBit(), bool():
            return b"\x80" if value else b"\x00"
        case TopBits(bits=bits), int():
            return struct.pack(">B", value << 8 - bits)
        case ToTheEnd(), bytes():
            return value
        case Words(), str():
            coded = value.encode("utf-8", _AS_IT_CAME)
            return struct.pack(">H", len(coded)) + coded
        case CountedBits(), BitString():
            return struct.pack(">H", value.bits) + value.data
        case Counted(), tuple():
            return struct.pack(f">H{len(value)}{how.code}", len(value), *value)
        case _:
            raise ValueError(f"{value!r} cannot be written as {how}")
