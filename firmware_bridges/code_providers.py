"""The two providers of payment codes behind one shape: how each is asked, and what its answer says."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware_bridges.payment_web import NoAnswer, PaymentWeb
from protocols.clock import Clock, RandomSource
from protocols.payment.codes import alipay, wechat
from protocols.payment.codes.alipay import AlipayMerchant
from protocols.payment.codes.flow import ALIPAY_RULES, WECHAT_RULES, Rules
from protocols.payment.codes.kinds import Provider
from protocols.payment.codes.replies import Doubt, HttpAsk, NoSense, Reply
from protocols.payment.codes.wechat import WechatMerchant

ANSWER_SECONDS = 10.0
BEIJING = ZoneInfo("Asia/Shanghai")


class KeyUnusable(ValueError):
    """A key file that is not what the provider needs; the text says what it should hold."""


class CodeProvider(Protocol):
    """One provider. Every method is one question; none raises for what the other side does, but for `pay` (`NoAnswer`)."""

    @property
    def name(self) -> Provider: ...

    @property
    def rules(self) -> Rules: ...

    async def pay(self, order_no: str, amount_minor: int, currency: str, code: str) -> Reply:
        """Raises `NoAnswer` when nothing was sent."""

    async def query(self, order_no: str) -> Reply: ...

    async def undo(self, order_no: str) -> Reply: ...

    async def refund(self, refund_no: str, order_no: str, refund_minor: int, total_minor: int, /) -> Reply:
        """Raises `NoAnswer` when nothing was sent."""

    async def refund_query(self, refund_no: str, order_no: str, refund_minor: int, /) -> Reply: ...


async def _post(web: PaymentWeb, ask: HttpAsk) -> bytes:
    return await web.post(ask.path, ask.body, ask.content_type, ANSWER_SECONDS)


@dataclass(frozen=True, slots=True)
class WechatProvider:
    """WeChat Pay."""

    merchant: WechatMerchant
    web: PaymentWeb
    random: RandomSource
    title: str = "Store"
    name: Provider = "wechat"
    rules: Rules = WECHAT_RULES

    async def pay(self, order_no: str, amount_minor: int, currency: str, code: str) -> Reply:
        ask = self.merchant.pay(order_no, amount_minor, currency, code, self.title, self._nonce())
        return await self._reply(ask, wechat.read_pay, or_raise=True)

    async def query(self, order_no: str) -> Reply:
        return await self._reply(self.merchant.query(order_no, self._nonce()), wechat.read_query)

    async def undo(self, order_no: str) -> Reply:
        return await self._reply(self.merchant.undo(order_no, self._nonce()), wechat.read_undo)

    async def refund(self, refund_no: str, order_no: str, refund_minor: int, total_minor: int, /) -> Reply:
        ask = self.merchant.refund(refund_no, order_no, refund_minor, total_minor, self._nonce())
        return await self._reply(ask, wechat.read_refund, or_raise=True)

    async def refund_query(self, refund_no: str, _order_no: str, _refund_minor: int, /) -> Reply:
        return await self._reply(self.merchant.refund_query(refund_no, self._nonce()), wechat.read_refund_query)

    async def _reply(self, ask: HttpAsk, read: wechat.Reading, *, or_raise: bool = False) -> Reply:
        try:
            return read(self.merchant.read(await _post(self.web, ask)))
        except NoSense as error:
            return Doubt(str(error))
        except NoAnswer as error:
            if or_raise and not error.sent:
                raise
            return Doubt(str(error))

    def _nonce(self) -> str:
        return self.random.bytes(16).hex()


@dataclass(frozen=True, slots=True)
class AlipayProvider:
    """Alipay."""

    merchant: AlipayMerchant
    web: PaymentWeb
    clock: Clock
    title: str = "Store"
    currency: str = "CNY"
    """Amounts travel without one: a store with another currency must not ask here."""
    name: Provider = "alipay"
    rules: Rules = ALIPAY_RULES

    async def pay(self, order_no: str, amount_minor: int, currency: str, code: str) -> Reply:
        if currency != self.currency:
            raise NoAnswer(f"this provider takes {self.currency}, not {currency}", sent=False)
        ask = self.merchant.pay(order_no, amount_minor, code, self.title, self._now())
        return await self._reply(ask, alipay.PAY, alipay.read_pay, or_raise=True)

    async def query(self, order_no: str) -> Reply:
        return await self._reply(self.merchant.query(order_no, self._now()), alipay.QUERY, alipay.read_query)

    async def undo(self, order_no: str) -> Reply:
        return await self._reply(self.merchant.undo(order_no, self._now()), alipay.UNDO, alipay.read_undo)

    async def refund(self, refund_no: str, order_no: str, refund_minor: int, _total_minor: int, /) -> Reply:
        ask = self.merchant.refund(refund_no, order_no, refund_minor, self._now())
        read = alipay.read_refund_of(refund_minor)
        return await self._reply(ask, alipay.REFUND, read, or_raise=True)

    async def refund_query(self, refund_no: str, order_no: str, refund_minor: int, /) -> Reply:
        ask = self.merchant.refund_query(refund_no, order_no, self._now())
        return await self._reply(ask, alipay.REFUND_QUERY, alipay.read_refund_query_of(refund_minor))

    async def _reply(self, ask: HttpAsk, method: str, read: alipay.Reading, *, or_raise: bool = False) -> Reply:
        try:
            return read(self.merchant.read(method, await _post(self.web, ask)))
        except NoSense as error:
            return Doubt(str(error))
        except NoAnswer as error:
            if or_raise and not error.sent:
                raise
            return Doubt(str(error))

    def _now(self) -> str:
        at = datetime.datetime.fromtimestamp(self.clock.now_ms() / 1000, BEIJING)
        return at.strftime("%Y-%m-%d %H:%M:%S")


def rsa_signer(private_pem: bytes) -> alipay.Sign:
    """RSA2 with a private key in PEM. Raises `KeyUnusable`."""
    try:
        key = serialization.load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable("not a private key in PEM without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable("not an RSA key")
    return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def rsa_verifier(public_pem: bytes) -> alipay.Verify:
    """Checks RSA2 with a public key in PEM. Raises `KeyUnusable`."""
    try:
        key = serialization.load_pem_public_key(public_pem)
    except ValueError as error:
        raise KeyUnusable("not a public key in PEM") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyUnusable("not an RSA key")

    def verify(data: bytes, told: bytes) -> bool:
        try:
            key.verify(told, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    return verify
