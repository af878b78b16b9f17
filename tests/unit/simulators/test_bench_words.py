"""Every word of the bench page is in both catalogues, names the same values, and no catalogue keeps what nobody says."""

from __future__ import annotations

import re

import pytest

from simulators import locale
from simulators.control import PAGE

PATTERNS = (
    r'\bt\("([^"]+)"',  # t("words")
    r'(?<![.\w])toggle\("([^"]+)"',
    r'data-t(?:-title|-label)?="([^"]+)"',
    r'\bwords: "([^"]+)"',
    r'\["\w+", "([a-z][^"]+)"\]',  # [code, words]
)
TABLES = re.compile(r"^const (?:WORDS|STATES|WALKS) = \{(.*?)\};", re.MULTILINE | re.DOTALL)
VALUE = re.compile(r"\{(\w+)\}")


def said() -> set[str]:
    found: set[str] = set()
    for path in (*PAGE.glob("*.js"), *PAGE.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        for pattern in PATTERNS:
            found.update(re.findall(pattern, text))
        for table in TABLES.findall(text):
            found.update(re.findall(r': "([^"]+)"', table))
    return found


@pytest.mark.parametrize("language", locale.LANGUAGES)
def test_every_word_of_the_page_is_there(language: str) -> None:
    catalogue = locale.messages(language)
    assert set(catalogue) == said()
    for key, words in catalogue.items():
        assert set(VALUE.findall(words)) == set(VALUE.findall(key)), key


def test_only_chinese_is_chinese() -> None:
    han = re.compile(r"[一-鿿]")
    assert not any(han.search(words) for words in locale.messages("en").values())
    assert [key for key, words in locale.messages("zh_CN").items() if not han.search(words)] == []
