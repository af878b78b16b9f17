"""What kind of card lies on a contactless reader, by the ATR the reader makes for it (PC/SC part 3), both roles.

A storage card has `3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00 TCK`: SS the standard (03: ISO 14443 A part 3),
NN NN the card's name. Everything else is a processor card, or a phone that plays one.

Source: ACS ACR122U API v1.0 p. 12; PC/SC Workgroup part 3 supplemental document.
"""

from __future__ import annotations

import enum
import functools
import operator

_STORAGE = bytes.fromhex("3B8F8001804F0CA000000306")
_ISO14443A_3 = 3


class CardKind(enum.Enum):
    """The value is the card's name in the ATR."""

    CLASSIC_1K = 0x0001
    CLASSIC_4K = 0x0002
    ULTRALIGHT = 0x0003
    """NTAG too."""
    OTHER_STORAGE = 0xFFFF
    PROCESSOR = -1


def kind_of(atr: bytes) -> CardKind:
    """The kind; never raises. A wrong checksum byte makes no difference: some readers leave it out."""
    if not atr.startswith(_STORAGE) or len(atr) < len(_STORAGE) + 3:
        return CardKind.PROCESSOR
    standard, name = atr[len(_STORAGE)], int.from_bytes(atr[len(_STORAGE) + 1 : len(_STORAGE) + 3], "big")
    known = {each.value for each in CardKind}
    return CardKind(name) if standard == _ISO14443A_3 and name in known else CardKind.OTHER_STORAGE


def storage_atr(kind: CardKind) -> bytes:
    """The reader's side for a storage card."""
    body = _STORAGE + bytes([_ISO14443A_3]) + kind.value.to_bytes(2, "big") + bytes(4)
    return body + bytes([functools.reduce(operator.xor, body[1:])])


def processor_atr(historical: bytes = b"") -> bytes:
    """The reader's side for a card that speaks ISO 14443-4: `3B 8n 80 01`, its historical bytes, checksum."""
    body = bytes([0x3B, 0x80 | len(historical), 0x80, 0x01]) + historical
    return body + bytes([functools.reduce(operator.xor, body[1:])])
