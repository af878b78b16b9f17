"""LLRP messages and parameters between bytes and structs, both directions and both roles. Bytes that make no sense raise.

`decode_message(encode_message(m)) == m`, and what was decoded is encoded to the same bytes again, known or not.
"""

from __future__ import annotations

import struct
from functools import cache

from protocols.llrp import access_parameters, capabilities, event_parameters, parameters, selection, tag_parameters
from protocols.llrp.errors import Malformed
from protocols.llrp.messages import HEADER_BYTES, MESSAGES, VERSION, RawMessage
from protocols.llrp.parameters import RawParameter, RawRest
from protocols.llrp.wire import Layout, Message, Parameter, Value

PARAMETERS: dict[int, type[Parameter]] = {
    kind.number: kind
    for kind in (
        *parameters.PARAMETERS,
        *tag_parameters.PARAMETERS,
        *event_parameters.PARAMETERS,
        *capabilities.PARAMETERS,
        *selection.PARAMETERS,
        *access_parameters.PARAMETERS,
    )
}
MESSAGES_BY_NUMBER: dict[int, type[Message]] = {kind.number: kind for kind in MESSAGES}
DEPTH_MAX = 32
"""Deeper than any parameter of the standard lies (a fault within a fault apart); deeper bytes are an attack or noise."""

_HEADER = struct.Struct(">HII")
_TLV = struct.Struct(">HH")
_NUMBER_BITS = 0x3FF
_SHORT = 0x80


@cache
def layout_of(kind: type[Parameter] | type[Message]) -> Layout:
    """The fields of a struct; made once."""
    return Layout(kind)


def encode_message(message: Message, *, version: int = VERSION) -> bytes:
    """The whole frame. Raises ValueError for a number that does not fit its field."""
    if isinstance(message, RawMessage):
        number, body = message.kind, message.data
    else:
        number, body = message.number, layout_of(type(message)).write(message)
    body += encode_parameters(message.parts)
    return _HEADER.pack(version << 10 | number, HEADER_BYTES + len(body), message.message_id) + body


def encode_parameters(parts: tuple[Parameter, ...]) -> bytes:
    """Parameters one after the other."""
    return b"".join(map(encode_parameter, parts))


def encode_parameter(part: Parameter) -> bytes:
    """One parameter with what it holds. Raises ValueError when it grows beyond 65,535 bytes."""
    if isinstance(part, RawRest):
        return part.data
    if isinstance(part, RawParameter):
        number, body = part.kind, part.data
    else:
        number, body = part.number, part.own_head + layout_of(type(part)).write(part)
    if part.tv:
        return bytes((_SHORT | number,)) + body
    body += encode_parameters(part.parts)
    if len(body) + _TLV.size > 0xFFFF:
        raise ValueError(f"{type(part).__name__} has {len(body)} bytes: a parameter holds at most 65531")
    return _TLV.pack(number, _TLV.size + len(body)) + body


def number_of(frame: bytes) -> int:
    """The message type in a frame's header."""
    return ((frame[0] << 8) | frame[1]) & _NUMBER_BITS


def version_of(frame: bytes) -> int:
    """The protocol version in a frame's header: 1 is LLRP 1.0.1, 2 is LLRP 1.1."""
    return frame[0] >> 2 & 0b111


def message_id_of(frame: bytes) -> int:
    """The message id in a frame's header."""
    return int.from_bytes(frame[6:10], "big")


def decode_message(frame: bytes) -> Message:
    """Read one whole frame, as the framer cut it. An unknown type is kept raw. Raises Malformed."""
    number, message_id = number_of(frame), message_id_of(frame)
    kind = MESSAGES_BY_NUMBER.get(number)
    if kind is None:
        return RawMessage(kind=number, data=frame[HEADER_BYTES:], message_id=message_id)
    fields, at = layout_of(kind).read(frame, HEADER_BYTES, len(frame))
    parts = decode_parameters(frame, at, len(frame))
    return kind(**fields, message_id=message_id, parts=parts)


def decode_parameters(data: bytes, at: int, end: int, depth: int = 0) -> tuple[Parameter, ...]:
    """All parameters in `data[at:end]`. Raises Malformed for one that does not fit into it."""
    if at < end and depth >= DEPTH_MAX:
        raise Malformed(f"parameters lie {DEPTH_MAX} deep in each other")
    found: list[Parameter] = []
    while at < end:
        part, at = _decode_short(data, at, end) if data[at] & _SHORT else _decode_long(data, at, end, depth)
        found.append(part)
    return tuple(found)


def _decode_short(data: bytes, at: int, end: int) -> tuple[Parameter, int]:
    kind = PARAMETERS.get(data[at] & ~_SHORT)
    if kind is None or not kind.tv:
        return RawRest(data=data[at:end]), end
    fields, after = layout_of(kind).read(data, at + 1, end)
    return _made(kind, fields, ()), after


def _decode_long(data: bytes, at: int, end: int, depth: int) -> tuple[Parameter, int]:
    if at + _TLV.size > end:
        raise Malformed(f"{end - at} bytes are too few for a parameter")
    head, length = _TLV.unpack_from(data, at)
    number, stop = head & _NUMBER_BITS, at + length
    kind = PARAMETERS.get(number)
    if length < _TLV.size or stop > end:
        raise Malformed(f"parameter {number} says it has {length} bytes, {end - at} are there")
    if kind is None or kind.tv:
        return RawParameter(kind=number, data=data[at + _TLV.size : stop]), stop
    fields, after = layout_of(kind).read(data, at + _TLV.size, stop)
    return _made(kind, fields, decode_parameters(data, after, stop, depth + 1)), stop


def _made(kind: type[Parameter], fields: dict[str, Value], parts: tuple[Parameter, ...]) -> Parameter:
    return kind(parts=parts, **fields)
