"""The hash chain of a journal stream: SHA-256(previous 32 bytes, then the stored bytes of the fact)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

HASH_BYTES = 32


def genesis(store_id: str, incarnation: int, stream: str) -> bytes:
    """The hash before the first fact: SHA-256 of `tallystick/1/{store}/{incarnation}/{stream}`, 32 bytes."""
    return sha256(f"tallystick/1/{store_id}/{incarnation}/{stream}".encode()).digest()


def link(previous: bytes, fact_bytes: bytes) -> bytes:
    """The chain hash after a fact, 32 bytes."""
    return sha256(previous + fact_bytes).digest()


def links(previous: bytes, facts: Iterable[bytes]) -> list[bytes]:
    """The chain hash after each fact, in order."""
    found: list[bytes] = []
    for fact in facts:
        previous = sha256(previous + fact).digest()
        found.append(previous)
    return found
