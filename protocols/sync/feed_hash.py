"""The state hash of a feed: the sum modulo 2^256 of SHA-256(key, 0x00, body) over its rows.

Order does not matter, and a change costs only the rows it touches, so HQ and every store keep it incrementally.
The empty feed hashes to zero. Keys are UTF-8 text without NUL; bodies are the exact stored bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

_MODULUS = 1 << 256


class FeedHashError(ValueError):
    """Not 64 hexadecimal digits."""


def row_hash(key: str, body: bytes) -> int:
    """The share of one row, 0 <= share < 2^256."""
    return int.from_bytes(sha256(key.encode() + b"\x00" + body).digest(), "big")


class FeedHash:
    """A running state hash. `add`, `remove` and `replace` must be told the truth about what was there before."""

    __slots__ = ("_total",)

    def __init__(self, total: int = 0) -> None:
        self._total = total % _MODULUS

    @classmethod
    def from_hex(cls, text: str) -> FeedHash:
        """Read what `hex` wrote. Raises `FeedHashError`."""
        try:
            raw = bytes.fromhex(text)
        except ValueError as error:
            raise FeedHashError(f"feed hash {text!r} is not hexadecimal") from error
        if len(raw) != 32:
            raise FeedHashError(f"feed hash has {len(raw)} bytes, expected 32")
        return cls(int.from_bytes(raw, "big"))

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[str, bytes]]) -> FeedHash:
        """The hash of a whole set of (key, body)."""
        return cls(sum(row_hash(key, body) for key, body in rows))

    def add(self, key: str, body: bytes) -> None:
        """A row that was not there came in."""
        self._total = (self._total + row_hash(key, body)) % _MODULUS

    def remove(self, key: str, body: bytes) -> None:
        """A row that was there, with this body, went out."""
        self._total = (self._total - row_hash(key, body)) % _MODULUS

    def replace(self, key: str, old_body: bytes | None, new_body: bytes | None) -> None:
        """A row changed; None stands for "not there"."""
        if old_body is not None:
            self.remove(key, old_body)
        if new_body is not None:
            self.add(key, new_body)

    def copy(self) -> FeedHash:
        return FeedHash(self._total)

    def hex(self) -> str:
        """64 lower-case hexadecimal digits."""
        return f"{self._total:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FeedHash) and other._total == self._total

    def __hash__(self) -> int:
        return hash(self._total)

    def __repr__(self) -> str:
        return f"FeedHash({self.hex()})"
