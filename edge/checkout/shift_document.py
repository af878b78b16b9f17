"""X and Z reports as documents to print. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.receipts import ReceiptDocument, ReceiptLine, local_time_text, money
from protocols.shifts import ShiftReport

_WORDS = {
    "en": {
        "x": "X REPORT", "z": "Z REPORT", "till": "Till", "cashier": "Cashier", "opened": "Opened", "closed": "Closed",
        "printed": "Printed", "receipts": "Receipts", "sales": "Sales", "pieces": "Pieces", "returns": "Returns",
        "net": "Net sales", "discounts": "Discounts given", "rounding": "Rounding", "tax": "Tax", "of": "of",
        "tenders": "TENDERS", "back": "paid back", "drawer": "DRAWER", "float": "Float", "in": "Cash put in",
        "out": "Cash taken out", "expected": "Expected", "counted": "Counted", "difference": "Difference",
        "approved": "Approved by", "why": "Reason", "events": "EVENTS", "voids": "Voids",
        "abandoned": "Abandoned sales", "no_sale": "Drawer without sale", "copies": "Copies printed",
        "prices": "Prices changed", "overrides": "Overrides", "held": "Sales put aside", "exchanges": "Exchanges",
        "offers": "OFFERS", "copy": "*** COPY ***", "cash": "Cash", "card": "Card", "code": "Mobile payment",
        "gift_card": "Gift card", "points": "Points", "return_credit": "Exchange", "deposit": "Deposit",
        "order": "Online order",
    },
    "zh": {
        "x": "X 报表", "z": "Z 报表", "till": "收银台", "cashier": "收银员", "opened": "开班", "closed": "交班",
        "printed": "打印", "receipts": "小票号", "sales": "销售", "pieces": "件数", "returns": "退货",
        "net": "净销售额", "discounts": "优惠合计", "rounding": "抹零", "tax": "税", "of": "/", "tenders": "支付方式",
        "back": "已退款", "drawer": "钱箱", "float": "备用金", "in": "存入现金", "out": "取出现金", "expected": "应有",
        "counted": "实点", "difference": "差异", "approved": "批准人", "why": "原因", "events": "事件",
        "voids": "作废行", "abandoned": "放弃交易", "no_sale": "非销售开钱箱", "copies": "重打小票", "prices": "改价",
        "overrides": "放行", "held": "挂单", "exchanges": "换货", "offers": "优惠活动", "copy": "*** 副本 ***",
        "cash": "现金", "card": "银行卡", "code": "移动支付", "gift_card": "礼品卡", "points": "积分",
        "return_credit": "换货抵扣", "deposit": "定金", "order": "线上订单",
    },
}  # fmt: skip

RULE = ReceiptLine(style="rule")


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What the report says beside the shift."""

    store_name: str
    time_zone: str
    cashier_name: str
    printed_at_ms: int
    currency: str
    minor_digits: int
    language: str = "en"


def report_document(report: ShiftReport, head: ReportHead) -> ReceiptDocument:
    """A closed shift is a Z report, an open one an X report."""
    words = _WORDS.get(head.language, _WORDS["en"])
    title = words["x"] if report.closed_at_ms is None else f"{words['z']} {report.z_number}"
    lines = [
        ReceiptLine(head.store_name, style="title"),
        ReceiptLine(title, style="title"),
        RULE,
        *_heading(report, head, words),
        RULE,
        *_sums(report, head, words),
        RULE,
        *_tenders(report, head, words),
        RULE,
        *_drawer(report, head, words),
        RULE,
        *_events(report, words),
        *_offers(report, head, words),
    ]
    return ReceiptDocument(number="", lines=tuple(lines), copy_mark=words["copy"])


def _heading(report: ShiftReport, head: ReportHead, words: dict[str, str]) -> list[ReceiptLine]:
    lines = [
        ReceiptLine(f"{words['till']} {report.till_id}", f"{words['cashier']} {head.cashier_name}"),
        ReceiptLine(words["opened"], local_time_text(report.opened_at_ms, head.time_zone)),
    ]
    if report.closed_at_ms is None:
        lines.append(ReceiptLine(words["printed"], local_time_text(head.printed_at_ms, head.time_zone)))
    else:
        lines.append(ReceiptLine(words["closed"], local_time_text(report.closed_at_ms, head.time_zone)))
    if report.last_receipt:
        lines.append(ReceiptLine(words["receipts"], f"{report.first_receipt} - {report.last_receipt}"))
    return lines


def _sums(report: ShiftReport, head: ReportHead, words: dict[str, str]) -> list[ReceiptLine]:
    def amount(value_minor: int) -> str:
        return money(value_minor, head.minor_digits)

    lines = [
        ReceiptLine(f"{words['sales']} ({report.sale_count})", amount(report.sales_minor)),
        ReceiptLine(f"{words['returns']} ({report.return_count})", amount(-report.returns_minor)),
        ReceiptLine(f"{words['net']} {head.currency}", amount(report.sales_minor - report.returns_minor), "strong"),
        ReceiptLine(words["pieces"], str(report.unit_count)),
        ReceiptLine(words["discounts"], amount(report.discounts_minor)),
        ReceiptLine(words["rounding"], amount(report.rounding_minor)),
    ]
    for row in report.tax:
        rate = f"{row.rate_bp // 100}.{row.rate_bp % 100:02d}%"
        lines.append(ReceiptLine(f"{words['tax']} {rate} {words['of']} {amount(row.net_minor)}", amount(row.tax_minor)))
    return lines


def _tenders(report: ShiftReport, head: ReportHead, words: dict[str, str]) -> list[ReceiptLine]:
    lines = [ReceiptLine(words["tenders"], style="strong")]
    for row in report.tenders:
        name = words.get(row.kind, row.kind)
        lines.append(ReceiptLine(f"{name} ({row.sales})", money(row.total_minor, head.minor_digits)))
        if row.refunded_minor:
            lines.append(ReceiptLine(f"  {words['back']}", money(-row.refunded_minor, head.minor_digits)))
    return lines


def _drawer(report: ShiftReport, head: ReportHead, words: dict[str, str]) -> list[ReceiptLine]:
    def amount(value_minor: int) -> str:
        return money(value_minor, head.minor_digits)

    lines = [
        ReceiptLine(words["drawer"], style="strong"),
        ReceiptLine(words["float"], amount(report.float_minor)),
        ReceiptLine(words["in"], amount(report.cash_in_minor)),
        ReceiptLine(words["out"], amount(-report.cash_out_minor)),
        ReceiptLine(words["expected"], amount(report.cash_expected_minor), "strong"),
    ]
    if report.counted_minor is not None and report.difference_minor is not None:
        lines.append(ReceiptLine(words["counted"], amount(report.counted_minor), "strong"))
        lines.append(ReceiptLine(words["difference"], amount(report.difference_minor), "strong"))
    if report.approver_id:
        lines.append(ReceiptLine(words["approved"], report.approver_id))
    if report.why:
        lines.append(ReceiptLine(f"{words['why']}: {report.why}"))
    return lines


def _events(report: ShiftReport, words: dict[str, str]) -> list[ReceiptLine]:
    counts = (
        ("voids", report.void_count), ("abandoned", report.abandoned_count), ("no_sale", report.drawer_count),
        ("copies", report.copy_count), ("prices", report.price_change_count), ("overrides", report.override_count),
        ("held", report.suspended_count), ("exchanges", report.exchange_count),
    )  # fmt: skip
    return [ReceiptLine(words["events"], style="strong"), *(ReceiptLine(words[name], str(count)) for name, count in counts)]


def _offers(report: ShiftReport, head: ReportHead, words: dict[str, str]) -> list[ReceiptLine]:
    if not report.offers:
        return []
    rows = [
        ReceiptLine(f"{row.name or row.promotion_id} ({row.lines})", money(-row.saved_minor, head.minor_digits))
        for row in report.offers
    ]
    return [RULE, ReceiptLine(words["offers"], style="strong"), *rows]
