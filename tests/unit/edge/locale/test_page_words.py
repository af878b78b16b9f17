"""Every word of the till's pages is in both catalogues: sentences, labels, and codes with their context."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import edge.locale

LOCALES = Path(edge.locale.__file__).parent
PAGE = Path(str(resources.files("edge") / "till_page"))
_TEXT = r'"((?:[^"\\]|\\.)+)"'
_SENTENCES = (
    re.compile(r"\bt\(\s*" + _TEXT),
    re.compile(r"\bt\([^\"()]*\? " + _TEXT),
    re.compile(r"\bn\(\s*" + _TEXT),
    re.compile(r"\bthis\.when\(\[[^\]]*\], " + _TEXT),
    re.compile(r"\b(?:title|close|hint|label|none|unset|go|name|short|text) ?[=:] " + _TEXT),
    re.compile(r"\bdata-t(?:-label)?=" + _TEXT),
)
_SENTENCE_TABLES = re.compile(r"const (?:SAID|OFFER_WORDS|PRICE_NOTES) = \{(.*?)\n?\};", re.DOTALL)
_KEY_ROW = re.compile(r"\[\"[^\"]+\", " + _TEXT + r"\]")
_CODE_LISTS = re.compile(r"const (\w+) = \[([^\]]+)\]")
_CONTEXT_OF_LIST = {
    "DRAWER_REASONS": "drawer_reason",
    "HOLD_NOTES": "hold_note",
    "RETURN_REASONS": "return_reason",
    "PRICE_WHYS": "why",
    "OVERRIDE_WHYS": "why",
    "CASH_WHYS": "why",
    "VARIANCE_WHYS": "why",
    "SLIP_WHYS": "why",
}
_INPUT_KIND = re.compile(r'(?:act|input)\(\{ kind: "(\w+)"')
CODES = {
    "method": ("cash", "card", "code", "gift_card", "points", "voucher"),
    "payment_state": ("asking", "unknown", "enquiring", "reversing", "declined", "cancelled", "not_found", "partial"),
    "line_kind": ("bag", "container", "gift_card", "presale", "unknown"),
    "right": ("till", "void", "drawer", "price", "discount", "override", "refund", "refund_without_receipt", "reverse",
              "cash", "variance", "reprint", "report", "gift_card"),
    "print_state": ("none", "queued", "sent", "confirmed", "unknown"),
    "device": ("Printer", "Scale", "Scanner", "Card terminal", "Labels"),
}  # fmt: skip


def sources() -> list[str]:
    """What the pages are made of."""
    files = [*PAGE.rglob("*.js"), *PAGE.glob("*.html")]
    return [file.read_text() for file in files]


def sentences() -> set[str]:
    """English sentences that are keys of the catalogues."""
    found: set[str] = set()
    for text in sources():
        for pattern in _SENTENCES:
            found.update(pattern.findall(text))
        for table in _SENTENCE_TABLES.findall(text):
            found.update(re.findall(_TEXT, table))
        if "KEY_ROWS" in text:
            found.update(_KEY_ROW.findall(text))
    return {each for each in found if re.search(r"[a-z]", each) and not re.fullmatch(r"[a-z_]+", each)}


def codes() -> set[tuple[str, str]]:
    """(context, code) of words told by code."""
    found = {(context, code) for context, listed in CODES.items() for code in listed}
    for text in sources():
        for name, listed in _CODE_LISTS.findall(text):
            if name in _CONTEXT_OF_LIST:
                found.update((_CONTEXT_OF_LIST[name], code) for code in re.findall(_TEXT, listed))
        found.update(("input", kind) for kind in _INPUT_KIND.findall(text))
    return found


def catalogue(language: str) -> Catalog:
    """A language as it is in the repository."""
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_sentence_of_the_pages_has_its_words(language: str) -> None:
    known = catalogue(language)
    missing = []
    for text in sorted(sentences()):
        message = known.get(text)
        if message is None or not message.string or (isinstance(message.string, tuple) and not all(message.string)):
            missing.append(text)
    assert missing == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_code_the_pages_show_has_its_words(language: str) -> None:
    known = catalogue(language)
    missing = [
        pair for pair in sorted(codes()) if (message := known.get(pair[1], context=pair[0])) is None or not message.string
    ]
    assert missing == []


def test_the_words_are_really_found_in_the_pages() -> None:
    """The test would pass emptily if the pages were written another way."""
    assert len(sentences()) > 150
    assert "Why this total?" in sentences()
    assert ("why", "damaged") in codes()
