"""A closed sale as a receipt. Pure. Returns and exchanges: `return_receipts`; how lines look: `documents`."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from edge.checkout.documents import (
    COLUMNS,
    Document,
    ReceiptDocument,
    ReceiptLine,
    Style,
    as_text,
    columns_of,
    cut,
    local_time_text,
    money,
    width,
)
from edge.checkout.receipt_words import Words, tender_words, words_of
from protocols.contract.feed_rows import StoreRow
from protocols.contract.sale_parts import SaleLine, UnitDiscount
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode, weighed_price_minor

__all__ = [
    "COLUMNS", "ReceiptDocument", "ReceiptHead", "ReceiptLine", "Style", "as_text", "columns_of", "cut", "local_time_text",
    "money", "receipt", "width",
]  # fmt: skip

_BASKET_LAYERS = frozenset({"threshold", "coupon"})
BY_HAND_BASKET = "manual:basket"


class ReceiptHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt says beside the sale."""

    number: str
    cashier_name: str
    closed_at_ms: int
    business_date: str
    minor_digits: int
    language: str = "en"
    points_balance: int | None = None
    """After the sale; None: not known, and not printed."""
    slip: tuple[str, ...] = ()
    """The customer's copy of the payment terminals' slips."""


def receipt(sale: SaleClosed, head: ReceiptHead, setup: StoreRow | None) -> ReceiptDocument:
    """Lay a sale out."""
    words = words_of(head.language)
    page = Document(head.minor_digits)
    begin(page, sale.store_id, setup, words, training=sale.training)
    goods_out(page, sale, words)
    page.rule()
    page.money(f"{words['total']} {sale.currency}", sale.total_minor, strong=True)
    _payment(page, sale, words)
    tax_lines(page, [(line.tax_rate_bp, line.net_minor, line.tax_minor) for line in sale.lines], sale.tax_mode, words)
    _customer(page, sale, head, words)
    _slip(page, head)
    end(page, sale.till_id, head, setup, words)
    return finished(page, head, setup, sale.store_id, sale.sale_id)


def begin(page: Document, store_id: str, setup: StoreRow | None, words: Words, *, training: bool = False) -> None:
    """Who sold."""
    if training:
        page.title(words["training"])
    page.title(setup.name if setup else store_id)
    page.centre(*(setup.receipt_header if setup else ()))
    page.rule()


def goods_out(page: Document, sale: SaleClosed, words: Words) -> None:
    """The lines with their own offers, then the subtotal and what came off the basket, and what was saved in all."""
    for line in sale.lines:
        _sale_line(page, line, words, zh=words is words_of("zh"))
    off_basket = _off_basket(sale, words, zh=words is words_of("zh"))
    nets_minor = sum(line.net_minor for line in sale.lines)
    if off_basket:
        page.rule()
        page.money(words["subtotal"], nets_minor + sum(off_basket.values()))
        for name, off_minor in off_basket.items():
            page.money(f"  {name}", -off_minor)
    saved_minor = sum(max(0, _list_minor(line) - line.net_minor) for line in sale.lines)
    if saved_minor:
        page.money(words["saved"], saved_minor)


def tax_lines(page: Document, parts: list[tuple[int, int, int]], mode: TaxMode, words: Words) -> None:
    """Per rate: net, tax, gross. `parts`: rate, amount of the line as sold in this mode, tax."""
    included = f" {words['included']}" if mode is TaxMode.INCLUSIVE else ""
    for rate_bp in sorted({rate for rate, _, _ in parts}):
        amount_minor = sum(amount for rate, amount, _ in parts if rate == rate_bp)
        tax_minor = sum(tax for rate, _, tax in parts if rate == rate_bp)
        gross_minor = amount_minor if mode is TaxMode.INCLUSIVE else amount_minor + tax_minor
        rate = f"{rate_bp // 100}.{rate_bp % 100:02d}%"
        net, tax, gross = (money(each, page.minor_digits) for each in (gross_minor - tax_minor, tax_minor, gross_minor))
        page.text(f"{words['tax']} {rate}{included}", f"{net} + {tax} = {gross}")


def end(page: Document, till_id: str, head: ReceiptHead, setup: StoreRow | None, words: Words) -> None:
    """Number, place, person and time; the store's last words."""
    page.rule()
    page.text(f"{words['receipt']} {head.number}")
    page.text(f"{words['till']} {till_id}", f"{words['cashier']} {head.cashier_name}")
    page.text(local_time_text(head.closed_at_ms, setup.time_zone if setup else "UTC"))
    page.text(f"{words['date']} {head.business_date}")
    if setup is not None:
        page.centre(*setup.return_policy)
        page.centre(*setup.receipt_footer)


def finished(page: Document, head: ReceiptHead, setup: StoreRow | None, store_id: str, sale_id: str) -> ReceiptDocument:
    """The document with its codes: the barcode finds the receipt in any store, the QR code asks for an invoice."""
    words = words_of(head.language)
    address = setup.invoice_url if setup is not None and sale_id else ""
    qr = ""
    if address:
        joint = "&" if "?" in address else "?"
        qr = f"{address}{joint}store={quote(store_id, safe='')}&sale={quote(sale_id, safe='')}"
    return page.made(
        head.number,
        barcode=f"{store_id}/{head.number}",
        qr=qr,
        qr_caption=words["invoice"] if qr else "",
        copy_mark=words["copy"],
        logo=True,
    )


def _sale_line(page: Document, line: SaleLine, words: Words, *, zh: bool) -> None:
    own = [discount for discount in line.discounts if not _is_of_basket(discount)]
    shown_minor = line.net_minor + sum(sum(discount.shares_minor) for discount in line.discounts)
    page.money(line.name_zh if zh and line.name_zh else line.name, shown_minor)
    each = money(line.unit_price_minor, page.minor_digits)
    if line.grams is not None:
        tare = f" ({words['tare']} {line.tare_grams} g)" if line.tare_grams else ""
        page.text(f"  {line.grams // 1000}.{line.grams % 1000:03d} kg x {each}/kg{tare}")
    elif line.quantity != 1:
        page.text(f"  {line.quantity} x {each}")
    if line.list_price_minor > line.unit_price_minor and line.base_unit_minor is None and not line.bases_minor:
        page.text(f"  {words['list_price']} {money(line.list_price_minor, page.minor_digits)}")
    for discount in own:
        page.money(f"  {_offer_name(discount, words, zh=zh)}", -sum(discount.shares_minor))
    if line.batch or line.expires:
        expires = f" {words['expires']} {line.expires}" if line.expires else ""
        page.text(f"  {words['batch']} {line.batch or '-'}{expires}")
    if line.serial:
        page.text(f"  {words['serial']} {line.serial}")


def _off_basket(sale: SaleClosed, words: Words, *, zh: bool) -> dict[str, int]:
    """What came off the whole basket, by the offer's name, in the order it was taken off."""
    off: dict[str, tuple[str, int]] = {}
    for line in sale.lines:
        for discount in line.discounts:
            if _is_of_basket(discount):
                name, known = off.get(discount.promotion_id, (_offer_name(discount, words, zh=zh), 0))
                off[discount.promotion_id] = (name, known + sum(discount.shares_minor))
    named: dict[str, int] = {}
    for name, minor in off.values():
        named[name] = named.get(name, 0) + minor
    return named


def _is_of_basket(discount: UnitDiscount) -> bool:
    return discount.layer in _BASKET_LAYERS or discount.promotion_id == BY_HAND_BASKET


def _offer_name(discount: UnitDiscount, words: Words, *, zh: bool) -> str:
    if discount.promotion_id.startswith("manual:"):
        return words["by_hand"]
    return (discount.name_zh if zh else "") or discount.name or discount.promotion_id


def _list_minor(line: SaleLine) -> int:
    if line.grams is not None:
        return weighed_price_minor(line.grams, line.list_price_minor)
    return line.list_price_minor * line.quantity


def _payment(page: Document, sale: SaleClosed, words: Words) -> None:
    if sale.rounding_minor:
        page.money(words["rounding"], sale.rounding_minor)
        page.money(words["due"], sale.total_minor + sale.rounding_minor, strong=True)
    for tender in sale.tenders:
        page.money(tender_words(tender, words), tender.amount_minor)
        if tender.kind == "cash" or tender.change_minor:
            page.money(words["change"], tender.change_minor)


def _slip(page: Document, head: ReceiptHead) -> None:
    if not head.slip:
        return
    page.rule()
    for line in head.slip:
        page.text(cut(line.rstrip(), COLUMNS))


def _customer(page: Document, sale: SaleClosed, head: ReceiptHead, words: Words) -> None:
    if sale.member_id is None:
        return
    page.rule()
    page.text(f"{words['member']} *{sale.member_id[-4:]}")
    page.text(words["points_earned"], str(sale.points_earned))
    if head.points_balance is not None:
        page.text(words["points_balance"], str(head.points_balance))
