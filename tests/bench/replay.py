"""Sales replayed per second of real time: a store day in virtual time, with real codecs, services, ingest and PostgreSQL.

The peer is the day itself: how many times faster than the store's own clock the same day passes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.bench.report import report
from tests.sim.day.run import day_of, play_day, quiet
from tests.support.hq_ground import EMBEDDED, postgres_server

SEED = 1
SALES = 1_000
WARM_SALES = 20
DAY_SECONDS_MAX = 60


def main() -> None:
    """Print the figure."""
    quiet()
    with tempfile.TemporaryDirectory() as folder, postgres_server(EMBEDDED, Path(folder)) as server:
        play_day(day_of(SEED, WARM_SALES), server)
        began = time.perf_counter()
        outcome = play_day(day_of(SEED, SALES), server)
        took = time.perf_counter() - began
    report(
        "replay_sales_per_s",
        outcome.counts["sales"] / took,
        "sales/s",
        peer="the store's own clock, same day",
        ratio=outcome.virtual_seconds / took,
        day_seconds=round(took, 1),
        day_seconds_max=DAY_SECONDS_MAX,
        faults=outcome.counts["faults"],
    )


if __name__ == "__main__":
    main()
