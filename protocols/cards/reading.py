"""Who a card means: its number by the first source that has one. A conversation (`apdu.Talk`), without I/O.

| source | which cards | what it gives |
|---|---|---|
| `app` | processor cards | the file of the member application |
| `ndef` | NTAG, type 4 tags | a text record, or the rest of a URI that begins as agreed |
| `block` | MIFARE Classic | a block opened with a key of the keys file |
| `uid` | every card but phones | the UID as hexadecimal digits |

A phone draws a new UID each time it is held to a reader: that is nobody's number, and never taken for one.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from protocols.cards import classic, member_app, tags
from protocols.cards.apdu import CardRefuses, CardTorn, Talk
from protocols.cards.atr import CardKind, kind_of
from protocols.cards.classic import SectorKey
from protocols.cards.ndef import Record, Uri

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z ._-]{0,62}[0-9A-Za-z]")


class Source(enum.StrEnum):
    """Where a card's number may stand."""

    APP = "app"
    NDEF = "ndef"
    BLOCK = "block"
    UID = "uid"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What is asked of a card, in this order."""

    sources: tuple[Source, ...] = (Source.APP, Source.NDEF, Source.BLOCK, Source.UID)
    app_id: bytes = member_app.MEMBER_APP
    app_file: int = 1
    ndef_uri: str = "member:"
    """How a URI record that names a member begins."""
    block: int = 4
    keys: tuple[SectorKey, ...] = field(default=(), repr=False)
    """Tried one after the other."""


@dataclass(frozen=True, slots=True)
class CardFound:
    """`number` empty: the card names nobody; `phone`: because it is one that shows a new UID each time."""

    number: str = field(repr=False)
    source: Source | None
    phone: bool = False


def read_card(atr: bytes, plan: ReadPlan) -> Talk[CardFound]:
    """Read a card that was just put on. Raises `CardTorn`: it must be read anew, from the beginning."""
    kind = kind_of(atr)
    uid = yield from _uid()
    for source in plan.sources:
        number = yield from _number(source, kind, uid, plan)
        if number:
            return CardFound(number, source)
    return CardFound("", None, phone=tags.is_random(uid))


def _uid() -> Talk[bytes]:
    try:
        return (yield from tags.read_uid())
    except CardRefuses:
        return b""


def _number(source: Source, kind: CardKind, uid: bytes, plan: ReadPlan) -> Talk[str]:
    try:
        match source, kind:
            case Source.APP, CardKind.PROCESSOR:
                return _text((yield from member_app.read_member_file(plan.app_id, plan.app_file)))
            case Source.NDEF, CardKind.PROCESSOR:
                return _named((yield from member_app.read_type4()), plan.ndef_uri)
            case Source.NDEF, CardKind.ULTRALIGHT:
                return _named((yield from tags.read_ndef()), plan.ndef_uri)
            case Source.BLOCK, CardKind.CLASSIC_1K | CardKind.CLASSIC_4K:
                return _text((yield from _block(plan)))
            case Source.UID, _:
                return "" if tags.is_random(uid) else uid.hex().upper()
            case _:
                return ""
    except CardRefuses:
        if uid and (yield from _uid()) != uid:
            # A card that left refuses everything, and its UID must not pass for the number that could not be read.
            raise CardTorn("another card, or none, is there now") from None
        return ""


def _block(plan: ReadPlan) -> Talk[bytes]:
    for key in plan.keys:
        try:
            return (yield from classic.read_block(plan.block, key)).rstrip(b"\0\xff")
        except CardRefuses:
            continue
    raise CardRefuses("no key opens the block")


def _named(records: list[Record], uri_start: str) -> str:
    for record in records:
        if not isinstance(record, Uri):
            number = plausible(record.text)
        elif record.uri.startswith(uri_start):
            number = plausible(record.uri.removeprefix(uri_start))
        else:
            number = ""
        if number:
            return number
    return ""


def _text(data: bytes) -> str:
    return plausible(data.decode("latin-1"))


def plausible(text: str) -> str:
    """The text if it can be a member number (2 to 64 letters, digits, blanks, `.`, `_`, `-`), else nothing."""
    text = text.strip()
    return text if _NUMBER.fullmatch(text) else ""
