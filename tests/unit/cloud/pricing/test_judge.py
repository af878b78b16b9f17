"""A change of prices before its judge: comparison prices, promotions it would spoil, guard rails."""

from dataclasses import replace

from cloud.pricing.comparison import DAY_MS
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.judge import Cost, Ground, Rules, findings, spoilt_promotions, with_comparisons
from cloud.pricing.price_books import Book, own_book
from cloud.pricing.timeline import Span
from protocols.contract.values import PriceKind, PriceLaw, TaxMode

NOW = 100 * DAY_MS
NORTH, S001 = "zone/north/price", "store/S001/price"
OWN = own_book("north")
SALE = Book("sale", NORTH, "Sale", "north", price_kind=PriceKind.PROMOTION, priority=10)
CORNER = Book("corner", S001, "Corner", None, price_kind=PriceKind.PROMOTION, priority=20)
EU = Rules("north", "EUR", law=PriceLaw.EU)
USUAL = Span("zone.north", 1, 100, 0)


def ground(book: Book, rules: Rules = EU, **feeds: list[Span]) -> Ground:
    names = {"north": NORTH, "s001": S001, "s002": "store/S002/price"}
    return Ground(book, rules, {"a": {names[name]: spans for name, spans in feeds.items()}})


def was(held: Ground, *wanted: WantedPrice) -> list[int | None]:
    filled, problems = with_comparisons(held, wanted, NOW)
    assert problems == []
    return [row.was_minor for row in filled]


def test_a_zone_is_compared_with_the_lowest_of_its_stores() -> None:
    cheap = Span("corner", 2, 85, 80 * DAY_MS, 90 * DAY_MS, 20)
    assert was(ground(SALE, north=[USUAL]), WantedPrice("a", 50)) == [100]
    assert was(ground(SALE, north=[USUAL], s002=[cheap]), WantedPrice("a", 50)) == [85]
    assert was(ground(CORNER, north=[USUAL]), WantedPrice("a", 50)) == [100]
    assert was(ground(CORNER, north=[USUAL], s001=[cheap]), WantedPrice("a", 50)) == [85]


def test_a_promotion_that_began_in_one_store_keeps_its_base_when_the_zone_follows() -> None:
    first = Span("ring", 3, 80, 95 * DAY_MS, None, 30, price_kind=PriceKind.PROMOTION, was_minor=100)
    assert was(ground(SALE, north=[USUAL], s001=[first]), WantedPrice("a", 80)) == [100]
    assert was(ground(SALE, north=[USUAL], s001=[replace(first, to_ms=NOW)]), WantedPrice("a", 80)) == [100]
    ended = replace(first, to_ms=NOW - DAY_MS)
    _, problems = with_comparisons(ground(SALE, north=[USUAL], s001=[ended]), [WantedPrice("a", 80)], NOW)
    assert "not below 80" in problems[0].problem, "after a day's pause it is announced anew"


def test_lines_of_one_request_stand_on_each_other_whatever_their_order() -> None:
    later = WantedPrice("a", 60, NOW + 10 * DAY_MS, NOW + 20 * DAY_MS)
    first = WantedPrice("a", 80, NOW, NOW + 5 * DAY_MS)
    assert was(ground(SALE, north=[USUAL]), later, first) == [80, 100]
    follows = replace(later, from_ms=NOW + 5 * DAY_MS)
    assert was(ground(SALE, north=[USUAL]), follows, first) == [100, 100], "lowered without a pause"


def test_problems_name_the_line_and_the_field() -> None:
    _, problems = with_comparisons(
        ground(SALE, north=[USUAL]), [WantedPrice("a", 50), WantedPrice("a", 100, NOW + DAY_MS)], NOW
    )
    assert [each.field for each in problems] == ["changes/1/price_minor"]


def test_china_takes_the_lowest_really_paid_or_planned_until_the_start() -> None:
    rules = replace(EU, law=PriceLaw.CN)
    held = replace(ground(SALE, rules, north=[USUAL]), lowest_paid={"a": 95})
    assert was(held, WantedPrice("a", 50)) == [95]
    planned = Span("zone.north", 2, 90, NOW + DAY_MS)
    held = replace(ground(SALE, rules, north=[USUAL, planned]), lowest_paid={"a": 95})
    assert was(held, WantedPrice("a", 50, NOW + 2 * DAY_MS)) == [90]


def planned_promotion(from_ms: int = NOW + 10 * DAY_MS) -> Span:
    return Span("sale", 5, 70, from_ms, from_ms + DAY_MS, 10, price_kind=PriceKind.PROMOTION, was_minor=100)


def test_a_cut_before_a_planned_promotion_spoils_it() -> None:
    held = ground(OWN, north=[USUAL, planned_promotion()])
    cut = {"a": [Revision(1, 100, 0), Revision(6, 90, NOW)]}
    [spoilt] = spoilt_promotions(held, cut, NOW)
    assert (spoilt.book_id, spoilt.revision, spoilt.was_minor, spoilt.allowed_minor) == ("sale", 5, 100, 90)
    assert "compared with 100" in str(spoilt)
    rise = {"a": [Revision(1, 100, 0), Revision(6, 110, NOW)]}
    assert spoilt_promotions(held, rise, NOW) == []
    after = {"a": [Revision(1, 100, 0), Revision(6, 90, NOW + 10 * DAY_MS)]}
    assert spoilt_promotions(held, after, NOW) == [], "not before it begins"


def test_a_store_of_its_own_spoils_a_promotion_of_the_zone() -> None:
    regular = replace(CORNER, price_kind=PriceKind.REGULAR)
    held = ground(regular, north=[USUAL, planned_promotion()])
    assert len(spoilt_promotions(held, {"a": [Revision(6, 90, NOW)]}, NOW)) == 1


def test_running_promotions_and_other_laws_are_left_alone() -> None:
    cut = {"a": [Revision(1, 100, 0), Revision(6, 90, NOW)]}
    running = planned_promotion(NOW - 1)
    assert spoilt_promotions(ground(OWN, north=[USUAL, running]), cut, NOW) == []
    lawless = replace(EU, law=PriceLaw.NONE)
    assert spoilt_promotions(ground(OWN, lawless, north=[USUAL, planned_promotion()]), cut, NOW) == []


def test_taking_back_the_rise_before_a_promotion_spoils_it() -> None:
    rise = Span("zone.north", 2, 120, 60 * DAY_MS)
    planned = replace(planned_promotion(), was_minor=120)
    held = ground(OWN, north=[USUAL, rise, planned])
    assert spoilt_promotions(held, {"a": [Revision(1, 100, 0), Revision(2, 120, 60 * DAY_MS)]}, NOW) == []
    assert len(spoilt_promotions(held, {"a": [Revision(1, 100, 0)]}, NOW)) == 1


def plan(price: int) -> tuple[PricePlan, WantedPrice]:
    return PricePlan("a", None, (Revision(9, price, NOW),), ()), WantedPrice("a", price)


def caught(held: Ground, price: int) -> list[str]:
    made, wanted = plan(price)
    return [each.code for each in findings(held, [made], [wanted], NOW)]


def test_a_change_beyond_the_percentage_is_caught_on_either_side() -> None:
    held = ground(OWN, replace(EU, change_percent=20), north=[USUAL])
    assert [caught(held, price) for price in (79, 80, 120, 121)] == [["big_change"], [], [], ["big_change"]]
    assert caught(ground(OWN, north=[USUAL]), 1) == []
    assert caught(ground(OWN, replace(EU, change_percent=20)), 1) == [], "a first price changes nothing"


def test_below_cost_is_judged_without_the_tax() -> None:
    held = replace(ground(OWN, replace(EU, below_cost=True)), costs={"a": Cost(100, 1900)})
    assert [caught(held, price) for price in (118, 119)] == [["below_cost"], []]
    exclusive = replace(held, rules=replace(held.rules, tax_mode=TaxMode.EXCLUSIVE))
    assert [caught(exclusive, price) for price in (99, 100)] == [["below_cost"], []]
    assert caught(replace(held, costs={}), 1) == []


def test_a_line_that_changes_nothing_is_not_caught() -> None:
    held = ground(OWN, replace(EU, change_percent=1), north=[USUAL])
    assert findings(held, [PricePlan("a", None, (), ())], [WantedPrice("a", 5)], NOW) == ()
