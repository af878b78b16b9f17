"""A bundle: all promotions a store holds, validated, in one canonical order, named by one hash that every sale pins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

import msgspec

from protocols.promotions.kinds import KINDS
from protocols.promotions.rules import Promotion

_decoder: msgspec.json.Decoder[Promotion] = msgspec.json.Decoder(Union[KINDS])  # noqa: UP007 - made from the registry
_encoder = msgspec.json.Encoder(order="sorted")


class _Named(msgspec.Struct):
    """As much of a row as an error needs."""

    promotion_id: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not part of the bundle, and why."""

    promotion_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A row that is valid and probably not meant."""

    promotion_id: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Promotions by id; `hash` is the SHA-256 of `canonical`, in hexadecimal, empty when there are none."""

    promotions: tuple[Promotion, ...] = ()
    refused: tuple[Refused, ...] = ()
    warned: tuple[Warned, ...] = ()
    hash: str = ""

    @classmethod
    def of(cls, rows: Iterable[Promotion | bytes]) -> Bundle:
        """Take rows as promotions or as their JSON. Invalid ones are refused, of several revisions the highest stays."""
        held: dict[str, Promotion] = {}
        refused: list[Refused] = []
        for row in rows:
            promotion = row if isinstance(row, Promotion) else _read(row)
            if isinstance(promotion, Refused):
                refused.append(promotion)
                continue
            other = held.get(promotion.promotion_id)
            if other is None or promotion.revision > other.revision:
                held[promotion.promotion_id] = promotion
        promotions = tuple(held[each] for each in sorted(held))
        refused.sort(key=lambda each: (each.promotion_id, each.reason))
        return cls(promotions=promotions, refused=tuple(refused), hash=_hash_of(promotions))

    @property
    def canonical(self) -> bytes:
        """The JSON that is hashed, and from which `from_canonical` makes the same bundle again."""
        return _encoder.encode(self.promotions)

    @classmethod
    def from_canonical(cls, data: bytes) -> Bundle:
        """The bundle a sale was priced with, as it was kept. Raises `msgspec.MsgspecError` when the bytes are no list."""
        return cls.of(bytes(row) for row in msgspec.json.decode(data, type=list[msgspec.Raw]))


def encode_promotion(promotion: Promotion) -> bytes:
    """The canonical JSON of one promotion: what a feed carries."""
    return _encoder.encode(promotion)


def decode_promotion(data: bytes) -> Promotion:
    """Read one promotion. Raises `msgspec.MsgspecError` (`ValidationError` for an unknown kind or field)."""
    return _decoder.decode(data)


def _read(row: bytes) -> Promotion | Refused:
    try:
        return decode_promotion(row)
    except msgspec.MsgspecError as error:
        reason = str(error)
    try:
        name = msgspec.json.decode(row, type=_Named).promotion_id
    except msgspec.MsgspecError:
        name = ""
    return Refused(name, reason)


def _hash_of(promotions: tuple[Promotion, ...]) -> str:
    return hashlib.sha256(_encoder.encode(promotions)).hexdigest() if promotions else ""
