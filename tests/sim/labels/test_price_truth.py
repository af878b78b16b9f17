"""Nobody is charged more than a label shows, or showed within the dwell; and when the trouble ends, shelf and till agree.

The shop is the box's real code on a real database and the access points' real wire logic with all their traps, in virtual
time. The judge reads the panels' own history. `TALLYSTICK_SOAK_LABEL_EVENTS` sets how many events `make soak` runs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from edge.labels import hearing
from tests.sim.labels.pictures import read_each_jpeg_once
from tests.sim.labels.run import run
from tests.sim.labels.world import ACTIONS, Plan

SEEDS, EVENTS = 20, 1_000
SOAK_EVENTS = int(os.environ.get("TALLYSTICK_SOAK_LABEL_EVENTS", "1000000"))
SOAK_EVENTS_EACH = 5_000
FIRST_SOAK_SEED = int(os.environ.get("SEED", "1000"))


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """No words about labels that give trouble; each JPEG is decoded once; labels poll thrice as often as real ones."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with pytest.MonkeyPatch.context() as patch:
        read_each_jpeg_once(patch)
        patch.setattr(hearing, "LOST_BEHIND_MS", 45_000)
        yield
    structlog.reset_defaults()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_till_asks_for_more_than_a_label_shows(seed: int) -> None:
    points, labels = (1, 4) if seed % 2 else (2, 5)
    outcome = run(seed, Plan(points=points, labels=labels, events=EVENTS, clean=seed % 5 == 4))
    assert outcome.compared > EVENTS * 3 // 4, "the judge saw labels while the till was asked"
    assert len(outcome.counts) >= len(ACTIONS) - 2, "every kind of trouble has its turn"


@pytest.mark.soak
@pytest.mark.parametrize("number", range(max(1, SOAK_EVENTS // SOAK_EVENTS_EACH)))
def test_nor_in_a_million_events(number: int) -> None:
    points, labels = (1, 5) if number % 4 == 0 else (3, 10) if number % 4 == 1 else (2, 7)
    run(FIRST_SOAK_SEED + number, Plan(points=points, labels=labels, events=SOAK_EVENTS_EACH, clean=number % 7 == 6))
