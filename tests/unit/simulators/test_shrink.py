"""Making a failing list small: what is left fails, and nothing of it can go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario.shrink import Shrinker


@given(st.sets(st.integers(0, 199), min_size=1, max_size=5))
def test_the_guilty_are_found_among_many(guilty: set[int]) -> None:
    shrinker = Shrinker()
    assert shrinker.shrink(range(200), lambda part: guilty <= set(part)) == sorted(guilty)
    assert shrinker.runs <= 400


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_what_is_left_is_minimal(items: list[int]) -> None:
    def fails(part: object) -> bool:
        assert isinstance(part, list)
        return sum(part) * 2 >= sum(items) and sum(part) > 0

    if not fails(items):
        return
    found = Shrinker().shrink(items, fails)
    assert fails(found)
    assert not any(fails(found[:at] + found[at + 1 :]) for at in range(len(found)) if len(found) > 1)


def test_it_stops_when_the_runs_are_used_up() -> None:
    shrinker = Shrinker(runs_max=3)
    found = shrinker.shrink(range(100), lambda part: {3, 96} <= set(part))
    assert shrinker.runs == 3
    assert {3, 96} <= set(found)
