"""The best basket: how fast, how often proved, and never dearer than a generic solver given the same time.

Eight overlapping offers, one or two programmes, up to three coupons. `realistic` is a supermarket basket; in `adversarial`
all prices differ and every unit is in every offer. Times are those of one core (what other processes take does not count);
the solver, HiGHS through scipy, has as much. Without scipy the figures beside it are left out.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable

from protocols.promotions.evaluate import TILL_NODE_BUDGET, price
from protocols.promotions.values import Priced
from tests.bench.report import percentile, report
from tests.support.basket_cases import Case
from tests.support.basket_worlds import adversarial, realistic

LIMIT_MS = 300.0
BASKETS = 50
BESIDE_SOLVER = 6
Sample = tuple[Case, Priced, float]


def run(make: Callable[[int, int], Case], units: int, count: int = BASKETS) -> list[Sample]:
    """Price `count` baskets; the core's time of each in ms."""
    samples = []
    for seed in range(count):
        case = make(seed, units)
        start = time.thread_time()
        answer = price(case.basket, case.bundle)
        samples.append((case, answer, (time.thread_time() - start) * 1000))
    return samples


def proved_within(samples: list[Sample], limit_ms: float) -> float:
    return sum(answer.proved and spent <= limit_ms for _, answer, spent in samples) / len(samples)


def tell(kind: str, units: int, samples: list[Sample]) -> None:
    times = [spent for _, _, spent in samples]
    gap = max((answer.total_minor - answer.lower_bound_minor) / max(1, answer.total_minor) for _, answer, _ in samples)
    report(
        f"basket_{kind}{units}_p50_ms", percentile(times, 0.5), "ms", p99_ms=round(percentile(times, 0.99), 2),
        proved_50_ms=proved_within(samples, 50), proved_300_ms=proved_within(samples, LIMIT_MS),
        proved=proved_within(samples, 1e9), largest_gap=round(gap, 4),
    )  # fmt: skip


def beside_solver(samples: dict[tuple[str, int], list[Sample]]) -> None:
    """The generic solver on some of the same baskets, with the till's time (more on a core that others use, too)."""
    if importlib.util.find_spec("scipy") is None:
        print("bench: scipy is not installed, the figures beside HiGHS are left out", file=sys.stderr)
        return
    from tests.support.basket_milp import solve_case

    wall, core = time.perf_counter(), time.thread_time()
    for case, _, _ in samples["realistic", 40][:BESIDE_SOLVER]:
        price(case.basket, case.bundle)
    shared = max(1.0, (time.perf_counter() - wall) / max(1e-9, time.thread_time() - core))
    worse = compared = finished = cheaper = 0
    for several in samples.values():
        for case, answer, _ in several[:BESIDE_SOLVER]:
            total, done = solve_case(case, LIMIT_MS / 1000 * shared)
            compared += 1
            finished += done
            worse += total is not None and total < answer.total_minor
            cheaper += total is None or answer.total_minor < total
            if total is not None and total < answer.lower_bound_minor:
                raise SystemExit(f"the bound is wrong: {answer.lower_bound_minor}, and {total} is possible")
    report(
        "basket_never_worse_than_milp", int(worse == 0), "bool", peer="HiGHS (scipy), 300 ms", baskets=compared,
        dearer_than_solver=worse, cheaper_than_solver=cheaper, solver_finished=finished,
    )  # fmt: skip


def main() -> None:
    samples: dict[tuple[str, int], list[Sample]] = {}
    for units in (10, 20, 40, 60, 100):
        samples["realistic", units] = run(realistic, units)
        tell("realistic", units, samples["realistic", units])
    for units in (10, 20, 40, 60):
        samples["adversarial", units] = run(adversarial, units, BASKETS if units <= 20 else BASKETS // 5)
        tell("adversarial", units, samples["adversarial", units])
    usual = [sample for units in (10, 20, 40, 60) for sample in samples["realistic", units]]
    times = [spent for _, _, spent in usual]
    report("basket_realistic_p50_ms", percentile(times, 0.5), "ms")
    report("basket_realistic_p99_ms", percentile(times, 0.99), "ms")
    report("basket_realistic_proved_share", proved_within(usual, LIMIT_MS), "share")
    report("basket_realistic100_proved_share", proved_within(samples["realistic", 100], LIMIT_MS), "share")
    report("basket_adversarial20_proved_share", proved_within(samples["adversarial", 20], LIMIT_MS), "share")
    slow = [(answer.nodes, spent) for several in samples.values() for _, answer, spent in several if spent > 50]
    rate = sum(nodes for nodes, _ in slow) / max(1.0, sum(spent for _, spent in slow))
    report("basket_nodes_per_ms", rate, "nodes/ms", till_budget=TILL_NODE_BUDGET)
    beside_solver(samples)


if __name__ == "__main__":
    main()
