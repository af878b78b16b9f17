"""Property: whatever the order, the split and the policy of returns, they sum to what was paid, and no tender gives more
back than it brought."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout.refund_plan import CASH, Owed, plan, points_taken_back
from edge.checkout.return_history import History
from edge.checkout.return_sums import Back, Standing, next_units, returned_lines, settled, stored_sum
from edge.checkout.sold_units import sold_lines
from protocols.contract.returns import EarlierReturn, UnitsBack
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender, UnitDiscount
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import (
    TaxMode,
    divide_half_up,
    exclusive_tax_minor,
    inclusive_tax_minor,
    share_largest_remainder,
)


def sale_of(
    lines: list[tuple[int, int, int]], off_minor: int, mode: TaxMode, rounding: int, cash_share: int, gift_card: bool
) -> SaleClosed:
    """A sale of (price, quantity, rate) lines with `off_minor` off the basket, paid partly by card and the rest in cash."""
    wholes = [price * quantity for price, quantity, _ in lines]
    off_minor = min(off_minor, sum(wholes))
    made: list[SaleLine] = []
    for number, ((price, quantity, rate), whole, off) in enumerate(
        zip(lines, wholes, share_largest_remainder(off_minor, wholes), strict=True), start=1
    ):
        shares = tuple(share_largest_remainder(off, [price] * quantity))
        net = whole - off
        tax = inclusive_tax_minor(net, rate) if mode is TaxMode.INCLUSIVE else exclusive_tax_minor(net, rate)
        made.append(
            SaleLine(
                line_no=number, item_id=f"i-{number}", name="x", gtin="", quantity=quantity,
                stock_thousandths=quantity * 1000, unit_price_minor=price, price_revision=1, list_price_minor=price,
                net_minor=net, tax_class="t", tax_rate_bp=rate, tax_minor=tax,
                discounts=(UnitDiscount(promotion_id="p", shares_minor=shares, layer="threshold"),),
                line_kind="gift_card" if gift_card and number == 1 else "goods",
            )
        )  # fmt: skip
    total = sum(line.net_minor + (line.tax_minor if mode is TaxMode.EXCLUSIVE else 0) for line in made)
    card = total * cash_share // 100
    cash = divide_half_up(total - card, rounding) * rounding
    tenders = [Tender(kind="card", amount_minor=card, reference="r")] if card else []
    tenders.append(Tender(kind="cash", amount_minor=cash + 500, change_minor=500))
    return SaleClosed(
        sale_id="s", command_id="c", store_id="s-1", till_id="1", cashier_id="7", shift_id="sh",
        receipt=ReceiptNumber(till_id="1", incarnation=0, number=1), currency="EUR", tax_mode=mode, lines=tuple(made),
        total_minor=total, tax_minor=sum(line.tax_minor for line in made), rounding_minor=card + cash - total,
        tenders=tuple(tenders), opened_at_ms=0,
    )  # fmt: skip


SALES = st.builds(
    sale_of,
    st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 5), st.sampled_from((0, 700, 1_900))), min_size=1, max_size=4),
    st.integers(0, 4_000),
    st.sampled_from(tuple(TaxMode)),
    st.sampled_from((1, 5, 10, 50, 100)),
    st.integers(0, 100),
    st.booleans(),
)


def taken_back(
    sale: SaleClosed, standing: Standing, backs: list[Back], sums: list[int], rounding: int, number: int
) -> EarlierReturn:
    """The return as later ones know it, refunded to the sale's tenders."""
    owed = Owed(sum(sums), last=standing.last(backs), kept_minor=standing.kept_minor)
    parts = plan(
        sale.tenders,
        standing.history.by_tender,
        owed,
        round_cash=lambda minor: divide_half_up(minor, rounding) * rounding,
    )
    lines = returned_lines(backs, sums, 1)
    assert sum(line.refund_minor for line in lines) == sum(sums)
    return EarlierReturn(
        return_id=str(number),
        store_id="s-1",
        policy="prorate",
        lines=tuple(
            UnitsBack(
                line_no=line.sold_line_no, first_unit=line.first_unit, quantity=line.quantity, refund_minor=line.refund_minor
            )
            for line in lines
        ),
        tenders=tuple(Tender(kind=part.kind, amount_minor=part.amount_minor) for part in parts),
    )


@settings(max_examples=300, deadline=None)
@given(SALES, st.data())
def test_any_order_and_split_of_returns_sums_to_what_was_paid(sale: SaleClosed, data: st.DataObject) -> None:
    rounding = data.draw(st.sampled_from((1, 5, 10, 50, 100)))
    earlier: tuple[EarlierReturn, ...] = ()
    taxes = 0
    while True:
        standing = Standing(sold_lines(sale), History(earlier))
        left = {
            each.line.line_no: each.returnable_units - len(standing.history.units_back(each.line.line_no))
            for each in standing.lines
        }
        open_lines = [line_no for line_no, units in left.items() if units]
        if not open_lines:
            break
        backs: list[Back] = []
        for line_no in data.draw(st.lists(st.sampled_from(open_lines), min_size=1, unique=True)):
            sold = next(each for each in sold_lines(sale) if each.line.line_no == line_no)
            quantity = data.draw(st.integers(1, left[line_no]))
            backs.append(Back(sold, next_units(sold, standing.history.units_back(line_no), quantity), "unwanted"))
        # Now and then a return pays by another rule (REPRICE may pay anything): what follows makes up for it.
        sums = [stored_sum(back) if data.draw(st.integers(0, 4)) else data.draw(st.integers(0, 9_000)) for back in backs]
        sums = settled(sums, standing, backs)
        taxes += sum(line.tax_minor for line in returned_lines(backs, sums, 1))
        earlier = (*earlier, taken_back(sale, standing, backs, sums, rounding, len(earlier)))
        so_far = History(earlier)
        assert so_far.refunded_minor <= standing.paid_minor, "never more than was paid"
        brought = Counter({tender.kind: tender.amount_minor - tender.change_minor for tender in sale.tenders})
        assert so_far.by_tender.get("card", 0) <= brought["card"]
        assert so_far.by_tender.get(CASH, 0) <= brought[CASH] + rounding
    history, lines = History(earlier), sold_lines(sale)
    kept = Standing(lines, history).kept_minor
    assert history.refunded_minor == sale.total_minor - kept
    if not kept and divide_half_up(brought_cash(sale), rounding) * rounding == brought_cash(sale):
        assert sum(history.by_tender.values()) == sale.total_minor + sale.rounding_minor, "the rounding is mirrored"


def brought_cash(sale: SaleClosed) -> int:
    return sum(tender.amount_minor - tender.change_minor for tender in sale.tenders if tender.kind == CASH)


@given(SALES)
def test_units_of_a_line_sum_to_the_line_and_its_tax(sale: SaleClosed) -> None:
    for each in sold_lines(sale):
        assert (sum(each.nets_minor), sum(each.taxes_minor)) == (each.line.net_minor, each.line.tax_minor)
    assert sum(sum(each.pays_minor) for each in sold_lines(sale)) == sale.total_minor


@given(st.integers(0, 100_000), st.lists(st.integers(0, 3_000), max_size=8))
def test_points_come_back_by_the_difference_of_floors(total: int, refunds: list[int]) -> None:
    earned, before, taken = total // 100, 0, 0
    for wanted in [*refunds, total]:
        refund = min(wanted, total - before)
        taken += points_taken_back(earned, total, before, refund, 2)
        before += refund
        assert taken == earned - (total - before) // 100
    assert taken == earned


def test_points_spent_come_back_whole_over_any_split() -> None:
    tenders = (Tender(kind="points", amount_minor=1_000, units=333), Tender(kind="cash", amount_minor=500))
    refunded: dict[str, int] = {}
    units = 0
    for amount in (1, 333, 333, 333):
        parts = plan(tenders, refunded, Owed(amount), round_cash=lambda minor: minor)
        for part in parts:
            refunded[part.kind] = refunded.get(part.kind, 0) + part.amount_minor
            units += part.units
    assert (units, refunded) == (333, {"points": 1_000})


def test_money_goes_back_to_cards_first_and_to_cash_last() -> None:
    tenders = (
        Tender(kind="cash", amount_minor=1_000, change_minor=500),
        Tender(kind="gift_card", amount_minor=300),
        Tender(kind="card", amount_minor=200, reference="a-1"),
    )
    parts = plan(tenders, {}, Owed(600), round_cash=lambda minor: minor)
    assert [(part.kind, part.amount_minor) for part in parts] == [("card", 200), ("gift_card", 300), ("cash", 100)]
    by_hand = plan(tenders, {"card": 200}, Owed(600), round_cash=lambda minor: minor, method="cash")
    assert [(part.kind, part.amount_minor) for part in by_hand] == [("cash", 600)]
    last = plan(tenders, {"card": 200, "cash": 600}, Owed(999, last=True), round_cash=lambda minor: minor)
    assert [(part.kind, part.amount_minor) for part in last] == [("gift_card", 200)]


def test_goods_of_other_facts_than_ours_are_shared_evenly() -> None:
    sale = sale_of([(100, 3, 0)], 0, TaxMode.INCLUSIVE, 1, 0, False)

    odd = msgspec.structs.replace(sale.lines[0], net_minor=200, discounts=())
    [line] = sold_lines(msgspec.structs.replace(sale, lines=(odd,)))
    assert line.pays_minor == (67, 67, 66)
