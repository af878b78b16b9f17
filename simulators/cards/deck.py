"""Cards by kind, as people name them: what a bench file says becomes a card that answers."""

from __future__ import annotations

from typing import Protocol

import msgspec

from protocols.cards import ndef
from protocols.cards.atr import CardKind
from protocols.cards.classic import BLOCK_BYTES, ClassicCard, sector_of
from protocols.cards.member_app import ProcessorCard
from protocols.cards.tags import TagCard, TagModel

CARD_KINDS = ("classic_1k", "classic_4k", "ntag213", "ntag215", "ntag216", "member_app", "type4", "phone", "bank_card")
_PAYMENT_APPS = (b"2PAY.SYS.DDF01", bytes.fromhex("A0000000031010"))
_PHONE_UID = bytes.fromhex("08A1B2C3")


class PlayedCard(Protocol):
    """A card that answers (`protocols.cards`)."""

    uid: bytes

    @property
    def atr(self) -> bytes:
        """What the reader says of it."""

    def reset(self) -> None:
        """Taken away and put on again."""

    def answer(self, raw: bytes) -> bytes:
        """What reader and card answer to a command."""


class CardShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card. `kind`: one of `CARD_KINDS`; `uid` and `key` (MIFARE, key A of the sector) as hexadecimal digits.

    `number` is what the card carries: a text record, a block, the file of the member application; with `uri` before it on a
    tag, a URI record. A phone and a bank card carry none.
    """

    kind: str
    uid: str = ""
    number: str = ""
    uri: str = ""
    key: str = ""
    block: int = 4


def card_of(shape: CardShape) -> PlayedCard:
    """The card. Raises ValueError in words for whoever wrote the shape."""
    if shape.kind not in CARD_KINDS:
        raise ValueError(f"kind: '{shape.kind}' is none of {', '.join(CARD_KINDS)}")
    uid = _hex("uid", shape.uid)
    match shape.kind:
        case "classic_1k" | "classic_4k":
            return _classic(shape, uid or bytes.fromhex("A1B2C3D4"))
        case "ntag213" | "ntag215" | "ntag216":
            return TagCard(uid or bytes.fromhex("04A1B2C3D4E580"), TagModel[shape.kind.upper()], _message(shape))
        case "member_app":
            return ProcessorCard(uid or bytes.fromhex("04112233445566"), member=shape.number.encode("latin-1"))
        case "type4":
            return ProcessorCard(uid or bytes.fromhex("04112233445577"), message=_message(shape))
        case "bank_card":
            return ProcessorCard(uid or bytes.fromhex("5CA1B2C3"), other_apps=_PAYMENT_APPS)
        case _:
            return ProcessorCard(uid or _PHONE_UID)


def _classic(shape: CardShape, uid: bytes) -> ClassicCard:
    kind = CardKind.CLASSIC_4K if shape.kind == "classic_4k" else CardKind.CLASSIC_1K
    blocks = {shape.block: shape.number.encode("latin-1").ljust(BLOCK_BYTES, b"\0")} if shape.number else {}
    key = _hex("key", shape.key)
    if key and len(key) != 6:
        raise ValueError("key: 12 hexadecimal digits")
    return ClassicCard(uid, kind, blocks, {sector_of(shape.block): (key, b"\xff" * 6)} if key else {})


def _message(shape: CardShape) -> bytes:
    if not shape.number:
        return b""
    return ndef.encode_message([ndef.Uri(shape.uri + shape.number) if shape.uri else ndef.Text(shape.number)])


def _hex(name: str, digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise ValueError(f"{name}: hexadecimal digits, two for a byte") from error
