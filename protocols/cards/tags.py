"""NFC tags read through a reader's own commands: the UID, and NTAG213/215/216 with NDEF. Both roles.

`FF CA 00 00 00` gets the UID; `FF B0 00 page 10` reads four pages of four bytes. Page 3 is the capability container
(`E1 10 12 00`: NDEF, version 1.0, 12h times 8 bytes); the data lies from page 4.

Sources: ACS ACR122U API v1.0; NXP NTAG213/215/216; NFC Forum Type 2 Tag.
"""

from __future__ import annotations

import enum

from protocols.cards import apdu, ndef
from protocols.cards.apdu import Answer, CardRefuses, CardTorn, Talk, ask, command
from protocols.cards.atr import CardKind, storage_atr

GET_UID = command(0xFF, 0xCA, 0, 0, length=0)
PAGE_BYTES, PAGES_AT_ONCE = 4, 4
_NDEF_MAGIC = 0xE1
_CONTAINER_PAGE, _FIRST_PAGE, _LAST_PAGE = 3, 4, 255
_RANDOM_UID = 0x08
_UID_LENGTHS = frozenset({4, 7, 10})


def read_uid() -> Talk[bytes]:
    """The UID: 4, 7 or 10 bytes. Raises `CardTorn`, `CardRefuses`."""
    answer = yield from ask(GET_UID)
    if answer.status in {apdu.NOT_SUPPORTED, apdu.INSTRUCTION_UNKNOWN, apdu.CLASS_UNKNOWN}:
        raise CardRefuses("the reader tells no UID")  # a contact reader
    if not answer.ok or len(answer.data) not in _UID_LENGTHS:
        raise CardTorn("the UID did not come whole")
    return answer.data


def is_random(uid: bytes) -> bool:
    """A phone draws such a UID anew each time it is held to a reader (ISO 14443-3, 6.5.4): four bytes, the first 08."""
    return len(uid) == 4 and uid[0] == _RANDOM_UID


def read_ndef() -> Talk[list[ndef.Record]]:
    """The NDEF records of a type 2 tag; none when it is empty. Raises `CardTorn`, `CardRefuses`."""
    head = yield from _pages(_CONTAINER_PAGE)
    if head[0] != _NDEF_MAGIC:
        raise CardRefuses("a tag without NDEF")
    size, data, page = head[2] * 8, head[PAGE_BYTES:], _FIRST_PAGE + PAGES_AT_ONCE - 1
    while (needed := ndef.message_bytes_needed(data)) is None or needed > len(data):
        if len(data) >= size or page > _LAST_PAGE or (needed is not None and needed > size):
            break
        data += yield from _pages(page)
        page += PAGES_AT_ONCE
    return ndef.decode_message(ndef.message_of(data[:size]))


def _pages(page: int) -> Talk[bytes]:
    answer = yield from ask(command(0xFF, 0xB0, 0, page, length=PAGE_BYTES * PAGES_AT_ONCE))
    if answer.status == apdu.NOT_AUTHENTICATED:
        raise CardRefuses("the tag is protected by a password")
    if not answer.ok or len(answer.data) != PAGE_BYTES * PAGES_AT_ONCE:
        raise CardTorn("pages did not come whole")
    return answer.data


class TagModel(enum.Enum):
    """Pages, and the size byte of the capability container."""

    NTAG213 = (45, 0x12)
    NTAG215 = (135, 0x3E)
    NTAG216 = (231, 0x6D)


class TagCard:
    """The card's side: a tag with this message on it."""

    kind = CardKind.ULTRALIGHT

    def __init__(self, uid: bytes, model: TagModel, message: bytes = b"") -> None:
        """`uid`: 7 bytes. Raises ValueError when the message is too long for the model."""
        pages, size = model.value
        if len(uid) != 7:
            raise ValueError("a tag has a UID of 7 bytes")
        check = 0x88 ^ uid[0] ^ uid[1] ^ uid[2]
        head = uid[:3] + bytes([check]) + uid[3:] + bytes([uid[3] ^ uid[4] ^ uid[5] ^ uid[6], 0x48, 0, 0])
        body = ndef.encode_tlv(message)
        if len(body) > size * 8:
            raise ValueError(f"the message has {len(message)} bytes, too many for a {model.name}")
        self.uid = uid
        self._memory = (head + bytes([_NDEF_MAGIC, 0x10, size, 0]) + body).ljust(pages * PAGE_BYTES, b"\0")

    @property
    def atr(self) -> bytes:
        """What the reader says of it."""
        return storage_atr(self.kind)

    def reset(self) -> None:
        """Taken away and put on again."""

    def answer(self, raw: bytes) -> bytes:
        """What reader and tag answer."""
        return _tag_answer(raw, self.uid, self._memory).encode()


def uid_answer(sent: apdu.Command, uid: bytes) -> Answer:
    """The reader's side of GET DATA."""
    if sent.p1 != 0 or sent.p2 != 0:
        return Answer(b"", apdu.NOT_SUPPORTED)
    return Answer(uid, apdu.OK)


def _tag_answer(raw: bytes, uid: bytes, memory: bytes) -> Answer:
    sent = apdu.command_of(raw)
    if sent is None:
        return Answer(b"", apdu.TOO_SHORT)
    if sent.cla != 0xFF:
        return Answer(b"", apdu.CLASS_UNKNOWN)
    if sent.ins == 0xCA:
        return uid_answer(sent, uid)
    if sent.ins != 0xB0:
        return Answer(b"", apdu.INSTRUCTION_UNKNOWN)
    if sent.p2 * PAGE_BYTES >= len(memory):
        return Answer(b"", apdu.FAILED)
    wrapped = (memory + memory)[sent.p2 * PAGE_BYTES :]  # behind the last page the first ones follow
    return Answer(wrapped[: PAGE_BYTES * PAGES_AT_ONCE][: sent.length or 0], apdu.OK)
