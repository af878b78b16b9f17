"""The broker and the lines to it: slow, forgetful, repeating itself; and the HTTPS twin beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from protocols.sync.effects import Send
from protocols.sync.messages import DownMessage, FeedHead, StoreState, encode_message
from protocols.sync.topics import POSTABLE, Channel, store_topic
from tests.sim.sync.disk import STORE
from tests.sim.sync.faults import Fault
from tests.sim.sync.world import World

if TYPE_CHECKING:
    from tests.sim.sync.box import Box
    from tests.sim.sync.hq import Hq

SHARDS = 16
DOWN = store_topic(STORE, Channel.DOWN, SHARDS)


class Line:
    """One connection of a box. `hear(topic, payload)` is the box's ear; over HTTPS the topic is ""."""

    def __init__(self, box: Box, hear: Callable[[str, bytes], None], will: StoreState, *, https: bool) -> None:
        self.box = box
        self.hear = hear
        self.will = will
        self.https = https
        self.open = True
        self.half_open = False
        self.up_free_ms = 0
        self.down_free_ms = 0


class Network:
    """Everything between the boxes and HQ."""

    def __init__(self, world: World, *, same_client_id: bool) -> None:
        self._world = world
        self._same_client_id = same_client_id
        self._retained: dict[str, FeedHead] = {}
        self._state: bytes | None = None
        self._old_heads: list[FeedHead] = []
        self._births = 0
        self.lines: list[Line] = []
        self.up = True
        self.hq: Hq

    def open(self, line: Line) -> None:
        """A box connects (and a broker throws out another client of the same name)."""
        if not line.https and self._same_client_id:
            for other in [each for each in self.lines if each.box is not line.box and not each.https]:
                self.close(other)
        self.lines.append(line)
        if not line.https:
            for head in list(self._retained.values()):
                self._retained_head(line, head)

    def close(self, line: Line, *, told: bool = True, silent: bool = False) -> None:
        """The line ends; the box notices when `told`. The broker speaks the will, later, unless `silent`."""
        if not line.open:
            return
        line.open = False
        self.lines.remove(line)
        if not line.https and not silent:
            births = self._births
            wait_ms = self._world.rng.randint(20_000, 120_000) if self._world.on(Fault.F16) else 0
            self._world.at(wait_ms, lambda: self._speak_will(line, births))
        if told:
            line.box.line_lost()

    def send(self, line: Line, effect: Send) -> None:
        """From the box. Losing it is allowed."""
        world = self._world
        world.messages += 1
        if not line.open or line.half_open:
            return
        if line.https and effect.channel not in POSTABLE:
            return
        if effect.channel is Channel.STATE:
            self._births += 1
        if line.https and world.may(Fault.HTTPS):
            world.at(500, lambda: self.close(line))
            return
        line.up_free_ms = max(line.up_free_ms, world.now) + world.rng.randint(5, 60)
        self._carry_up(line, effect, line.up_free_ms - world.now)
        if world.may(Fault.F5):
            for _ in range(world.rng.randint(2, 12)):
                self._carry_up(line, effect, world.rng.randint(5, 90_000))
        if world.may(Fault.F6):
            self._carry_up(line, effect, world.rng.randint(1, 200_000))

    def hq_says(self, topic: str, payload: bytes | FeedHead) -> None:
        """From HQ, about feeds."""
        if not self.up:
            return
        if isinstance(payload, FeedHead):
            self._old_heads.append(payload)
            self._retained[topic] = payload
            for line in list(self.lines):
                self._deliver(line, topic, encode_message(payload), lose=None)
            return
        for line in list(self.lines):
            self._deliver(line, topic, payload, lose=Fault.F14)

    def hq_tells(self, message: DownMessage) -> None:
        """From HQ, to the store, unasked."""
        for line in [each for each in self.lines if self.up and not each.https]:
            self._deliver(line, DOWN, encode_message(message), lose=Fault.F3)

    def restart(self) -> None:
        """The broker dies with everything it knew and comes back; HQ connects again and publishes its heads."""
        self.up = False
        self._retained.clear()
        self._state = None
        for line in [each for each in self.lines if not each.https]:
            self.close(line, silent=True)
        self._world.at(self._world.rng.randint(1_000, 60_000), self._come_back)

    def half_open(self) -> bool:
        """One line goes deaf and mute; nobody is told."""
        lines = [line for line in self.lines if not line.https]
        for line in lines[:1]:
            line.half_open = True
        return bool(lines)

    def heal(self) -> None:
        """Every deaf line is found out."""
        for line in [each for each in self.lines if each.half_open]:
            self.close(line)

    def _come_back(self) -> None:
        self.up = True
        self.hq.republish()

    def _carry_up(self, line: Line, effect: Send, wait_ms: int) -> None:
        self._world.at(wait_ms, lambda: self._arrive(line, effect))

    def repeat_state(self) -> None:
        """HQ subscribes anew."""
        if self._state is not None:
            self.hq.take((Channel.STATE, self._state, _nobody_listens))

    def _arrive(self, line: Line, effect: Send) -> None:
        if not self.up and not line.https:
            return
        if effect.retain:
            self._state = effect.payload
        self.hq.take((effect.channel, effect.payload, lambda words: self._answer(line, words)))

    def _answer(self, asked: Line, words: list[DownMessage]) -> None:
        world = self._world
        for message in words:
            payload = encode_message(message)
            if asked.https:
                if world.may(Fault.HTTPS):
                    self.close(asked)
                elif asked.open:
                    self._schedule(asked, "", payload, world.rng.randint(1, 100))
                continue
            if not self.up:
                continue
            for line in [each for each in self.lines if not each.https]:
                self._deliver(line, DOWN, payload, lose=Fault.F3)
            if world.may(Fault.F4):
                self.close(asked)

    def _deliver(self, line: Line, topic: str, payload: bytes, *, lose: Fault | None) -> None:
        world = self._world
        if line.half_open or line.https or (lose is not None and world.may(lose)):
            return
        line.down_free_ms = max(line.down_free_ms, world.now) + world.rng.randint(5, 60)
        self._schedule(line, topic, payload, line.down_free_ms - world.now)
        if world.may(Fault.F6):
            late_ms = world.rng.randint(1, 200_000)
            world.at(
                late_ms, lambda: [self._schedule(each, topic, payload, 0) for each in self.lines if each.box is line.box]
            )

    def _schedule(self, line: Line, topic: str, payload: bytes, wait_ms: int) -> None:
        def arrive() -> None:
            if line.open and not line.half_open:
                self._world.messages += 1
                line.hear(topic, payload)

        self._world.at(wait_ms, arrive)

    def _retained_head(self, line: Line, head: FeedHead) -> None:
        if self._world.may(Fault.F13):
            older = [each for each in self._old_heads if each.feed_id == head.feed_id]
            if self._world.rng.random() < 0.5:
                return
            head = self._world.rng.choice(older)
        self._deliver(line, f"ts1/feed/{head.feed_id}/head", encode_message(head), lose=None)

    def _speak_will(self, line: Line, births: int) -> None:
        if not self.up:
            return
        if self._births > births and self._world.on(Fault.F16):
            self._world.happened[Fault.F16] += 1
        self._state = encode_message(line.will)
        self.repeat_state()


def _nobody_listens(words: list[DownMessage]) -> None:
    """Births and wills are not answered."""
    assert not words
