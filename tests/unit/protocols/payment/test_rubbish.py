"""A million bytes of rubbish, made of what the wires are made of, at every reader of providers and terminals."""

from __future__ import annotations

import random

import pytest

from protocols.payment.codes import alipay, wechat
from protocols.payment.codes.kinds import provider_of
from protocols.payment.codes.replies import NoSense
from protocols.payment.codes.wechat import WechatMerchant
from protocols.payment.nexo import messages as nexo
from protocols.payment.nexo.messages import NexoError
from protocols.payment.nexo.sealing import derive, unseal

TOTAL_BYTES = 1_000_000
PIECES = (
    b"<xml>", b"</xml>", b"<return_code>", b"</return_code>", b"<![CDATA[", b"]]>", b"SUCCESS", b"<sign>", b"</sign>",
    b'{"SaleToPOIResponse":', b'{"MessageHeader":', b'"Response":', b'"Result":"Success"', b'{"alipay_trade_pay_response":',
    b"&amp;", b'"sign":"', b"1e999", b"null", b"[", b"]", b"{", b"}", b'"', b",", b"\\u0000", b"\xff", b"\x00",
)  # fmt: skip
SHOP = WechatMerchant("wx", "1", "k")
PAY_SHOP = alipay.AlipayMerchant("1", lambda _data: b"", lambda _data, _told: True)
KEY = derive("p", "k", 1)


@pytest.mark.soak
def test_rubbish_is_refused_and_nothing_else() -> None:
    rng = random.Random(8)
    eaten = 0
    while eaten < TOTAL_BYTES:
        data = b"".join(rng.choice(PIECES) if rng.random() < 0.8 else rng.randbytes(3) for _ in range(rng.randrange(1, 40)))
        eaten += len(data)
        provider_of(data.decode("latin-1"))
        for read in (
            SHOP.read,
            wechat.from_xml,
            lambda body: PAY_SHOP.read(alipay.PAY, body),
            lambda body: alipay.read_question(body, lambda _data, _told: True),
            nexo.decode_response,
            nexo.decode_request,
            lambda body: unseal(body, "SaleToPOIResponse", KEY),
        ):
            try:
                read(data)
            except (NoSense, NexoError):
                continue
