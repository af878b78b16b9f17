"""A price check is judged by one rule: both errors count, what nobody could read does not, what a person added neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.audits import WHOLE_BP, Finding, judge, score
from protocols.contract.facts import AuditedLine

PRICES = st.integers(1, 10**7)


def line(finding: str, seen: int | None = 100, till: int | None = 100, *, sampled: bool = True) -> AuditedLine:
    return AuditedLine(
        line_no=1, item_id="i", stratum="A", sampled=sampled, finding=finding, seen_minor=seen, till_minor=till
    )


@pytest.mark.parametrize(("correct", "wrong", "passed"), [(49, 1, True), (48, 1, False), (98, 2, True), (97, 2, False)])
def test_the_bound_is_98_percent_exactly(correct: int, wrong: int, passed: bool) -> None:
    found = score([line("correct")] * correct + [line("overcharge", 100, 101)] * wrong)
    assert found.passed is passed
    assert found.checked == correct + wrong


def test_an_undercharge_is_an_error_too() -> None:
    found = score([line("undercharge", 100, 90)] + [line("correct")] * 30)
    assert (found.undercharges, found.undercharge_minor, found.passed) == (1, 10, False)


def test_what_was_not_read_or_not_drawn_is_not_scored() -> None:
    lines = [line("correct"), line("missing", None), line("unchecked", None, None), line("overcharge", 1, 9, sampled=False)]
    found = score(lines)
    assert (found.drawn, found.checked, found.missing, found.unchecked) == (3, 1, 1, 1)
    assert (found.overcharges, found.overcharge_minor, found.accuracy_bp, found.passed) == (0, 0, WHOLE_BP, True)


def test_nothing_checked_is_no_pass() -> None:
    assert (score([]).accuracy_bp, score([]).passed) == (None, False)


@given(PRICES, PRICES)
def test_the_finding_is_the_side_that_loses(seen: int, till: int) -> None:
    found = judge(seen, till)
    assert (found is Finding.OVERCHARGE, found is Finding.UNDERCHARGE) == (till > seen, till < seen)
