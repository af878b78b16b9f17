"""Plays days on a PostgreSQL of their own and says how to repeat one that failed."""

from __future__ import annotations

import gc
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import structlog

from simulators.replay.loop import run_virtual
from tests.sim.day.day import DayPlan, Outcome, play
from tests.support.hq_ground import PostgresServer, fresh_database
from tests.support.memory import MEMORY

SALES_PER_ROUND = 200
LONG_DAY_SALES = 500
LINE_DOWN_SECONDS, LINE_DOWN_LONG_SECONDS = 400, 2 * 3_600
GARBAGE_THRESHOLD = 20_000
"""Objects made between two looks for garbage: a day keeps what it makes."""


def day_of(seed: int, sales: int) -> DayPlan:
    """The day of that seed and size: a long one has more faults, and a line that is down for hours."""
    down = LINE_DOWN_LONG_SECONDS if sales >= LONG_DAY_SALES else LINE_DOWN_SECONDS
    return DayPlan(seed=seed, sales=sales, rounds=max(1, sales // SALES_PER_ROUND), line_down_seconds=down)


def command_of(plan: DayPlan) -> str:
    """What repeats a day."""
    return f"python -m tests.sim.day --seed {plan.seed} --sales {plan.sales}"


def play_day(
    plan: DayPlan, server: PostgresServer, *, to: IO[str] | None = None, say: Callable[[str], None] = lambda _words: None
) -> Outcome:
    """One day. Whatever goes wrong carries the command that repeats it."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    with fresh_database(server) as ground, tempfile.TemporaryDirectory(prefix="day-", dir=MEMORY) as folder:
        try:
            return run_virtual(lambda loop: play(plan, loop, ground, Path(folder), to, say))
        except BaseException as error:
            error.add_note(f"seed {plan.seed}; repeat it with: {command_of(plan)}")
            raise


def quiet() -> None:
    """What the parts log is about faults the day makes itself; errors still go to standard error."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
