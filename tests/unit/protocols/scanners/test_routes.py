"""Every code has exactly one way at every moment of a till: proven over codes of all shapes, and by example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gs1.gtin import with_check_digit
from protocols.gs1.restricted import BUILT_IN
from protocols.scanners.routes import (
    TABLE,
    Moment,
    OwnNumber,
    Route,
    fits_layout,
    is_secret,
    number_faults,
    route_of,
    shape_of,
)

NUMBERS = (OwnNumber("member", "977", 12 + 4), OwnNumber("gift_card", "60", 20), OwnNumber("coupon", "99", 13))
LAYOUTS = BUILT_IN["cn"]


def in_store(digits: str) -> bool:
    return fits_layout(digits, LAYOUTS)


def route(code: str, moment: Moment = Moment.SALE) -> Route:
    return route_of(code, moment, NUMBERS, in_store)


_DIGITS = st.text("0123456789", min_size=1, max_size=30)
_STARTED = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(["10", "13", "15", "16", "25", "28", "30", "31", "977", "60", "99", "4", "51", "62", "01", "20"]),
    st.text("0123456789", min_size=4, max_size=22),
)
CODES = st.builds(
    lambda identifier, code: identifier + code,
    st.sampled_from(["", "]E0", "]C0", "]C1", "]Q1", "]d2", " "]),
    st.one_of(
        _DIGITS,
        _STARTED,
        st.text(st.characters(min_codepoint=0x1D, max_codepoint=0x7E), min_size=1, max_size=40),
        st.builds(lambda rest: "fp" + rest, st.text("0123456789abcdef", min_size=33, max_size=33)),
        st.builds(lambda number: f"%B{number}^A/B^2512101", st.text("0123456789", min_size=13, max_size=19)),
        st.builds(lambda number: f";{number}=2512101?", st.text("0123456789", min_size=13, max_size=19)),
        st.from_regex(r"\A(s-[0-9]{4}/)?[0-9a-z]{1,3}-[0-9]{1,2}-[0-9]{1,6}\Z"),
        st.just("https://id.example/01/09506000134352"),
    ),
)


@given(CODES, st.sampled_from(Moment))
def test_exactly_one_row_fits_every_code_at_every_moment(code: str, moment: Moment) -> None:
    shape = shape_of(code, NUMBERS, in_store)
    rows = [row.route for row in TABLE if moment in row.moments and row.fits(shape)]
    assert len(rows) == 1, (code, rows)


@given(CODES)
def test_no_payment_code_is_ever_sold_as_goods_nor_goods_ever_paid_with(code: str) -> None:
    paying, selling = route(code, Moment.PAYMENT_CODE), route(code)
    if paying in {Route.WECHAT, Route.ALIPAY}:
        assert selling is Route.TOO_EARLY or in_store(code.strip()[3:] if code.startswith("]") else code.strip())
    if selling in {Route.MEMBER, Route.GIFT_CARD, Route.COUPON, Route.RECEIPT}:
        assert paying is Route.NOT_WANTED


@given(st.integers(0, 10**12 - 1), st.sampled_from(["", "]E0"]))
def test_no_ean_is_anything_but_goods_or_an_own_number(number: int, identifier: str) -> None:
    code = identifier + with_check_digit(f"{number:012}")
    assert route(code) in {Route.GOODS, Route.COUPON}
    assert route(code, Moment.PAYMENT_CODE) is Route.NOT_WANTED


@pytest.mark.parametrize(
    ("code", "sale", "paying", "asking"),
    [
        ("4006381333931", Route.GOODS, Route.NOT_WANTED, Route.NUMBER),
        ("]C10109506000134352", Route.GOODS, Route.NOT_WANTED, Route.NUMBER),
        ("101", Route.GOODS, Route.NOT_WANTED, Route.NUMBER),
        ("134567890123456789", Route.TOO_EARLY, Route.WECHAT, Route.NUMBER),
        ("]Q1154567890123456789", Route.TOO_EARLY, Route.WECHAT, Route.NUMBER),
        ("]C1104567890123456789", Route.GOODS, Route.NOT_WANTED, Route.NUMBER),
        ("164567890123456789", Route.GOODS, Route.NOT_WANTED, Route.NUMBER),
        ("2812345678901234567890", Route.TOO_EARLY, Route.ALIPAY, Route.NUMBER),
        ("fp" + "0a" * 16 + "1", Route.TOO_EARLY, Route.ALIPAY, Route.NUMBER),
        ("9771234567890123", Route.MEMBER, Route.NOT_WANTED, Route.NUMBER),
        ("60123456789012345678", Route.GIFT_CARD, Route.NOT_WANTED, Route.NUMBER),
        ("9912345678903", Route.COUPON, Route.NOT_WANTED, Route.NUMBER),
        ("s-0001/1-0-000123", Route.RECEIPT, Route.NOT_WANTED, Route.NOT_WANTED),
        ("4111111111111111", Route.BANK_CARD, Route.BANK_CARD, Route.NUMBER),
        ("%B4111111111111111^LI/ANNA^2512101", Route.BANK_CARD, Route.BANK_CARD, Route.BANK_CARD),
        (";4111111111111111=2512101?", Route.BANK_CARD, Route.BANK_CARD, Route.BANK_CARD),
    ],
)
def test_the_table_by_example(code: str, sale: Route, paying: Route, asking: Route) -> None:
    assert (route(code), route(code, Moment.PAYMENT_CODE), route(code, Moment.MEMBER)) == (sale, paying, asking)
    assert route(code, Moment.NUMBER) is asking


def test_an_in_store_number_of_eighteen_digits_is_goods_until_a_payment_code_is_wanted() -> None:
    code = with_check_digit("26" + "0123456789" + "01234")
    assert in_store(code)
    assert route(code) is Route.GOODS
    assert route(code, Moment.PAYMENT_CODE) is Route.ALIPAY
    assert route_of(code, Moment.SALE, (), lambda _digits: False) is Route.TOO_EARLY


@pytest.mark.parametrize(
    ("number", "key", "why"),
    [
        (OwnNumber("member", "13", 18), "prefix", "payment codes"),
        (OwnNumber("member", "1", 18), "prefix", "payment codes"),
        (OwnNumber("coupon", "2", 16), "prefix", "payment codes"),
        (OwnNumber("member", "40", 13), "prefix", "are products"),
        (OwnNumber("gift_card", "97", 16), "prefix", "two things"),
        (OwnNumber("gift_card", "9771", 16), "prefix", "two things"),
        (OwnNumber("member", "", 16), "prefix", "digits"),
        (OwnNumber("member", "1", 3), "digits", "4 to 40"),
    ],
)
def test_own_numbers_that_would_mean_two_things_are_refused(number: OwnNumber, key: str, why: str) -> None:
    assert [(where, why in text) for where, text in number_faults(number, NUMBERS)] == [(key, True)]


@given(st.sampled_from(["member", "gift_card", "coupon"]), st.text("0123456789", max_size=4), st.integers(1, 42), CODES)
def test_no_number_that_passes_the_rules_takes_a_payment_code(means: str, prefix: str, digits: int, code: str) -> None:
    number = OwnNumber(means, prefix, digits)
    if not number_faults(number):
        assert route_of(code, Moment.PAYMENT_CODE, (), in_store) not in {Route.WECHAT, Route.ALIPAY} or not number.fits(
            code.strip()
        )


def test_what_is_never_shown() -> None:
    assert all(map(is_secret, ["134567890123456789", "]Q1134567890123456789", "4111111111111111", ";4111111111111111=2512"]))
    assert not any(map(is_secret, ["4006381333931", "9771234567890123", "101", "https://id.example/01/09506000134352"]))
