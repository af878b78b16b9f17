"""Parameters to read, write, lock and kill tags, and how that went (LLRP 1.0.1, sections 12, 14.2.3 and 16.3.1.3)."""

from __future__ import annotations

import enum
from typing import ClassVar

from protocols.llrp.wire import U8, U16, U32, Bits, BitString, Flag, Parameter, Top2, U16s

# AccessSpecs.


class AccessSpec(Parameter, frozen=True, kw_only=True):
    """What shall be done with matching tags while a ROSpec sees them. Antenna 0 and ROSpec 0: any.

    Holds a stop trigger, an AccessCommand and perhaps an AccessReportSpec.
    """

    number: ClassVar[int] = 207
    accessspec_id: U32
    antenna: U16 = 0
    protocol: U8 = 1
    active: Flag = False
    rospec_id: U32 = 0


class AccessSpecStopTrigger(Parameter, frozen=True, kw_only=True):
    """0 none, 1 after so many operations; then the reader deletes the AccessSpec."""

    number: ClassVar[int] = 208
    trigger: U8
    operations: U16 = 0


class AccessCommand(Parameter, frozen=True, kw_only=True):
    """Holds a C1g2TagSpec, then operations in the order in which they are done."""

    number: ClassVar[int] = 209


class ClientRequestOpSpec(Parameter, frozen=True, kw_only=True):
    """Ask the client what to do with the tag (CLIENT_REQUEST_OP)."""

    number: ClassVar[int] = 210
    opspec_id: U16


class ClientRequestResponse(Parameter, frozen=True, kw_only=True):
    """The client's answer: an EpcData and the operations."""

    number: ClassVar[int] = 211
    accessspec_id: U32


class C1g2TagSpec(Parameter, frozen=True, kw_only=True):
    """One or two C1g2TargetTag that must both hold."""

    number: ClassVar[int] = 338


class C1g2TargetTag(Parameter, frozen=True, kw_only=True):
    """The masked bits of a tag's memory from bit `pointer` on equal `data`, or do not.

    `flags` from the top: bank (2 bits), match.
    """

    number: ClassVar[int] = 339
    flags: U8
    pointer: U16
    mask: Bits
    data: Bits

    @classmethod
    def of(cls, bank: int, pointer: int, data: BitString, *, match: bool = True) -> C1g2TargetTag:
        """All bits of `data` count."""
        ones = ((1 << data.bits) - 1) << (-data.bits % 8)
        mask = BitString(data.bits, ones.to_bytes((data.bits + 7) // 8, "big"))
        return cls(flags=bank << 6 | match << 5, pointer=pointer, mask=mask, data=data)

    @property
    def bank(self) -> int:
        """The memory looked at."""
        return self.flags >> 6

    @property
    def match(self) -> bool:
        """Whether tags are meant that are alike (else: those that are not)."""
        return bool(self.flags & 0x20)


# Operations. Passwords: 0 none. Pointers and counts are 16-bit words.


class C1g2Read(Parameter, frozen=True, kw_only=True):
    """`words` 0: to the end of the bank."""

    number: ClassVar[int] = 341
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    words: U16


class C1g2Write(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 342
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    data: U16s


class C1g2Kill(Parameter, frozen=True, kw_only=True):
    """For ever."""

    number: ClassVar[int] = 343
    opspec_id: U16
    kill_password: U32


class C1g2Lock(Parameter, frozen=True, kw_only=True):
    """Holds one or more payloads."""

    number: ClassVar[int] = 344
    opspec_id: U16
    access_password: U32 = 0


class Privilege(enum.IntEnum):
    """What becomes of a field."""

    LOCK = 0
    """Written only with the access password."""
    PERMALOCK = 1
    PERMAUNLOCK = 2
    UNLOCK = 3


class LockField(enum.IntEnum):
    """What can be locked."""

    KILL_PASSWORD = 0
    ACCESS_PASSWORD = 1
    EPC = 2
    TID = 3
    USER = 4


class C1g2LockPayload(Parameter, frozen=True, kw_only=True):
    """`privilege` and `field` by the two enums above."""

    number: ClassVar[int] = 345
    privilege: U8
    field: U8


class C1g2BlockErase(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 346
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    words: U16


class C1g2BlockWrite(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 347
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    data: U16s


class C1g2Recommission(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1. `flags` from the lowest bit: LSB, 2SB, 3SB."""

    number: ClassVar[int] = 357
    opspec_id: U16
    kill_password: U32
    flags: U8


class C1g2BlockPermalock(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1. `mask`: one bit for each block from block `pointer` on."""

    number: ClassVar[int] = 358
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    mask: U16s


class C1g2GetBlockPermalockStatus(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1. `blocks`: how many times 16 blocks from block `pointer` on."""

    number: ClassVar[int] = 359
    opspec_id: U16
    access_password: U32 = 0
    bank: Top2
    pointer: U16
    blocks: U16


# Results, inside a TagReportData.


class OpSpecResult(Parameter, frozen=True, kw_only=True):
    """Base of results. `result` 0: it is done."""

    result: U8
    opspec_id: U16


class C1g2ReadResult(OpSpecResult, frozen=True, kw_only=True):
    """1 other fault of the tag, 2 no answer, 3 other fault of the reader, 4 memory overrun, 5 memory locked (1.1)."""

    number: ClassVar[int] = 349
    data: U16s = ()


class C1g2WriteResult(OpSpecResult, frozen=True, kw_only=True):
    """1 overrun, 2 locked, 3 too little power, 4 other fault of the tag, 5 no answer, 6 other fault of the reader."""

    number: ClassVar[int] = 350
    words_written: U16 = 0


class C1g2KillResult(OpSpecResult, frozen=True, kw_only=True):
    """1 zero password, 2 too little power, 3 other fault of the tag, 4 no answer, 5 other fault of the reader."""

    number: ClassVar[int] = 351


class C1g2LockResult(OpSpecResult, frozen=True, kw_only=True):
    """1 too little power, 2 other fault of the tag, 3 no answer, 4 other fault of the reader."""

    number: ClassVar[int] = 352


class C1g2BlockEraseResult(OpSpecResult, frozen=True, kw_only=True):
    """As C1g2WriteResult."""

    number: ClassVar[int] = 353


class C1g2BlockWriteResult(OpSpecResult, frozen=True, kw_only=True):
    """As C1g2WriteResult."""

    number: ClassVar[int] = 354
    words_written: U16 = 0


class C1g2RecommissionResult(OpSpecResult, frozen=True, kw_only=True):
    """As C1g2KillResult."""

    number: ClassVar[int] = 360


class C1g2BlockPermalockResult(OpSpecResult, frozen=True, kw_only=True):
    number: ClassVar[int] = 361


class C1g2GetBlockPermalockStatusResult(OpSpecResult, frozen=True, kw_only=True):
    number: ClassVar[int] = 362
    status: U16s = ()


Operation = (
    C1g2Read | C1g2Write | C1g2Kill | C1g2Lock | C1g2BlockErase | C1g2BlockWrite | C1g2Recommission
    | C1g2BlockPermalock | C1g2GetBlockPermalockStatus | ClientRequestOpSpec
)  # fmt: skip

PARAMETERS: tuple[type[Parameter], ...] = (
    AccessSpec, AccessSpecStopTrigger, AccessCommand, ClientRequestOpSpec, ClientRequestResponse, C1g2TagSpec,
    C1g2TargetTag, C1g2Read, C1g2Write, C1g2Kill, C1g2Lock, C1g2LockPayload, C1g2BlockErase, C1g2BlockWrite,
    C1g2Recommission, C1g2BlockPermalock, C1g2GetBlockPermalockStatus, C1g2ReadResult, C1g2WriteResult, C1g2KillResult,
    C1g2LockResult, C1g2BlockEraseResult, C1g2BlockWriteResult, C1g2RecommissionResult, C1g2BlockPermalockResult,
    C1g2GetBlockPermalockStatusResult,
)  # fmt: skip
