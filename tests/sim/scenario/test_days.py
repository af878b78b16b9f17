"""Store days from one seed: the same log byte for byte, every rule holds, planted mistakes are found and made small."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from edge.checkout import closing
from edge.checkout import store as sale_rows
from simulators.scenario.page import BYTES_MAX, timeline
from simulators.scenario.reading import parse_scenario, write_scenario
from tests.sim.day.run import quiet
from tests.sim.scenario.days import make_small, plan_of, play_day
from tests.support.hq_ground import ROOT

SMALL_STEPS_MAX = 10
SEEDS_TRIED = 12
MINUTES, SHOPPERS = 12, 6
Patch = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet()


def test_a_seed_gives_the_same_log_byte_for_byte() -> None:
    """Here, and in another process whose sets and dicts have another order; another seed gives another log."""
    here = io.StringIO()
    plan = plan_of(3, minutes=4, shoppers=3, faults=2, power_cuts=1)
    outcome = play_day(plan, to=here).outcome
    assert [str(failure) for failure in outcome.failures] == []
    words = (
        "import sys; from tests.sim.day.run import quiet; from tests.sim.scenario.days import plan_of, play_day; quiet();"
        "play_day(plan_of(3, minutes=4, shoppers=3, faults=2, power_cuts=1), to=sys.stdout)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    told = subprocess.run(
        [sys.executable, "-c", words], check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert told.stdout == here.getvalue()
    assert outcome.digest != play_day(plan_of(4, minutes=2, shoppers=1, faults=0, power_cuts=0)).outcome.digest


def stock_forgets_what_was_weighed(patch: pytest.MonkeyPatch) -> None:
    right = closing.stock.sold
    patch.setattr(
        closing.stock,
        "sold",
        lambda tx, sale, at_ms: right(
            tx, msgspec.structs.replace(sale, lines=tuple(line for line in sale.lines if line.grams is None)), at_ms
        ),
    )


def a_receipt_number_is_left_out(patch: pytest.MonkeyPatch) -> None:
    right = sale_rows.next_receipt_number

    def number(tx: object, till_id: str, incarnation: int) -> int:
        found = right(tx, till_id, incarnation)  # type: ignore[arg-type]
        return right(tx, till_id, incarnation) if found == 3 else found  # type: ignore[arg-type]

    patch.setattr(sale_rows, "next_receipt_number", number)


def the_till_shows_another_total(patch: pytest.MonkeyPatch) -> None:
    right = closing._last_sale

    def shown(what: object, receipt: str) -> object:
        sale = right(what, receipt)  # type: ignore[arg-type]
        return msgspec.structs.replace(sale, total_minor=sale.total_minor + (sale.total_minor > 2_000))

    patch.setattr(closing, "_last_sale", shown)


PLANTED: list[tuple[Patch, str]] = [
    (stock_forgets_what_was_weighed, "stock"),
    (a_receipt_number_is_left_out, "receipts"),
    (the_till_shows_another_total, "money"),
]


def test_a_planted_bug_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """In four minutes with two shoppers, down to the few steps that show it: a scenario file to keep."""
    stock_forgets_what_was_weighed(monkeypatch)
    _found_and_made_small("stock", minutes=4, shoppers=2, faults=0, power_cuts=0, first_seed=2)


@pytest.mark.soak
@pytest.mark.parametrize(("plant", "rule"), PLANTED, ids=lambda each: getattr(each, "__name__", each))
def test_every_planted_bug_is_found_and_made_small(plant: Patch, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among faults and power cuts, within a few seeds."""
    plant(monkeypatch)
    _found_and_made_small(rule, minutes=MINUTES, shoppers=SHOPPERS, faults=6, power_cuts=2)


def _found_and_made_small(
    rule: str, *, minutes: int, shoppers: int, faults: int, power_cuts: int, first_seed: int = 1
) -> None:
    for seed in range(first_seed, first_seed + SEEDS_TRIED):
        played = play_day(plan_of(seed, minutes=minutes, shoppers=shoppers, faults=faults, power_cuts=power_cuts))
        if rule not in {failure.rule for failure in played.outcome.failures}:
            continue
        small = make_small(played.outcome)
        assert rule in {failure.rule for failure in small.outcome.failures}
        assert len(small.scenario.steps) <= SMALL_STEPS_MAX
        assert parse_scenario("small", write_scenario(small.scenario)) == small.scenario
        return
    pytest.fail(f"{SEEDS_TRIED} days and nothing noticed")


@pytest.mark.soak
def test_a_whole_day_twice() -> None:
    """14 hours, 300 shoppers, 40 faults, two power cuts: every rule holds, twice the same log, a page of 5 MB at most."""
    first, second = (play_day(plan_of(1)) for _ in range(2))
    assert [str(failure) for failure in first.outcome.failures] == []
    assert first.outcome.took_ms >= 14 * 3_600_000
    assert first.outcome.digest == second.outcome.digest
    assert len(timeline(first.outcome, first.chronicle.events).encode()) <= BYTES_MAX
