"""The ESL Service's characteristics and their values, and the numbers of the Object Transfer Service, both roles.

Attribute numbers from Bluetooth's assigned numbers. A label's images are objects of the Object Transfer Service: image n
has the id 0x000000000100 + n.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols.ble_esl.commands import ESL_ID_MAX
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.sealed import GROUP_MAX

ESL_SERVICE = 0x1857
ESL_ADDRESS = 0x2BF6
AP_SYNC_KEY = 0x2BF7
RESPONSE_KEY = 0x2BF8
ABSOLUTE_TIME = 0x2BF9
DISPLAY_INFO = 0x2BFA
IMAGE_INFO = 0x2BFB
SENSOR_INFO = 0x2BFC
LED_INFO = 0x2BFD
CONTROL_POINT = 0x2BFE

OBJECT_SERVICE = 0x1825
OBJECT_ID = 0x2AC3
OBJECT_ACTION = 0x2AC5
OBJECT_LIST = 0x2AC6
CLIENT_CONFIGURATION = 0x2902
NOTIFY, INDICATE = 1, 2
IMAGE_OBJECT_BASE = 0x000000000100
OBJECT_CHANNEL_PSM = 0x0025
"""LE credit-based channel on which object bytes travel."""

BLACK_WHITE, RED_BLACK_WHITE, YELLOW_BLACK_WHITE, RED_YELLOW_BLACK_WHITE = 0x01, 0x06, 0x07, 0x08
"""Display types of the assigned numbers that the house draws for."""

INPUT_VOLTAGE = 0x0059
"""Sensor property: 16 bits, 1/64 V."""
_DISPLAY = struct.Struct("<HHB")


@dataclass(frozen=True, slots=True, order=True)
class EslAddress:
    """Where a label is spoken to: its group (one subevent of the train) and its id in it."""

    group: int
    esl_id: int

    def __post_init__(self) -> None:
        if not (0 <= self.group <= GROUP_MAX and 0 <= self.esl_id <= ESL_ID_MAX):
            raise EslRefused(f"no label can have group {self.group}, id {self.esl_id}")

    def to_bytes(self) -> bytes:
        """The characteristic's value."""
        return bytes((self.esl_id, self.group))

    @classmethod
    def read(cls, value: bytes) -> EslAddress:
        """From the characteristic's value; the reserved bit is ignored. Raises `EslRefused`."""
        if len(value) != 2:
            raise EslRefused(f"an ESL address has 2 bytes, not {len(value)}")
        return cls(value[1] & 0x7F, value[0])


@dataclass(frozen=True, slots=True)
class DisplayInfo:
    """One display: pixels and the assigned number of its type."""

    width: int
    height: int
    kind: int


def write_displays(displays: tuple[DisplayInfo, ...]) -> bytes:
    """The characteristic's value."""
    return b"".join(_DISPLAY.pack(each.width, each.height, each.kind) for each in displays)


def read_displays(value: bytes) -> tuple[DisplayInfo, ...]:
    """From the characteristic's value. Raises `EslRefused`."""
    if not value or len(value) % _DISPLAY.size:
        raise EslRefused(f"display information of {len(value)} bytes; 5 for each display")
    return tuple(DisplayInfo(*_DISPLAY.unpack_from(value, at)) for at in range(0, len(value), _DISPLAY.size))


def read_sensors(value: bytes) -> tuple[int, ...]:
    """The property of each sensor; -1 for a vendor's own. Raises `EslRefused`."""
    found: list[int] = []
    at = 0
    while at < len(value):
        size = 3 if value[at] == 0 else 5
        if at + size > len(value):
            raise EslRefused("sensor information is cut off")
        found.append(int.from_bytes(value[at + 1 : at + 3], "little") if size == 3 else -1)
        at += size
    return tuple(found)


def write_sensors(properties: tuple[int, ...]) -> bytes:
    """Sensors with properties of the assigned numbers."""
    return b"".join(b"\0" + each.to_bytes(2, "little") for each in properties)


def millivolts_of(data: bytes) -> int:
    """A reading of `INPUT_VOLTAGE` in mV; 0 when it has another size."""
    return int.from_bytes(data, "little") * 1_000 // 64 if len(data) == 2 else 0


def image_object(image: int) -> int:
    """The object id of a stored image."""
    return IMAGE_OBJECT_BASE + image
