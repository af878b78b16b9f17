"""The engine against trying everything: small baskets of every kind; in full, crippled, and by labels alone."""

from __future__ import annotations

from collections import Counter

import pytest

from protocols.promotions import solve
from protocols.promotions.evaluate import TILL_NODE_BUDGET, price
from protocols.promotions.labels import LabelSearch
from protocols.promotions.sums import Sums
from tests.support.basket_cases import Case, random_case
from tests.support.basket_oracle import TooLarge, least_total

CHUNK = 130
CRIPPLED = (0, 30, 400)
SOAK = 6_000


def optimum(case: Case) -> int | None:
    try:
        return least_total(case.basket, case.bundle)
    except TooLarge:
        return None


def compare(case: Case, least: int, budget: int = TILL_NODE_BUDGET) -> bool:
    """Bounds hold, and a proof is a proof. Says whether it was proved."""
    answer = price(case.basket, case.bundle, budget)
    assert answer.lower_bound_minor <= least <= answer.total_minor
    assert answer.proved == (answer.lower_bound_minor == answer.total_minor)
    return answer.proved


def watch(monkeypatch: pytest.MonkeyPatch, seen: Counter[str]) -> None:
    """Count which stages a basket reaches."""
    for stage in (LabelSearch, Sums):
        run = stage.run

        def counted(self: object, *args: object, run=run, name=stage.__name__) -> object:
            seen[name] += 1
            return run(self, *args)

        monkeypatch.setattr(stage, "run", counted)


def one_by_one(seeds: range, *, rich: bool, units_max: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    watch(monkeypatch, seen)
    for seed in seeds:
        case = random_case(seed, units_max=units_max, rich=rich)
        least = optimum(case)
        if least is None:
            continue
        seen.clear()
        counts["baskets"] += 1
        counts["proved"] += compare(case, least)
        counts["searched"] += bool(seen)
        compare(case, least, CRIPPLED[seed % len(CRIPPLED)])
        if seen:
            with monkeypatch.context() as patch:
                patch.setattr(solve, "_by_sums", lambda _problem, best, live, _nodes: (best, live))
                counts["proved by labels"] += compare(case, least)
    return counts


@pytest.mark.parametrize("chunk", range(4))
def test_the_core_of_the_rulebook_is_right_and_nearly_always_proved(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = one_by_one(range(chunk * CHUNK, (chunk + 1) * CHUNK), rich=False, units_max=5, monkeypatch=monkeypatch)
    assert counts["proved"] >= counts["baskets"] * 0.98 > CHUNK * 0.88
    assert counts["searched"] >= counts["baskets"] * 0.1


@pytest.mark.parametrize("chunk", range(4))
def test_gifts_flash_prices_deposits_limits_list_bases_and_exclusions(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(10_000 + chunk * CHUNK, 10_000 + (chunk + 1) * CHUNK)
    counts = one_by_one(seeds, rich=True, units_max=5, monkeypatch=monkeypatch)
    assert counts["proved"] >= counts["baskets"] * 0.93
    assert counts["baskets"] > CHUNK * 0.9


def test_a_flash_price_is_declined_when_it_bars_a_unit_from_an_amount_off() -> None:
    case = random_case(105_662, units_max=6, rich=True)
    assert compare(case, 257)
    assert price(case.basket, case.bundle, TILL_NODE_BUDGET).total_minor == 257


@pytest.mark.soak
@pytest.mark.parametrize("part", range(6))
def test_many_more(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    share = SOAK // 6
    for rich in (False, True):
        seeds = range(100_000 + part * share, 100_000 + (part + 1) * share)
        counts = one_by_one(seeds, rich=rich, units_max=6, monkeypatch=monkeypatch)
        assert counts["proved"] >= counts["baskets"] * (0.9 if rich else 0.99)
