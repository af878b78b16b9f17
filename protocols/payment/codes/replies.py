"""What a provider of payment codes says about an order, in one language for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


class NoSense(ValueError):
    """An answer that is not the provider's: unreadable, or its signature is wrong. It counts as no answer."""


@dataclass(frozen=True, slots=True)
class HttpAsk:
    """One request. `certificate`: the provider wants the shop's own certificate with it."""

    path: str
    body: bytes
    content_type: str
    certificate: bool = False

    def __repr__(self) -> str:
        return f"HttpAsk({self.path!r}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Paid:
    """The money moved."""

    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The customer is to confirm, or the provider is at work."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No money moved, and none will under this order."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The provider does not know the order (yet)."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """No answer, or one that says nothing."""

    why: str


@dataclass(frozen=True, slots=True)
class Undone:
    """Taken back for good: nothing was or will be charged, and what was charged is given back."""


@dataclass(frozen=True, slots=True)
class CannotUndo:
    """The provider will never take it back by this way (too late): a person must look."""

    why: str


Reply: TypeAlias = Paid | Waiting | Failed | Gone | Doubt | Undone | CannotUndo
Question = Literal["pay", "query", "undo", "refund", "refund_query"]
