"""What an access point tells a label: the command TLVs of the ESL Service 1.0, both roles.

A TLV is an opcode, the label's id and parameters; its whole length is (opcode >> 4) + 2, so an unknown one can be stepped
over. Numbers are little-endian. Indexes (display, image, LED, sensor) count from 0. `at_ms` is the network's absolute
time, see `protocols.ble_esl.absolute_time`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar

from protocols.ble_esl.errors import EslRefused

EVERY_LABEL = 0xFF
"""The id that means every label of the group. Nobody answers."""
ESL_ID_MAX = 0xFE
CANCEL_AT = 0
"""As the time of a timed command: forget the one that waits."""
VENDOR_TAG = 0x0F


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered with the basic state."""

    OPCODE: ClassVar[int] = 0x00
    esl_id: int


@dataclass(frozen=True, slots=True)
class Unassociate:
    """Leave this network: keys and address are forgotten."""

    OPCODE: ClassVar[int] = 0x01
    esl_id: int


@dataclass(frozen=True, slots=True)
class ServiceReset:
    """Take back the wish for service."""

    OPCODE: ClassVar[int] = 0x02
    esl_id: int


@dataclass(frozen=True, slots=True)
class FactoryReset:
    """Forget everything, images too. Only over a connection; never answered."""

    OPCODE: ClassVar[int] = 0x03
    esl_id: int


@dataclass(frozen=True, slots=True)
class UpdateComplete:
    """The connection has served: back to the periodic advertising. Never answered."""

    OPCODE: ClassVar[int] = 0x04
    esl_id: int


@dataclass(frozen=True, slots=True)
class ReadSensor:
    """Answered with the sensor's value."""

    OPCODE: ClassVar[int] = 0x10
    esl_id: int
    sensor: int


@dataclass(frozen=True, slots=True)
class RefreshDisplay:
    """Draw the present image again; answered with the display's state."""

    OPCODE: ClassVar[int] = 0x11
    esl_id: int
    display: int


@dataclass(frozen=True, slots=True)
class DisplayImage:
    """Show a stored image now; answered with the display's state."""

    OPCODE: ClassVar[int] = 0x20
    esl_id: int
    display: int
    image: int


@dataclass(frozen=True, slots=True)
class DisplayTimedImage:
    """Show a stored image at an instant (0: forget the one that waits); answered with the display's state."""

    OPCODE: ClassVar[int] = 0x60
    esl_id: int
    display: int
    image: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Flash:
    """How an LED flashes. Colours 0 to 3 each, brightness 0 to 3 (brightest).

    `pattern`: 40 bits, run from the highest set bit down; a 1 is lit for `on_2ms`, a 0 dark for `off_2ms` (units of 2 ms).
    `repeats` counts whole patterns, or seconds when `in_seconds`; 0 means without end: off, or lit when `in_seconds`.
    """

    red: int = 0
    green: int = 0
    blue: int = 0
    brightness: int = 3
    pattern: int = 0b10
    off_2ms: int = 250
    on_2ms: int = 250
    in_seconds: bool = False
    repeats: int = 0

    def to_bytes(self) -> bytes:
        """10 bytes: colour and brightness, pattern, periods, repeats. Raises `EslRefused`."""
        if max(self.red, self.green, self.blue, self.brightness) > 3 or not 0 <= self.repeats < 1 << 15:
            raise EslRefused("an LED has colours and brightness of 0 to 3 and at most 32767 repeats")
        if not 0 <= self.pattern < 1 << 40 or max(self.off_2ms, self.on_2ms) > 0xFF:
            raise EslRefused("an LED pattern has 40 bits, its periods are at most 510 ms")
        colour = self.red | self.green << 2 | self.blue << 4 | self.brightness << 6
        repeat = self.repeats << 1 | self.in_seconds
        return (
            bytes((colour,))
            + self.pattern.to_bytes(5, "little")
            + bytes((self.off_2ms, self.on_2ms))
            + repeat.to_bytes(2, "little")
        )

    @classmethod
    def read(cls, data: bytes) -> Flash:
        """From the 10 bytes."""
        colour, repeat = data[0], int.from_bytes(data[8:10], "little")
        return cls(
            red=colour & 3,
            green=colour >> 2 & 3,
            blue=colour >> 4 & 3,
            brightness=colour >> 6,
            pattern=int.from_bytes(data[1:6], "little"),
            off_2ms=data[6],
            on_2ms=data[7],
            in_seconds=bool(repeat & 1),
            repeats=repeat >> 1,
        )


FLASH_BYTES = 10


@dataclass(frozen=True, slots=True)
class LedControl:
    """Flash now; answered with the LED's state."""

    OPCODE: ClassVar[int] = 0xB0
    esl_id: int
    led: int
    flash: Flash


@dataclass(frozen=True, slots=True)
class LedTimedControl:
    """Flash at an instant (0: forget the one that waits); answered with the LED's state."""

    OPCODE: ClassVar[int] = 0xF0
    esl_id: int
    led: int
    flash: Flash
    at_ms: int


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """A vendor's command, or one of a later specification."""

    opcode: int
    esl_id: int
    data: bytes


_Plain = Ping | Unassociate | ServiceReset | FactoryReset | UpdateComplete | ReadSensor | RefreshDisplay | DisplayImage
Command = _Plain | DisplayTimedImage | LedControl | LedTimedControl | OtherCommand

_PLAIN: dict[int, type[_Plain]] = {
    kind.OPCODE: kind
    for kind in (
        Ping,
        Unassociate,
        ServiceReset,
        FactoryReset,
        UpdateComplete,
        ReadSensor,
        RefreshDisplay,
        DisplayImage,
    )
}
_TIMED_IMAGE = struct.Struct("<BBBBI")


def tlv_bytes(opcode: int) -> int:
    """The whole length of a TLV, opcode included."""
    return (opcode >> 4) + 2


def write_command(command: Command) -> bytes:
    """The TLV. Raises `EslRefused` for a value that has no place in it."""
    try:
        match command:
            case DisplayTimedImage():
                return _TIMED_IMAGE.pack(command.OPCODE, command.esl_id, command.display, command.image, command.at_ms)
            case LedControl():
                return bytes((command.OPCODE, command.esl_id, command.led)) + command.flash.to_bytes()
            case LedTimedControl():
                head = bytes((command.OPCODE, command.esl_id, command.led))
                return head + command.flash.to_bytes() + command.at_ms.to_bytes(4, "little")
            case OtherCommand():
                return _write_other(command)
            case _:
                return bytes((command.OPCODE, *(getattr(command, each.name) for each in fields(command))))
    except (struct.error, ValueError, OverflowError) as error:
        raise EslRefused(f"{command} has a value out of range") from error


def read_commands(data: bytes) -> Iterator[Command]:
    """The commands of one payload, in order. Raises `EslRefused` where the last one is cut off."""
    position = 0
    while position < len(data):
        length = tlv_bytes(data[position])
        tlv = data[position : position + length]
        if len(tlv) < length:
            raise EslRefused(f"the command {tlv.hex()} lacks {length - len(tlv)} bytes")
        yield _read_one(tlv)
        position += length


def _read_one(tlv: bytes) -> Command:
    opcode, esl_id, rest = tlv[0], tlv[1], tlv[2:]
    plain = _PLAIN.get(opcode)
    if plain is not None:
        return plain(esl_id, *rest)
    if opcode == DisplayTimedImage.OPCODE:
        return DisplayTimedImage(esl_id, rest[0], rest[1], int.from_bytes(rest[2:6], "little"))
    if opcode == LedControl.OPCODE:
        return LedControl(esl_id, rest[0], Flash.read(rest[1:11]))
    if opcode == LedTimedControl.OPCODE:
        return LedTimedControl(esl_id, rest[0], Flash.read(rest[1:11]), int.from_bytes(rest[11:15], "little"))
    return OtherCommand(opcode, esl_id, rest)


def _write_other(command: OtherCommand) -> bytes:
    data = bytes((command.opcode, command.esl_id)) + command.data
    if len(data) != tlv_bytes(command.opcode):
        raise EslRefused(f"opcode {command.opcode:02X} has {tlv_bytes(command.opcode)} bytes, not {len(data)}")
    return data
