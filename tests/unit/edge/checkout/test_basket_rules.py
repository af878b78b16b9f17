"""The arithmetic of a basket holds for every basket: sums, tax shares, rounding, and never a float."""

from hypothesis import given
from hypothesis import strategies as st

from edge.catalogue.lookup import Zone
from edge.checkout import basket as baskets
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.pricing import price_basket
from edge.checkout.reasons import TEXTS, reason
from protocols.contract.values import TaxMode
from protocols.promotions.bundle import Bundle


def line(rate_bp: int, quantity: int, grams: int | None, unit_price_minor: int, voided: bool, item: int) -> BasketLine:
    return BasketLine(
        line_no=0,
        item_id=f"i-{item}" if grams is None else f"w-{item}",  # an item is weighed or it is not
        name="n",
        name_zh="",
        gtin="",
        weighed=grams is not None,
        tax_class="t",
        tax_rate_bp=rate_bp,
        quantity=1 if grams is not None else quantity,
        grams=grams,
        unit_price_minor=unit_price_minor,
        list_price_minor=unit_price_minor,
        price_revision=1,
        price_reason="list",
        label_revision=None,
        voided=voided,
    )


LINES = st.lists(
    st.builds(
        line,
        rate_bp=st.sampled_from([0, 700, 1900, 825]),
        quantity=st.integers(1, 99),
        grams=st.none() | st.integers(1, 20_000),
        unit_price_minor=st.integers(0, 50_000),
        voided=st.booleans(),
        item=st.integers(1, 4),
    ),
    max_size=12,
)


def basket_of(lines: list[BasketLine]) -> Basket:
    basket = Basket(sale_id="s", opened_at_ms=0)
    for each in lines:
        basket = baskets.add(basket, each)
    return basket


@given(LINES, st.sampled_from(list(TaxMode)), st.sampled_from([1, 5, 10]))
def test_totals_add_up(lines: list[BasketLine], mode: TaxMode, rounding_minor: int) -> None:
    basket = basket_of(lines)
    zone = Zone("z", "EUR", 2, mode, rounding_minor)
    priced = price_basket(basket, zone, Bundle())
    assert [each.line for each in priced.lines] == list(basket.live_lines)
    nets = [each.net_minor for each in priced.lines]
    assert nets == [each.own_minor for each in basket.live_lines]
    assert sum(each.tax_minor for each in priced.lines) == priced.tax_minor
    assert priced.total_minor == sum(nets) + (priced.tax_minor if mode is TaxMode.EXCLUSIVE else 0)
    assert (priced.gross_minor, priced.saved_minor, priced.proved) == (sum(nets), 0, True)
    assert priced.lower_bound_minor == priced.remaining_minor == priced.total_minor
    assert priced.due_minor % rounding_minor == 0
    assert abs(priced.due_minor - priced.total_minor) * 2 <= rounding_minor
    for rate_bp in {each.tax_rate_bp for each in basket.live_lines}:
        group = [each for each in priced.lines if each.line.tax_rate_bp == rate_bp]
        gross, tax_minor = sum(each.net_minor for each in group), sum(each.tax_minor for each in group)
        base = 10_000 + rate_bp if mode is TaxMode.INCLUSIVE else 10_000
        assert abs(tax_minor * base - gross * rate_bp) * 2 <= base, "rounded once per rate"
        assert all(0 <= each.tax_minor <= max(each.net_minor, 1) for each in group)
    assert all(type(value) is int for value in (*nets, priced.total_minor, priced.tax_minor, priced.due_minor))


@given(LINES)
def test_adding_lines_loses_no_piece(lines: list[BasketLine]) -> None:
    basket = basket_of(lines)
    pieces = sum(each.quantity for each in basket.lines if each.grams is None)
    assert pieces == sum(each.quantity for each in lines if each.grams is None)
    assert sum(each.grams or 0 for each in basket.lines) == sum(each.grams or 0 for each in lines)
    assert [each.line_no for each in basket.lines] == list(range(1, len(basket.lines) + 1))
    assert all(each.quantity <= baskets.QUANTITY_MAX for each in basket.lines)


def test_every_reason_reads_as_a_sentence_with_its_values() -> None:
    class Values(dict[str, str]):
        def __missing__(self, name: str) -> str:
            return f"<{name}>"

    for code, text in TEXTS.items():
        filled = text.format_map(Values())
        assert filled.endswith((".", ">.")), code
        assert "{" not in filled, code
    made = reason("unknown_code", code="12 {x}")
    assert (made.code, made.params) == ("unknown_code", {"code": "12 {x}"})
    assert "12 {x}" in made.text
