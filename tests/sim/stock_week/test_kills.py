"""kill -9 at random points of such days: no second arrival, no lost departure, balances equal the sum of moves.

The box dies at a random statement of its writing connections, before it or just after it, while it sells, receives, hears
tags, moves the book, counts or starts; the next one begins on the files as they lay there (`kill.py`). `checks.py` says what
must be true afterwards; `tests/integration/test_stock_kills.py` kills real processes over their API.
"""

import random
from pathlib import Path

import pytest

from tests.sim.stock_week.run import Plan, Week, play

DAY = Plan(1, items=60, days=1, drift_weeks=1)
KILLS, SOAK_KILLS = 8, 100


def killed(folder: Path, plan: Plan, kills: int, statements: int) -> Week:
    """The same days with so many kills, spread over about `statements` writing statements."""
    rng = random.Random(f"kills {plan.seed}")
    gap = statements // (kills + 1)
    points = tuple((rng.randint(1, gap), rng.random() < 0.5) for _ in range(kills))
    return play(Plan(plan.seed, plan.items, plan.days, plan.drift_weeks, points), folder, readers=True)


def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    whole = play(DAY, tmp_path / "whole", readers=True)
    week = killed(tmp_path / "killed", DAY, KILLS, whole.statements)
    assert week.kills >= KILLS
    assert week.happened == whole.happened
    assert week.counted[-1] >= 0.95


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_hundred_kills_at_random_points(tmp_path: Path, seed: int) -> None:
    plan = Plan(seed, items=150, days=3, drift_weeks=1)
    whole = play(plan, tmp_path / "whole", readers=True)
    week = killed(tmp_path / "killed", plan, SOAK_KILLS // 5, whole.statements)
    assert week.kills >= SOAK_KILLS // 5
    assert week.happened == whole.happened
    assert week.counted[-1] >= 0.95
