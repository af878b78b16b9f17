"""The memory of one Gen2 tag: four banks of 16-bit words, passwords, locks, kill. Pure; answers as results, never raises.

Bank 0 reserved (kill password, access password), 1 EPC (CRC, PC, EPC), 2 TID (read only), 3 user. Addresses and counts are
in words. The TID is made from the EPC of birth, so the same tag has the same TID in every run.
"""

from __future__ import annotations

import binascii
import enum
import hashlib

RESERVED, EPC, TID, USER = range(4)
USER_WORDS = 32
EPC_WORDS_MAX = 34
"""CRC, PC and 32 words: 512 bits of EPC."""
TID_CLASS = bytes.fromhex("E2801160")
"""Allocation class E2, with extended TID, a maker and a model."""


class Result(enum.Enum):
    """How an operation on a tag went."""

    DONE = "done"
    NO_SUCH_MEMORY = "no_such_memory"
    LOCKED = "locked"
    WRONG_PASSWORD = "wrong_password"  # a result, not a secret
    NO_KILL_PASSWORD = "no_kill_password"


class Lock(enum.Enum):
    """Who may write (and, for passwords, read) an area."""

    OPEN = "open"
    OPEN_FOR_EVER = "open_for_ever"
    LOCKED = "locked"
    LOCKED_FOR_EVER = "locked_for_ever"


class Area(enum.IntEnum):
    """What can be locked, in the order LLRP numbers it."""

    KILL_PASSWORD = 0
    ACCESS_PASSWORD = 1
    EPC = 2
    TID = 3
    USER = 4


_SHUT = (Lock.LOCKED, Lock.LOCKED_FOR_EVER)
_FOR_EVER = (Lock.OPEN_FOR_EVER, Lock.LOCKED_FOR_EVER)
_AREA_OF_BANK = {EPC: Area.EPC, TID: Area.TID, USER: Area.USER}


class TagMemory:
    """One tag. `password` arguments: 0 is "none given"."""

    def __init__(self, epc: bytes, bits: int) -> None:
        words = (bits + 15) // 16
        padded = epc.ljust(2 * words, b"\0")
        head = (words << 11).to_bytes(2, "big")
        crc = (binascii.crc_hqx(head + padded, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
        spare = bytes(2 * max(0, EPC_WORDS_MAX - 2 - words))
        serial = hashlib.sha256(b"tid" + epc + bits.to_bytes(2, "big")).digest()[:8]
        self._banks = [bytearray(8), bytearray(crc + head + padded + spare), bytearray(TID_CLASS + serial), bytearray()]
        self._banks[USER] = bytearray(2 * USER_WORDS)
        self._bits = bits
        self._birth_words = words
        self._locks = dict.fromkeys(Area, Lock.OPEN)
        self._blocks_locked: set[tuple[int, int]] = set()
        self.killed = False

    @property
    def pc(self) -> int:
        """The protocol control word; its five top bits tell the EPC's length in words."""
        return int.from_bytes(self._banks[EPC][2:4], "big")

    @property
    def crc(self) -> int:
        """The stored CRC-16."""
        return int.from_bytes(self._banks[EPC][0:2], "big")

    def epc(self) -> tuple[bytes, int]:
        """(EPC, its length in bits), as the PC word tells it now."""
        words = self.pc >> 11
        bits = self._bits if words == self._birth_words else 16 * words
        return bytes(self._banks[EPC][4 : 4 + (bits + 7) // 8]), bits

    def alike(self, bank: int, pointer: int, bits: int, data: bytes, mask: bytes = b"") -> bool:
        """Whether the bits of a bank from bit `pointer` on are those of `data` (where `mask` has ones; empty: all)."""
        stored = self._banks[bank]
        if pointer + bits > 8 * len(stored):
            return False
        here = int.from_bytes(stored, "big") >> (8 * len(stored) - pointer - bits)
        cares = int.from_bytes(mask, "big") >> (8 * len(mask) - bits) if mask else -1
        wanted = int.from_bytes(data, "big") >> (8 * len(data) - bits)
        return (here ^ wanted) & cares & ((1 << bits) - 1) == 0

    def read(self, bank: int, pointer: int, words: int, password: int = 0) -> tuple[Result, bytes]:
        """Words of a bank; 0 words: to its end."""
        if bank == RESERVED and any(self._locks[area] in _SHUT for area in (Area.KILL_PASSWORD, Area.ACCESS_PASSWORD)):
            verdict = self._secured(password)
            if verdict is not Result.DONE:
                return verdict, b""
        elif password and self._secured(password) is not Result.DONE:
            return Result.WRONG_PASSWORD, b""
        stored = self._banks[bank]
        end = 2 * (pointer + words) if words else len(stored)
        if end > len(stored) or 2 * pointer >= len(stored):
            return Result.NO_SUCH_MEMORY, b""
        return Result.DONE, bytes(stored[2 * pointer : end])

    def write(self, bank: int, pointer: int, data: bytes, password: int = 0) -> Result:
        """Whole words into a bank."""
        verdict = self._may_write(bank, pointer, len(data) // 2, password)
        if verdict is Result.DONE:
            self._banks[bank][2 * pointer : 2 * pointer + len(data)] = data
            self._new_crc()
        return verdict

    def lock(self, changes: dict[Area, Lock], password: int = 0) -> Result:
        """Change locks, all or none. What is for ever stays for ever."""
        verdict = self._secured(password)
        if verdict is not Result.DONE:
            return verdict
        for area, wanted in changes.items():
            if self._locks[area] in _FOR_EVER and wanted is not self._locks[area]:
                return Result.LOCKED
        self._locks.update(changes)
        return Result.DONE

    def lock_blocks(self, bank: int, first: int, mask: int, password: int = 0) -> Result:
        """Write-protect whole words of user memory for ever: bit 15 of `mask` is word `first`."""
        verdict = self._secured(password)
        if verdict is Result.DONE and bank != USER:
            verdict = Result.NO_SUCH_MEMORY
        if verdict is Result.DONE:
            self._blocks_locked |= {(bank, first + place) for place in range(16) if mask >> (15 - place) & 1}
        return verdict

    def kill(self, password: int) -> Result:
        """End it. A tag whose kill password is 0 cannot be killed."""
        stored = int.from_bytes(self._banks[RESERVED][:4], "big")
        if stored == 0:
            return Result.NO_KILL_PASSWORD
        if password != stored:
            return Result.WRONG_PASSWORD
        self.killed = True
        return Result.DONE

    def _secured(self, password: int) -> Result:
        stored = int.from_bytes(self._banks[RESERVED][4:8], "big")
        return Result.DONE if password == stored else Result.WRONG_PASSWORD

    def _may_write(self, bank: int, pointer: int, words: int, password: int) -> Result:
        if bank == TID:
            return Result.LOCKED
        if 2 * (pointer + words) > len(self._banks[bank]) or not words:
            return Result.NO_SUCH_MEMORY
        if password and self._secured(password) is not Result.DONE:
            return Result.WRONG_PASSWORD
        if bank == EPC and pointer == 0:
            return Result.LOCKED  # the CRC is the tag's own
        places = range(pointer, pointer + words)
        areas = {_AREA_OF_BANK[bank]} if bank != RESERVED else {Area(place // 2) for place in places}
        locks = {self._locks[area] for area in areas}
        if Lock.LOCKED_FOR_EVER in locks or any((bank, place) in self._blocks_locked for place in places):
            return Result.LOCKED
        if Lock.LOCKED in locks:
            return Result.LOCKED if self._secured(password) is not Result.DONE else Result.DONE
        return Result.DONE

    def _new_crc(self) -> None:
        stored = self._banks[EPC]
        words = self.pc >> 11
        stored[0:2] = (binascii.crc_hqx(bytes(stored[2 : 4 + 2 * words]), 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
