"""Makers' own parameters and messages: Impinj (25882) and Motorola, now Zebra (161). Both roles.

On the wire they are custom parameters, and the codec leaves them as `CustomParameter`; here they get names and fields.
To know one more: its struct with `own_head`, and its name in `OWN_PARAMETERS`. What a maker wrote that is not here, or does
not have the fields it should have, stays a `CustomParameter`: nothing is lost.
"""

from __future__ import annotations

import struct
import typing
from typing import ClassVar

from protocols.llrp.codec import decode_parameters, encode_parameters, layout_of
from protocols.llrp.errors import Malformed
from protocols.llrp.event_parameters import LlrpStatus
from protocols.llrp.messages import CustomMessage
from protocols.llrp.parameters import CUSTOM, CustomParameter
from protocols.llrp.wire import S16, U16, U32, Parameter, Text, U16s, find, own_head

IMPINJ, ZEBRA = 25_882, 161
_HEAD = struct.Struct(">II")


class OwnParameter(Parameter, frozen=True, kw_only=True):
    """Base of makers' parameters."""

    number: ClassVar[int] = CUSTOM


# Impinj, in SET_READER_CONFIG.


class ImpinjSearchMode(OwnParameter, frozen=True, kw_only=True):
    """In a C1g2InventoryCommand. 0 as the reader likes, 1 single target (a tag answers once), 2 dual target (again and
    again), 3 single target with suppression, 5 single target reset, 6 dual target B to A."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 23)
    mode: U16


class ImpinjGpiDebounce(OwnParameter, frozen=True, kw_only=True):
    """An input must keep its level for so long before it is told."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 36)
    port: U16
    milliseconds: U32


class ImpinjReaderTemperature(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 37)
    celsius: S16


class ImpinjLinkMonitor(OwnParameter, frozen=True, kw_only=True):
    """`mode` 1: give up a client that leaves `threshold` keepalives unanswered: a dead one does not block the reader."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 38)
    mode: U16
    threshold: U16


class ImpinjReportBuffer(OwnParameter, frozen=True, kw_only=True):
    """`mode`: 0 normal, 1 low latency."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 39)
    mode: U16


class ImpinjAdvancedGpo(OwnParameter, frozen=True, kw_only=True):
    """`mode`: 0 normal, 1 a pulse of `pulse_ms`, 2 while the reader works, 3 while LLRP is connected, 4 while it reads."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 64)
    port: U16
    mode: U16
    pulse_ms: U32


# Impinj, in a RoReportSpec: a selector that holds what is wanted (1 yes, 0 no).


class ImpinjContentSelector(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 50)


class ImpinjEnableTid(OwnParameter, frozen=True, kw_only=True):
    """FastID: the TID comes with the EPC, from tags that can do it."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 51)
    mode: U16


class ImpinjEnablePhase(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 52)
    mode: U16


class ImpinjEnablePeakRssi(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 53)
    mode: U16


class ImpinjEnableDoppler(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 67)
    mode: U16


class ImpinjEnableTxPower(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 72)
    mode: U16


# Impinj, in a TagReportData.


class ImpinjTid(OwnParameter, frozen=True, kw_only=True):
    """Words of the TID; none: the tag cannot do FastID."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 55)
    words: U16s


class ImpinjPhase(OwnParameter, frozen=True, kw_only=True):
    """0 to 4095 of a full turn."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 56)
    angle: U16


class ImpinjPeakRssi(OwnParameter, frozen=True, kw_only=True):
    """Hundredths of a dBm."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 57)
    cdbm: S16


class ImpinjDoppler(OwnParameter, frozen=True, kw_only=True):
    """Sixteenths of a hertz; above 0: the tag comes nearer."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 68)
    sixteenth_hz: S16


class ImpinjTxPower(OwnParameter, frozen=True, kw_only=True):
    """Hundredths of a dBm."""

    own_head: ClassVar[bytes] = own_head(IMPINJ, 73)
    cdbm: S16


# Impinj, in GET_READER_CAPABILITIES_RESPONSE.


class ImpinjDetailedVersion(OwnParameter, frozen=True, kw_only=True):
    own_head: ClassVar[bytes] = own_head(IMPINJ, 29)
    model: Text
    serial_number: Text
    software: Text
    firmware: Text
    fpga: Text
    pcba: Text


# Zebra (Motorola).


class ZebraContentSelector(OwnParameter, frozen=True, kw_only=True):
    """In a RoReportSpec. `flags` from the top: zone id, zone name, physical port, phase, GPS, MLT."""

    own_head: ClassVar[bytes] = own_head(ZEBRA, 708)
    flags: U32


class ZebraPhase(OwnParameter, frozen=True, kw_only=True):
    """In a TagReportData: -32768 to 32767 of a half turn."""

    own_head: ClassVar[bytes] = own_head(ZEBRA, 709)
    angle: S16


ZEBRA_TELL_PHASE = 0x1000_0000

OWN_PARAMETERS: tuple[type[OwnParameter], ...] = (
    ImpinjSearchMode, ImpinjGpiDebounce, ImpinjReaderTemperature, ImpinjLinkMonitor, ImpinjReportBuffer,
    ImpinjAdvancedGpo, ImpinjContentSelector, ImpinjEnableTid, ImpinjEnablePhase, ImpinjEnablePeakRssi,
    ImpinjEnableDoppler, ImpinjEnableTxPower, ImpinjTid, ImpinjPhase, ImpinjPeakRssi, ImpinjDoppler, ImpinjTxPower,
    ImpinjDetailedVersion, ZebraContentSelector, ZebraPhase,
)  # fmt: skip
_BY_HEAD = {kind.own_head: kind for kind in OWN_PARAMETERS}

O = typing.TypeVar("O", bound=OwnParameter)  # noqa: E741


def read_own(part: CustomParameter) -> OwnParameter | None:
    """A maker's parameter with its fields; None when it is not known or not as it should be."""
    kind = _BY_HEAD.get(_HEAD.pack(part.vendor, part.subtype))
    if kind is None:
        return None
    try:
        fields, at = layout_of(kind).read(part.data, 0, len(part.data))
        return kind(parts=decode_parameters(part.data, at, len(part.data)), **fields)
    except Malformed:
        return None


def find_own(parts: tuple[Parameter, ...], kind: type[O]) -> O | None:
    """The first part of a maker's kind."""
    for part in parts:
        if isinstance(part, CustomParameter) and _HEAD.pack(part.vendor, part.subtype) == kind.own_head:
            found = read_own(part)
            if isinstance(found, kind):
                return found
    return None


def as_custom(part: OwnParameter) -> CustomParameter:
    """As the codec reads it."""
    vendor, subtype = _HEAD.unpack(part.own_head)
    data = layout_of(type(part)).write(part) + encode_parameters(part.parts)
    return CustomParameter(vendor=vendor, subtype=subtype, data=data)


# Messages.

IMPINJ_ENABLE_EXTENSIONS, IMPINJ_ENABLE_EXTENSIONS_RESPONSE = 21, 22


def impinj_enable_extensions() -> CustomMessage:
    """Without it an Impinj reader refuses its own parameters."""
    return CustomMessage(vendor=IMPINJ, subtype=IMPINJ_ENABLE_EXTENSIONS, data=bytes(4))


def is_enable_extensions(message: CustomMessage) -> bool:
    """Whether a client asks for Impinj's own parameters."""
    return (message.vendor, message.subtype) == (IMPINJ, IMPINJ_ENABLE_EXTENSIONS)


def status_in(answer: CustomMessage) -> LlrpStatus | None:
    """The status that a maker's own answer begins with, if it does."""
    try:
        return find(decode_parameters(answer.data, 0, len(answer.data)), LlrpStatus)
    except Malformed:
        return None


def impinj_extensions_answer(request: CustomMessage, status: Parameter) -> CustomMessage:
    """The reader's answer to it."""
    return CustomMessage(
        message_id=request.message_id,
        vendor=IMPINJ,
        subtype=IMPINJ_ENABLE_EXTENSIONS_RESPONSE,
        data=encode_parameters((status,)),
    )
