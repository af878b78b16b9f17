"""Bar codes as `GS k` carries them: which symbologies there are, what each may hold, and its data bytes. Both roles.

Source: Epson ESC/POS reference, `GS k` functions A (m 0 to 6, ends with NUL) and B (m 65 to 78, with a length).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from protocols.escpos.code128 import read_code128

Symbology = Literal[
    "code128", "ean13", "ean8", "upc_a", "upc_e", "code39", "itf", "codabar", "code93", "gs1_128", "databar",
    "databar_truncated", "databar_limited", "databar_expanded",
]  # fmt: skip
SYMBOLOGIES: tuple[Symbology, ...] = get_args(Symbology)
FORM_B = 65
"""Numbers below are function A: the same symbologies, 65 less."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The number in function B, what the data must look like, and that in words."""

    number: int
    form: re.Pattern[str]
    words: str


_KINDS: dict[Symbology, _Kind] = {
    "upc_a": _Kind(65, re.compile(r"[0-9]{11,12}"), "UPC-A takes 11 or 12 digits"),
    "upc_e": _Kind(66, re.compile(r"[0-9]{6,8}|[0-9]{11,12}"), "UPC-E takes 6, 7, 8, 11 or 12 digits"),
    "ean13": _Kind(67, re.compile(r"[0-9]{12,13}"), "EAN-13 takes 12 or 13 digits"),
    "ean8": _Kind(68, re.compile(r"[0-9]{7,8}"), "EAN-8 takes 7 or 8 digits"),
    "code39": _Kind(69, re.compile(r"[0-9A-Z $%*+\-./]{1,255}"), "CODE39 takes digits, capitals and $%*+-./ and space"),
    "itf": _Kind(70, re.compile(r"([0-9]{2}){1,127}"), "ITF takes an even number of digits"),
    "codabar": _Kind(
        71, re.compile(r"[A-Da-d][0-9$+\-./:]{1,253}[A-Da-d]"), "CODABAR takes digits and $+-./: between A to D"
    ),
    "code93": _Kind(72, re.compile(r"[\x20-\x7e]{1,255}"), "CODE93 takes printable ASCII"),
    "code128": _Kind(73, re.compile(r"[\x20-\x7e]{1,253}"), "CODE128 takes printable ASCII"),
    "gs1_128": _Kind(74, re.compile(r"\([0-9]{2,4}\)[\x20-\x7e]{1,250}"), "GS1-128 takes (AI)data in printable ASCII"),
    "databar": _Kind(75, re.compile(r"[0-9]{13}"), "GS1 DataBar takes 13 digits of a GTIN, without the check digit"),
    "databar_truncated": _Kind(76, re.compile(r"[0-9]{13}"), "GS1 DataBar Truncated takes 13 digits of a GTIN"),
    "databar_limited": _Kind(77, re.compile(r"[01][0-9]{12}"), "GS1 DataBar Limited takes 13 digits that begin with 0 or 1"),
    "databar_expanded": _Kind(
        78, re.compile(r"\([0-9]{2,4}\)[\x20-\x7e]{1,250}"), "GS1 DataBar Expanded takes (AI)data in printable ASCII"
    ),
}
_BY_NUMBER: dict[int, Symbology] = {kind.number: name for name, kind in _KINDS.items()}


def bar_data(symbology: Symbology, data: str) -> tuple[int, bytes]:
    """Number and bytes of function B. Raises ValueError in words for data the symbology cannot hold."""
    kind = _KINDS[symbology]
    if kind.form.fullmatch(data) is None:
        raise ValueError(f"{kind.words}, not {data!r}")
    raw = data.encode("ascii")
    if symbology == "code128":
        raw = b"{B" + raw.replace(b"{", b"{{")
    if len(raw) > 255:
        raise ValueError(f"{kind.words}, and at most 255 bytes as sent, not {len(raw)}")
    return kind.number, raw


def read_bars(number: int, raw: bytes) -> tuple[Symbology, str] | None:
    """What a printer understands, by the number of either function; None: it prints no bar code. Never raises."""
    symbology = _BY_NUMBER.get(number if number >= FORM_B else number + FORM_B)
    if symbology is None or not raw.isascii():
        return None
    if symbology == "code128":
        text = read_code128(raw)
        return None if text is None else (symbology, text)
    text = raw.decode("ascii")
    return (symbology, text) if _KINDS[symbology].form.fullmatch(text) is not None else None
