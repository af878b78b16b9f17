"""A past day priced again: the till's engine, what is assumed, and sums that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cloud.promotions.replay import ASSUMPTIONS, UNITS_MAX, Assume, PastLine, PastSale, basket_of, bundles_of, replay
from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.rules import Promotion, Scope

TENTH = PercentOff(promotion_id="tenth", revision=1, name="tenth", starts_ms=0, off_bp=1_000)
THREE = NForM(promotion_id="three", revision=1, name="three", starts_ms=0, take=3, pay=2)
MONDAY_NOON_MS = 4 * 86_400_000 + 12 * 3_600_000


def line(line_no: int = 1, pieces: int = 1, own_minor: int = 1_000, **more: object) -> PastLine:
    base = PastLine(line_no, f"I{line_no}", "S", "fresh", "Hof", pieces, own_minor, own_minor, own_minor * pieces)
    return replace(base, **more)  # type: ignore[arg-type]


def sale(*lines: PastLine, member_id: str | None = None, sale_id: str = "s", store_id: str = "S001") -> PastSale:
    total = sum(each.net_minor for each in lines)
    return PastSale(store_id, sale_id, MONDAY_NOON_MS, 0, member_id, total, lines)


def sums(draft: Promotion, *sales: PastSale, live: tuple[Promotion, ...] = (), assume: Assume = Assume()) -> object:  # noqa: B008
    return replay(sales, {"S001": live, "S002": ()}, draft, assume).stores["S001"]


def test_revenue_falls_by_what_the_draft_gives() -> None:
    found = replay([sale(line(pieces=3)), sale(line(), sale_id="t")], {"S001": ()}, THREE, Assume())
    store = found.stores["S001"]
    assert (store.baskets, store.sold_minor, store.live_minor, store.draft_minor) == (2, 4_000, 4_000, 3_000)
    assert (store.touched, store.uses, store.unproved) == (1, 1, 0)
    offer = found.offers["three"]
    assert (offer.live_saved_minor, offer.draft_times, offer.draft_saved_minor) == (0, 1, 1_000)


def test_the_draft_takes_the_place_of_its_former_revision() -> None:
    former = structs.replace(THREE, take=4, pay=2)
    live, then = bundles_of([former, TENTH], structs.replace(THREE, revision=2))
    assert {each.promotion_id for each in live.promotions} == {"three", "tenth"}
    assert [each.revision for each in then.promotions if each.promotion_id == "three"] == [2]


def test_what_is_live_may_give_less_because_of_the_draft() -> None:
    found = replay([sale(line(pieces=3))], {"S001": (TENTH,)}, THREE, Assume())
    assert found.offers["tenth"].live_saved_minor == 300
    assert found.offers["tenth"].draft_saved_minor == 0
    assert found.offers["three"].draft_saved_minor == 1_000


def test_margins_are_net_of_tax_and_count_known_costs_alone() -> None:
    known = line(1, own_minor=1_250, tax_rate_bp=2_500, cost_minor=600)  # 12.50 with 25 % tax is 10.00
    store = replay([sale(known, line(2))], {"S001": ()}, TENTH, Assume()).stores["S001"]
    assert (store.lines, store.margin_lines) == (2, 1)
    assert (store.live_margin_minor, store.draft_margin_minor) == (400, 300)


def test_periods_are_taken_away_and_weekdays_stay() -> None:
    over = structs.replace(TENTH, starts_ms=0, ends_ms=1)
    assert sums(over, sale(line())).uses == 1  # type: ignore[attr-defined]
    assert sums(structs.replace(TENTH, weekdays=(2,)), sale(line())).uses == 0  # type: ignore[attr-defined]
    assert sums(structs.replace(TENTH, weekdays=(1,)), sale(line())).uses == 1  # type: ignore[attr-defined]


def test_groups_of_past_customers_are_assumed_and_can_be_assumed_away() -> None:
    club = structs.replace(TENTH, customer_groups=("club",))
    assert sums(club, sale(line(), member_id="m")).uses == 1  # type: ignore[attr-defined]
    assert sums(club, sale(line())).uses == 0  # type: ignore[attr-defined]
    assert sums(club, sale(line(), member_id="m"), assume=Assume(members=False)).uses == 0  # type: ignore[attr-defined]


def test_everybody_holds_the_drafts_coupon_and_nobody_another() -> None:
    coupon = Coupon(promotion_id="c", revision=1, name="c", starts_ms=0, off_minor=100, limit_per_sale=1)
    assert sums(coupon, sale(line())).uses == 1  # type: ignore[attr-defined]
    assert replay([sale(line())], {"S001": (coupon,)}, TENTH, Assume()).offers.keys() == {"tenth"}


def test_what_was_priced_by_hand_stays() -> None:
    fixed = line(1, pieces=3, own_minor=1_000, net_minor=2_500, fixed=True)
    store = sums(THREE, sale(fixed))
    assert (store.live_minor, store.draft_minor, store.uses) == (2_500, 2_500, 0)  # type: ignore[attr-defined]


def test_a_basket_too_large_for_a_replay_is_counted_and_stays() -> None:
    store = sums(THREE, sale(line(pieces=UNITS_MAX + 1, own_minor=1)))
    assert (store.too_large, store.live_minor, store.draft_minor) == (1, UNITS_MAX + 1, UNITS_MAX + 1)  # type: ignore[attr-defined]


def test_every_assumption_has_a_code() -> None:
    assert len(set(ASSUMPTIONS)) == len(ASSUMPTIONS) == 6


LINES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3_000)), min_size=1, max_size=4)


@given(LINES, st.sampled_from([TENTH, THREE, structs.replace(THREE, scope=Scope(items=("I1",)))]))
def test_headquarters_replays_exactly_what_a_till_would_charge(lines: list[tuple[int, int]], draft: Promotion) -> None:
    past = sale(*(line(number, pieces, minor) for number, (pieces, minor) in enumerate(lines, 1)))
    _, then = bundles_of([TENTH], draft)
    till = price(basket_of(past, draft, then, Assume()), Bundle.from_canonical(then.canonical))
    store = replay([past], {"S001": (TENTH,)}, draft, Assume()).stores["S001"]
    assert store.draft_minor == till.total_minor
    assert store.draft_minor <= store.sold_minor
    assert till.bundle_hash == then.hash


def test_sums_of_a_day_do_not_depend_on_where_it_is_cut() -> None:
    sales = [sale(line(pieces=number % 4 + 1), sale_id=f"s{number}") for number in range(12)]
    whole = replay(sales, {"S001": ()}, THREE, Assume()).stores["S001"]
    parts = [replay(sales[start : start + 5], {"S001": ()}, THREE, Assume()).stores["S001"] for start in (0, 5, 10)]
    for name in ("baskets", "sold_minor", "live_minor", "draft_minor", "touched", "uses", "lines"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)


def test_a_store_without_word_from_the_feed_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        replay([sale(line(), store_id="S009")], {"S001": ()}, TENTH, Assume())
