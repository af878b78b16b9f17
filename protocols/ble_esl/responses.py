"""What a label answers: the response TLVs of the ESL Service 1.0, both roles.

The length rule is that of the commands: (opcode >> 4) + 2 bytes in all. A response names no label: who speaks follows
from the response slot, and the key that opens it proves it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.ble_esl.errors import EslRefused

SENSOR_TAG = 0x0E
DATA_BYTES_MAX = 15


class EslError(enum.IntEnum):
    """Why a command was not done. Other codes are a vendor's."""

    UNSPECIFIED = 0x01
    INVALID_OPCODE = 0x02
    INVALID_STATE = 0x03
    INVALID_IMAGE_INDEX = 0x04
    IMAGE_NOT_AVAILABLE = 0x05
    INVALID_PARAMETERS = 0x06
    CAPACITY_LIMIT = 0x07
    """No room for this answer in the packet: ask again alone."""
    LOW_BATTERY = 0x08
    OUT_OF_RESOURCES = 0x09
    RETRY = 0x0A
    """Not now: ask again."""
    QUEUE_FULL = 0x0B
    IMPLAUSIBLE_TIME = 0x0C


@dataclass(frozen=True, slots=True)
class Failed:
    """A command that was not done. `code`: see `EslError`."""

    code: int


@dataclass(frozen=True, slots=True)
class LedState:
    """An LED took its command."""

    led: int


@dataclass(frozen=True, slots=True)
class BasicState:
    """What a label says of itself."""

    service_needed: bool = False
    synchronised: bool = False
    active_led: bool = False
    pending_led: bool = False
    pending_display: bool = False

    def to_int(self) -> int:
        """The 16 bits of the wire."""
        flags = (self.service_needed, self.synchronised, self.active_led, self.pending_led, self.pending_display)
        return sum(flag << bit for bit, flag in enumerate(flags))

    @classmethod
    def of_int(cls, bits: int) -> BasicState:
        """From the 16 bits; those not yet defined are ignored."""
        return cls(*(bool(bits >> bit & 1) for bit in range(5)))


@dataclass(frozen=True, slots=True)
class DisplayState:
    """The image a display shows, or was told to show."""

    display: int
    image: int


@dataclass(frozen=True, slots=True)
class SensorValue:
    """A sensor's reading, 1 to 15 bytes whose meaning the label's sensor information tells."""

    sensor: int
    data: bytes


@dataclass(frozen=True, slots=True)
class OtherResponse:
    """A vendor's response, or one of a later specification."""

    opcode: int
    data: bytes


Response = Failed | LedState | BasicState | DisplayState | SensorValue | OtherResponse


def write_response(response: Response) -> bytes:
    """The TLV. Raises `EslRefused` for a value that has no place in it."""
    try:
        match response:
            case Failed():
                return bytes((0x00, response.code))
            case LedState():
                return bytes((0x01, response.led))
            case BasicState():
                return b"\x10" + response.to_int().to_bytes(2, "little")
            case DisplayState():
                return bytes((0x11, response.display, response.image))
            case SensorValue():
                return bytes((len(response.data) << 4 | SENSOR_TAG, response.sensor)) + response.data
            case OtherResponse():
                return bytes((response.opcode,)) + response.data
    except ValueError as error:
        raise EslRefused(f"{response} has a value out of range") from error


def read_responses(data: bytes) -> Iterator[Response]:
    """The responses of one packet, in order. Raises `EslRefused` where the last one is cut off."""
    position = 0
    while position < len(data):
        length = (data[position] >> 4) + 2
        tlv = data[position : position + length]
        if len(tlv) < length:
            raise EslRefused(f"the response {tlv.hex()} lacks {length - len(tlv)} bytes")
        yield _read_one(tlv)
        position += length


def _read_one(tlv: bytes) -> Response:
    opcode, rest = tlv[0], tlv[1:]
    if opcode == 0x00:
        return Failed(rest[0])
    if opcode == 0x01:
        return LedState(rest[0])
    if opcode == 0x10:
        return BasicState.of_int(int.from_bytes(rest, "little"))
    if opcode == 0x11:
        return DisplayState(rest[0], rest[1])
    if opcode & 0x0F == SENSOR_TAG:
        return SensorValue(rest[0], rest[1:])
    return OtherResponse(opcode, rest)
