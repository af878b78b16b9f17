"""`python -m tests.sim.scenario`: play a scenario, or store days from seeds, in virtual time; make a failing one small."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from simulators.scenario.page import timeline
from simulators.scenario.reading import read_scenario, write_scenario
from simulators.store_file import load_store
from tests.sim.day.run import quiet
from tests.sim.scenario.days import make_small, plan_of, play_day
from tests.sim.scenario.run import Played, play_replay


def main() -> int:
    """Exit code 0 when every run was right, 1 when one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.scenario", description=__doc__)
    parser.add_argument("scenario", type=Path, nargs="?", help="a scenario's YAML file; without one: store days")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--days", type=int, default=1, help="so many days, with the seeds that follow")
    parser.add_argument("--hours", type=int, default=14)
    parser.add_argument("--shoppers", type=int, default=300)
    parser.add_argument("--timeline", type=Path, help="write the last run's timeline there")
    parser.add_argument("--log", type=Path, help="write the last run's event log there")
    parser.add_argument("--small", type=Path, default=Path("small.yaml"), help="where a failing day is written, made small")
    parser.add_argument("--verbose", action="store_true", help="let the box log, too")
    given = parser.parse_args()
    if not given.verbose:
        quiet()
    if given.scenario is not None:
        return _told(_scenario(given), given, f"python -m tests.sim.scenario {given.scenario} --seed {given.seed}")
    for seed in range(given.seed, given.seed + given.days):
        plan = plan_of(seed, minutes=60 * given.hours, shoppers=given.shoppers)
        again = f"python -m tests.sim.scenario --seed {seed} --hours {given.hours} --shoppers {given.shoppers}"
        played = play_day(plan)
        if _told(played, given, again):
            small = make_small(played.outcome, say=lambda words: print(words, file=sys.stderr))
            given.small.write_text(write_scenario(small.scenario), encoding="utf-8")
            print(f"{given.small}: {len(small.scenario.steps)} steps that still fail, found in {small.runs} runs")
            return 1
    return 0


def _scenario(given: argparse.Namespace) -> Played:
    scenario = msgspec.structs.replace(read_scenario(given.scenario), seed=given.seed)
    with tempfile.TemporaryDirectory(prefix="scenario-") as folder:
        store = load_store(given.scenario.parent / str(scenario.store), Path(folder))
    return play_replay(scenario, store)


def _told(played: Played, given: argparse.Namespace, again: str) -> int:
    outcome, began = played.outcome, time.process_time()
    if given.timeline is not None:
        page = timeline(outcome, played.chronicle.events, left_off=played.chronicle.left_off, again=again)
        given.timeline.write_text(page, encoding="utf-8")
    if given.log is not None:
        given.log.write_text("".join(f"{each}\n" for each in played.chronicle.events), encoding="utf-8")
    for failure in outcome.failures:
        print(f"seed {outcome.seed}: {failure}", file=sys.stderr)
    figures = {
        "seed": outcome.seed,
        "steps": outcome.steps,
        "store_seconds": outcome.took_ms // 1000,
        "cpu_seconds": round(began, 1),
    }
    print(json.dumps({**figures, "log": outcome.digest, "broken": len(outcome.failures), "again": again}), flush=True)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
