"""Store days in replay mode, each from one seed, with every kind of fault. A failure names the seed and the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.day.run import day_of, play_day, quiet
from tests.support.hq_ground import EMBEDDED, ROOT, PostgresServers

DAYS, SOAK_SHORT_DAYS = 3, 20
SALES = 40
SHORT_SALES = 10
SOAK_DAYS = int(os.environ.get("TALLYSTICK_SOAK_DAYS", "20"))
SOAK_FIRST_SEED = int(os.environ.get("SEED", "1000"))
SOAK_SALES = 1_000

_logs: dict[str, int] = {}
"""Digests of the logs of this test process, and of which seed each was."""


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet()


@pytest.mark.parametrize(
    "seed",
    [*range(1, DAYS + 1), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(DAYS + 1, SOAK_SHORT_DAYS + 1))],
)
def test_a_day_comes_out_right(seed: int, postgres_servers: PostgresServers) -> None:
    """Every invariant is checked on the way and at the close; what must have happened has happened."""
    outcome = play_day(day_of(seed, SALES), postgres_servers.of(EMBEDDED))
    assert _logs.setdefault(outcome.digest, seed) == seed, "another seed gives another log"
    counts = outcome.counts
    assert counts["sales"] >= SALES * 9 // 10
    assert counts["faults"] == 19
    assert counts["boots"] == 4
    assert counts["price_changes"] > 0
    assert counts["charges_compared"] > SALES // 2


def test_a_seed_gives_the_same_log_byte_for_byte(postgres_servers: PostgresServers, tmp_path: Path) -> None:
    """Here, and in another process whose sets and dicts have another order."""
    here, there = tmp_path / "here.log", tmp_path / "there.log"
    with here.open("w") as to:
        play_day(day_of(7, SHORT_SALES), postgres_servers.of(EMBEDDED), to=to)
    command = [sys.executable, "-m", "tests.sim.day", "--seed", "7", "--sales", str(SHORT_SALES), "--log", str(there)]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SOAK_FIRST_SEED, SOAK_FIRST_SEED + SOAK_DAYS))
def test_a_long_day_comes_out_right(seed: int, postgres_servers: PostgresServers) -> None:
    """A thousand sales, every fault several times, the line down for hours."""
    assert play_day(day_of(seed, SOAK_SALES), postgres_servers.of(EMBEDDED)).counts["sales"] > SOAK_SALES * 9 // 10
