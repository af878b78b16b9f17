"""A closed sale as a receipt: a frozen document of lines, from which printers and screens make theirs. Pure."""

from __future__ import annotations

import datetime
import unicodedata
import zoneinfo
from typing import Literal

import msgspec

from protocols.contract.feed_rows import StoreRow
from protocols.contract.sale_parts import SaleLine
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode

COLUMNS = 42

Style = Literal["normal", "centre", "title", "strong", "rule"]


class ReceiptLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One printed line: `right` stands at the right edge. `title` is large and centred, `rule` a line across."""

    left: str = ""
    right: str = ""
    style: Style = "normal"


class ReceiptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed for one sale. `number` is also printed as a barcode, to find the receipt again."""

    number: str
    lines: tuple[ReceiptLine, ...]
    copy: bool = False
    copy_mark: str = "*** COPY ***"

    @property
    def printed_lines(self) -> tuple[ReceiptLine, ...]:
        """The lines as they come out: a copy says so first."""
        return (ReceiptLine(self.copy_mark, style="title"), *self.lines) if self.copy else self.lines


_WORDS = {
    "en": {
        "receipt": "Receipt", "till": "Till", "cashier": "Cashier", "total": "TOTAL", "rounding": "Rounding",
        "due": "To pay", "cash": "Cash", "change": "Change", "tax": "Tax", "included": "incl.", "date": "Business date",
        "copy": "*** COPY ***",
    },
    "zh": {
        "receipt": "小票", "till": "收银台", "cashier": "收银员", "total": "合计", "rounding": "抹零", "due": "应付",
        "cash": "现金", "change": "找零", "tax": "税", "included": "含", "date": "营业日", "copy": "*** 副本 ***",
    },
}  # fmt: skip


class ReceiptHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt says beside the sale."""

    number: str
    cashier_name: str
    closed_at_ms: int
    business_date: str
    minor_digits: int
    language: str = "en"


def money(amount_minor: int, minor_digits: int) -> str:
    """Minor units as people write them: 1234 with two digits is `12.34`."""
    if minor_digits == 0:
        return str(amount_minor)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**minor_digits)
    return f"{sign}{whole}.{part:0{minor_digits}d}"


def receipt(sale: SaleClosed, head: ReceiptHead, setup: StoreRow | None) -> ReceiptDocument:
    """Lay a sale out."""
    words = _WORDS.get(head.language, _WORDS["en"])
    lines = [ReceiptLine(setup.name if setup else sale.store_id, style="title")]
    lines.extend(ReceiptLine(text, style="centre") for text in (setup.receipt_header if setup else ()))
    lines.append(ReceiptLine(style="rule"))
    for line in sale.lines:
        lines.extend(_sale_line(line, head.minor_digits))
    lines.append(ReceiptLine(style="rule"))
    lines.extend(_money_lines(sale, head, words))
    lines.append(ReceiptLine(style="rule"))
    zone_name = setup.time_zone if setup else "UTC"
    lines.append(ReceiptLine(f"{words['receipt']} {head.number}"))
    lines.append(ReceiptLine(f"{words['till']} {sale.till_id}", f"{words['cashier']} {head.cashier_name}"))
    lines.append(ReceiptLine(local_time_text(head.closed_at_ms, zone_name)))
    lines.append(ReceiptLine(f"{words['date']} {head.business_date}"))
    lines.extend(ReceiptLine(text, style="centre") for text in (setup.receipt_footer if setup else ()))
    return ReceiptDocument(number=head.number, lines=tuple(lines), copy_mark=words["copy"])


def local_time_text(at_ms: int, time_zone: str) -> str:
    """Date and time in the store's zone, to the second."""
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = datetime.UTC
    try:
        return datetime.datetime.fromtimestamp(at_ms // 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return "----"


def as_text(document: ReceiptDocument, columns: int = COLUMNS) -> str:
    """The receipt as plain text; wide characters count twice."""
    return "\n".join(_as_text_line(line, columns) for line in document.printed_lines) + "\n"


def width(text: str) -> int:
    """Columns a text takes on a receipt."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def columns_of(line: ReceiptLine, columns: int) -> str:
    """Left and right text in one line of `columns`; the left one is cut when both do not fit."""
    if not line.right:
        return cut(line.left, columns)
    left = cut(line.left, max(0, columns - width(line.right) - 1))
    return left + " " * max(1, columns - width(left) - width(line.right)) + line.right


def cut(text: str, columns: int) -> str:
    """As much of a text as fits."""
    while width(text) > columns:
        text = text[:-1]
    return text


def _as_text_line(line: ReceiptLine, columns: int) -> str:
    if line.style == "rule":
        return "-" * columns
    if line.style in {"centre", "title"}:
        text = cut(line.left, columns)
        return (" " * ((columns - width(text)) // 2) + text).rstrip()
    return columns_of(line, columns).rstrip()


def _sale_line(line: SaleLine, digits: int) -> list[ReceiptLine]:
    net = money(line.net_minor, digits)
    if line.grams is not None:
        weight = f"{line.grams // 1000}.{line.grams % 1000:03d}"
        return [ReceiptLine(line.name, net), ReceiptLine(f"  {weight} kg x {money(line.unit_price_minor, digits)}/kg")]
    if line.quantity == 1:
        return [ReceiptLine(line.name, net)]
    return [ReceiptLine(line.name, net), ReceiptLine(f"  {line.quantity} x {money(line.unit_price_minor, digits)}")]


def _money_lines(sale: SaleClosed, head: ReceiptHead, words: dict[str, str]) -> list[ReceiptLine]:
    digits = head.minor_digits
    due_minor = sale.total_minor + sale.rounding_minor
    lines = [ReceiptLine(f"{words['total']} {sale.currency}", money(sale.total_minor, digits), "strong")]
    if sale.rounding_minor:
        lines.append(ReceiptLine(words["rounding"], money(sale.rounding_minor, digits)))
        lines.append(ReceiptLine(words["due"], money(due_minor, digits), "strong"))
    for tender in sale.tenders:
        lines.append(ReceiptLine(words["cash"], money(tender.amount_minor, digits)))
        lines.append(ReceiptLine(words["change"], money(tender.change_minor, digits)))
    included = f" {words['included']}" if sale.tax_mode is TaxMode.INCLUSIVE else ""
    for rate_bp in sorted({line.tax_rate_bp for line in sale.lines}):
        tax_minor = sum(line.tax_minor for line in sale.lines if line.tax_rate_bp == rate_bp)
        rate = f"{rate_bp // 100}.{rate_bp % 100:02d}%"
        lines.append(ReceiptLine(f"{words['tax']} {rate}{included}", money(tax_minor, digits)))
    return lines
