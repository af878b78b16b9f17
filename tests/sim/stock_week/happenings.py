"""What happens to goods in a day of the story. Each has happened when it is told; times in milliseconds of the story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from protocols.contract.values import Place
from tests.sim.stock_week.goods import Item, Piece


@dataclass(frozen=True, slots=True)
class Delivered:
    """Goods came to the door. `promised`: what the notice says; `sent`: another store's transfer."""

    at_ms: int
    number: int
    promised: tuple[Piece, ...]
    came: tuple[Piece, ...]
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """Goods went between floor and back room. `booked`: somebody in a store without readers books it."""

    at_ms: int
    number: int
    pieces: tuple[Piece, ...]
    from_place: Place
    to_place: Place
    booked: bool


@dataclass(frozen=True, slots=True)
class Bought:
    """A customer bought. `scanned`: the items a cashier with a scanner scans; `by_pad`: this till has a pad."""

    at_ms: int
    number: int
    pieces: tuple[Piece, ...]
    scanned: tuple[Item, ...]
    by_pad: bool


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """A customer returned a piece of a sale. It lies on the floor now."""

    at_ms: int
    number: int
    piece: Piece
    sale: int


@dataclass(frozen=True, slots=True)
class Stolen:
    """A piece left the floor unpaid."""

    at_ms: int
    number: int
    piece: Piece
    by_exit: bool


@dataclass(frozen=True, slots=True)
class ThrownAway:
    """Damaged or expired goods of one place were thrown away. `booked`: somebody in a store without the system books it."""

    at_ms: int
    number: int
    pieces: tuple[Piece, ...]
    place: Place
    reason: str
    booked: bool


@dataclass(frozen=True, slots=True)
class SentAway:
    """Goods went to another store from the back room; `written`: what the paper says."""

    at_ms: int
    number: int
    pieces: tuple[Piece, ...]
    written: tuple[Item, ...]


Happening: TypeAlias = Delivered | Carried | Bought | BroughtBack | Stolen | ThrownAway | SentAway
