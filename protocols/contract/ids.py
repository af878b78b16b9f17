"""UUID version 7 (RFC 9562 section 5.7) from a given instant and given random bytes: no clock and no randomness here."""

from __future__ import annotations

import uuid


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """Return a version 7 UUID as text. `random_bytes` is exactly 10 bytes; `unix_ms` fits 48 bits."""
    if len(random_bytes) != 10:
        raise ValueError("uuid7 needs exactly 10 random bytes")
    if not 0 <= unix_ms < 1 << 48:
        raise ValueError("uuid7 needs an instant between 1970 and the year 10889")
    rand = int.from_bytes(random_bytes, "big")
    rand_a = rand >> 68
    rand_b = rand & ((1 << 62) - 1)
    value = unix_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    return str(uuid.UUID(int=value))
