"""Payment terminals."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path
from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems
from protocols.payment.zvt.messages import CURRENCIES


class TallystickTerminalSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="tallystick_terminal"):
    """A terminal that speaks `protocols.payment`."""

    STANDS_AT: ClassVar[str] = "terminal"

    host: str
    port: int = 7071
    methods: tuple[Literal["card", "code"], ...] = ("card", "code")
    answer_seconds: int = 180

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        if 10 <= self.answer_seconds <= 600:
            return []
        return [("answer_seconds", "devices.answer_seconds: 10 to 600.")]


class ZvtSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="zvt"):
    """A ZVT terminal, on the network or a serial line. `memory`: a small file of notes, which must survive a power cut."""

    STANDS_AT: ClassVar[str] = "terminal"

    port: str
    memory: Path
    baud: int = 9_600
    password_file: Path | None = None
    currency: str = "EUR"
    prints: Literal["till", "terminal"] = "till"
    answer_seconds: int = 180

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = line_problems(self.port)
        if not 30 <= self.answer_seconds <= 600:
            found.append(("answer_seconds", "devices.answer_seconds: 30 to 600."))
        if self.currency not in CURRENCIES:
            found.append(("currency", f"devices.currency: one of {', '.join(CURRENCIES)}."))
        return found


class NexoSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="nexo_json"):
    """A terminal of the Terminal API. `passphrase_file`, `key_id`, `key_version`: of the sealed envelope."""

    STANDS_AT: ClassVar[str] = "terminal"

    url: str
    sale_id: str
    poi_id: str
    ca_file: Path | None = None
    check_name: bool = True
    passphrase_file: Path | None = None
    key_id: str = ""
    key_version: int = 1
    answer_seconds: int = 120

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = https_problems("url", self.url)
        if not 30 <= self.answer_seconds <= 600:
            found.append(("answer_seconds", "devices.answer_seconds: 30 to 600."))
        if (self.passphrase_file is None) is not (self.key_id == ""):
            found.append(("passphrase_file", "devices: passphrase_file and key_id go together."))
        for key, value in (("sale_id", self.sale_id), ("poi_id", self.poi_id)):
            if not re.fullmatch(r"[\x21-\x7e]{1,40}", value):
                found.append((key, f"devices.{key}: 1 to 40 characters without spaces, as at the provider."))
        return found


class PaymentCodesSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="payment_codes"):
    """Payment codes on customers' telephones, read by the till's scanner: WeChat Pay, Alipay or both."""

    STANDS_AT: ClassVar[str] = "codes"

    memory: Path
    title: str = "Store"
    wechat_app_id: str = ""
    wechat_merchant_id: str = ""
    wechat_key_file: Path | None = None
    wechat_sign_type: Literal["MD5", "HMAC-SHA256"] = "HMAC-SHA256"
    wechat_certificate_file: Path | None = None
    wechat_certificate_key_file: Path | None = None
    wechat_url: str = "https://api.mch.weixin.qq.com"
    alipay_app_id: str = ""
    alipay_private_key_file: Path | None = None
    alipay_public_key_file: Path | None = None
    alipay_url: str = "https://openapi.alipay.com"

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = [*https_problems("wechat_url", self.wechat_url), *https_problems("alipay_url", self.alipay_url)]
        wechat = (self.wechat_app_id, self.wechat_merchant_id, self.wechat_key_file)
        alipay = (self.alipay_app_id, self.alipay_private_key_file, self.alipay_public_key_file)
        if not any(wechat) and not any(alipay):
            found.append(("", f"devices: '{self.id}' takes no code: give the wechat_ keys, the alipay_ keys or both."))
        if any(wechat) and not all(wechat):
            found.append(("wechat_app_id", "devices: wechat_app_id, wechat_merchant_id and wechat_key_file go together."))
        if any(alipay) and not all(alipay):
            words = "devices: alipay_app_id, alipay_private_key_file and alipay_public_key_file go together."
            found.append(("alipay_app_id", words))
        if (self.wechat_certificate_file is None) is not (self.wechat_certificate_key_file is None):
            words = "devices: wechat_certificate_file and wechat_certificate_key_file go together."
            found.append(("wechat_certificate_file", words))
        if any(wechat) and self.wechat_certificate_file is None and self.wechat_url.startswith("https"):
            words = "devices.wechat_certificate_file: WeChat Pay takes a payment back only with the shop's certificate."
            found.append(("wechat_certificate_file", words))
        if not 1 <= len(self.title) <= 40:
            found.append(("title", "devices.title: 1 to 40 characters, shown on the customer's telephone."))
        return found


def https_problems(key: str, url: str) -> list[tuple[str, str]]:
    """Money is asked for over TLS only, but for simulators on this machine."""
    parts = urllib.parse.urlsplit(url)
    here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if (parts.scheme != "https" and not here) or not parts.hostname or parts.path.strip("/"):
        return [(key, f"devices.{key}: https://host[:port] is expected, not '{url}' (http for this machine only).")]
    return []


TABLES = (TallystickTerminalSettings, ZvtSettings, NexoSettings, PaymentCodesSettings)
