"""The bench page's words: gettext catalogues, one `.po` per language, keyed by the English text the page uses."""

from __future__ import annotations

import functools
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh_CN")


class UnknownLanguage(LookupError):
    """There is no catalogue of this language."""


@functools.cache
def messages(language: str) -> dict[str, str]:
    """All messages of a language. Raises `UnknownLanguage`. Parsed once per process."""
    if language not in LANGUAGES:
        raise UnknownLanguage(language)
    with (FOLDER / f"{language}.po").open("rb") as source:
        found = read_po(source, locale=language, abort_invalid=True)
    return {str(each.id): str(each.string) for each in found if each.id and each.string and not each.fuzzy}
