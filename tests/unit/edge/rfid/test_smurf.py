"""SMURF on tags that are read now and then: hardly ever missed, and not believed for long once they are gone."""

from __future__ import annotations

import random

import pytest

from edge.rfid.smurf import WINDOW_MAX, Smurf

RUNS, EPOCHS = 200, 400
TABLE = {0.3: (0.039, 0.034), 0.5: (0.020, 0.019), 0.7: (0.009, 0.016), 0.9: (0.003, 0.009)}
"""Read rate per epoch: how often a good smoother misses a tag that is there, and shows one that is not (half of 400 epochs
each, as in the paper's experiments)."""


@pytest.mark.parametrize("rate", sorted(TABLE))
def test_misses_and_ghosts_stay_within_the_table(rate: float) -> None:
    rng, missed, ghosts = random.Random(5), 0, 0
    for _ in range(RUNS):
        smurf = Smurf()
        for epoch in range(EPOCHS):
            there = epoch < EPOCHS // 2
            if there and rng.random() < rate:
                smurf.heard(epoch)
            present = smurf.advance(epoch)
            missed += there and not present
            ghosts += present and not there
    whole = RUNS * EPOCHS // 2
    miss_most, ghost_most = (1.2 * share + 0.002 for share in TABLE[rate])
    assert missed / whole <= miss_most
    assert ghosts / whole <= ghost_most


def test_asking_seldom_gives_what_asking_always_gives() -> None:
    rng = random.Random(3)
    often, seldom = Smurf(), Smurf()
    for epoch in range(300):
        if epoch < 200 and rng.random() < 0.4:
            often.heard(epoch)
            seldom.heard(epoch)
        often.advance(epoch)
        if epoch % 7 == 6:
            assert seldom.advance(epoch) is often.present


def test_the_window_is_capped_and_an_absence_of_years_costs_nothing() -> None:
    smurf = Smurf()
    for epoch in range(0, 400, 20):
        smurf.heard(epoch)
        smurf.advance(epoch)
        assert smurf.window <= WINDOW_MAX
    assert not smurf.advance(1_000_000_000)
    smurf.heard(1_000_000_001)
    assert smurf.advance(1_000_000_001)
