"""Orders to a single tag: read its TID, write an EPC, lock, kill. What is asked of the reader, and what came of it. Pure.

An order goes to the tags whose EPC is exactly the given one. It is carried out once and then removed from the reader; an
order that no tag answers in its time is removed too, so that it never meets a tag that comes by later.
"""

from __future__ import annotations

import msgspec

from protocols.llrp import access_parameters as a
from protocols.llrp.parameters import AccessReportSpec
from protocols.llrp.selection import Bank
from protocols.llrp.tag_parameters import Epc96, EpcData, TagReportData
from protocols.llrp.wire import BitString, Parameter, find_all

EPC_AT_BIT = 32
"""In the EPC bank, behind CRC and PC."""
PC_WORD, EPC_WORD = 1, 2
KILL_PASSWORD_WORD, ACCESS_PASSWORD_WORD = 0, 2
TID_WORDS = 6
"""96 bits: class, maker, model, and a serial number."""
WITHIN_MS = 3_000

_WRITE_FAULTS = {
    1: "the tag's memory is too short",
    2: "the tag's memory is locked",
    3: "the tag has too little power: bring it nearer",
    4: "the tag refuses",
    5: "the tag does not answer",
    6: "the reader cannot do it",
}
_FAULTS: dict[type[Parameter], dict[int, str]] = {
    a.C1g2ReadResult: {
        1: "the tag refuses", 2: "the tag does not answer", 3: "the reader cannot do it",
        4: "the tag's memory is too short", 5: "the tag's memory is locked",
    },
    a.C1g2WriteResult: _WRITE_FAULTS,
    a.C1g2BlockWriteResult: _WRITE_FAULTS,
    a.C1g2BlockEraseResult: _WRITE_FAULTS,
    a.C1g2KillResult: {
        1: "the tag has no kill password: write one first", 2: _WRITE_FAULTS[3], 3: "the tag refuses",
        4: "the tag does not answer", 5: "the reader cannot do it",
    },
    a.C1g2LockResult: {
        1: _WRITE_FAULTS[3], 2: "the tag refuses", 3: "the tag does not answer", 4: "the reader cannot do it",
    },
}  # fmt: skip


class AccessOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Operations on the tag with this EPC, in their order. `opspec_id` in them: 1, 2, ... (made unique by the session).

    `dry_run`: whatever the operations are, only the TID is read, to see that the tag is there and answers.
    """

    epc: BitString
    operations: tuple[a.Operation, ...]
    antenna: int = 0
    within_ms: int = WITHIN_MS
    dry_run: bool = False


class AccessOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an order. `fault` is empty when everything went well; `words` is what was read, per operation."""

    order_id: int
    fault: str = ""
    words: tuple[tuple[int, ...], ...] = ()
    dry_run: bool = False


def read_tid(epc: BitString, words: int = TID_WORDS) -> AccessOrder:
    """The tag's own number, which nobody can write."""
    return AccessOrder(epc=epc, operations=(a.C1g2Read(opspec_id=1, bank=Bank.TID, pointer=0, words=words),))


def write_epc(epc: BitString, new: BitString, *, access_password: int = 0) -> AccessOrder:
    """Another EPC, of whole words. Its length is written too when it changes (user memory and XPC bits become 0 then).

    Raises ValueError for a length that is no whole number of words or above 496 bits.
    """
    if new.bits % 16 or not 16 <= new.bits <= 496:
        raise ValueError(f"an EPC of {new.bits} bits cannot be written: 16 to 496 bits in steps of 16")
    words = tuple(int.from_bytes(new.data[at : at + 2], "big") for at in range(0, len(new.data), 2))
    pointer, data = (EPC_WORD, words) if new.bits == epc.bits else (PC_WORD, (new.bits // 16 << 11, *words))
    write = a.C1g2Write(opspec_id=1, access_password=access_password, bank=Bank.EPC, pointer=pointer, data=data)
    return AccessOrder(epc=epc, operations=(write,))


def write_password(epc: BitString, password: int, *, kill: bool, access_password: int = 0) -> AccessOrder:
    """The kill password or the access password."""
    pointer = KILL_PASSWORD_WORD if kill else ACCESS_PASSWORD_WORD
    data = (password >> 16, password & 0xFFFF)
    write = a.C1g2Write(opspec_id=1, access_password=access_password, bank=Bank.RESERVED, pointer=pointer, data=data)
    return AccessOrder(epc=epc, operations=(write,))


def lock(epc: BitString, field: a.LockField, privilege: a.Privilege, *, access_password: int) -> AccessOrder:
    """Lock or unlock one field."""
    payload = a.C1g2LockPayload(privilege=privilege, field=field)
    operation = a.C1g2Lock(opspec_id=1, access_password=access_password, parts=(payload,))
    return AccessOrder(epc=epc, operations=(operation,))


def kill(epc: BitString, kill_password: int, *, dry_run: bool = True) -> AccessOrder:
    """Silence the tag for ever. Only tried unless `dry_run` is False. Raises ValueError for password 0: no tag obeys it."""
    if not kill_password:
        raise ValueError("a tag obeys no kill password 0: write one first")
    return AccessOrder(epc=epc, operations=(a.C1g2Kill(opspec_id=1, kill_password=kill_password),), dry_run=dry_run)


def numbered(order: AccessOrder, opspec_from: int) -> list[a.Operation]:
    """What is done to the tag, numbered from `opspec_from`."""
    wanted = order.operations
    if order.dry_run:
        wanted = (a.C1g2Read(opspec_id=1, bank=Bank.TID, pointer=0, words=TID_WORDS),)
    return [msgspec.structs.replace(each, opspec_id=opspec_from + at) for at, each in enumerate(wanted)]


def accessspec(order: AccessOrder, accessspec_id: int, opspec_from: int) -> a.AccessSpec:
    """What is added to the reader; its operations are numbered from `opspec_from`."""
    operations = numbered(order, opspec_from)
    tag = a.C1g2TagSpec(parts=(a.C1g2TargetTag.of(Bank.EPC, EPC_AT_BIT, order.epc),))
    return a.AccessSpec(
        accessspec_id=accessspec_id,
        antenna=order.antenna,
        parts=(
            a.AccessSpecStopTrigger(trigger=1, operations=1),
            a.AccessCommand(parts=(tag, *operations)),
            AccessReportSpec(trigger=1),
        ),
    )


def epc_of(tag: TagReportData) -> BitString | None:
    """The EPC a report names; None when it names none."""
    for part in tag.parts:
        match part:
            case EpcData(epc=epc):
                return epc
            case Epc96():
                return BitString(96, part.epc)
            case _:
                pass
    return None


def results_in(report: tuple[Parameter, ...], opspec_from: int, count: int) -> list[a.OpSpecResult]:
    """The results of these operations in a report, in their order; fewer when they are not all there."""
    for tag in find_all(report, TagReportData):
        mine = [part for part in tag.parts if isinstance(part, a.OpSpecResult) and 0 <= part.opspec_id - opspec_from < count]
        if mine:
            return mine
    return []


def outcome(order_id: int, results: list[a.OpSpecResult], *, dry_run: bool) -> AccessOutcome:
    """The results in words."""
    faults = [fault for fault in map(_fault, results) if fault]
    words = tuple(result.data for result in results if isinstance(result, a.C1g2ReadResult))
    return AccessOutcome(order_id=order_id, fault="; ".join(faults), words=words, dry_run=dry_run)


def _fault(result: a.OpSpecResult) -> str:
    if result.result == 0:
        return ""
    return _FAULTS.get(type(result), {}).get(result.result, f"{type(result).__name__} {result.result}")
