"""The radio between one controller and its labels, in virtual or real time: packets to groups, answers in slots, losses."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from protocols.ble_esl.responses import EslError, Failed, write_response
from protocols.ble_esl.sealed import RANDOMIZER_BYTES, seal_answer
from protocols.clock import RandomSource
from simulators.ble_esl.tag import Tag

NOT_RECEIVED = 0xFF
"""Data status of a slot in which nothing could be read."""


@dataclass(slots=True)
class AirFaults:
    """What is wrong at present; change the fields. Chances in percent of each packet and label."""

    packet_lost_percent: int = 0
    """A label misses a packet of its group."""
    answer_lost_percent: int = 0
    """The label obeyed, its answer never came."""
    answer_garbled_percent: int = 0
    """The label obeyed, its answer came garbled."""
    busy_percent: int = 0
    """The label answers "not now" (RETRY) and does nothing."""
    capacity_percent: int = 0
    """The label obeyed, but says that its answer has no room in the packet (CAPACITY_LIMIT)."""
    sync_lost_percent: int = 0
    """The label loses the train over this packet and advertises again."""
    connect_fails_percent: int = 0
    """A connection to a label is not made."""
    cut_percent: int = 0
    """Of each piece of an object: the connection ends instead of taking it."""


@dataclass(frozen=True, slots=True)
class SlotAnswer:
    """What a controller reports of one response slot."""

    slot: int
    data: bytes
    rssi: int


class Air:
    """All labels of one access point. `now_ms` is true time: milliseconds, never going back."""

    def __init__(self, tags: Iterable[Tag], rng: RandomSource) -> None:
        self.tags = {tag.address: tag for tag in tags}
        self.faults = AirFaults()
        self._rng = rng
        self._due: list[tuple[int, int, Tag]] = []
        self._number = 0
        self._groups: dict[int, dict[bytes, Tag]] = {}
        self._group_of: dict[bytes, int] = {}
        for tag in self.tags.values():
            self.regroup_one(tag)

    def regroup_one(self, tag: Tag) -> None:
        """A label may have got or lost its address."""
        self._groups.get(self._group_of.pop(tag.address, -1), {}).pop(tag.address, None)
        if tag.label.address is not None:
            self._group_of[tag.address] = tag.label.address.group
            self._groups.setdefault(tag.label.address.group, {})[tag.address] = tag

    def carry(self, subevent: int, packet: bytes, now_ms: int) -> list[SlotAnswer]:
        """A packet goes out in a subevent; what comes back in the slots, by slot. Two in one slot destroy each other."""
        self.step(now_ms)
        heard: dict[int, SlotAnswer] = {}
        for tag in tuple(self._groups.get(subevent, {}).values()):
            if not tag.on_train or self.chance(self.faults.packet_lost_percent):
                continue
            if self.chance(self.faults.sync_lost_percent):
                tag.label.lose_train(tag.at(now_ms))
                continue
            tag.label.busy = self.chance(self.faults.busy_percent)
            said = tag.label.hear(packet, tag.at(now_ms))
            self.watch(tag, now_ms)
            if said is None or tag.label.response_key is None or self.chance(self.faults.answer_lost_percent):
                continue
            slot, responses = said
            if self.chance(self.faults.capacity_percent):
                responses = write_response(Failed(EslError.CAPACITY_LIMIT))
            sealed = seal_answer(responses, tag.label.response_key, self._rng.bytes(RANDOMIZER_BYTES))
            if slot in heard or self.chance(self.faults.answer_garbled_percent):
                sealed = bytes(len(sealed))
            heard[slot] = SlotAnswer(slot, sealed, tag.rssi)
        return [heard[slot] for slot in sorted(heard)]

    def step(self, now_ms: int) -> None:
        """Displays whose instant has come change, at that instant."""
        while self._due and self._due[0][0] <= now_ms:
            due_ms, _, tag = heapq.heappop(self._due)
            tag.watched_at = None
            tag.label.tick(tag.at(due_ms))
            self.watch(tag, due_ms)

    def pass_hours(self, now_ms: int) -> None:
        """Lost trains and forgotten networks: call every minute or so."""
        for tag in self.tags.values():
            tag.label.tick(tag.at(now_ms))

    def watch(self, tag: Tag, now_ms: int) -> None:
        """Note when a label's display changes by itself, if it does."""
        if tag.label.waiting_at == tag.watched_at:
            return
        tag.watched_at = tag.label.waiting_at
        due_ms = tag.due_ms(now_ms)
        if due_ms is not None:
            self._number += 1
            heapq.heappush(self._due, (max(due_ms, now_ms + 1), self._number, tag))

    def chance(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return percent > 0 and int.from_bytes(self._rng.bytes(2), "big") % 100 < percent

    def nonce(self, count: int) -> bytes:
        """Random bytes for a label."""
        return self._rng.bytes(count)

    def each(self, wanted: Callable[[Tag], bool]) -> list[Tag]:
        """The labels of which something is true."""
        return [tag for tag in self.tags.values() if wanted(tag)]
