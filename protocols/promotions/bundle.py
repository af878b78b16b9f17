"""A bundle: all promotions a store holds, validated, in one canonical order, named by one hash that every sale pins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Union

import msgspec

from protocols.promotions.index import ScopeIndex
from protocols.promotions.kinds import KINDS
from protocols.promotions.lint import Warned, lint
from protocols.promotions.rules import IDS_MAX, Promotion
from protocols.promotions.values import Unit

_decoder: msgspec.json.Decoder[Promotion] = msgspec.json.Decoder(Union[KINDS])  # noqa: UP007 - made from the registry
ID_CHARS_MAX = 64
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
class Bundle:
    """Promotions by id; `hash` is the SHA-256 of `canonical`, in hexadecimal, empty when there are none."""

    promotions: tuple[Promotion, ...] = ()
    refused: tuple[Refused, ...] = ()
    warned: tuple[Warned, ...] = ()
    hash: str = ""
    _index: ScopeIndex | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, rows: Iterable[Promotion | bytes], catalogue: Sequence[Unit] = ()) -> Bundle:
        """Take rows as promotions or as their JSON. Invalid ones are refused, of several revisions the highest stays.

        With a `catalogue` (one unit of each item on sale) the answer has warnings, too.
        """
        held: dict[str, Promotion] = {}
        refused: list[Refused] = []
        for row in rows:
            promotion = row if isinstance(row, Promotion) else _read(row)
            if isinstance(promotion, Refused):
                refused.append(promotion)
                continue
            wrong = "; ".join(faults(promotion))
            if wrong:
                refused.append(Refused(promotion.promotion_id, wrong))
                continue
            other = held.get(promotion.promotion_id)
            if other is None or promotion.revision > other.revision:
                held[promotion.promotion_id] = promotion
        promotions = tuple(held[each] for each in sorted(held))
        refused.sort(key=lambda each: (each.promotion_id, each.reason))
        warned = lint(promotions, catalogue) if catalogue else ()
        return cls(
            promotions=promotions,
            refused=tuple(refused),
            warned=warned,
            hash=_hash_of(promotions),
            _index=ScopeIndex.of(promotions),
        )

    def near(self, units: Iterable[Unit]) -> tuple[Promotion, ...]:
        """The promotions that can touch these goods, by id."""
        if self._index is None:
            return self.promotions
        return tuple(self.promotions[at] for at in self._index.near(units))

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


def faults(promotion: Promotion) -> list[str]:
    """Everything wrong with a promotion, as sentences that name the field; an empty list when it may be used."""
    return [*_common_faults(promotion), *promotion.faults()]


def _common_faults(promotion: Promotion) -> Iterator[str]:
    if not 0 < len(promotion.promotion_id) <= ID_CHARS_MAX:
        yield f"promotion_id must have 1 to {ID_CHARS_MAX} characters"
    if promotion.revision < 1:
        yield f"revision is {promotion.revision}, it must be at least 1"
    if promotion.ends_ms is not None and promotion.ends_ms <= promotion.starts_ms:
        yield "ends_ms must be after starts_ms"
    if any(not 1 <= day <= 7 for day in promotion.weekdays):
        yield "weekdays are 1 (Monday) to 7 (Sunday)"
    if any(not (0 <= each.from_minute < 1440 and 0 < each.to_minute <= 1440) for each in promotion.hours):
        yield "hours run from minute 0 to minute 1440 of a day"
    for limit in ("limit_per_sale", "limit_per_member"):
        if getattr(promotion, limit) < 0:
            yield f"{limit} must not be negative"
    scopes = [promotion.scope, *(slot.scope for slot in getattr(promotion, "slots", ()))]
    lists = [ids for scope in scopes for ids in msgspec.structs.astuple(scope)]
    if any(len(ids) > IDS_MAX for ids in (*lists, promotion.exclusive_with, promotion.customer_groups)):
        yield f"a list has more than {IDS_MAX} ids"


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
