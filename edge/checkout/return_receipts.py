"""The receipt of goods that came back, and of an exchange: goods going both ways under one number. Pure."""

from __future__ import annotations

from edge.checkout.documents import Document, ReceiptDocument
from edge.checkout.receipt_words import Words, tender_words, words_of
from edge.checkout.receipts import ReceiptHead, begin, end, finished, goods_out, tax_lines
from edge.checkout.refund_plan import RETURN_CREDIT
from protocols.contract.feed_rows import StoreRow
from protocols.contract.till_facts import GoodsReturned, SaleClosed
from protocols.contract.values import TaxMode


def return_receipt(
    back: GoodsReturned, sale: SaleClosed | None, head: ReceiptHead, setup: StoreRow | None
) -> ReceiptDocument:
    """Lay a return out; with `sale`, the goods that went out in the same transaction."""
    words = words_of(head.language)
    page = Document(head.minor_digits)
    begin(page, back.store_id, setup, words)
    page.title(words["return"] if sale is None else words["exchange"])
    if sale is not None:
        page.text(words["goods_out"], strong=True)
        goods_out(page, sale, words)
        page.money(f"{words['total']} {sale.currency}", sale.total_minor, strong=True)
        page.rule()
        page.text(words["goods_back"], strong=True)
    _goods_back(page, back, words)
    page.rule()
    page.money(f"{words['refund']} {back.currency}", back.total_minor, strong=True)
    _money(page, back, sale, words)
    _taxes(page, back, sale, words)
    _points(page, back, words)
    if any(tender.kind == "cash" for tender in back.tenders):
        page.text("")
        page.text(words["signature"], "_" * 14)
    end(page, back.till_id, head, setup, words)
    return finished(page, head, setup, back.store_id, "" if sale is None else sale.sale_id)


def _goods_back(page: Document, back: GoodsReturned, words: Words) -> None:
    page.text(f"{words['of_receipt']} {back.sold_receipt}" if back.sold_receipt else words["no_receipt"])
    for line in back.lines:
        page.money(line.name, -line.refund_minor)
        amount = f"{line.quantity} x" if line.grams is None else f"{line.grams // 1000}.{line.grams % 1000:03d} kg"
        page.text(f"  {amount} {words.get(line.reason, line.reason)}")
        if line.batch:
            page.text(f"  {words['batch']} {line.batch}")
        if line.serial:
            page.text(f"  {words['serial']} {line.serial}")
    if back.policy == "reprice":
        page.text(words["repriced"])
    if back.unverified:
        page.text(words["unverified"])


def _money(page: Document, back: GoodsReturned, sale: SaleClosed | None, words: Words) -> None:
    if back.rounding_minor:
        page.money(words["rounding"], back.rounding_minor)
    for tender in back.tenders:
        name = words["set_off"] if tender.kind == RETURN_CREDIT else f"{words['paid_back']}: {tender_words(tender, words)}"
        page.money(name, tender.amount_minor)
    if sale is None:
        return
    if sale.rounding_minor:
        page.money(words["rounding"], sale.rounding_minor)
    for tender in sale.tenders:
        if tender.kind != RETURN_CREDIT:
            page.money(tender_words(tender, words), tender.amount_minor)
            if tender.change_minor:
                page.money(words["change"], tender.change_minor)


def _taxes(page: Document, back: GoodsReturned, sale: SaleClosed | None, words: Words) -> None:
    if sale is not None:
        tax_lines(page, [(line.tax_rate_bp, line.net_minor, line.tax_minor) for line in sale.lines], sale.tax_mode, words)
    returned = [(line.tax_rate_bp, -line.refund_minor, -line.tax_minor) for line in back.lines]
    # What goods pay back holds the tax in either mode.
    tax_lines(page, returned, TaxMode.INCLUSIVE, words)


def _points(page: Document, back: GoodsReturned, words: Words) -> None:
    if back.points_taken_back:
        page.text(words["points_taken_back"], str(back.points_taken_back))
    if back.points_given_back:
        page.text(words["points_given_back"], str(back.points_given_back))
