"""Alipay's open gateway: a form with one JSON document, signed with RSA and SHA-256 (*RSA2*). Both roles.

The signature of a question covers its parameters, sorted, as `a=1&b=2`; that of an answer covers the bytes of the document
inside, exactly as they came. Keys live outside: `sign` and `verify` are passed in.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import msgspec

from protocols.payment.codes.replies import CannotUndo, Doubt, Failed, Gone, HttpAsk, NoSense, Paid, Reply, Undone, Waiting

PATH = "/gateway.do"
PAY, QUERY, UNDO = "alipay.trade.pay", "alipay.trade.query", "alipay.trade.cancel"
REFUND, REFUND_QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
OK, WAITING, UNKNOWN, FAILED = "10000", "10003", "20000", "40004"
BYTES_MAX = 65_536

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]

_WORDS = {
    "ACQ.PAYMENT_AUTH_CODE_INVALID": "the code has expired or was used: ask for a new one",
    "ACQ.SOUNDWAVE_PARSER_FAIL": "not a payment code",
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": "not enough money in the customer's account",
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": "not enough money on the customer's card",
    "ACQ.TRADE_HAS_CLOSE": "it was closed before",
    "ACQ.TRADE_HAS_SUCCESS": "it was paid before",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "more than was paid",
}


class Answer(msgspec.Struct, frozen=True):
    """The fields of any answer that are of use."""

    code: str = ""
    sub_code: str = ""
    trade_no: str = ""
    out_trade_no: str = ""
    total_amount: str = ""
    receipt_amount: str = ""
    trade_status: str = ""
    retry_flag: str = ""
    action: str = ""
    refund_fee: str = ""
    refund_amount: str = ""
    fund_change: str = ""
    refund_status: str = ""


Reading = Callable[[Answer], Reply]


@dataclass(frozen=True, slots=True)
class AlipayMerchant:
    """A shop at the provider."""

    app_id: str
    sign: Sign = field(repr=False)
    verify: Verify = field(repr=False)

    def pay(self, order_no: str, amount_minor: int, code: str, title: str, timestamp: str) -> HttpAsk:
        """Take an amount from whoever shows the code. `timestamp`: Beijing time, `2026-11-28 10:00:00`."""
        scene = "security_code" if code.startswith("fp") else "bar_code"
        content = {
            "out_trade_no": order_no,
            "scene": scene,
            "auth_code": code,
            "subject": title,
            "total_amount": to_yuan(amount_minor),
            "timeout_express": "3m",
        }
        return self._ask(PAY, content, timestamp)

    def query(self, order_no: str, timestamp: str) -> HttpAsk:
        """What became of an order."""
        return self._ask(QUERY, {"out_trade_no": order_no}, timestamp)

    def undo(self, order_no: str, timestamp: str) -> HttpAsk:
        """Close an order, whether it exists or not; give back what was paid. On the same Beijing day only."""
        return self._ask(UNDO, {"out_trade_no": order_no}, timestamp)

    def refund(self, refund_no: str, order_no: str, refund_minor: int, timestamp: str) -> HttpAsk:
        """Give a part back, under a number of its own."""
        content = {"out_trade_no": order_no, "refund_amount": to_yuan(refund_minor), "out_request_no": refund_no}
        return self._ask(REFUND, content, timestamp)

    def refund_query(self, refund_no: str, order_no: str, timestamp: str) -> HttpAsk:
        """What became of a refund."""
        return self._ask(REFUND_QUERY, {"out_trade_no": order_no, "out_request_no": refund_no}, timestamp)

    def read(self, method: str, body: bytes) -> Answer:
        """The document inside an answer. Raises `NoSense`."""
        if len(body) > BYTES_MAX:
            raise NoSense(f"an answer of more than {BYTES_MAX} bytes")
        inner, told = _inside(body, f"{method.replace('.', '_')}_response")
        if not self.verify(inner, told):
            raise NoSense("the signature of the provider's answer is wrong")
        try:
            return msgspec.json.decode(inner, type=Answer)
        except msgspec.MsgspecError as error:
            raise NoSense("the provider's answer is not its JSON") from error

    def _ask(self, method: str, content: dict[str, str], timestamp: str) -> HttpAsk:
        parameters = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": timestamp,
            "version": "1.0",
            "biz_content": json.dumps(content, separators=(",", ":"), ensure_ascii=False),
        }
        parameters["sign"] = base64.b64encode(self.sign(signed_text(parameters))).decode()
        return HttpAsk(PATH, urlencode(parameters).encode(), "application/x-www-form-urlencoded; charset=utf-8")


def signed_text(parameters: dict[str, str]) -> bytes:
    """What the signature of a question covers."""
    names = sorted(name for name, value in parameters.items() if value and name != "sign")
    return "&".join(f"{name}={parameters[name]}" for name in names).encode()


def read_question(body: bytes, verify: Verify) -> tuple[str, dict[str, str]]:
    """(method, content) of a shop's question: the provider's role. Raises `NoSense`."""
    parameters = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=40))
    try:
        told = base64.b64decode(parameters.get("sign", ""), validate=True)
        content = msgspec.json.decode(parameters.get("biz_content", "{}"), type=dict[str, str])
    except (binascii.Error, msgspec.MsgspecError) as error:
        raise NoSense("a question that is not the shop's") from error
    if not verify(signed_text(parameters), told):
        raise NoSense("the signature of the question is wrong")
    return parameters.get("method", ""), content


def answer(method: str, content: dict[str, str], sign: Sign) -> bytes:
    """The provider's answer."""
    inner = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    name = f"{method.replace('.', '_')}_response".encode()
    return b'{"' + name + b'":' + inner + b',"sign":"' + base64.b64encode(sign(inner)) + b'"}'


def _inside(body: bytes, name: str) -> tuple[bytes, bytes]:
    """The signed bytes, as they came, and their signature. Raises `NoSense`."""
    try:
        text = body.decode()
        start = re.search(rf'"(?:{name}|error_response)"\s*:\s*', text)
        if start is None:
            raise NoSense("the provider's answer has not the document that was asked for")
        _, end = json.JSONDecoder().raw_decode(text, start.end())
        sign = re.search(r'"sign"\s*:\s*"([A-Za-z0-9+/=]{1,2000})"', text[: start.start()] + text[end:])
        told = base64.b64decode(sign[1], validate=True) if sign is not None else b""
    except (ValueError, RecursionError, binascii.Error) as error:
        raise NoSense("the provider's answer is not its JSON") from error
    return text[start.end() : end].encode(), told


def read_pay(told: Answer) -> Reply:
    """The answer to `pay`."""
    match told.code:
        case "10000":
            return Paid(from_yuan(told.total_amount), told.trade_no[:64])
        case "10003":
            return Waiting()
        case "40004" if told.sub_code not in {"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR"}:
            return Failed(_why(told))
        case _:
            return Doubt(f"the provider has trouble ({told.code[:8]})")


def read_query(told: Answer) -> Reply:
    """The answer to `query`."""
    if told.code == FAILED and told.sub_code == "ACQ.TRADE_NOT_EXIST":
        return Gone()
    if told.code != OK:
        return Doubt(f"the provider has trouble ({told.code[:8]})")
    match told.trade_status:
        case "TRADE_SUCCESS" | "TRADE_FINISHED":
            return Paid(from_yuan(told.total_amount), told.trade_no[:64])
        case "WAIT_BUYER_PAY":
            return Waiting()
        case "TRADE_CLOSED":
            return Undone()
        case other:
            return Doubt(f"an unknown state ({other[:32]})")


def read_undo(told: Answer) -> Reply:
    """The answer to `undo`. It also succeeds for an order that never came."""
    if told.code == OK and told.retry_flag != "Y":
        return Undone()
    if told.code == FAILED and told.retry_flag == "N" and told.sub_code != "ACQ.SYSTEM_ERROR":
        return CannotUndo(_why(told))
    return Doubt("it is not taken back yet")


def read_refund_of(asked_minor: int) -> Reading:
    """Reads answers to a refund of this amount."""
    return lambda told: read_refund(told, asked_minor)


def read_refund_query_of(asked_minor: int) -> Reading:
    """Reads answers to a query of a refund of this amount."""
    return lambda told: read_refund_query(told, asked_minor)


def read_refund(told: Answer, asked_minor: int) -> Reply:
    """The answer to `refund`. `refund_fee` is the sum of all refunds of the order, so the amount is the one asked for."""
    if told.code == OK:
        return Paid(asked_minor, told.trade_no[:64])
    if told.code == FAILED and told.sub_code != "ACQ.SYSTEM_ERROR":
        return Failed(_why(told))
    return Doubt(f"the provider has trouble ({told.code[:8]})")


def read_refund_query(told: Answer, asked_minor: int) -> Reply:
    """The answer to `refund_query`: an answer without an amount means there is no such refund."""
    if told.code == OK and (told.refund_status == "REFUND_SUCCESS" or told.refund_amount):
        return Paid(asked_minor, told.trade_no[:64])
    if told.code == OK or (told.code == FAILED and told.sub_code == "ACQ.TRADE_NOT_EXIST"):
        return Gone()
    return Doubt(f"the provider has trouble ({told.code[:8]})")


def _why(told: Answer) -> str:
    return _WORDS.get(told.sub_code, f"refused by the provider ({told.sub_code[:48] or told.code[:8]})")


def to_yuan(amount_minor: int) -> str:
    """1234 as `12.34`."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"


def from_yuan(text: str) -> int:
    """`12.34` as 1234, `12` as 1200. Raises `NoSense`."""
    found = re.fullmatch(r"(\d{1,10})(?:\.(\d{1,2}))?", text, re.ASCII)
    if found is None:
        raise NoSense("the provider's answer has no amount")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
