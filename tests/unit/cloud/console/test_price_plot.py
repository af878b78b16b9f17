"""A price over time as a picture: a stair with gaps, promotions shaded."""

from cloud.console.price_answers import Step, Timeline
from cloud.console.price_plot import price_plot, stair


def step(from_ms: int, to_ms: int, price: int | None, kind: str = "regular") -> Step:
    held = price is not None
    return Step(
        from_ms=from_ms,
        to_ms=to_ms,
        price_minor=price,
        revision=1 if held else None,
        book_id="b" if held else None,
        price_kind=kind if held else None,
        was_minor=None,
    )


STEPS = (step(0, 10, None), step(10, 20, 250), step(20, 30, 199, "promotion"))


def test_each_stretch_is_flat_and_no_price_is_a_gap() -> None:
    assert stair(STEPS, 100) == [[0, None], [10, None], [10, 2.5], [20, 2.5], [20, 1.99], [30, 1.99]]


def test_promotions_are_shaded_and_now_is_marked() -> None:
    found = Timeline(zone="n", currency="EUR", minor_digits=2, steps=STEPS, lowest_30_days_minor=199)
    [series] = price_plot(found, 25, name="Price", now="now")["series"]  # type: ignore[misc]
    assert series["markArea"]["data"] == [[{"xAxis": 20}, {"xAxis": 30}]]
    assert series["markLine"]["data"] == [{"xAxis": 25}]
