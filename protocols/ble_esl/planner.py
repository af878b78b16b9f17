"""Which commands go into which packet of the train, who must answer where, and what is asked again.

A packet holds commands for one group, at most one for each label, so that a label's response slot is the index of its
command. An answer that does not come, cannot be opened, or says RETRY or CAPACITY_LIMIT is asked for again; after
`TRIES_MAX` turns without an answer (`REFUSALS_MAX` of "not now") the order is given back undone. A label that was silent
for half an hour is pinged.

Answers to a packet must be told before the next packet for the same group is asked for; a controller does that by
nature, since the answers come milliseconds after the packet and the group's next turn is one interval later.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from protocols.ble_esl.commands import EVERY_LABEL, Command, Ping, tlv_bytes, write_command
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.gatt import EslAddress
from protocols.ble_esl.responses import EslError, Failed, Response, read_responses
from protocols.ble_esl.sealed import PAYLOAD_BYTES_MAX, RANDOMIZER_BYTES, KeyMaterial, read_answer, seal_for_group
from protocols.ble_esl.train import Train
from protocols.clock import RandomSource

TRIES_MAX = 4
"""The first and three more."""
REFUSALS_MAX = 20
PING_AFTER_MS = 1_800_000
WAITING_PER_GROUP_MAX = 2_048
"""Commands waiting for one group. Policy when reached: no more are taken (`QueueFull`)."""
_ASK_AGAIN = (EslError.RETRY, EslError.CAPACITY_LIMIT)


class QueueFull(Exception):
    """A group has more commands waiting than it could get rid of in minutes: come again."""


@dataclass(frozen=True, slots=True)
class Told:
    """The end of one order. `response` None: the label did not answer. `token` 0: a ping of the planner's own."""

    token: int
    address: EslAddress
    command: Command
    response: Response | None


@dataclass(frozen=True, slots=True)
class Packet:
    """What goes out in a subevent. `slots`: how many response slots must be listened to."""

    data: bytes
    slots: int


@dataclass(slots=True)
class _Order:
    token: int
    address: EslAddress
    command: Command
    tries: int = 0
    refusals: int = 0


@dataclass(slots=True)
class _Group:
    waiting: deque[_Order] = field(default_factory=deque)
    to_all: deque[tuple[Command, int]] = field(default_factory=deque)
    expected: dict[int, _Order] = field(default_factory=dict)
    heard_ms: OrderedDict[int, int] = field(default_factory=OrderedDict)
    """Of each label (by id) when it answered or was asked last, the longest ago first."""
    told: list[Told] = field(default_factory=list)


class Planner:
    """The access point's half of the train, without radio or clock."""

    def __init__(self, train: Train, sync_key: KeyMaterial, rng: RandomSource) -> None:
        self.train = train
        self._sync_key = sync_key
        self._rng = rng
        self._keys: dict[EslAddress, KeyMaterial] = {}
        self._groups = [_Group() for _ in range(train.subevents)]
        self._tokens = 0

    def learn(self, address: EslAddress, response_key: KeyMaterial, now_ms: int) -> None:
        """A label belongs to the network. Raises `EslRefused` for a group the train has not."""
        if address.group >= self.train.subevents:
            raise EslRefused(f"the train has {self.train.subevents} groups, no {address.group}")
        self._keys[address] = response_key
        self._groups[address.group].heard_ms.setdefault(address.esl_id, now_ms)

    def forget(self, address: EslAddress) -> None:
        """A label left; what waits for it ends unanswered."""
        self._keys.pop(address, None)
        group = self._groups[address.group]
        group.heard_ms.pop(address.esl_id, None)
        left = [order for order in group.waiting if order.address == address]
        group.waiting = deque(order for order in group.waiting if order.address != address)
        group.told.extend(Told(order.token, address, order.command, None) for order in left if order.token)

    def ask(self, address: EslAddress, command: Command, *, first: bool = False) -> int:
        """Queue a command for one label; its end is told with this token. Raises `QueueFull`, `EslRefused`."""
        if address not in self._keys:
            raise EslRefused(f"{address} is not of this network")
        group = self._groups[address.group]
        if len(group.waiting) >= WAITING_PER_GROUP_MAX:
            raise QueueFull(f"{WAITING_PER_GROUP_MAX} commands wait for group {address.group}")
        self._tokens += 1
        order = _Order(self._tokens, address, command)
        if first:
            group.waiting.appendleft(order)
        else:
            group.waiting.append(order)
        return order.token

    def tell_group(self, group: int, command: Command, *, times: int = 3) -> None:
        """Send a command to every label of a group, in `times` packets since nobody answers. Raises `EslRefused`."""
        if command.esl_id != EVERY_LABEL:
            raise EslRefused("a command for a whole group has the id FF")
        self._groups[group].to_all.append((command, times))

    @property
    def waiting(self) -> int:
        """Commands not yet answered."""
        return sum(len(group.waiting) + len(group.expected) + len(group.to_all) for group in self._groups)

    def packet(self, subevent: int, now_ms: int) -> tuple[Packet | None, list[Told]]:
        """The packet of a group's turn, and what has ended without an answer since its last one."""
        group = self._groups[subevent]
        self._close(group)
        told, group.told = group.told, []
        self._ping_the_silent(subevent, group, now_ms)
        data = self._fill(group)
        if not data:
            return None, told
        sealed = seal_for_group(subevent, data, self._sync_key, self._rng.bytes(RANDOMIZER_BYTES))
        return Packet(sealed, max(group.expected, default=-1) + 1), told

    def answered(self, subevent: int, slot: int, data: bytes, now_ms: int) -> Told | None:
        """What came in a response slot; None when it ends nothing (asked again, or nobody was expected there)."""
        group = self._groups[subevent]
        order = group.expected.get(slot)
        if order is None or (key := self._keys.get(order.address)) is None:
            return None
        try:
            responses = list(read_responses(read_answer(data, key)))
        except EslRefused:
            return None
        if not responses:
            return None
        del group.expected[slot]
        group.heard_ms[order.address.esl_id] = now_ms
        group.heard_ms.move_to_end(order.address.esl_id)
        response = responses[-1]
        if isinstance(response, Failed) and response.code in _ASK_AGAIN and order.refusals < REFUSALS_MAX:
            order.refusals += 1
            order.tries = 0
            group.waiting.append(order)
            return None
        return Told(order.token, order.address, order.command, response)

    def _close(self, group: _Group) -> None:
        """Nobody answers the last packet any more."""
        for order in reversed(group.expected.values()):
            if order.address not in self._keys or order.tries >= TRIES_MAX:
                group.told.append(Told(order.token, order.address, order.command, None))
            else:
                group.waiting.appendleft(order)
        group.expected.clear()

    def _ping_the_silent(self, subevent: int, group: _Group, now_ms: int) -> None:
        if group.waiting:
            return
        for esl_id, heard_ms in list(self._silent(group, now_ms)):
            group.heard_ms[esl_id] = max(heard_ms, now_ms - PING_AFTER_MS // 2)
            group.heard_ms.move_to_end(esl_id)
            group.waiting.append(_Order(0, EslAddress(subevent, esl_id), Ping(esl_id)))

    def _silent(self, group: _Group, now_ms: int) -> Iterator[tuple[int, int]]:
        for esl_id, heard_ms in group.heard_ms.items():
            if now_ms - heard_ms < PING_AFTER_MS:
                return
            yield esl_id, heard_ms

    def _fill(self, group: _Group) -> bytes:
        """Commands for one packet; those that must be answered are put down as expected."""
        data, index = bytearray(), 0
        for _ in range(len(group.to_all)):
            command, times = group.to_all[0]
            tlv = write_command(command)
            if len(data) + len(tlv) >= PAYLOAD_BYTES_MAX:
                break
            data += tlv
            index += 1
            group.to_all.popleft()
            if times > 1:
                group.to_all.append((command, times - 1))
        later: list[_Order] = []
        spoken: set[int] = set()
        while group.waiting and index < self.train.slots:
            order = group.waiting.popleft()
            if order.address.esl_id in spoken:
                later.append(order)
                continue
            tlv = write_command(order.command)
            if len(data) + len(tlv) >= PAYLOAD_BYTES_MAX:
                later.append(order)
                if PAYLOAD_BYTES_MAX - len(data) <= tlv_bytes(0) or len(later) > self.train.slots:
                    break
                continue
            data += tlv
            order.tries += 1
            group.expected[index] = order
            spoken.add(order.address.esl_id)
            index += 1
        group.waiting.extendleft(reversed(later))
        return bytes(data)
