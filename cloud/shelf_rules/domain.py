"""Whose rule applies, and what is wrong with one. Pure.

Rules and minima are of a level: `store`, `region` or `chain` (whose id is `all`). The nearest to a store wins, as a whole.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_stock import ShelfPlanRow, StockRulesRow

CHAIN_ID = "all"
DAYS_MAX = 60
STEPS_MAX = 6
SIZES_MAX = 40
PLAN_ITEMS_MAX = 100
ANTENNAS_MAX = 256


class Level(enum.StrEnum):
    """Whose a rule is, the nearest to a store first."""

    STORE = "store"
    REGION = "region"
    CHAIN = "chain"


RANK = {Level.STORE: 0, Level.REGION: 1, Level.CHAIN: 2}


@dataclass(frozen=True)
class Whose:
    """A level and the id of its store or region."""

    level: Level
    level_id: str

    def __post_init__(self) -> None:
        if (self.level is Level.CHAIN) != (self.level_id == CHAIN_ID):
            raise Invalid.field("level_id", "belongs to another level", f"The chain's id is '{CHAIN_ID}'.")


@dataclass(frozen=True)
class LevelRules:
    """Rules with whose they are."""

    whose: Whose
    rules: StockRulesRow
    changed_by: str
    changed_ms: int


@dataclass(frozen=True)
class LevelMinimum:
    """A minimum with whose it is."""

    level: Level
    level_id: str
    item_id: str
    name: str
    minimum_thousandths: int
    changed_by: str
    changed_ms: int


Ranked = TypeVar("Ranked")


def nearest(found: Iterable[tuple[Level, Ranked]]) -> tuple[Level, Ranked] | None:
    """The one nearest to the store."""
    return min(found, key=lambda each: RANK[each[0]], default=None)


def check_rules(rules: StockRulesRow) -> None:
    """Raise `Invalid` with everything that is wrong with rules."""
    limits = {
        "variance_pieces_max": rules.variance_pieces_max,
        "variance_minor_max": rules.variance_minor_max,
        "write_off_minor_max": rules.write_off_minor_max,
    }
    problems = [
        FieldProblem(name, "not between 0 and 100000000", "0 asks a second person every time.")
        for name, value in limits.items()
        if not 0 <= value <= 100_000_000
    ]
    if not 0 <= rules.expiry_warn_days <= DAYS_MAX:
        problems.append(FieldProblem("expiry_warn_days", f"not between 0 and {DAYS_MAX}", "Say so many days before."))
    if len(rules.markdown_steps) > STEPS_MAX:
        problems.append(FieldProblem("markdown_steps", f"more than {STEPS_MAX}", "Few steps are enough."))
    for number, step in enumerate(rules.markdown_steps):
        at = f"markdown_steps/{number}"
        if not 0 <= step.days_left <= DAYS_MAX:
            problems.append(FieldProblem(f"{at}/days_left", f"not between 0 and {DAYS_MAX}", "Days before the date."))
        if not 0 < step.off_bp < 10_000:
            problems.append(FieldProblem(f"{at}/off_bp", "not between 1 and 9999", "2000 is 20 % off."))
    if len({step.days_left for step in rules.markdown_steps}) < len(rules.markdown_steps):
        problems.append(FieldProblem("markdown_steps", "two steps for one day", "Keep one of them."))
    if len(rules.size_gap_keys) > SIZES_MAX:
        problems.append(FieldProblem("size_gap_keys", f"more than {SIZES_MAX}", "Name the sizes that must be there."))
    if problems:
        raise Invalid.fields(problems)


def check_plan(plan: ShelfPlanRow, known_items: frozenset[str]) -> None:
    """Raise `Invalid` with everything that is wrong with a plan."""
    problems: list[FieldProblem] = []
    if not plan.device_id.strip() or "/" in plan.device_id:
        problems.append(FieldProblem("device_id", "empty or with a slash", "Use the reader's name in the store."))
    if not 1 <= plan.antenna <= ANTENNAS_MAX:
        problems.append(FieldProblem("antenna", f"not between 1 and {ANTENNAS_MAX}", "Antennas count from 1."))
    if len(plan.item_ids) > PLAN_ITEMS_MAX:
        problems.append(FieldProblem("item_ids", f"more than {PLAN_ITEMS_MAX}", "Use another antenna for the rest."))
    if not 0 <= plan.minimum_pieces <= 10_000:
        problems.append(FieldProblem("minimum_pieces", "not between 0 and 10000", "Pieces of each item."))
    for number, item_id in enumerate(plan.item_ids):
        if item_id not in known_items:
            problem = f"there is no item '{item_id[:40]}'"
            problems.append(FieldProblem(f"item_ids/{number}", problem, "Look the item up first."))
    if problems:
        raise Invalid.fields(problems)
