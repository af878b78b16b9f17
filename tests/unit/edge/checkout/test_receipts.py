"""What receipts say, in both languages: offers where they were taken off, savings, tax, tenders, codes, marks."""

from __future__ import annotations

import msgspec

from edge.checkout.documents import COLUMNS, Document, as_text, width
from edge.checkout.receipts import ReceiptHead, receipt
from protocols.contract.feed_rows import StoreRow
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender, UnitDiscount
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode

SETUP = StoreRow(
    store_id="s-0001",
    name="街角小店",
    zone="z",
    time_zone="Asia/Shanghai",
    receipt_header=("南京路 1 号",),
    receipt_footer=("谢谢光临",),
    return_policy=("30 天内凭小票退货",),
    invoice_url="https://invoice.example/ask?lang=zh",
)


def line(number: int, **more: object) -> SaleLine:
    values: dict[str, object] = {
        "line_no": number, "item_id": f"i-{number}", "name": f"Thing {number}", "name_zh": f"商品{number}", "gtin": "",
        "quantity": 1, "stock_thousandths": 1000, "unit_price_minor": 1000, "price_revision": 1, "list_price_minor": 1000,
        "net_minor": 1000, "tax_class": "std", "tax_rate_bp": 1300, "tax_minor": 115,
    }  # fmt: skip
    return SaleLine(**{**values, **more})  # type: ignore[arg-type]


def sale(**more: object) -> SaleClosed:
    half = UnitDiscount(promotion_id="p-1", shares_minor=(0, 500), name="2nd half price", name_zh="第二件半价", layer="unit")
    full = UnitDiscount(promotion_id="p-2", shares_minor=(240, 120), name="300 - 40", name_zh="满300减40", layer="threshold")
    rest = UnitDiscount(promotion_id="p-2", shares_minor=(40,), name="300 - 40", name_zh="满300减40", layer="threshold")
    lines = (
        line(1, quantity=2, net_minor=1_140, tax_minor=131, discounts=(half, full), batch="A12", expires="2026-12-01"),
        line(2, net_minor=760, unit_price_minor=800, tax_minor=87, discounts=(rest,), serial="S-9"),
    )
    values: dict[str, object] = {
        "sale_id": "01-sale", "command_id": "c", "store_id": "s-0001", "till_id": "1", "cashier_id": "7", "shift_id": "sh",
        "receipt": ReceiptNumber(till_id="1", incarnation=0, number=1), "currency": "CNY", "tax_mode": TaxMode.INCLUSIVE,
        "lines": lines, "total_minor": 1_900, "tax_minor": 218, "opened_at_ms": 0, "member_id": "member-000042",
        "points_earned": 19,
        "tenders": (
            Tender(kind="card", amount_minor=900, reference="acquirer-000004242"),
            Tender(kind="cash", amount_minor=2_000, change_minor=1_000),
        ),
    }  # fmt: skip
    return SaleClosed(**{**values, **more})  # type: ignore[arg-type]


def head(language: str) -> ReceiptHead:
    return ReceiptHead(
        number="1-0-000001", cashier_name="李", closed_at_ms=1_790_000_000_000, business_date="2026-09-21", minor_digits=2,
        language=language, points_balance=119,
    )  # fmt: skip


def test_a_chinese_receipt_line_by_line() -> None:
    text = as_text(receipt(sale(), head("zh"), SETUP))
    assert [" ".join(each.split()) for each in text.splitlines()] == [
        "街角小店",
        "南京路 1 号",
        "-" * COLUMNS,
        "商品1 20.00",
        "2 x 10.00",
        "第二件半价 -5.00",
        "批号 A12 有效期至 2026-12-01",
        "商品2 8.00",
        "原价 10.00",
        "序列号 S-9",
        "-" * COLUMNS,
        "小计 23.00",
        "满300减40 -4.00",
        "已节省 11.00",
        "-" * COLUMNS,
        "合计 CNY 19.00",
        "银行卡 *4242 9.00",
        "现金 20.00",
        "找零 10.00",
        "税 13.00% 含 16.82 + 2.18 = 19.00",
        "-" * COLUMNS,
        "会员 *0042",
        "本次积分 19",
        "积分余额 119",
        "-" * COLUMNS,
        "小票 1-0-000001",
        "收银台 1 收银员 李",
        "2026-09-21 22:13:20",
        "营业日 2026-09-21",
        "30 天内凭小票退货",
        "谢谢光临",
    ]
    assert max(width(each) for each in text.splitlines()) <= COLUMNS


def test_the_codes_of_a_receipt_find_it_anywhere_and_ask_for_its_invoice() -> None:
    document = receipt(sale(), head("en"), SETUP)
    assert document.printed_barcode == "s-0001/1-0-000001"
    assert document.qr == "https://invoice.example/ask?lang=zh&store=s-0001&sale=01-sale"
    assert "acquirer" not in as_text(document), "never more than the tail of a reference"


def test_training_and_copies_say_so_first() -> None:
    document = receipt(sale(training=True), head("en"), SETUP)
    assert as_text(document).lstrip().startswith("*** TRAINING ***")

    copy = msgspec.structs.replace(document, copy=True)
    assert as_text(copy).lstrip().startswith("*** COPY ***")


def test_tax_on_top_adds_up_on_paper() -> None:
    exclusive = sale(tax_mode=TaxMode.EXCLUSIVE, total_minor=2_118)
    assert "19.00 + 2.18 = 21.18" in as_text(receipt(exclusive, head("en"), None))


def test_a_report_is_built_line_by_line_and_has_no_barcode() -> None:
    page = Document(minor_digits=2)
    page.title("Z report")
    page.money("Cash", 12_345, strong=True)
    document = page.made("Z-7")
    assert document.printed_barcode == ""
    assert as_text(document).splitlines()[1].split() == ["Cash", "123.45"]
