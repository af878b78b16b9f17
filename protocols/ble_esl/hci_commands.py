"""The HCI commands that a network of shelf labels needs (Core Specification 5.4, volume 4, part E, 7), both roles.

Each is a row: opcode, layout, fields in the order of the wire. Times of advertising and scanning are in units of the
specification. Bluetooth addresses are 6 bytes as on the wire.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from typing import ClassVar

from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.h4 import Packet, PacketType
from protocols.ble_esl.train import Train

ADVERTISING_SET = 0
NO_ADDRESS = bytes(6)
HOST_ENDS = 0x13
"""Reason of a disconnection: remote user terminated."""


@dataclass(frozen=True, slots=True)
class Reset:
    """7.3.2."""

    OPCODE: ClassVar[int] = 0x0C03
    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class SetEventMask:
    """7.3.1."""

    OPCODE: ClassVar[int] = 0x0C01
    LAYOUT: ClassVar[str] = "<Q"
    mask: int = 0x3FFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class LeSetEventMask:
    """7.8.1. Bit n - 1 lets LE subevent n through: all up to 0x29."""

    OPCODE: ClassVar[int] = 0x2001
    LAYOUT: ClassVar[str] = "<Q"
    mask: int = (1 << 0x29) - 1


@dataclass(frozen=True, slots=True)
class LeReadBufferSize:
    """7.8.2 [v1]. Returns status 1, ACL data length 2, number of ACL buffers 1."""

    OPCODE: ClassVar[int] = 0x2002
    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class LeSetExtendedAdvertisingParameters:
    """7.8.53: a set that nobody connects to and nobody scans."""

    OPCODE: ClassVar[int] = 0x2036
    LAYOUT: ClassVar[str] = "<BH3s3sBBB6sBbBBBBB"
    handle: int = ADVERTISING_SET
    properties: int = 0
    interval_min: bytes = (1600).to_bytes(3, "little")
    interval_max: bytes = (1600).to_bytes(3, "little")
    channels: int = 7
    own_address_type: int = 0
    peer_address_type: int = 0
    peer_address: bytes = NO_ADDRESS
    filter_policy: int = 0
    tx_power: int = 127
    primary_phy: int = 1
    secondary_skip: int = 0
    secondary_phy: int = 2
    sid: int = 0
    scan_notification: int = 0


@dataclass(frozen=True, slots=True)
class LeSetPeriodicAdvertisingParameters:
    """7.8.61 [v2]: the train."""

    OPCODE: ClassVar[int] = 0x2086
    LAYOUT: ClassVar[str] = "<BHHHBBBBB"
    handle: int
    interval_min: int
    interval_max: int
    properties: int
    subevents: int
    subevent_interval: int
    slot_delay: int
    slot_spacing: int
    slots: int

    @classmethod
    def of(cls, train: Train) -> LeSetPeriodicAdvertisingParameters:
        """For a train."""
        units = train.interval_units
        slots = (train.slot_delay_units, train.slot_spacing_units, train.slots)
        return cls(ADVERTISING_SET, units, units, 0, train.subevents, train.subevent_units, *slots)

    @property
    def train(self) -> Train:
        """As a train. Raises `EslRefused`."""
        return Train(
            self.interval_max, self.subevents, self.subevent_interval, self.slot_delay, self.slot_spacing, self.slots
        )


@dataclass(frozen=True, slots=True)
class LeSetPeriodicAdvertisingEnable:
    """7.8.63."""

    OPCODE: ClassVar[int] = 0x2040
    LAYOUT: ClassVar[str] = "<BB"
    enable: int = 1
    handle: int = ADVERTISING_SET


@dataclass(frozen=True, slots=True)
class LeSetExtendedAdvertisingEnable:
    """7.8.56, one set without an end."""

    OPCODE: ClassVar[int] = 0x2039
    LAYOUT: ClassVar[str] = "<BBBHB"
    enable: int = 1
    sets: int = 1
    handle: int = ADVERTISING_SET
    duration: int = 0
    events_max: int = 0


@dataclass(frozen=True, slots=True)
class LeSetExtendedScanParameters:
    """7.8.64: passive, on the 1M PHY."""

    OPCODE: ClassVar[int] = 0x2041
    LAYOUT: ClassVar[str] = "<BBBBHH"
    own_address_type: int = 0
    filter_policy: int = 0
    phys: int = 1
    active: int = 0
    interval: int = 160
    window: int = 16


@dataclass(frozen=True, slots=True)
class LeSetExtendedScanEnable:
    """7.8.65."""

    OPCODE: ClassVar[int] = 0x2042
    LAYOUT: ClassVar[str] = "<BBHH"
    enable: int = 1
    filter_duplicates: int = 0
    duration: int = 0
    period: int = 0


@dataclass(frozen=True, slots=True)
class LeExtendedCreateConnection:
    """7.8.66 [v2] on the 1M PHY: by the train (`subevent`), or with handle and subevent FF by scanning."""

    OPCODE: ClassVar[int] = 0x2085
    LAYOUT: ClassVar[str] = "<BBBBB6sBHHHHHHHH"
    handle: int
    subevent: int
    filter_policy: int
    own_address_type: int
    peer_address_type: int
    peer_address: bytes
    phys: int = 1
    scan_interval: int = 16
    scan_window: int = 16
    interval_min: int = 12
    interval_max: int = 12
    latency: int = 0
    supervision_timeout: int = 400
    event_length_min: int = 0
    event_length_max: int = 0


@dataclass(frozen=True, slots=True)
class LeCreateConnectionCancel:
    """7.8.13."""

    OPCODE: ClassVar[int] = 0x200E
    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class LePeriodicAdvertisingSetInfoTransfer:
    """7.8.90: tell the other side of a connection the timing of the train."""

    OPCODE: ClassVar[int] = 0x205B
    LAYOUT: ClassVar[str] = "<HHB"
    connection: int
    service_data: int = 0
    handle: int = ADVERTISING_SET


@dataclass(frozen=True, slots=True)
class ReadAddress:
    """7.4.6 (Read BD_ADDR). Returns status 1, address 6."""

    OPCODE: ClassVar[int] = 0x1009
    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class LeEnableEncryption:
    """7.8.24, with a key of Secure Connections (random number and diversifier are 0)."""

    OPCODE: ClassVar[int] = 0x2019
    LAYOUT: ClassVar[str] = "<HQH16s"
    connection: int
    random: int
    diversifier: int
    long_term_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """7.1.6."""

    OPCODE: ClassVar[int] = 0x0406
    LAYOUT: ClassVar[str] = "<HB"
    connection: int
    reason: int = HOST_ENDS


@dataclass(frozen=True, slots=True)
class LeSetPeriodicAdvertisingSubeventData:
    """7.8.125, for one subevent."""

    OPCODE: ClassVar[int] = 0x2082
    subevent: int
    slot_start: int
    slot_count: int
    data: bytes
    handle: int = ADVERTISING_SET


_Fixed = (
    Reset
    | SetEventMask
    | LeSetEventMask
    | LeReadBufferSize
    | LeSetExtendedAdvertisingParameters
    | LeSetPeriodicAdvertisingParameters
    | LeSetPeriodicAdvertisingEnable
    | LeSetExtendedAdvertisingEnable
    | LeSetExtendedScanParameters
    | LeSetExtendedScanEnable
    | LeExtendedCreateConnection
    | LeCreateConnectionCancel
    | LePeriodicAdvertisingSetInfoTransfer
    | ReadAddress
    | LeEnableEncryption
    | Disconnect
)
HciCommand = _Fixed | LeSetPeriodicAdvertisingSubeventData

_FIXED: dict[int, type[_Fixed]] = {
    kind.OPCODE: kind
    for kind in (
        Reset,
        SetEventMask,
        LeSetEventMask,
        LeReadBufferSize,
        LeSetExtendedAdvertisingParameters,
        LeSetPeriodicAdvertisingParameters,
        LeSetPeriodicAdvertisingEnable,
        LeSetExtendedAdvertisingEnable,
        LeSetExtendedScanParameters,
        LeSetExtendedScanEnable,
        LeExtendedCreateConnection,
        LeCreateConnectionCancel,
        LePeriodicAdvertisingSetInfoTransfer,
        ReadAddress,
        LeEnableEncryption,
        Disconnect,
    )
}


def command_packet(command: HciCommand) -> Packet:
    """As a packet. Raises `EslRefused` for a value out of range."""
    if isinstance(command, LeSetPeriodicAdvertisingSubeventData):
        head = (command.handle, 1, command.subevent, command.slot_start, command.slot_count, len(command.data))
        return Packet(PacketType.COMMAND, command.OPCODE, bytes(head) + command.data)
    try:
        body = struct.pack(command.LAYOUT, *(getattr(command, each.name) for each in fields(command)))
    except struct.error as error:
        raise EslRefused(f"{command} has a value out of range") from error
    return Packet(PacketType.COMMAND, command.OPCODE, body)


def read_command(packet: Packet) -> HciCommand:
    """A controller's side. Raises `EslRefused` for one not in the table or with another length."""
    if packet.head == LeSetPeriodicAdvertisingSubeventData.OPCODE:
        body = packet.body
        if len(body) < 6 or body[1] != 1 or len(body) != 6 + body[5]:
            raise EslRefused("subevent data that is not for exactly one subevent")
        return LeSetPeriodicAdvertisingSubeventData(body[2], body[3], body[4], body[6:], body[0])
    kind = _FIXED.get(packet.head)
    if kind is None:
        raise EslRefused(f"command {packet.head:04X} is not known")
    try:
        return kind(*struct.unpack(kind.LAYOUT, packet.body))
    except struct.error as error:
        raise EslRefused(f"command {packet.head:04X} with {len(packet.body)} bytes") from error
