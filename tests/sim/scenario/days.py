"""Generated store days in replay mode, and making a failing one small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from simulators.scenario.day import DayPlan, day_scenario
from simulators.scenario.player import Outcome
from simulators.scenario.shrink import Shrinker
from simulators.scenario.steps import Scenario
from simulators.settings import BenchSettings
from simulators.store_file import load_store
from simulators.world import Goods
from tests.sim.scenario.run import Played, fails_like, play_replay
from tests.support.goods import ANN, APPLES_CODE, BREAD_CODE, MILK_CODE, PIN

STORE = Path(__file__).with_name("store.yaml")
GOODS = (Goods(MILK_CODE, popularity=3), Goods(BREAD_CODE, popularity=3), Goods(APPLES_CODE, weighed=True, popularity=2))
LOOK_EVERY_MS = 60_000


def store() -> BenchSettings:
    """Two tills with everything; the ports of the file are not used in replay mode."""
    return load_store(STORE, Path("replay"))


def plan_of(seed: int, *, minutes: int = 14 * 60, shoppers: int = 300, faults: int = 40, power_cuts: int = 2) -> DayPlan:
    """A day of Ann's."""
    return DayPlan(seed, ANN, PIN, minutes=minutes, shoppers=shoppers, faults=faults, power_cuts=power_cuts)


def play_day(plan: DayPlan, *, to: IO[str] | None = None) -> Played:
    """One day."""
    bench = store()
    return play_replay(day_scenario(plan, bench, GOODS), bench, lenient=True, look_every_ms=LOOK_EVERY_MS, long=True, to=to)


@dataclass(frozen=True, slots=True)
class Small:
    """A failing scenario made small, and the runs it took."""

    scenario: Scenario
    outcome: Outcome
    runs: int


def make_small(failed: Outcome, *, runs_max: int = 400, say: Callable[[str], None] = lambda _words: None) -> Small:
    """The smallest part of a failing day that still breaks one of its rules, as far as the runs reach."""
    bench = store()

    def play(scenario: Scenario) -> Outcome:
        outcome = play_replay(scenario, bench, lenient=True, look_every_ms=LOOK_EVERY_MS, long=True).outcome
        say(f"{len(scenario.steps)} steps: {'fails' if outcome.failures else 'passes'}")
        return outcome

    shrinker = Shrinker(runs_max=runs_max)
    steps = shrinker.shrink(failed.scenario.steps, fails_like(failed, failed.scenario, play))
    small = msgspec.structs.replace(failed.scenario, scenario=f"{failed.scenario.scenario}, made small", steps=tuple(steps))
    return Small(small, play(small), shrinker.runs)
