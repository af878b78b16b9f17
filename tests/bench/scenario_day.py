"""A whole store day of scenario steps in virtual time: how many times faster than the store's own clock it passes.

300 shoppers in 14 hours, 40 faults, two power cuts, every rule checked at the end. The peer is the day itself.
"""

from __future__ import annotations

import time

from tests.bench.report import report
from tests.sim.day.run import quiet
from tests.sim.scenario.days import plan_of, play_day

DAY_SECONDS_MAX = 60


def main() -> None:
    """Print the figure."""
    quiet()
    play_day(plan_of(2, minutes=4, shoppers=2, faults=1, power_cuts=0))  # warm
    began, worked = time.perf_counter(), time.process_time()
    outcome = play_day(plan_of(1)).outcome
    took = time.perf_counter() - began
    report(
        "scenario_day_seconds",
        took,
        "s",
        peer="the store's own clock, same day",
        ratio=outcome.took_ms / 1_000 / took,
        cpu_seconds=round(time.process_time() - worked, 1),
        day_seconds_max=DAY_SECONDS_MAX,
        steps=outcome.steps,
        broken=len(outcome.failures),
    )


if __name__ == "__main__":
    main()
