"""Shared framing: a JSON header line with a zstd body behind it, and lists of messages for HTTPS answers.

Unpacking is bounded: the frame must state its size, the size must be within the limit, nothing may follow the frame.
"""

from __future__ import annotations

from collections.abc import Iterable

import zstandard

from protocols.sync import limits
from protocols.sync.messages import MessageError

CODEC = "zstd"
ZSTD_LEVEL = 3
CONTENT_TYPE_FRAMES = "application/vnd.tallystick.frames"
"""Each message: four bytes length, big endian, then the message."""

_compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_content_size=True, write_checksum=False)
_decompressor = zstandard.ZstdDecompressor()


def compress(plain: bytes) -> bytes:
    """One zstd frame that states its content size."""
    return _compressor.compress(plain)


def decompress(frame: bytes, plain_bytes_max: int) -> bytes:
    """Unpack exactly one frame. Raises `MessageError` when it is damaged, unbounded, too large or followed by anything."""
    try:
        declared = zstandard.frame_content_size(frame)
    except zstandard.ZstdError as error:
        raise MessageError(
            f"body: not a zstd frame ({error})", field="body", remedy="compress it as one zstd frame"
        ) from error
    if declared < 0:
        raise MessageError("body: the zstd frame does not state its size", field="body", remedy="write the content size")
    if declared > plain_bytes_max:
        raise MessageError(
            f"body: {declared} bytes unpacked",
            field="body",
            remedy=f"at most {plain_bytes_max} are unpacked; send less at once",
        )
    if declared == 0:
        return b""
    try:
        return _decompressor.decompress(frame, max_output_size=plain_bytes_max, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise MessageError(f"body: damaged zstd frame ({error})", field="body", remedy="send it again") from error


def split_header(payload: bytes, payload_bytes_max: int) -> tuple[bytes, bytes]:
    """Part a payload at its first newline into header line and body. Raises `MessageError`."""
    if len(payload) > payload_bytes_max:
        raise MessageError(f"{len(payload)} bytes", field="payload", remedy=f"at most {payload_bytes_max} are read")
    end = payload.find(b"\n", 0, limits.HEADER_BYTES_MAX + 1)
    if end < 0:
        raise MessageError("no header line", field="header", remedy="start with one line of JSON, then a newline")
    return payload[:end], payload[end + 1 :]


def pack_frames(messages: Iterable[bytes]) -> bytes:
    """A list of messages as one HTTPS body."""
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def unpack_frames(body: bytes) -> list[bytes]:
    """Read `pack_frames`. Raises `MessageError` when cut short or when a frame is longer than any message may be."""
    messages: list[bytes] = []
    at = 0
    while at < len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        if at + 4 > len(body) or at + 4 + length > len(body):
            raise MessageError("frames: cut short", field="frames", remedy="fetch it again")
        if length > limits.DELTA_PLAIN_BYTES_MAX:
            raise MessageError(f"frames: one of {length} bytes", field="frames", remedy="no message is that long")
        messages.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    return messages
