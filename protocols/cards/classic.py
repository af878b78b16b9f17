"""MIFARE Classic 1K and 4K through a reader's own commands: load a key, authenticate, read. Both roles.

`FF 82 00 00 06 <key>` puts a key into the reader's volatile slot 0; `FF 86 00 00 05 01 00 block 60|61 00` authenticates the
block's sector with it as key A or B; `FF B0 00 block 10` reads 16 bytes. Sectors 0 to 31 have four blocks, 32 to 39 (4K)
sixteen; the last one of each holds the keys, of which a read shows no more than key B at best.

Source: ACS ACR122U API v1.0 p. 12 to 17; NXP MF1S50, MF1S70.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from protocols.cards import apdu
from protocols.cards.apdu import Answer, CardRefuses, CardTorn, Talk, ask, command
from protocols.cards.atr import CardKind, storage_atr
from protocols.cards.tags import uid_answer

KEY_BYTES, BLOCK_BYTES = 6, 16
_SMALL_SECTORS = 32


class KeyType(enum.Enum):
    """Which of a sector's two keys."""

    A = 0x60
    B = 0x61


@dataclass(frozen=True, slots=True)
class SectorKey:
    """A key. Its text hides it: it may stand in no log."""

    key_type: KeyType
    key: bytes = field(repr=False)


def sector_of(block: int) -> int:
    """The sector a block belongs to."""
    small = _SMALL_SECTORS * 4
    return block // 4 if block < small else _SMALL_SECTORS + (block - small) // 16


def is_trailer(block: int) -> bool:
    """Whether the block holds keys and rights in place of data."""
    return block % 4 == 3 if block < _SMALL_SECTORS * 4 else block % 16 == 15


def blocks_of(kind: CardKind) -> int:
    """How many blocks a card has."""
    return 256 if kind is CardKind.CLASSIC_4K else 64


def read_block(block: int, key: SectorKey) -> Talk[bytes]:
    """The 16 bytes of a block. Raises `CardRefuses` for a wrong key, `CardTorn`."""
    loaded = yield from ask(command(0xFF, 0x82, 0, 0, key.key))
    if not loaded.ok:
        raise CardRefuses("the reader takes no key")
    opened = yield from ask(command(0xFF, 0x86, 0, 0, bytes([1, 0, block, key.key_type.value, 0])))
    if not opened.ok:
        # The reader answers 63 00 to a wrong key and to a card that left alike: who reads again finds out.
        raise CardRefuses(f"the key of sector {sector_of(block)} does not open it")
    answer = yield from ask(command(0xFF, 0xB0, 0, block, length=BLOCK_BYTES))
    if not answer.ok or len(answer.data) != BLOCK_BYTES:
        raise CardTorn("a block did not come whole")
    return answer.data


class ClassicCard:
    """The card's side, with the reader's key slot. `blocks`: data by number; the rest is zeros."""

    def __init__(
        self,
        uid: bytes,
        kind: CardKind,
        blocks: Mapping[int, bytes] = {},
        keys: Mapping[int, tuple[bytes, bytes]] = {},
    ) -> None:
        """`keys`: keys A and B by sector; the others have the maker's `FF…`. Raises ValueError for a block there is not."""
        if any(not 0 <= each < blocks_of(kind) or len(data) != BLOCK_BYTES for each, data in blocks.items()):
            raise ValueError(f"a block has {BLOCK_BYTES} bytes, and the card {blocks_of(kind)} of them")
        self.uid = uid
        self.kind = kind
        self._blocks = dict(blocks)
        self._keys = dict(keys)
        self.reset()

    @property
    def atr(self) -> bytes:
        """What the reader says of it."""
        return storage_atr(self.kind)

    def reset(self) -> None:
        """Taken away and put on again: no sector is open."""
        self._loaded: bytes | None = None
        self._open: int | None = None

    def answer(self, raw: bytes) -> bytes:
        """What reader and card answer."""
        sent = apdu.command_of(raw)
        if sent is None:
            return Answer(b"", apdu.TOO_SHORT).encode()
        if sent.cla != 0xFF:
            return Answer(b"", apdu.CLASS_UNKNOWN).encode()
        return self._reader(sent).encode()

    def _reader(self, sent: apdu.Command) -> Answer:
        match sent.ins:
            case 0xCA:
                return uid_answer(sent, self.uid)
            case 0x82:
                return self._load(sent)
            case 0x86:
                return self._authenticate(sent)
            case 0xB0:
                return self._read(sent)
            case _:
                return Answer(b"", apdu.INSTRUCTION_UNKNOWN)

    def _load(self, sent: apdu.Command) -> Answer:
        if sent.p2 > 1 or len(sent.data) != KEY_BYTES:
            return Answer(b"", apdu.FAILED)
        self._loaded = sent.data
        return Answer(b"", apdu.OK)

    def _authenticate(self, sent: apdu.Command) -> Answer:
        self._open = None
        if len(sent.data) != 5 or sent.data[0] != 1 or sent.data[3] not in {0x60, 0x61} or self._loaded is None:
            return Answer(b"", apdu.FAILED)
        block = sent.data[2]
        keys = self._keys.get(sector_of(block), (b"\xff" * KEY_BYTES, b"\xff" * KEY_BYTES))
        if block >= blocks_of(self.kind) or keys[sent.data[3] - 0x60] != self._loaded:
            return Answer(b"", apdu.FAILED)
        self._open = sector_of(block)
        return Answer(b"", apdu.OK)

    def _read(self, sent: apdu.Command) -> Answer:
        if sent.p2 >= blocks_of(self.kind):
            return Answer(b"", apdu.FAILED)
        if self._open != sector_of(sent.p2):
            return Answer(b"", apdu.NOT_AUTHENTICATED)
        if sent.length != BLOCK_BYTES:
            return Answer(b"", apdu.WRONG_LENGTH << 8 | BLOCK_BYTES)
        data = self._blocks.get(sent.p2, bytes(BLOCK_BYTES))
        if is_trailer(sent.p2):
            data = bytes(KEY_BYTES) + bytes.fromhex("FF078069") + bytes(KEY_BYTES)
        return Answer(data, apdu.OK)
