"""Faults by themselves: every so often one of the menu, from the bench's seed, for a while; faults that heal themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from protocols.clock import SeededRandom
from simulators.bench import LINE_KNOBS, Bench
from simulators.device_kind import Knob, Value
from simulators.replay.links import Chance

EVERY_MS, LASTS_MS = 5_000, 4_000
MS_MOST, PERCENT_MOST, PER_MILLE_MOST = 1_000, 50, 300
AT_ONCE_MAX = 20
"""Faults that are on by themselves at one time; the next waits."""
Target = tuple[str, Knob[Any], bool]
"""Device, fault, whether of its line."""


class Chaos:
    """One bench's. `start` and `stop` may be called at any time."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._chance = Chance(SeededRandom(bench.settings.seed * 1_000_003 + 17))
        self._going: asyncio.Task[None] | None = None
        self._healing: set[asyncio.Task[None]] = set()

    @property
    def on(self) -> bool:
        """Whether faults come by themselves."""
        return self._going is not None

    def start(self, every_ms: int = EVERY_MS, lasts_ms: int = LASTS_MS) -> None:
        """From now on."""
        if self._going is None:
            self._going = asyncio.get_running_loop().create_task(self._go(every_ms, lasts_ms))

    async def stop(self) -> None:
        """No more; what is on and would heal itself is healed now."""
        going, self._going = self._going, None
        for task in [*([going] if going is not None else []), *self._healing]:
            task.cancel()
            await asyncio.wait({task})

    def heal_after(self, lasts_ms: int, device: str, fault: str, *, line: bool) -> None:
        """This fault is healed after so long, or when all is."""
        task = asyncio.get_running_loop().create_task(self._heal(lasts_ms, device, fault, line))
        self._healing.add(task)
        task.add_done_callback(self._healing.discard)

    async def _go(self, every_ms: int, lasts_ms: int) -> None:
        while True:
            await asyncio.sleep((every_ms // 2 + self._chance.below(every_ms)) / 1000)
            targets = self._targets()
            if not targets or len(self._healing) >= AT_ONCE_MAX:
                continue
            device, knob, line = targets[self._chance.below(len(targets))]
            await self._bench.set_fault(device, knob.name, self._value(knob), line=line)
            self.heal_after(lasts_ms // 2 + self._chance.below(lasts_ms), device, knob.name, line=line)

    async def _heal(self, lasts_ms: int, device: str, fault: str, line: bool) -> None:
        try:
            await asyncio.sleep(lasts_ms / 1000)
        finally:
            await self._bench.set_fault(device, fault, None, line=line)

    def _targets(self) -> Sequence[Target]:
        devices = [(each.id, knob, False) for each in self._bench.every() for knob in each.kind.knobs]
        lines = [(name, knob, True) for name in self._bench.proxies for knob in LINE_KNOBS if knob.name != "refuse"]
        return [target for target in (*devices, *lines) if self._may(target[1])]

    def _may(self, knob: Knob[Any]) -> bool:
        return knob.default is False or (knob.default == 0 and knob.name.endswith(("_ms", "_percent", "_per_mille")))

    def _value(self, knob: Knob[Any]) -> Value:
        if knob.default is False:
            return True
        most = MS_MOST if knob.name.endswith("_ms") else PERCENT_MOST if knob.name.endswith("_percent") else PER_MILLE_MOST
        return 1 + self._chance.below(most)
