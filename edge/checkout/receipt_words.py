"""The words of receipts, by the store's language. A receipt is for the customer: its language is not the cashier's."""

from __future__ import annotations

from collections.abc import Mapping

from protocols.contract.sale_parts import Tender

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "receipt": "Receipt", "till": "Till", "cashier": "Cashier", "total": "TOTAL", "rounding": "Rounding",
        "due": "To pay", "change": "Change", "tax": "Tax", "included": "incl.", "date": "Business date",
        "copy": "*** COPY ***", "training": "*** TRAINING ***", "subtotal": "Subtotal", "saved": "You saved",
        "by_hand": "Discount", "batch": "Batch", "expires": "exp.", "serial": "Serial", "tare": "tare",
        "member": "Member", "points_earned": "Points earned", "points_balance": "Points balance",
        "points_taken_back": "Points taken back", "points_given_back": "Points given back",
        "invoice": "Scan for an invoice", "return": "RETURN", "exchange": "EXCHANGE", "goods_out": "Bought",
        "goods_back": "Returned", "of_receipt": "Of receipt", "no_receipt": "Without receipt", "refund": "REFUND",
        "difference": "Difference", "paid_back": "Paid back", "signature": "Signature of the customer",
        "unverified": "Not checked with headquarters", "repriced": "What you keep was priced anew",
        "set_off": "Set off against goods", "list_price": "instead of",
        "cash": "Cash", "card": "Card", "code": "Mobile payment", "gift_card": "Gift card", "points": "Points",
        "return_credit": "Returned goods", "deposit": "Deposit", "order": "Paid online",
        "unwanted": "not wanted", "damaged": "damaged", "faulty": "faulty", "wrong_item": "wrong item", "expired": "expired",
    },
    "zh": {
        "receipt": "小票", "till": "收银台", "cashier": "收银员", "total": "合计", "rounding": "抹零", "due": "应付",
        "change": "找零", "tax": "税", "included": "含", "date": "营业日", "copy": "*** 副本 ***",
        "training": "*** 培训 ***", "subtotal": "小计", "saved": "已节省", "by_hand": "折扣", "batch": "批号",
        "expires": "有效期至", "serial": "序列号", "tare": "皮重", "member": "会员", "points_earned": "本次积分",
        "points_balance": "积分余额", "points_taken_back": "扣回积分", "points_given_back": "退还积分",
        "invoice": "扫码开票", "return": "退货", "exchange": "换货", "goods_out": "购买", "goods_back": "退回",
        "of_receipt": "原小票", "no_receipt": "无小票", "refund": "退款", "difference": "差额", "paid_back": "退款方式",
        "signature": "顾客签名", "unverified": "未经总部核对", "repriced": "保留商品已重新计价", "set_off": "抵扣购买商品",
        "list_price": "原价",
        "cash": "现金", "card": "银行卡", "code": "移动支付", "gift_card": "礼品卡", "points": "积分",
        "return_credit": "退货抵扣", "deposit": "定金", "order": "线上已付",
        "unwanted": "不想要", "damaged": "破损", "faulty": "故障", "wrong_item": "买错", "expired": "过期",
    },
}  # fmt: skip

Words = Mapping[str, str]


def words_of(language: str) -> Words:
    """The words of a language; English for one that is not known."""
    return _WORDS.get(language, _WORDS["en"])


def tender_words(tender: Tender, words: Words) -> str:
    """A tender with the last four characters of its reference, never more."""
    name = words.get(tender.kind, tender.kind)
    return f"{name} *{tender.reference[-4:]}" if tender.reference and tender.kind != "return_credit" else name
