"""`python -m tests.sim.stock_week --seed 1`: a store's week without the system and with it; one JSON line."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.sim.day.run import quiet
from tests.sim.stock_week import rates
from tests.sim.stock_week.run import Plan, a_kill_a_day, play


def main() -> None:
    """Play both."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.stock_week", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--weeks-since-stocktake", type=int, default=rates.WEEKS_SINCE_STOCKTAKE)
    chosen = parser.parse_args()
    quiet()
    kills = a_kill_a_day(chosen.seed, chosen.items, chosen.days)
    plan = Plan(chosen.seed, chosen.items, chosen.days, chosen.weeks_since_stocktake, kills)
    begun = time.process_time()
    with tempfile.TemporaryDirectory(prefix="stock-week-") as folder:
        weeks = {
            name: play(plan, Path(folder) / name, readers=readers, say=lambda words, name=name: _say(name, words))  # type: ignore[misc]
            for name, readers in (("before", False), ("after", True))
        }
    before, after = weeks["before"], weeks["after"]
    print(
        json.dumps(
            {
                "name": "stock_accuracy",
                "before": round(before.counted[-1], 4),
                "after": round(after.counted[-1], 4),
                "seed": plan.seed,
                "items": plan.items,
                "days": plan.days,
                "weeks_since_stocktake": plan.drift_weeks,
                "at_the_start": round(before.began, 4),
                "before_by_day": _rounded(before.counted),
                "after_by_day_before_the_count": _rounded(after.evenings),
                "after_by_day": _rounded(after.counted),
                "mended": dict(sorted(after.did.items())),
                "still_wrong": dict(sorted(after.wrong.items())),
                "happened": dict(sorted(after.happened.items())),
                "log": after.digest,
                "box_kills": [before.kills, after.kills],
                "cpu_seconds": round(time.process_time() - begun, 1),
            }
        )
    )


def _rounded(shares: list[float]) -> list[float]:
    return [round(share, 4) for share in shares]


def _say(name: str, words: str) -> None:
    print(f"{name}: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
