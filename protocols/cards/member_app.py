"""Processor cards (ISO 7816-4): a member application of the chain's own, and the NFC Forum's type 4 tag. Both roles.

The member application is selected by its id (AID); its file 1 (by default) holds the member number as plain text, filled up
with 00 or FF: `00 A4 04 00 Lc AID 00`, then `00 B0 81 00 00`. A type 4 tag has the AID D2760000850101: its file E103 says
which file holds the NDEF message and how much may be read at once; the message's length is that file's first two bytes.

Nothing else is ever selected on a processor card: a bank card is asked for its UID alone.

Sources: ISO 7816-4, 7.1.1 and 7.2.3; NFC Forum Type 4 Tag 2.0.
"""

from __future__ import annotations

from protocols.cards import apdu, ndef
from protocols.cards.apdu import Answer, CardRefuses, CardTorn, Talk, ask, command
from protocols.cards.atr import CardKind, processor_atr
from protocols.cards.tags import uid_answer

NDEF_APP = bytes.fromhex("D2760000850101")
MEMBER_APP = bytes.fromhex("F0544C5953544B")
"""The default: F0 begins ids that nobody registers."""
APP_ID_BYTES = range(5, 17)
NUMBER_BYTES_MAX = 64
_CONTAINER_FILE, _CONTAINER_BYTES = 0xE103, 15
_MESSAGE_BYTES_MAX = 4_096


def read_member_file(app_id: bytes, file: int) -> Talk[bytes]:
    """The first bytes of the application's file, without what fills it up. Raises `CardRefuses`, `CardTorn`."""
    yield from _select(app_id)
    answer = yield from ask(command(0x00, 0xB0, 0x80 | file, 0, length=0))
    if not answer.ok:
        raise CardRefuses(f"the member application has no file {file}")
    return answer.data[:NUMBER_BYTES_MAX].rstrip(b"\0\xff")


def read_type4() -> Talk[list[ndef.Record]]:
    """The NDEF records of a type 4 tag. Raises `CardRefuses` when it is none, `CardTorn`."""
    yield from _select(NDEF_APP)
    container = yield from _file(_CONTAINER_FILE, 0, _CONTAINER_BYTES)
    if len(container) < _CONTAINER_BYTES or container[7] != 0x04:
        raise CardTorn("the capability container did not come whole")
    at_once = max(1, min(int.from_bytes(container[3:5], "big"), 255))
    file = int.from_bytes(container[9:11], "big")
    length = int.from_bytes((yield from _file(file, 0, 2)), "big")
    if length > _MESSAGE_BYTES_MAX:
        raise CardRefuses("the message on the card is too long")
    data = b""
    while len(data) < length:
        data += yield from _part(2 + len(data), min(at_once, length - len(data)))
    return ndef.decode_message(data)


def _select(app_id: bytes) -> Talk[None]:
    answer = yield from ask(command(0x00, 0xA4, 0x04, 0x00, app_id, length=0))
    if not answer.ok:
        raise CardRefuses("the card has no such application")


def _file(file: int, offset: int, length: int) -> Talk[bytes]:
    chosen = yield from ask(command(0x00, 0xA4, 0x00, 0x0C, file.to_bytes(2, "big")))
    if not chosen.ok:
        raise CardRefuses("the card has no such file")
    return (yield from _part(offset, length))


def _part(offset: int, length: int) -> Talk[bytes]:
    answer = yield from ask(command(0x00, 0xB0, offset >> 8, offset & 0xFF, length=length))
    if not answer.ok or len(answer.data) != length:
        raise CardTorn("a part of a file did not come whole")
    return answer.data


class ProcessorCard:
    """The card's side. `member`: what the member application's file 1 holds; `message`: of the type 4 tag.

    None: the card has no such application. `chained`: answers wait to be fetched (`61 xx`), as over T=0.
    """

    kind = CardKind.PROCESSOR

    def __init__(
        self,
        uid: bytes,
        *,
        member: bytes | None = None,
        app_id: bytes = MEMBER_APP,
        message: bytes | None = None,
        chained: bool = False,
        other_apps: tuple[bytes, ...] = (),
    ) -> None:
        """`other_apps`: selected without complaint, and never to be asked for (a bank card's)."""
        self.uid = uid
        self.selected: list[bytes] = []
        """Every application a reader asked for."""
        self._chained = chained
        self._apps: dict[bytes, dict[int, bytes]] = {each: {} for each in other_apps}
        if member is not None:
            self._apps[app_id] = {1: member}
        if message is not None:
            size = (len(message) + 2).to_bytes(2, "big")
            container = bytes.fromhex("000F20003B0034") + bytes.fromhex("0406E104") + size + bytes.fromhex("00FF")
            self._apps[NDEF_APP] = {_CONTAINER_FILE: container, 0xE104: len(message).to_bytes(2, "big") + message}
        self.reset()

    @property
    def atr(self) -> bytes:
        """What the reader says of it."""
        return processor_atr(b"TALLY")

    def reset(self) -> None:
        """Taken away and put on again: nothing is selected."""
        self._app: dict[int, bytes] = {}
        self._file: int | None = None
        self._waiting = b""

    def answer(self, raw: bytes) -> bytes:
        """What reader and card answer."""
        sent = apdu.command_of(raw)
        if sent is None:
            return Answer(b"", apdu.TOO_SHORT).encode()
        if sent.cla == 0xFF:
            known = sent.ins == 0xCA
            return (uid_answer(sent, self.uid) if known else Answer(b"", apdu.INSTRUCTION_UNKNOWN)).encode()
        if sent.cla != 0x00:
            return Answer(b"", apdu.CLASS_UNKNOWN).encode()
        if sent.ins == 0xC0:
            return Answer(self._waiting, apdu.OK).encode()
        answer = self._card(sent)
        if self._chained and answer.ok and answer.data:
            self._waiting = answer.data
            return Answer(b"", apdu.MORE_DATA << 8 | len(answer.data)).encode()
        return answer.encode()

    def _card(self, sent: apdu.Command) -> Answer:
        match sent.ins, sent.p1:
            case 0xA4, 0x04:
                return self._select_app(sent.data)
            case 0xA4, 0x00:
                self._file = int.from_bytes(sent.data, "big")
                return Answer(b"", apdu.OK if self._file in self._app else apdu.NOT_FOUND)
            case 0xB0, _:
                return self._read(sent)
            case _:
                return Answer(b"", apdu.INSTRUCTION_UNKNOWN)

    def _select_app(self, app_id: bytes) -> Answer:
        self.selected.append(app_id)
        self._file = None
        self._app = self._apps.get(app_id, {})
        return Answer(b"", apdu.OK if app_id in self._apps else apdu.NOT_FOUND)

    def _read(self, sent: apdu.Command) -> Answer:
        offset = sent.p1 << 8 | sent.p2
        if sent.p1 & 0x80:
            self._file, offset = sent.p1 & 0x1F, sent.p2
        data = self._app.get(self._file if self._file is not None else -1)
        if data is None:
            return Answer(b"", apdu.NOT_FOUND)
        if offset > len(data):
            return Answer(b"", apdu.WRONG_PARAMETERS)
        part = data[offset:]
        if sent.length is None or (sent.length != 256 and sent.length > len(part)):
            return Answer(b"", apdu.WRONG_LENGTH << 8 | len(part))
        return Answer(part[: sent.length], apdu.OK)
