"""Secrets in recorded bytes, replaced by others of the same length: the same by the same, so that a trace still fits.

What is replaced: card numbers (15 to 19 digits whose check digit is right), payment codes (18 digits as WeChat and Alipay
show them), and on wish MAC addresses and EPCs. A protocol with a checksum over such a secret does not check any more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection

CARD = re.compile(rb"(?<!\d)\d{15,19}(?!\d)")
CODE = re.compile(rb"(?<!\d)(?:1[0-5]|2[5-9]|30)\d{16}(?!\d)")
MAC = re.compile(rb"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b")
EPC = re.compile(rb"\b(?:30|31|36)[0-9A-Fa-f]{22}\b")
KINDS = ("cards", "codes", "macs", "epcs")
ALWAYS = ("cards", "codes")
LAST_KEPT = 4


class Mask:
    """Replaces the secrets of these kinds. `salt`: of one recording, so that traces cannot be joined by their pseudonyms."""

    def __init__(self, salt: bytes, kinds: Collection[str] = ALWAYS) -> None:
        self._salt = salt
        self.kinds = tuple(kind for kind in KINDS if kind in {*ALWAYS, *kinds})

    def hide(self, data: bytes) -> bytes:
        """The same bytes without secrets, and not one byte longer."""
        data = CODE.sub(self._digits, data)
        data = CARD.sub(lambda found: self._digits(found) if luhn(found[0]) else found[0], data)
        if "macs" in self.kinds:
            data = MAC.sub(self._hexadecimal(b":"), data)
        if "epcs" in self.kinds:
            data = EPC.sub(self._hexadecimal(b""), data)
        return data

    def _digits(self, found: re.Match[bytes]) -> bytes:
        secret = found[0]
        drawn = int.from_bytes(self._digest(secret), "big")
        new = str(drawn).encode()[: len(secret) - LAST_KEPT] + secret[-LAST_KEPT:]
        return b"9" + new[1:]  # no card and no payment code begins with it

    def _hexadecimal(self, between: bytes) -> Callable[[re.Match[bytes]], bytes]:
        def replaced(found: re.Match[bytes]) -> bytes:
            plain = found[0].replace(b":", b"")
            new = self._digest(plain.upper()).hex().upper().encode()[: len(plain)]
            new = plain[:2] + new[2:]
            return between.join(new[at : at + 2] for at in range(0, len(new), 2)) if between else new

        return replaced

    def _digest(self, secret: bytes) -> bytes:
        return hashlib.sha256(self._salt + secret).digest()


def luhn(digits: bytes) -> bool:
    """Whether the last digit is the check digit of a card number (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = (digit - 48) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
