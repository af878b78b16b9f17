"""What a customer's display is told: the basket and how the payment stands, and nothing about staff."""

from __future__ import annotations

import zxingcpp
from PIL import Image

from edge.checkout.customer_view import customer_state
from protocols.contract.customer_display import encoder
from protocols.contract.till import LastSale, TillState
from protocols.contract.till_basket import HintView, TillLine
from protocols.contract.till_member import MemberView
from protocols.contract.till_payment import PaymentView, TenderView
from protocols.contract.till_returns import ReturnView

SALE = LastSale(
    sale_id="s-1", receipt="1-1-000042", total_minor=1_000, due_minor=1_000, tendered_minor=2_000, change_minor=1_000
)


def line(number: int, *, voided: bool = False) -> TillLine:
    return TillLine(
        line_no=number,
        item_id="i-milk",
        name="Milk",
        gtin="04000000000013",
        quantity=2,
        unit_price_minor=129,
        list_price_minor=129,
        gross_minor=258,
        net_minor=200,
        voided=voided,
        offers=("2 for 2.00",),
    )


def till(**fields: object) -> TillState:
    base: dict[str, object] = {
        "till_id": "1",
        "store_name": "Corner Shop",
        "revision": 7,
        "mode": "sale",
        "currency": "EUR",
        "cashier_id": "7",
        "cashier_name": "Ann-with-a-secret",
        "rights": ("till", "void"),
    }
    return TillState(**(base | fields))  # type: ignore[arg-type]


def test_the_basket_with_savings_and_without_what_was_taken_off() -> None:
    shown = customer_state(till(lines=(line(1), line(2, voided=True)), gross_minor=258, saved_minor=58, due_minor=200))
    assert shown.mode == "sale"
    assert [each.line_no for each in shown.lines] == ["1"]
    assert (shown.gross_minor, shown.saved_minor, shown.remaining_minor) == (258, 58, 200)
    assert shown.lines[0].offers == ("2 for 2.00",)


def test_goods_coming_back_are_negative_and_the_customer_is_owed() -> None:
    back = ReturnView(
        return_no=1, receipt="1-1-000001", item_id="i", name="Bread", quantity=1, reason="unwanted", refund_minor=350
    )
    shown = customer_state(till(returns=(back,), remaining_minor=-350))
    assert [(each.line_no, each.net_minor) for each in shown.lines] == [("back-1", -350)]
    assert shown.remaining_minor == -350


def test_a_payment_and_what_was_taken_so_far() -> None:
    payment = PaymentView(attempt_id="a", method="card", amount_minor=500, state="unknown", since_ms=1)
    tender = TenderView(tender_no=1, method="cash", amount_minor=500)
    shown = customer_state(till(lines=(line(1),), tenders=(tender,), payment=payment, remaining_minor=500))
    assert (shown.payment, shown.payment_method, shown.paid_minor, shown.remaining_minor) == ("unknown", "card", 500, 500)


def test_thanks_with_a_receipt_number_that_a_scanner_reads() -> None:
    shown = customer_state(till(last_sale=SALE))
    assert shown.mode == "paid"
    assert shown.paid is not None
    side, quiet = len(shown.paid.qr), 4
    picture = Image.new("L", (side + 2 * quiet, side + 2 * quiet), 255)
    for y, row in enumerate(shown.paid.qr):
        for x, module in enumerate(row):
            picture.putpixel((x + quiet, y + quiet), 0 if module == "1" else 255)
    picture = picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["1-1-000042"]


def test_nothing_about_staff_or_the_members_telephone() -> None:
    member = MemberView(member_id="m", name="Ms. Li", phone_tail="8807", note="never says thank you", points=10)
    hint = HintView(promotion_id="p", name="20 - 3", add_minor=100, save_minor=300)
    said = encoder.encode(customer_state(till(lines=(line(1),), member=member, hints=(hint,)))).decode()
    for secret in ("Ann-with", "void", "8807", "never says", "rights", "alarm", "device"):
        assert secret not in said
    assert "Ms. Li" in said


def test_a_till_without_a_cashier_is_closed_and_an_empty_one_welcomes() -> None:
    assert customer_state(till(mode="login", last_sale=SALE)).mode == "closed"
    assert customer_state(till(mode="shift", last_sale=SALE)).paid is None
    assert customer_state(till()).mode == "welcome"
