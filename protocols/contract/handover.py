"""What headquarters hands over to a new box of a store: what the box before it had reported of stock and shelf labels.

A new box begins with an empty database. Without its predecessor's balances its stock would be wrong, and without the labels'
prices its till could charge more than a label still shows. Pulled once over HTTPS, before the first price comes down.
"""

from __future__ import annotations

import msgspec

from protocols.contract.values import Place

BYTES_MAX = 64 * 1024 * 1024
PRICES_PER_LABEL_MAX = 16
"""Of a label's possible prices the lowest are told: only they can bind the till."""


class HeldStock(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of an item at a place, in thousandths of its stock unit, from every fact up to `Handover.txn_upto`."""

    item_id: str
    place: Place
    on_hand_thousandths: int


class HeldLot(msgspec.Struct, frozen=True, kw_only=True):
    """Of that balance so much is of one batch, in thousandths; `expires` is an ISO date or empty. What no lot has is of no
    batch anybody told; lots below zero and more than the balance can come, when pieces were sold without their batch."""

    item_id: str
    place: Place
    batch: str
    expires: str = ""
    on_hand_thousandths: int


class HeldPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price a label may be showing."""

    price_revision: int
    price_minor: int


class HeldItem(msgspec.Struct, frozen=True, kw_only=True):
    """A further item on a label, and every price of it that the label may be showing."""

    item_id: str
    prices: tuple[HeldPrice, ...]


class HeldPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a label hangs: board 1 is the lowest, slot 1 the leftmost."""

    aisle: str
    shelf: int
    slot: int


class HeldLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label bound to an item, and every price of it that the label may be showing."""

    label_id: str
    item_id: str
    prices: tuple[HeldPrice, ...]
    more: tuple[HeldItem, ...] = ()
    """Further items on the same label."""
    place: HeldPlace | None = None


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """`txn_upto`: the sequence of the asking incarnation's txn stream up to which its own facts are part of `stock`."""

    store_id: str
    incarnation: int
    txn_upto: int
    stock: tuple[HeldStock, ...]
    labels: tuple[HeldLabel, ...]
    lots: tuple[HeldLot, ...] | None = None
    """None: a headquarters that does not tell them."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Handover)


def encode_handover(handover: Handover) -> bytes:
    """JSON, fields in declared order."""
    return _encoder.encode(handover)


def decode_handover(data: bytes) -> Handover:
    """Read it. Raises `msgspec.DecodeError` (also its `ValidationError`)."""
    return _decoder.decode(data)
