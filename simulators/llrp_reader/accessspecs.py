"""The AccessSpecs of a reader and what they do to tags: read, write, lock, kill, block operations. Pure.

For each read tag the first enabled AccessSpec that fits (antenna, ROSpec, memory) is carried out, operation by operation,
until one fails. A stop trigger that counts operations deletes the AccessSpec when it is done.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from protocols.llrp import access_parameters as a
from protocols.llrp.event_parameters import LlrpStatus
from protocols.llrp.wire import Parameter, find, find_all
from simulators.llrp_reader.air import Item
from simulators.llrp_reader.checks import Checks
from simulators.llrp_reader.refusals import OK, Refused, missing, overflow, unexpected, wrong_field, wrong_message_field
from simulators.llrp_reader.tag_memory import Area, Lock, Result, TagMemory

_READ = {Result.DONE: 0, Result.LOCKED: 1, Result.WRONG_PASSWORD: 2, Result.NO_SUCH_MEMORY: 4}
_WRITE = {Result.DONE: 0, Result.NO_SUCH_MEMORY: 1, Result.LOCKED: 2, Result.WRONG_PASSWORD: 5}
_KILL = {Result.DONE: 0, Result.NO_KILL_PASSWORD: 1, Result.WRONG_PASSWORD: 4}
_LOCK = {Result.DONE: 0, Result.LOCKED: 2, Result.WRONG_PASSWORD: 3, Result.NO_SUCH_MEMORY: 2}
_LOCKS = {
    a.Privilege.LOCK: Lock.LOCKED,
    a.Privilege.PERMALOCK: Lock.LOCKED_FOR_EVER,
    a.Privilege.PERMAUNLOCK: Lock.OPEN_FOR_EVER,
    a.Privilege.UNLOCK: Lock.OPEN,
}


@dataclass(slots=True, eq=False)
class AccessLife:
    """One AccessSpec. `done`: operations so far."""

    spec: a.AccessSpec
    active: bool = False
    done: int = 0

    @property
    def operations(self) -> tuple[Parameter, ...]:
        """In the order in which they are done."""
        command = find(self.spec.parts, a.AccessCommand)
        parts = () if command is None else command.parts
        return tuple(part for part in parts if not isinstance(part, a.C1g2TagSpec))

    def fits(self, item: Item, antenna: int, rospec_id: int) -> bool:
        """Whether it is meant for this tag, here."""
        spec = self.spec
        if not self.active or spec.antenna not in {0, antenna} or spec.rospec_id not in {0, rospec_id}:
            return False
        command = find(spec.parts, a.AccessCommand)
        wanted = None if command is None else find(command.parts, a.C1g2TagSpec)
        targets = [] if wanted is None else find_all(wanted.parts, a.C1g2TargetTag)
        return all(_is_target(item.memory, target) for target in targets)


class AccessBook:
    """All AccessSpecs of a reader; they outlive connections."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.specs: dict[int, AccessLife] = {}

    def add(self, spec: a.AccessSpec | None) -> LlrpStatus:
        """ADD_ACCESSSPEC."""
        try:
            self._check(spec)
        except Refused as refused:
            return refused.status
        assert spec is not None
        self.specs[spec.accessspec_id] = AccessLife(spec)
        return OK

    def delete(self, accessspec_id: int) -> LlrpStatus:
        """DELETE_ACCESSSPEC; 0: all."""
        return self._each(accessspec_id, self._drop)

    def switch(self, accessspec_id: int, *, active: bool) -> LlrpStatus:
        """ENABLE_ACCESSSPEC and DISABLE_ACCESSSPEC; 0: all."""

        def act(life: AccessLife) -> None:
            life.active = active

        return self._each(accessspec_id, act)

    def fitting(self, item: Item, antenna: int, rospec_id: int) -> AccessLife | None:
        """The one that is carried out for this tag."""
        return next((life for life in self.specs.values() if life.fits(item, antenna, rospec_id)), None)

    def count(self, life: AccessLife) -> None:
        """It was carried out on a tag; its stop trigger may delete it."""
        life.done += 1
        stop = find(life.spec.parts, a.AccessSpecStopTrigger)
        if stop is not None and stop.trigger == 1 and life.done >= max(1, stop.operations):
            self._drop(life)

    def _drop(self, life: AccessLife) -> None:
        self.specs.pop(life.spec.accessspec_id, None)

    def _check(self, spec: a.AccessSpec | None) -> None:
        profile = self._checks.profile
        if spec is None:
            raise missing((), "no AccessSpec")
        if spec.accessspec_id == 0 or spec.active:
            field = "active" if spec.active else "accessspec_id"
            raise wrong_field((a.AccessSpec,), field, "a new AccessSpec is disabled and has an id above 0")
        if spec.accessspec_id in self.specs:
            raise wrong_message_field(0, f"AccessSpec {spec.accessspec_id} exists")
        if len(self.specs) >= profile.accessspecs_max:
            raise overflow((), f"at most {profile.accessspecs_max} AccessSpecs")
        if spec.antenna > self._checks.antennas:
            raise wrong_field((a.AccessSpec,), "antenna", f"the antennas are 1 to {self._checks.antennas}; 0: all")
        if find(spec.parts, a.AccessSpecStopTrigger) is None:
            raise missing((a.AccessSpec,), "an AccessSpec needs a stop trigger")
        command = find(spec.parts, a.AccessCommand)
        if command is None or find(command.parts, a.C1g2TagSpec) is None:
            path = (a.AccessSpec,) if command is None else (a.AccessSpec, a.AccessCommand)
            raise missing(path, "an AccessSpec needs a command with a tag specification")
        operations = [part for part in command.parts if isinstance(part, a.Operation)]
        if not operations:
            raise missing((a.AccessSpec, a.AccessCommand), "a command needs an operation")
        if len(operations) > profile.opspecs_max:
            raise overflow((a.AccessSpec, a.AccessCommand), f"at most {profile.opspecs_max} operations")
        cannot: list[type[Parameter]] = [a.C1g2Recommission, a.C1g2GetBlockPermalockStatus]
        cannot += [] if profile.client_requests else [a.ClientRequestOpSpec]
        unable = next((part for part in operations if type(part) in cannot), None)
        if unable is not None:
            words = f"this reader has no {type(unable).__name__}"
            raise unexpected((a.AccessSpec, a.AccessCommand), unable, words, unsupported=True)
        self._checks.own((a.AccessSpec, a.AccessCommand), command.parts)

    def _each(self, accessspec_id: int, act: Callable[[AccessLife], None]) -> LlrpStatus:
        if accessspec_id and accessspec_id not in self.specs:
            return wrong_message_field(0, f"there is no AccessSpec {accessspec_id}").status
        for life in [life for life in self.specs.values() if accessspec_id in {0, life.spec.accessspec_id}]:
            act(life)
        return OK


def carry_out(operations: tuple[Parameter, ...], item: Item) -> list[Parameter]:
    """Do them on a tag, one after the other until one fails; their results."""
    results: list[Parameter] = []
    for operation in operations:
        if item.killed:
            break
        result = _one(operation, item.memory)
        if result is None:
            continue
        results.append(result)
        if result.result:
            break
    item.rewritten()
    return results


def _one(operation: Parameter, memory: TagMemory) -> a.OpSpecResult | None:
    match operation:
        case a.C1g2Read():
            verdict, data = memory.read(operation.bank, operation.pointer, operation.words, operation.access_password)
            return a.C1g2ReadResult(result=_READ[verdict], opspec_id=operation.opspec_id, data=_words(data))
        case a.C1g2Write() | a.C1g2BlockWrite():
            data = struct.pack(f">{len(operation.data)}H", *operation.data)
            code = _WRITE[memory.write(operation.bank, operation.pointer, data, operation.access_password)]
            written = 0 if code else len(operation.data)
            kind = a.C1g2WriteResult if isinstance(operation, a.C1g2Write) else a.C1g2BlockWriteResult
            return kind(result=code, opspec_id=operation.opspec_id, words_written=written)
        case a.C1g2BlockErase():
            data = bytes(2 * operation.words)
            code = _WRITE[memory.write(operation.bank, operation.pointer, data, operation.access_password)]
            return a.C1g2BlockEraseResult(result=code, opspec_id=operation.opspec_id)
        case a.C1g2Lock():
            return a.C1g2LockResult(result=_LOCK[_lock(operation, memory)], opspec_id=operation.opspec_id)
        case a.C1g2Kill():
            return a.C1g2KillResult(result=_KILL[memory.kill(operation.kill_password)], opspec_id=operation.opspec_id)
        case a.C1g2BlockPermalock():
            mask = operation.mask[0] if operation.mask else 0
            verdict = memory.lock_blocks(operation.bank, operation.pointer, mask, operation.access_password)
            return a.C1g2BlockPermalockResult(result=_LOCK[verdict], opspec_id=operation.opspec_id)
        case _:
            return None


def _lock(operation: a.C1g2Lock, memory: TagMemory) -> Result:
    payloads = find_all(operation.parts, a.C1g2LockPayload)
    if any(payload.privilege not in _LOCKS or payload.field > Area.USER for payload in payloads):
        return Result.NO_SUCH_MEMORY
    changes = {Area(payload.field): _LOCKS[a.Privilege(payload.privilege)] for payload in payloads}
    return memory.lock(changes, operation.access_password)


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def _is_target(memory: TagMemory, target: a.C1g2TargetTag) -> bool:
    bits = min(target.mask.bits, target.data.bits)
    if bits == 0:
        return target.match
    return memory.alike(target.bank, target.pointer, bits, target.data.data, target.mask.data) is target.match
