"""Loads the gettext catalogues and serves a language as JSON for the pages.

The English source text is the message id. Codes (reasons, device states …) are ids inside a context (`msgctxt`), so that
a code of the box becomes a sentence without the page knowing it. The JSON key of such a message is `context\\u0004code`, as
gettext itself joins them; a plural message is a list of its forms (one, many), keyed by its singular id.
"""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh_CN")
"""English is complete by the same test as every other language."""
CONTEXT = "\u0004"


class UnknownLanguage(LookupError):
    """There is no catalogue of this language."""


class PageCatalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /v1/locale/{language}` answers."""

    language: str
    messages: dict[str, str | list[str]]


def language_for(wanted: str) -> str | None:
    """The catalogue that serves a language tag (`zh`, `zh-Hans-CN`, `en-GB`); None when there is none."""
    if wanted in LANGUAGES:
        return wanted
    primary = wanted.replace("_", "-").split("-")[0].lower()
    return next((known for known in LANGUAGES if known.split("_")[0] == primary), None)


def load(language: str) -> Catalog:
    """Parse a language's `.po` file. Raises `UnknownLanguage`."""
    if language not in LANGUAGES:
        raise UnknownLanguage(language)
    with (FOLDER / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def messages(language: str) -> dict[str, str | list[str]]:
    """All translated messages of a language by JSON key; an untranslated or fuzzy one is left out, and its id is shown."""
    found: dict[str, str | list[str]] = {}
    for message in load(language):
        if not message.id or message.fuzzy:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        key = one if message.context is None else message.context + CONTEXT + one
        text = message.string
        if isinstance(text, str):
            if text:
                found[key] = text
        elif text and all(text):
            found[key] = list(text)
    return found


@functools.cache
def as_json(wanted: str) -> bytes:
    """The body of `GET /v1/locale/{language}`. Raises `UnknownLanguage`. Parsed once per process."""
    language = language_for(wanted)
    if language is None:
        raise UnknownLanguage(wanted)
    return msgspec.json.encode(PageCatalogue(language=language, messages=messages(language)))
