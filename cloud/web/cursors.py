"""Keyset cursors: opaque text that names the last row seen, stable while rows are added. Pure."""

from __future__ import annotations

import base64
import binascii

import msgspec

from cloud.refusals import Invalid

PAGE_LIMIT_DEFAULT = 50
PAGE_LIMIT_MAX = 500


def encode_cursor(*parts: str | int) -> str:
    """The cursor that continues after the row with these key parts."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _decode(text: str) -> list[str | int]:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Invalid.field(
            "after", "not a cursor of this list", "Use `next` of the page before, or leave it out."
        ) from error


def text_cursor(text: str | None) -> str:
    """The one text key of a cursor; empty (before everything) when there is no cursor. Raises `Invalid`."""
    if not text:
        return ""
    parts = _decode(text)
    if len(parts) != 1 or not isinstance(parts[0], str):
        raise Invalid.field("after", "belongs to another list", "Use `next` of the page before, or leave it out.")
    return parts[0]


def number_cursor(text: str | None) -> int:
    """The one numeric key of a cursor; 0 when there is no cursor. Raises `Invalid`."""
    if not text:
        return 0
    parts = _decode(text)
    if len(parts) != 1 or not isinstance(parts[0], int):
        raise Invalid.field("after", "belongs to another list", "Use `next` of the page before, or leave it out.")
    return parts[0]


def mixed_cursor(text: str | None, *kinds: type[str] | type[int]) -> tuple[str | int, ...] | None:
    """The key parts of a cursor, of these types in this order; None when there is no cursor. Raises `Invalid`."""
    if not text:
        return None
    parts = _decode(text)
    if len(parts) != len(kinds) or any(type(part) is not kind for part, kind in zip(parts, kinds, strict=True)):
        raise Invalid.field("after", "belongs to another list", "Use `next` of the page before, or leave it out.")
    return tuple(parts)
