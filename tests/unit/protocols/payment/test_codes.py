"""Payment codes: whose they are, signatures byte for byte, answers of both providers, and the timing rules."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.payment.codes import alipay, wechat
from protocols.payment.codes.flow import ALIPAY_RULES, WECHAT_RULES, CodeFlow, Rules
from protocols.payment.codes.kinds import provider_of
from protocols.payment.codes.replies import CannotUndo, Doubt, Failed, Gone, NoSense, Paid, Reply, Undone, Waiting
from protocols.payment.codes.wechat import WechatMerchant
from protocols.payment.port import Approved, Cancelled, Declined, Pending, Unknown

SHOP = WechatMerchant("wxd930ea5d5a258f4f", "10000100", "192006250b4c09247ec02edce69f6a2d", "MD5")
"""The example of the provider's own signature page."""
EXAMPLE = {
    "appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "device_info": "1000", "body": "test",
    "nonce_str": "ibuaiVcKdpRxkhJA",
}  # fmt: skip


def sign(data: bytes) -> bytes:
    """Stands for RSA in tests of what is signed."""
    return hashlib.sha256(b"secret" + data).digest()


def verify(data: bytes, told: bytes) -> bool:
    return sign(data) == told


PAY_SHOP = alipay.AlipayMerchant("2021000000000000", sign, verify)


@pytest.mark.parametrize(
    ("code", "provider"),
    [
        ("134567890123456789", "wechat"),
        ("154567890123456789", "wechat"),
        ("164567890123456789", None),
        ("094567890123456789", None),
        ("13456789012345678", None),
        ("1345678901234567890", None),
        ("2867890123456789", "alipay"),
        ("286789012345678901234567", "alipay"),
        ("2867890123456789012345678", None),
        ("286789012345678", None),
        ("316789012345678901", None),
        ("fp" + "a1B" * 11, "alipay"),
        ("fp" + "a" * 32, None),
        (" 134567890123456789\r", "wechat"),
        ("１３4567890123456789", None),
        ("", None),
    ],
)
def test_whose_code_it_is(code: str, provider: str | None) -> None:
    assert provider_of(code) == provider


@given(st.text("0123456789", max_size=30))
def test_no_code_belongs_to_two_and_no_product_number_is_one(code: str) -> None:
    found = provider_of(code)
    if len(code) in {8, 12, 13, 14}:
        assert found is None
    assert not (len(code) == 18 and found == "alipay" and code[:2] in {"10", "11", "12", "13", "14", "15"})


def test_the_signature_of_the_provider_s_own_example() -> None:
    assert SHOP.signature(EXAMPLE) == "9A0A8659F005D6984697E2CA0A9CF3B7"
    strong = WechatMerchant(SHOP.app_id, SHOP.merchant_id, SHOP.key)
    assert strong.signature(EXAMPLE) == "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
    assert SHOP.key not in repr(SHOP)


def test_a_question_has_every_field_and_a_right_signature() -> None:
    ask = SHOP.pay("0193" * 8, 1_234, "CNY", "134567890123456789", "Store", "n" * 32)
    assert (ask.path, ask.certificate) == ("/pay/micropay", False)
    assert "1345" not in repr(ask)
    fields = SHOP.read(ask.body)
    assert (fields["total_fee"], fields["auth_code"], fields["out_trade_no"]) == ("1234", "134567890123456789", "0193" * 8)
    assert SHOP.undo("1", "n").certificate


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<xml>", b"not xml", b"<html>504</html>", b"\xff\xfe", b"<xml><a>1</b></xml>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><a>&a;</a></xml>", b"<xml><a x='1'>1</a></xml>",
        b"<xml><return_code>SUCCESS</return_code></xml>", b"<xml>" + b"a" * 70_000 + b"</xml>",
    ],
)  # fmt: skip
def test_what_is_not_the_provider_s_answer_counts_as_none(body: bytes) -> None:
    with pytest.raises(NoSense):
        SHOP.read(body)


@settings(max_examples=40)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.text(max_size=40), max_size=8))
def test_xml_comes_back_and_a_changed_field_is_found(fields: dict[str, str]) -> None:
    clean = {name: value.replace("]]>", "") for name, value in fields.items() if name not in {"sign", "return_code"}}
    body = SHOP.signed(clean)
    read = SHOP.read(body)
    assert {name: value for name, value in read.items() if name != "sign"} == clean
    forged = wechat.to_xml(read | {"total_fee": "1", "x": "y"})
    with pytest.raises(NoSense):
        SHOP.read(forged)


@given(st.binary(max_size=200))
def test_rubbish_is_no_answer_and_nothing_else(data: bytes) -> None:
    for read in (SHOP.read, lambda body: PAY_SHOP.read(alipay.PAY, body)):
        with pytest.raises(NoSense):
            read(data)


OK = {"return_code": "SUCCESS", "result_code": "SUCCESS"}
NO = {"return_code": "SUCCESS", "result_code": "FAIL"}


@pytest.mark.parametrize(
    ("read", "fields", "reply"),
    [
        (wechat.read_pay, OK | {"total_fee": "5", "transaction_id": "4200"}, Paid(5, "4200")),
        (wechat.read_pay, NO | {"err_code": "USERPAYING"}, Waiting()),
        (wechat.read_pay, NO | {"err_code": "SYSTEMERROR"}, Doubt("the provider has trouble (SYSTEMERROR)")),
        (wechat.read_pay, NO | {"err_code": "AUTHCODEEXPIRE"}, Failed("the code has expired: ask for a new one")),
        (wechat.read_pay, {"return_code": "FAIL", "return_msg": "x"}, Doubt("the provider did not understand (x)")),
        (wechat.read_query, NO | {"err_code": "ORDERNOTEXIST"}, Gone()),
        (wechat.read_query, OK | {"trade_state": "USERPAYING"}, Waiting()),
        (wechat.read_query, OK | {"trade_state": "REVOKED"}, Undone()),
        (wechat.read_query, OK | {"trade_state": "PAYERROR"}, Failed("the payment failed at the provider")),
        (wechat.read_undo, OK | {"recall": "N"}, Undone()),
        (wechat.read_undo, OK | {"recall": "Y"}, Doubt("it is not taken back yet")),
        (wechat.read_undo, NO | {"err_code": "SYSTEMERROR", "recall": "Y"}, Doubt("it is not taken back yet")),
        (wechat.read_undo, NO | {"err_code": "REVERSE_EXPIRE"}, CannotUndo("refused by the provider (REVERSE_EXPIRE)")),
        (wechat.read_refund, OK | {"refund_fee": "3", "refund_id": "50"}, Paid(3, "50")),
        (wechat.read_refund_query, NO | {"err_code": "REFUNDNOTEXIST"}, Gone()),
    ],
)
def test_what_wechat_says(read: wechat.Reading, fields: dict[str, str], reply: Reply) -> None:
    assert read(fields) == reply


@pytest.mark.parametrize(
    ("read", "answer", "reply"),
    [
        (alipay.read_pay, alipay.Answer(code="10000", total_amount="12.3", trade_no="2026"), Paid(1_230, "2026")),
        (alipay.read_pay, alipay.Answer(code="10003"), Waiting()),
        (alipay.read_pay, alipay.Answer(code="20000"), Doubt("the provider has trouble (20000)")),
        (alipay.read_pay, alipay.Answer(code="40004", sub_code="X"), Failed("refused by the provider (X)")),
        (
            alipay.read_pay,
            alipay.Answer(code="40004", sub_code="ACQ.SYSTEM_ERROR"),
            Doubt("the provider has trouble (40004)"),
        ),
        (alipay.read_query, alipay.Answer(code="40004", sub_code="ACQ.TRADE_NOT_EXIST"), Gone()),
        (alipay.read_query, alipay.Answer(code="10000", trade_status="WAIT_BUYER_PAY"), Waiting()),
        (alipay.read_query, alipay.Answer(code="10000", trade_status="TRADE_CLOSED"), Undone()),
        (alipay.read_undo, alipay.Answer(code="10000", retry_flag="N"), Undone()),
        (alipay.read_undo, alipay.Answer(code="10000", retry_flag="Y"), Doubt("it is not taken back yet")),
        (alipay.read_undo, alipay.Answer(code="20000"), Doubt("it is not taken back yet")),
        (alipay.read_refund_query_of(5), alipay.Answer(code="10000"), Gone()),
    ],
)
def test_what_alipay_says(read: alipay.Reading, answer: alipay.Answer, reply: Reply) -> None:
    assert read(answer) == reply


def test_alipay_s_signature_covers_the_bytes_as_they_came() -> None:
    ask = PAY_SHOP.pay("n1", 1_234, "286789012345678901", "店", "2026-11-28 10:00:00")
    method, content = alipay.read_question(ask.body, verify)
    assert (method, content["total_amount"], content["scene"]) == (alipay.PAY, "12.34", "bar_code")
    inner = b'{"code": "10000",  "total_amount":"12.34","trade_no":"1"}'
    body = b'{"alipay_trade_pay_response": ' + inner + b',"sign":"' + base64.b64encode(sign(inner)) + b'"}'
    assert PAY_SHOP.read(alipay.PAY, body).total_amount == "12.34"
    with pytest.raises(NoSense, match="signature"):
        PAY_SHOP.read(alipay.PAY, body.replace(b"12.34", b"12.35"))
    with pytest.raises(NoSense):
        PAY_SHOP.read(alipay.QUERY, body)
    with pytest.raises(NoSense):
        alipay.read_question(ask.body.replace(b"12.34", b"00.01"), verify)


def told_by(rules: Rules, replies: dict[str, list[Reply]], *, stop_at_ms: int = -1) -> tuple[object, list[tuple[str, int]]]:
    """(outcome, [(question, when)]) of a payment: the queued replies of each question, the last for ever."""
    flow, now_ms, asked = CodeFlow(rules, 0), 0, [("pay", 0)]
    flow.heard(_next(replies["pay"]), now_ms)
    while (step := flow.next()) is not None and len(asked) < 30:
        if now_ms < stop_at_ms <= step.at_ms:
            now_ms = stop_at_ms
            flow.wish_to_stop()
            continue
        now_ms = max(now_ms, step.at_ms)
        asked.append((step.question, now_ms))
        if step.question == "undo":
            flow.begin_undo()
        flow.heard(_next(replies[step.question]), now_ms)
    return flow.outcome, asked


def _next(replies: list[Reply]) -> Reply:
    return replies.pop(0) if len(replies) > 1 else replies[0]


def test_wechat_customer_confirms_with_a_password() -> None:
    outcome, asked = told_by(WECHAT_RULES, {"pay": [Waiting()], "query": [Waiting(), Paid(5, "x")]})
    assert outcome == Approved(5, "x")
    assert asked == [("pay", 0), ("query", 10_000), ("query", 20_000)]


def test_wechat_customer_never_confirms() -> None:
    outcome, asked = told_by(
        WECHAT_RULES, {"pay": [Waiting()], "query": [Waiting()], "undo": [Doubt(""), Doubt(""), Undone()]}
    )
    assert isinstance(outcome, Declined)
    assert [at for what, at in asked if what == "query"] == [10_000, 20_000, 30_000, 40_000, 45_000]
    assert [at for what, at in asked if what == "undo"] == [45_000, 50_000, 55_000], "again until it is definite"


def test_wechat_without_an_answer_is_asked_after_five_seconds() -> None:
    outcome, asked = told_by(WECHAT_RULES, {"pay": [Doubt("")], "query": [Paid(5, "x")]})
    assert (outcome, asked) == (Approved(5, "x"), [("pay", 0), ("query", 5_000)])


def test_an_undo_comes_never_before_its_time_and_no_answer_revives_the_order() -> None:
    stopped = {"pay": [Waiting()], "query": [Waiting()], "undo": [Doubt(""), Paid(5, "x"), Undone()]}
    outcome, asked = told_by(WECHAT_RULES, stopped, stop_at_ms=2_000)
    assert outcome == Cancelled()
    assert [at for what, at in asked if what == "undo"] == [15_000, 20_000, 25_000]


def test_alipay_is_asked_every_three_seconds_for_a_minute() -> None:
    outcome, asked = told_by(ALIPAY_RULES, {"pay": [Waiting()], "query": [Gone(), Waiting()], "undo": [Undone()]})
    assert isinstance(outcome, Declined)
    assert [at for what, at in asked if what == "query"] == list(range(3_000, 60_001, 3_000))
    assert asked[-1] == ("undo", 60_000)


def test_what_cannot_be_undone_is_left_to_a_person() -> None:
    outcome, asked = told_by(ALIPAY_RULES, {"pay": [Waiting()], "query": [Waiting()], "undo": [CannotUndo("too late")]})
    assert isinstance(outcome, Unknown)
    assert asked.count(("undo", 60_000)) == 1


def test_after_a_restart_the_customer_has_had_his_time() -> None:
    flow = CodeFlow(WECHAT_RULES, 1_000, resumed=True)
    step = flow.next()
    assert step is not None
    assert (step.question, step.at_ms) == ("query", 1_000)
    flow.heard(Waiting(), 1_000)
    assert flow.next().at_ms == 11_000  # type: ignore[union-attr]
    flow.heard(Waiting(), 11_000)
    flow.heard(Waiting(), 16_000)
    assert flow.next().question == "undo"  # type: ignore[union-attr]
    undoing = CodeFlow(WECHAT_RULES, 1_000, resumed=True, undoing=True)
    assert undoing.next().at_ms == 16_000  # type: ignore[union-attr]
    assert undoing.outcome == Pending()


REPLIES = st.sampled_from([Waiting(), Gone(), Doubt("x"), Paid(1, "r"), Failed("f"), Undone()])


@settings(max_examples=40)
@given(st.lists(REPLIES, min_size=1, max_size=12), st.sampled_from([WECHAT_RULES, ALIPAY_RULES]), st.integers(-1, 60_000))
def test_whatever_a_provider_says_the_times_hold(said: list[Reply], rules: Rules, stop_at_ms: int) -> None:
    replies = {"pay": list(said), "query": list(said), "undo": [Doubt(""), Paid(1, "late"), Undone()]}
    outcome, asked = told_by(rules, replies, stop_at_ms=stop_at_ms)
    undos = [at for what, at in asked if what == "undo"]
    assert not undos or undos[0] >= rules.undo_not_before_ms
    assert undos == [] or not isinstance(outcome, Approved), "an order that is being undone is never paid"
    assert len([what for what, _ in asked if what == "pay"]) == 1
