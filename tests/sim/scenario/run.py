"""Plays scenarios in replay mode: one seed, one store file, one catalogue, and the same event log on every machine."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from protocols.contract.feed_rows import FeedRow
from simulators.replay.loop import VirtualClock, VirtualLoop, run_virtual
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.player import Outcome, Player
from simulators.scenario.steps import Scenario, Step
from simulators.settings import BenchSettings
from tests.sim.day.day import _of_the_dead
from tests.sim.day.run import GARBAGE_THRESHOLD
from tests.sim.scenario.stage import replay_stage
from tests.support.goods import assortment
from tests.support.memory import MEMORY

OPENS_AT_MS = 1_790_000_000_000
LOOK_EVERY_MS = 500


@dataclass(frozen=True, slots=True)
class Played:
    """A run: how it ended, and all that happened."""

    outcome: Outcome
    chronicle: Chronicle


def play_replay(
    scenario: Scenario,
    store: BenchSettings,
    *,
    rows: Sequence[FeedRow] = (),
    lenient: bool = False,
    look_every_ms: int = LOOK_EVERY_MS,
    long: bool = False,
    to: IO[str] | None = None,
) -> Played:
    """One run on a box of its own, in virtual time."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    seeded = msgspec.structs.replace(store, seed=scenario.seed)
    with tempfile.TemporaryDirectory(prefix="scenario-", dir=MEMORY) as folder:

        async def play(loop: VirtualLoop) -> Played:
            loop.set_exception_handler(_of_the_dead)
            clock = VirtualClock(loop, OPENS_AT_MS)
            chronicle = Chronicle(clock.monotonic_ms, to=to)
            async with replay_stage(Path(folder), seeded, list(rows or assortment()), clock, chronicle, long=long) as stage:
                player = Player(scenario, stage, chronicle, lenient=lenient, look_every_ms=look_every_ms, ids=stage.ids.new)
                return Played(await player.run(), chronicle)

        return run_virtual(play)


def fails_like(first: Outcome, scenario: Scenario, play: Callable[[Scenario], Outcome]) -> Callable[[Sequence[Step]], bool]:
    """Whether a part of the steps breaks one of the rules the whole broke."""
    rules = {failure.rule for failure in first.failures}

    def fails(steps: Sequence[Step]) -> bool:
        part = play(msgspec.structs.replace(scenario, steps=tuple(steps)))
        return bool(rules & {failure.rule for failure in part.failures})

    return fails
