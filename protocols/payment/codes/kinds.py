"""Whose payment code a scanned text is, by its length and first two digits. Neither alone is enough: an 18-digit logistics
code or a member's card begins with such digits too, so the caller also asks whether a payment is being awaited."""

from __future__ import annotations

from typing import Literal

Provider = Literal["wechat", "alipay"]

WECHAT_DIGITS = 18
ALIPAY_DIGITS = range(16, 25)
FACE_PREFIX = "fp"
FACE_CHARACTERS = 35


def provider_of(text: str) -> Provider | None:
    """`wechat`: 18 digits from 10 to 15; `alipay`: 16 to 24 digits from 25 to 30, or `fp` and 33 more; else None."""
    code = text.strip()
    if len(code) == FACE_CHARACTERS and code.startswith(FACE_PREFIX) and code.isalnum() and code.isascii():
        return "alipay"
    if not (code.isascii() and code.isdecimal()):
        return None
    begins = int(code[:2] or "0")
    if len(code) == WECHAT_DIGITS and 10 <= begins <= 15:
        return "wechat"
    if len(code) in ALIPAY_DIGITS and 25 <= begins <= 30:
        return "alipay"
    return None
