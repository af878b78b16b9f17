"""A week of a store: the book is right where the system is in use, its own sums always, and a seed tells one story."""

from pathlib import Path

import pytest

from tests.sim.stock_week.run import Plan, play

RIGHT = 0.98


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_days_with_the_system_put_the_book_right(tmp_path: Path, seed: int) -> None:
    after = play(Plan(seed, items=150, days=2), tmp_path, readers=True)
    assert after.began < 0.9, "otherwise nothing was to be put right"
    assert after.counted[-1] >= RIGHT, (after.counted, after.wrong)
    happened = {name for name, count in after.happened.items() if count}
    assert {"Delivered", "Carried", "Bought", "SentAway"} <= happened
    assert after.did["pieces_received_by_tag"]
    assert after.did["pieces_relocated_by_tag"]
    assert after.did["lines_put_right_by_counts"]


def test_without_it_the_book_goes_on_drifting(tmp_path: Path) -> None:
    before = play(Plan(1, items=150, days=2), tmp_path, readers=False)
    assert before.counted[-1] <= before.began < 0.9
    assert not before.did


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    plan = Plan(4, items=60, days=1, drift_weeks=1, kills=((500, True), (900, False)))
    first, again = (play(plan, tmp_path / name, readers=True) for name in "ab")
    assert first.kills == 2
    assert first.digest == again.digest
    assert play(Plan(5, items=60, days=1, drift_weeks=1), tmp_path / "c", readers=True).digest != first.digest


@pytest.mark.soak
def test_a_week_of_five_thousand_items(tmp_path: Path) -> None:
    before, after = (play(Plan(1), tmp_path / str(readers), readers=readers) for readers in (False, True))
    assert before.counted[-1] < 0.80
    assert after.counted[-1] >= RIGHT
