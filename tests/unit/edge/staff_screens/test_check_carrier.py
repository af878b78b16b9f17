"""What a person read on the shelf reaches the box once and in order, whatever the line and the page do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.staff_screens.answers import Position
from edge.staff_screens.audit_answers import AuditLine, CheckPrice, PriceChecked, Score
from edge.staff_screens.box import Problem
from edge.staff_screens.check_carrier import WAITING_MAX, CheckCarrier, TooMany

SCORE = Score(
    drawn=1,
    checked=1,
    correct=1,
    overcharges=0,
    undercharges=0,
    missing=0,
    unchecked=0,
    overcharge_minor=0,
    undercharge_minor=0,
    accuracy_bp=10_000,
    passed=True,
    wanted_bp=9_800,
)


def check(number: int) -> CheckPrice:
    return CheckPrice(check_id=f"c-{number}", item_id=f"i-{number}", label_id="", seen_minor=number)


def answer(asked: CheckPrice) -> PriceChecked:
    line = AuditLine(
        line_no=1,
        item_id=asked.item_id,
        name="",
        name_zh="",
        weighed=False,
        label_id="",
        stratum="",
        position=Position(),
        sampled=True,
        promotion=False,
        finding="correct",
        seen_minor=asked.seen_minor,
        till_minor=asked.seen_minor,
        at_ms=1,
    )
    return PriceChecked(line=line, score=SCORE)


class Box:
    """A box that may be away, or refuse some items."""

    def __init__(self) -> None:
        self.away = False
        self.refused: set[str] = set()
        self.asked: list[str] = []

    async def attempt(self, asked: CheckPrice, refuse: Callable[[Problem], None]) -> PriceChecked | None:
        if self.away:
            return None
        self.asked.append(asked.check_id)
        if asked.item_id in self.refused:
            refuse(Problem(code="audit_ended"))
            return None
        return answer(asked)


async def send(carrier: CheckCarrier) -> tuple[list[str], list[str]]:
    answered: list[str] = []
    problems: list[str] = []
    await carrier.send(lambda found: answered.append(found.line.item_id), lambda problem: problems.append(problem.code))
    return answered, problems


async def test_what_was_read_while_the_box_was_away_goes_in_order_after_a_reload() -> None:
    kept: dict[str, Any] = {}
    box = Box()
    box.away = True
    carrier = CheckCarrier(kept, "a-1", box.attempt)
    for number in (1, 2, 3):
        carrier.add(check(number))
    assert await send(carrier) == ([], [])
    box.away = False
    reloaded = CheckCarrier(kept, "a-1", box.attempt)
    assert [each.check_id for each in reloaded.waiting] == ["c-1", "c-2", "c-3"]
    assert await send(reloaded) == (["i-1", "i-2", "i-3"], [])
    assert kept == {"checks": {}}
    assert box.asked == ["c-1", "c-2", "c-3"]


async def test_a_refused_one_does_not_stop_the_others_and_another_check_is_left_alone() -> None:
    kept: dict[str, Any] = {}
    box = Box()
    box.refused = {"i-1"}
    other, carrier = CheckCarrier(kept, "a-2", box.attempt), CheckCarrier(kept, "a-1", box.attempt)
    other.add(check(9))
    carrier.add(check(1))
    carrier.add(check(2))
    assert await send(carrier) == (["i-2"], ["audit_ended"])
    assert [each.check_id for each in other.waiting] == ["c-9"]


async def test_what_waits_has_a_limit() -> None:
    carrier = CheckCarrier({}, "a-1", Box().attempt)
    for number in range(WAITING_MAX):
        carrier.add(check(number))
    with pytest.raises(TooMany):
        carrier.add(check(WAITING_MAX))
