"""UUID version 7 (RFC 9562 section 5.7) from a given instant and given random bytes: no clock and no randomness here."""

from __future__ import annotations


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """Return a version 7 UUID as text. `random_bytes` is exactly 10 bytes; `unix_ms` fits 48 bits."""
    if len(random_bytes) != 10:
        raise ValueError("uuid7 needs exactly 10 random bytes")
    return uuid7_many(unix_ms, random_bytes)[0]


_VARIANT = {digit: f"{0b1000 | int(digit, 16) & 0b11:x}" for digit in "0123456789abcdef"}
"""The two highest bits of the clock sequence are 10."""


def uuid7_many(unix_ms: int, random_bytes: bytes) -> list[str]:
    """Version 7 UUIDs of one instant, one per 10 random bytes."""
    if not 0 <= unix_ms < 1 << 48:
        raise ValueError("uuid7 needs an instant between 1970 and the year 10889")
    instant = f"{unix_ms:012x}"
    head = f"{instant[:8]}-{instant[8:]}-7"
    chance = random_bytes.hex()
    return [
        f"{head}{chance[at : at + 3]}-{_VARIANT[chance[at + 4]]}{chance[at + 5 : at + 8]}-{chance[at + 8 : at + 20]}"
        for at in range(0, len(chance), 20)
    ]
