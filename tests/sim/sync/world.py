"""Virtual time, chance and the count of faults for one schedule."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable

from protocols.clock import FakeClock
from tests.sim.sync.faults import Fault


class Broken(AssertionError):
    """An invariant does not hold."""


class World:
    """An event heap on `FakeClock`, one `random.Random`, the windows in which faults may happen."""

    def __init__(self, seed: int, faults: Iterable[Fault], storm_ms: int) -> None:
        self.rng = random.Random(seed)
        self.clock = FakeClock()
        self.storm_ms = storm_ms
        self.happened: Counter[Fault] = Counter()
        self.alarms: Counter[str] = Counter()
        self.messages = 0
        self.flips = 0
        self.deaths_in_releases = 0
        self._chances = {fault: self.rng.uniform(0.1, 0.7) for fault in sorted(faults)}
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    @property
    def now(self) -> int:
        return self.clock.monotonic_ms()

    @property
    def stormy(self) -> bool:
        return self.now < self.storm_ms

    def at(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Run `action` after a delay."""
        self._count += 1
        heapq.heappush(self._heap, (self.now + max(0, delay_ms), self._count, action))

    def may(self, fault: Fault) -> bool:
        """Whether a fault strikes here and now; counted when it does."""
        chance = self._chances.get(fault)
        if chance is None or not self.stormy or self.rng.random() >= chance:
            return False
        self.happened[fault] += 1
        return True

    def on(self, fault: Fault) -> bool:
        """Whether the schedule has this fault at all."""
        return fault in self._chances

    def run(self, until_ms: int, done: Callable[[], bool] = lambda: False, events_max: int = 200_000) -> bool:
        """Let time pass; True when `done` held (looked at once a virtual ten seconds)."""
        look_ms = self.now
        while self._heap and self._heap[0][0] <= until_ms:
            when, _, action = heapq.heappop(self._heap)
            if when > self.now:
                self.clock.advance(when - self.now)
            action()
            events_max -= 1
            if events_max <= 0:
                raise Broken("no end: more than 200,000 events")
            if self.now >= look_ms:
                if done():
                    return True
                look_ms = self.now + 10_000
        if until_ms > self.now:
            self.clock.advance(until_ms - self.now)
        return done()
