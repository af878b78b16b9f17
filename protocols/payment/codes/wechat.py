"""WeChat Pay, interface version 2: flat XML, signed with a key (MD5 or HMAC-SHA256). Both roles.

The signature covers every field that is not empty, sorted by name, as `a=1&b=2&key=...`, in capital hex. What a provider
answers is signed in the same way; an answer with a wrong signature counts as no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from protocols.payment.codes.replies import CannotUndo, Doubt, Failed, Gone, HttpAsk, NoSense, Paid, Reply, Undone, Waiting

SignType = Literal["MD5", "HMAC-SHA256"]
Fields = dict[str, str]
Reading = Callable[[Fields], Reply]

PAY, QUERY, UNDO = "/pay/micropay", "/pay/orderquery", "/secapi/pay/reverse"
REFUND, REFUND_QUERY = "/secapi/pay/refund", "/pay/refundquery"
BYTES_MAX = 65_536
_FIELD = re.compile(r"<(\w{1,64})>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", re.DOTALL)

NO_ANSWER = frozenset({"SYSTEMERROR", "BANKERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED"})
_WORDS = {
    "AUTHCODEEXPIRE": "the code has expired: ask for a new one",
    "AUTH_CODE_ERROR": "not a payment code",
    "AUTH_CODE_INVALID": "the code was used before: ask for a new one",
    "NOTENOUGH": "not enough money in the customer's account",
    "NOTSUPORTCARD": "the customer's card is not taken",
    "TRADE_ERROR": "the provider refused",
    "ORDERREVERSED": "it was taken back before",
    "ORDERCLOSED": "it was closed before",
    "BUYER_MISMATCH": "the customer confirmed with another account",
}


@dataclass(frozen=True, slots=True)
class WechatMerchant:
    """A shop at the provider. `key` is a secret and never shown."""

    app_id: str
    merchant_id: str
    key: str
    sign_type: SignType = "HMAC-SHA256"

    def __repr__(self) -> str:
        return f"WechatMerchant({self.app_id!r}, {self.merchant_id!r})"

    def pay(self, order_no: str, amount_minor: int, currency: str, code: str, title: str, nonce: str) -> HttpAsk:
        """Take an amount from whoever shows the code."""
        return self._ask(
            PAY,
            nonce,
            {
                "body": title,
                "out_trade_no": order_no,
                "total_fee": str(amount_minor),
                "fee_type": currency,
                "spbill_create_ip": "127.0.0.1",
                "auth_code": code,
            },
        )

    def query(self, order_no: str, nonce: str) -> HttpAsk:
        """What became of an order."""
        return self._ask(QUERY, nonce, {"out_trade_no": order_no})

    def undo(self, order_no: str, nonce: str) -> HttpAsk:
        """Close an order; give back what was paid."""
        return self._ask(UNDO, nonce, {"out_trade_no": order_no}, certificate=True)

    def refund(self, refund_no: str, order_no: str, refund_minor: int, total_minor: int, nonce: str) -> HttpAsk:
        """Give a part back, under a number of its own: the same number twice gives back once."""
        return self._ask(
            REFUND,
            nonce,
            {
                "out_trade_no": order_no,
                "out_refund_no": refund_no,
                "total_fee": str(total_minor),
                "refund_fee": str(refund_minor),
            },
            certificate=True,
        )

    def refund_query(self, refund_no: str, nonce: str) -> HttpAsk:
        """What became of a refund."""
        return self._ask(REFUND_QUERY, nonce, {"out_refund_no": refund_no})

    def read(self, body: bytes) -> Fields:
        """Fields of an answer (or of a question, for the provider's role). Raises `NoSense`."""
        fields = from_xml(body)
        if fields.get("return_code") == "FAIL":  # not signed: it only says that nobody understood
            return fields
        told = fields.get("sign", "")
        if not hmac.compare_digest(told, self.signature(fields)):
            raise NoSense("the signature of the provider's answer is wrong")
        return fields

    def signature(self, fields: Fields) -> str:
        """Over all fields but `sign`."""
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign")
        data = f"{text}&key={self.key}".encode()
        if self.sign_type == "MD5":
            return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
        return hmac.new(self.key.encode(), data, hashlib.sha256).hexdigest().upper()

    def signed(self, fields: Fields) -> bytes:
        """Fields with their signature, as XML."""
        return to_xml(fields | {"sign": self.signature(fields)})

    def _ask(self, path: str, nonce: str, more: Fields, *, certificate: bool = False) -> HttpAsk:
        fields = {"appid": self.app_id, "mch_id": self.merchant_id, "nonce_str": nonce, "sign_type": self.sign_type} | more
        return HttpAsk(path, self.signed(fields), "text/xml; charset=utf-8", certificate)


def read_pay(fields: Fields) -> Reply:
    """The answer to `pay`."""
    if fields.get("return_code") != "SUCCESS":
        return Doubt(f"the provider did not understand ({_short(fields, 'return_msg')})")
    if fields.get("result_code") == "SUCCESS":
        return _paid(fields)
    error = fields.get("err_code", "")
    if error in NO_ANSWER:
        return Doubt(f"the provider has trouble ({error[:32]})")
    if error == "USERPAYING":
        return Waiting()
    return Failed(_why(fields))


def read_query(fields: Fields) -> Reply:
    """The answer to `query`."""
    if fields.get("return_code") != "SUCCESS":
        return Doubt(f"the provider did not understand ({_short(fields, 'return_msg')})")
    if fields.get("result_code") != "SUCCESS":
        missing = fields.get("err_code") in {"ORDERNOTEXIST", "ORDER_NOT_EXIST"}
        return Gone() if missing else Doubt(f"the provider has trouble ({_short(fields, 'err_code')})")
    match fields.get("trade_state", ""):
        case "SUCCESS":
            return _paid(fields)
        case "USERPAYING" | "NOTPAY" | "ACCEPT":
            return Waiting()
        case "REFUND" | "REVOKED" | "CLOSED":
            return Undone()
        case "PAYERROR":
            return Failed("the payment failed at the provider")
        case other:
            return Doubt(f"an unknown state ({other[:32]})")


def read_undo(fields: Fields) -> Reply:
    """The answer to `undo`. Definite only without a wish to be called again."""
    if fields.get("return_code") != "SUCCESS":
        return Doubt(f"the provider did not understand ({_short(fields, 'return_msg')})")
    if fields.get("result_code") == "SUCCESS" and fields.get("recall", "N") == "N":
        return Undone()
    if fields.get("err_code") in {"REVERSE_EXPIRE", "INVALID_TRANSACTIONID", "TRADE_STATE_ERROR"}:
        return CannotUndo(_why(fields))
    return Doubt("it is not taken back yet")


def read_refund(fields: Fields) -> Reply:
    """The answer to `refund`: accepted means it will be given back."""
    if fields.get("return_code") != "SUCCESS":
        return Doubt(f"the provider did not understand ({_short(fields, 'return_msg')})")
    if fields.get("result_code") == "SUCCESS":
        return Paid(_amount(fields, "refund_fee"), fields.get("refund_id", "")[:64])
    error = fields.get("err_code", "")
    return (
        Doubt(f"the provider has trouble ({error[:32]})")
        if error in {*NO_ANSWER, "BIZERR_NEED_RETRY"}
        else Failed(_why(fields))
    )


def read_refund_query(fields: Fields) -> Reply:
    """The answer to `refund_query`."""
    if fields.get("return_code") != "SUCCESS":
        return Doubt(f"the provider did not understand ({_short(fields, 'return_msg')})")
    if fields.get("result_code") != "SUCCESS":
        return Gone() if fields.get("err_code") == "REFUNDNOTEXIST" else Doubt("the provider has trouble")
    match fields.get("refund_status_0", ""):
        case "SUCCESS" | "PROCESSING":
            return Paid(_amount(fields, "refund_fee_0"), fields.get("refund_id_0", "")[:64])
        case "REFUNDCLOSE":
            return Failed("the refund was closed")
        case other:
            return Doubt(f"the refund needs a person ({other[:32]})")


def _paid(fields: Fields) -> Reply:
    return Paid(_amount(fields, "total_fee"), fields.get("transaction_id", "")[:64])


def _amount(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    if not (text.isascii() and text.isdecimal()):
        raise NoSense(f"the provider's answer has no {name}")
    return int(text)


def _why(fields: Fields) -> str:
    error = fields.get("err_code", "")
    return _WORDS.get(error, f"refused by the provider ({error[:32] or 'no reason'})")


def _short(fields: Fields, name: str) -> str:
    return fields.get(name, "")[:40]


def to_xml(fields: Fields) -> bytes:
    """One flat document."""
    inner = "".join(f"<{name}><![CDATA[{value.replace(']]>', '')}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def from_xml(body: bytes) -> Fields:
    """A flat document: no attributes, no entities, no document type. Raises `NoSense`."""
    if len(body) > BYTES_MAX:
        raise NoSense(f"an answer of more than {BYTES_MAX} bytes")
    try:
        text = body.decode().strip()
    except UnicodeDecodeError as error:
        raise NoSense("the provider's answer is not UTF-8") from error
    text = re.sub(r"^<\?xml[^>]{0,100}\?>\s*", "", text)
    if not (text.startswith("<xml>") and text.endswith("</xml>")):
        raise NoSense("the provider's answer is not its XML")
    inner = text[5:-6]
    fields, at = {}, 0
    for found in _FIELD.finditer(inner):
        if inner[at : found.start()].strip():
            raise NoSense("the provider's answer is not flat XML")
        fields[found[1]] = found[2] if found[2] is not None else _plain(found[3])
        at = found.end()
    if inner[at:].strip():
        raise NoSense("the provider's answer is not flat XML")
    return fields


def _plain(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
