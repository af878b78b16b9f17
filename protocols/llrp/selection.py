"""Which tags take part in an inventory: filters and singulation of Gen2 tags (LLRP 1.0.1, section 16.3.1.2)."""

from __future__ import annotations

import enum
from typing import ClassVar

from protocols.llrp.wire import U8, U16, Bits, Parameter, Top2


class Bank(enum.IntEnum):
    """The four memories of a tag."""

    RESERVED = 0
    """Passwords: kill (words 0, 1) and access (words 2, 3)."""
    EPC = 1
    """CRC (word 0), PC (word 1), EPC (from word 2)."""
    TID = 2
    USER = 3


class C1g2Filter(Parameter, frozen=True, kw_only=True):
    """`truncate`: 0 as the reader likes, 1 no, 2 yes. Holds a mask and one action."""

    number: ClassVar[int] = 331
    truncate: Top2 = 0


class C1g2TagInventoryMask(Parameter, frozen=True, kw_only=True):
    """The bits of a tag's memory from bit `pointer` on that make it match."""

    number: ClassVar[int] = 332
    bank: Top2
    pointer: U16
    mask: Bits


class C1g2StateAwareFilterAction(Parameter, frozen=True, kw_only=True):
    """`target`: 0 SL, 1 to 4 the inventoried flag of session 0 to 3. `action` 0 to 7: what matching tags and others do."""

    number: ClassVar[int] = 333
    target: U8
    action: U8


class C1g2StateUnawareFilterAction(Parameter, frozen=True, kw_only=True):
    """Matching tags / others: 0 take part / do not, 1 take part / as before, 2 as before / do not, 3 to 5 the reverse."""

    number: ClassVar[int] = 334
    action: U8


class C1g2StateAwareSingulationAction(Parameter, frozen=True, kw_only=True):
    """`flags` from the top: inventoried state B (else A), SL not set (else set), whatever SL (LLRP 1.1)."""

    number: ClassVar[int] = 337
    flags: U8


PARAMETERS: tuple[type[Parameter], ...] = (
    C1g2Filter, C1g2TagInventoryMask, C1g2StateAwareFilterAction, C1g2StateUnawareFilterAction,
    C1g2StateAwareSingulationAction,
)  # fmt: skip
