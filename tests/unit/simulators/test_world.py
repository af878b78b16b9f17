"""Seeded shoppers: the same every time, and sensible."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.world import CatalogueRefused, Goods, PayCash, PutWeight, ScanCode, TakeOff, VoidLine, World, read_catalogue

SHELF = [Goods("4006381333931", popularity=3), Goods("101", weighed=True), Goods("96385074")]


def test_a_seed_gives_the_same_shoppers_for_ever() -> None:
    taken = list(itertools.islice(World(7, SHELF).shoppers(), 50))
    assert taken == list(itertools.islice(World(7, SHELF).shoppers(), 50))
    assert taken[10] == World(7, SHELF).shopper(10)
    assert hashlib.sha256(repr(taken).encode()).hexdigest()[:16] == "e0e8d1cb24b8190d"


@given(st.integers(0, 2**63), st.integers(0, 10_000))
def test_every_shopper_is_sensible(seed: int, number: int) -> None:
    steps = World(seed, SHELF).shopper(number).steps
    assert isinstance(steps[-1], PayCash)
    taken = [step for step in steps if isinstance(step, ScanCode) and not step.refused]
    voided = [step for step in steps if isinstance(step, VoidLine)]
    assert len(taken) > len(voided)
    assert all(step.line < len(taken) for step in voided)
    for index, step in enumerate(steps):
        if isinstance(step, PutWeight):
            assert steps[index + 1] == ScanCode("101")
            assert steps[index + 2] == TakeOff()
            assert 0 < step.grams < 3_000
            assert step.grams % 5 == 0


def test_popular_goods_are_taken_more_often() -> None:
    codes = [
        step.code for shopper in itertools.islice(World(1, SHELF).shoppers(), 300) for step in shopper.steps
        if isinstance(step, ScanCode)
    ]  # fmt: skip
    assert codes.count("4006381333931") > 2 * codes.count("101")


def test_a_catalogue_is_read_and_wrong_lines_are_named() -> None:
    text = "# goods\n4006381333931,piece,3\n101, weighed # apples\n\n96385074,piece\n"
    assert read_catalogue(text) == SHELF
    for wrong, line in (("x,piece", 1), ("\n4006381333930,piece", 2), ("101,melon", 1), ("101", 1), ("101,piece,0", 1)):
        with pytest.raises(CatalogueRefused, match=f"line {line}"):
            read_catalogue(wrong)
    with pytest.raises(CatalogueRefused):
        World(1, [])
