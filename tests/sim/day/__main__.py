"""`python -m tests.sim.day --seed N`: one replayed store day, or several, with progress on standard error."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.sim.day.day import DayPlan
from tests.sim.day.run import command_of, day_of, play_day, quiet
from tests.support.hq_ground import EMBEDDED, postgres_server


def main() -> int:
    """Exit code 0 when every day was right, 1 when one was not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.sim.day", description="A store day from one seed, in virtual time."
    )
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same event log, byte for byte")
    parser.add_argument("--sales", type=int, default=1_000, help="shoppers of the day (default 1000)")
    parser.add_argument("--days", type=int, default=1, help="so many days, with the seeds that follow (default 1)")
    parser.add_argument("--log", type=Path, help="write the event log here (one day only)")
    parser.add_argument("--verbose", action="store_true", help="let the parts log, too")
    given = parser.parse_args()
    if not given.verbose:
        quiet()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="day-hq-") as folder, postgres_server(EMBEDDED, Path(folder)) as server:
        for seed in range(given.seed, given.seed + given.days):
            plan = day_of(seed, given.sales)
            failed += _play(plan, server, given.log)
    return 1 if failed else 0


def _play(plan: DayPlan, server: object, log: Path | None) -> int:
    began = time.perf_counter()

    def say(words: str) -> None:
        print(f"[{time.perf_counter() - began:6.1f} s] seed {plan.seed}: {words}", file=sys.stderr, flush=True)

    with contextlib.ExitStack() as stack:
        to = None if log is None else stack.enter_context(log.open("w"))
        try:
            outcome = play_day(plan, server, to=to, say=say)  # type: ignore[arg-type]
        except Exception as error:
            say(f"FAILED: {error!r}")
            print(*getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
            print(f"seed {plan.seed} failed; repeat it with: {command_of(plan)}", file=sys.stderr)
            if "--verbose" in sys.argv:
                raise
            return 1
    took = time.perf_counter() - began
    print(
        json.dumps(
            {
                "seed": plan.seed,
                "seconds": round(took, 1),
                "store_seconds": outcome.virtual_seconds,
                "log": outcome.digest,
                **outcome.counts,
            }
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
