"""Puts payment terminals and providers of payment codes together from the settings. Nothing is opened but key files."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path
from typing import Protocol

from edge.checkout.asking import MoneyTaker, Way, offline
from edge.devices.needs import DeviceNeeds
from edge.settings import SettingsRefused
from edge.settings.devices.terminals import NexoSettings, PaymentCodesSettings, ZvtSettings
from firmware_bridges.code_providers import (
    AlipayProvider,
    CodeProvider,
    KeyUnusable,
    WechatProvider,
    rsa_signer,
    rsa_verifier,
)
from firmware_bridges.nexo_terminal import NexoDriver, NexoOptions
from firmware_bridges.payment_codes import CodesDriver
from firmware_bridges.payment_memory import PaymentMemory
from firmware_bridges.payment_web import HttpPaymentWeb, WebPlace
from firmware_bridges.zvt_line import SerialZvtLine, TcpZvtLine, ZvtLine
from firmware_bridges.zvt_terminal import ZvtDriver, ZvtOptions
from protocols.contract.till_payment import MethodView
from protocols.payment.codes.alipay import AlipayMerchant
from protocols.payment.codes.wechat import WechatMerchant
from protocols.payment.nexo.sealing import derive

KEY_BYTES_MAX = 16_384


class Taker(MoneyTaker, Protocol):
    """An adapter of the payment port that says why it cannot be used now."""

    device_id: str

    @property
    def trouble(self) -> str:
        """Empty: it can."""


def way_of(taker: Taker, method: str) -> Way:
    """A way to pay with it."""
    return Way(method, taker.device_id, taker, functools.partial(_view, taker, method))


def _view(taker: Taker, method: str) -> MethodView:
    return offline(method, taker.trouble) if taker.trouble else MethodView(method=method)


def zvt_driver(device: ZvtSettings, needs: DeviceNeeds) -> ZvtDriver:
    """Raises `SettingsRefused` for a password that is none."""
    password = 0
    if device.password_file is not None:
        text = _text(device.id, device.password_file)
        if not (text.isascii() and text.isdecimal() and len(text) == 6):
            raise SettingsRefused(f"device '{device.id}': {device.password_file.name} must hold six digits.")
        password = int(text)

    async def open_line() -> ZvtLine:
        link = await needs.wires.port(device.port, device.baud, "8N2")
        return TcpZvtLine(link) if device.port.startswith("tcp://") else SerialZvtLine(link)

    options = ZvtOptions(password, device.currency, device.prints, float(device.answer_seconds))
    return ZvtDriver(device.id, open_line, PaymentMemory(device.memory, needs.clock), needs.clock, options)


def nexo_driver(device: NexoSettings, needs: DeviceNeeds) -> NexoDriver:
    """Raises `SettingsRefused` for key files that cannot be used."""
    key = None
    if device.passphrase_file is not None:
        key = derive(_text(device.id, device.passphrase_file), device.key_id, device.key_version)
    web = _web(device.id, WebPlace(device.url, device.ca_file, check_name=device.check_name))
    options = NexoOptions(device.sale_id, device.poi_id, key, float(device.answer_seconds))
    return NexoDriver(device.id, web, needs.clock, needs.random, options)


def codes_driver(device: PaymentCodesSettings, needs: DeviceNeeds) -> CodesDriver:
    """Raises `SettingsRefused` for key files that cannot be used."""
    providers: dict[str, CodeProvider] = {}
    if device.wechat_key_file is not None:
        key = _text(device.id, device.wechat_key_file)
        merchant = WechatMerchant(device.wechat_app_id, device.wechat_merchant_id, key, device.wechat_sign_type)
        certificate, certificate_key = device.wechat_certificate_file, device.wechat_certificate_key_file
        place = WebPlace(device.wechat_url, certificate_file=certificate, key_file=certificate_key)
        providers["wechat"] = WechatProvider(merchant, _web(device.id, place), needs.random, device.title)
    if device.alipay_private_key_file is not None and device.alipay_public_key_file is not None:
        private, public = device.alipay_private_key_file, device.alipay_public_key_file
        try:
            sign, verify = rsa_signer(_bytes(device.id, private)), rsa_verifier(_bytes(device.id, public))
        except KeyUnusable as error:
            raise SettingsRefused(f"device '{device.id}': a key of Alipay cannot be used: {error}.") from error
        shop = AlipayMerchant(device.alipay_app_id, sign, verify)
        web = _web(device.id, WebPlace(device.alipay_url))
        providers["alipay"] = AlipayProvider(shop, web, needs.clock, device.title)
    return CodesDriver(device.id, providers, PaymentMemory(device.memory, needs.clock), needs.clock)


def _web(device_id: str, place: WebPlace) -> HttpPaymentWeb:
    try:
        return HttpPaymentWeb(place)
    except (OSError, ssl.SSLError) as error:
        raise SettingsRefused(f"device '{device_id}': a certificate file cannot be used: {error}.") from error


def _text(device_id: str, path: Path) -> str:
    try:
        text = _bytes(device_id, path).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise SettingsRefused(f"device '{device_id}': {path.name} must be plain text.") from error
    if not text:
        raise SettingsRefused(f"device '{device_id}': {path.name} is empty.")
    return text


def _bytes(device_id: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEY_BYTES_MAX)
    except OSError as error:
        raise SettingsRefused(f"device '{device_id}': {path}: cannot be read: {error.strerror}.") from error
