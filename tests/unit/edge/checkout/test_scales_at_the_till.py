"""The till and its scales: every state that is not sold has its reason, two scales, zero and tare at the scale itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.checkout.ports import WeightReading
from edge.checkout.reasons import TEXTS
from protocols.contract.till_basket import Scan
from protocols.contract.till_scale import OrderScale
from protocols.device_events import WeightState
from protocols.scales.sale_rule import WEIGHT_AGE_MAX_MS, NotSold, may_sell
from protocols.scales.session import Ordered, ScaleOrder
from tests.support.counter import Counter
from tests.support.goods import APPLES_CODE


@pytest.mark.parametrize("state", [each for each in WeightState if each is not WeightState.STABLE])
@given(grams=st.none() | st.integers(-99_999, 99_999), age_ms=st.integers(0, WEIGHT_AGE_MAX_MS))
def test_only_a_stable_weight_is_ever_sold(state: WeightState, grams: int | None, age_ms: int) -> None:
    assert isinstance(may_sell(state, grams, age_ms), NotSold)


@given(grams=st.none() | st.integers(-99_999, 99_999), age_ms=st.integers(-10, 5_000), minimum=st.integers(0, 1_000))
def test_what_is_sold_is_fresh_above_zero_and_not_too_light(grams: int | None, age_ms: int, minimum: int) -> None:
    sold = may_sell(WeightState.STABLE, grams, age_ms, minimum)
    if isinstance(sold, NotSold):
        assert grams is None or grams <= 0 or grams < minimum or not 0 <= age_ms <= WEIGHT_AGE_MAX_MS
    else:
        assert sold == grams
        assert sold > 0
        assert sold >= minimum
        assert 0 <= age_ms <= WEIGHT_AGE_MAX_MS


def test_every_reason_has_its_text() -> None:
    assert {each.value for each in NotSold} <= set(TEXTS)


@pytest.fixture
async def two_scales(counter: Counter) -> Counter:
    """A till with a scale in the counter and one beside it."""
    counter.stop()
    counter.setup = dataclasses.replace(counter.setup, more_scale_ids=("scale-2",))
    await counter.start()
    await counter.open()
    return counter


def reading(counter: Counter, grams: int | None, state: WeightState = WeightState.STABLE) -> WeightReading:
    return WeightReading(state=state, grams=grams, net=False, at_mono_ms=counter.clock.monotonic_ms())


async def test_the_scale_with_goods_on_it_is_the_one_that_weighs(two_scales: Counter) -> None:
    scale = two_scales.scale
    scale.put(0, WeightState.ZERO)
    scale.others["scale-2"] = reading(two_scales, 705)
    await two_scales.ok(Scan(code=APPLES_CODE))
    assert two_scales.till.state().lines[-1].grams == 700, "5 g are the item's own tare"
    scale.put(1_005)
    assert await two_scales.refused(Scan(code=APPLES_CODE)) == "scales_two_loaded"
    view = two_scales.till.state().weight
    assert view is not None
    assert (view.state, view.grams) == ("several", None)
    scale.others["scale-2"] = reading(two_scales, None, WeightState.MOTION)
    assert await two_scales.refused(Scan(code=APPLES_CODE)) == "scales_two_loaded", "goods in motion are goods"
    scale.others["scale-2"] = reading(two_scales, 0, WeightState.ZERO)
    await two_scales.ok(Scan(code=APPLES_CODE))
    assert two_scales.till.state().lines[-1].grams == 1_000


@pytest.mark.parametrize(
    ("state", "code"),
    [(WeightState.BELOW_MINIMUM, "weight_below_minimum"), (WeightState.WEIGH_AGAIN, "weight_again")],
)
async def test_what_a_scale_will_not_weigh_is_refused_with_its_reason(
    selling: Counter, state: WeightState, code: str
) -> None:
    selling.scale.put(None, state)
    assert await selling.refused(Scan(code=APPLES_CODE)) == code


async def test_less_than_the_minimum_of_the_settings_is_not_sold(selling: Counter) -> None:
    selling.scale.put(99)
    assert selling.scale.reading is not None
    selling.scale.reading = dataclasses.replace(selling.scale.reading, minimum_grams=100)
    assert await selling.refused(Scan(code=APPLES_CODE)) == "weight_below_minimum"
    view = selling.till.state().weight
    assert view is not None
    assert (view.grams, view.state) == (None, "below_minimum")
    selling.scale.reading = dataclasses.replace(selling.scale.reading, grams=100)
    await selling.ok(Scan(code=APPLES_CODE))


async def test_zero_and_tare_at_the_scale(two_scales: Counter) -> None:
    scale = two_scales.scale
    scale.put(0, WeightState.ZERO)
    await two_scales.ok(OrderScale(order="zero"))
    await two_scales.ok(OrderScale(order="tare", scale_id="scale-2"))
    assert scale.ordered == [("scale-1", ScaleOrder.ZERO), ("scale-2", ScaleOrder.TARE)]
    view = two_scales.till.state().weight
    assert view is not None
    assert (view.scale_id, view.orders) == ("scale-1", ("clear_tare", "tare", "zero"))
    assert await two_scales.refused(OrderScale(order="tare", scale_id="scale-9")) == "scale_missing"


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (Ordered.MOTION, "scale_order_motion"),
        (Ordered.OUT_OF_RANGE, "scale_order_range"),
        (Ordered.NOT_KNOWN, "scale_order_unknown"),
        (Ordered.UNANSWERED, "scale_order_unanswered"),
    ],
)
async def test_an_order_that_was_not_confirmed_says_why(selling: Counter, ended: Ordered, code: str) -> None:
    selling.scale.ends = ended
    assert await selling.refused(OrderScale(order="zero")) == code


async def test_a_scale_in_motion_is_not_even_told(selling: Counter) -> None:
    selling.scale.put(None, WeightState.MOTION)
    assert await selling.refused(OrderScale(order="tare")) == "scale_order_motion"
    assert selling.scale.ordered == []


async def test_nobody_orders_a_scale_before_logging_in(counter: Counter, tmp_path: Path) -> None:
    assert await counter.refused(OrderScale(order="zero")) == "login_first"
    assert counter.scale.ordered == []
