"""A day must notice planted bugs: each of these mistakes fails within a few seeds."""
# ruff: noqa: ARG005 - a planted bug has the signature of what it replaces

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from cloud.ingest import group
from edge.checkout import closing
from edge.checkout import store as sale_rows
from edge.labels.keeper import LabelKeeper
from edge.store_db.database import Writer
from edge.sync import position
from tests.sim.day.day import DayPlan
from tests.sim.day.run import day_of, play_day, quiet
from tests.sim.day.truth import Violation
from tests.support.hq_ground import EMBEDDED, PostgresServers

SALES = 40
REST_SECONDS = 900

Patch = Callable[[pytest.MonkeyPatch], None]


def a_stock_move_is_dropped(patch: pytest.MonkeyPatch) -> None:
    right = closing.stock.sold
    patch.setattr(
        closing.stock, "sold", lambda tx, sale, at_ms: right(tx, msgspec.structs.replace(sale, lines=sale.lines[:3]), at_ms)
    )


def the_ledger_forgets_what_labels_show(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LabelKeeper, "lowest_for", lambda self, item_id: None)


def the_store_notes_an_ack_twice_as_high(patch: pytest.MonkeyPatch) -> None:
    right = position.save_ack
    patch.setattr(
        position,
        "save_ack",
        lambda tx, incarnation, word: right(tx, incarnation, replace(word, acked_upto=word.acked_upto * 2)),
    )


def hq_commits_nothing_it_acknowledges(patch: pytest.MonkeyPatch) -> None:
    right = group.decide_group
    taken = 0

    def decide(messages: Sequence[Any], stores: Any, rules: Any) -> Any:
        nonlocal taken
        decided = right(messages, stores, rules)
        taken += len(decided.taken)
        if taken > 12:  # sooner, and the day does not begin
            decided.taken.clear()
        return decided

    patch.setattr("cloud.ingest.transaction.decide_group", decide)


def a_receipt_number_is_left_out(patch: pytest.MonkeyPatch) -> None:
    right = sale_rows.next_receipt_number

    def number(tx: Any, till_id: str, incarnation: int) -> int:
        found = right(tx, till_id, incarnation)
        return right(tx, till_id, incarnation) if found == 5 else found

    patch.setattr(sale_rows, "next_receipt_number", number)


def the_box_does_not_sync(patch: pytest.MonkeyPatch) -> None:
    right = Writer._set_synchronous
    patch.setattr(Writer, "_set_synchronous", lambda self, level: right(self, "OFF"))


PLANTED: list[tuple[Patch, int]] = [
    (a_stock_move_is_dropped, 1),
    (the_ledger_forgets_what_labels_show, 9),
    (the_store_notes_an_ack_twice_as_high, 1),
    (hq_commits_nothing_it_acknowledges, 1),
    (a_receipt_number_is_left_out, 1),
    (the_box_does_not_sync, 1),
]
"""Each with the seed to begin at."""
SEEDS_TRIED = 3


@pytest.mark.parametrize(("plant", "first_seed"), PLANTED, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_bug_is_found(
    plant: Patch, first_seed: int, monkeypatch: pytest.MonkeyPatch, postgres_servers: PostgresServers
) -> None:
    quiet()
    plant(monkeypatch)
    for seed in range(first_seed, first_seed + SEEDS_TRIED):
        error = _broken(replace(day_of(seed, SALES), rest_seconds_max=REST_SECONDS), postgres_servers)
        if error is not None:
            assert f"--seed {seed}" in "\n".join(error.__notes__)
            return
    pytest.fail(f"{SEEDS_TRIED} days and nothing noticed")


def _broken(plan: DayPlan, postgres_servers: PostgresServers) -> BaseException | None:
    """The violation a day ended with, None when it came out right. Whatever else goes wrong is raised."""
    try:
        play_day(plan, postgres_servers.of(EMBEDDED))
    except Violation as violation:
        return violation
    except ExceptionGroup as several:
        if several.subgroup(Violation) is None:
            raise
        return several
    return None
