"""Every reason the till can give has words in both languages, naming the same values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import edge.locale
from edge.checkout.reasons import TEXTS

FOLDER = Path(edge.locale.__file__).parent
VALUE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_reason_is_there_with_its_values(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    for code, text in TEXTS.items():
        message = catalogue.get(code, context="reason")
        assert message is not None, f"{language}.po has no words for the reason {code}"
        assert message.string, code
        assert set(VALUE.findall(str(message.string))) == set(VALUE.findall(text)), code
