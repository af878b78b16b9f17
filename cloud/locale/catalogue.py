"""Words on HQ's screens: gettext catalogues, one `.po` file a language. The English source text is the message id.

Codes (alarms, rights, roles …) are ids inside a context (`msgctxt`), so that a code becomes words without the page knowing
it. Sentences of the API are matched by template: an id in the context `api` such as `there is no item '{item}'`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "English", "zh": "简体中文"}
"""Languages as people's records name them, each with its own name for itself."""
FILES = {"en": "en.po", "zh": "zh_CN.po"}
API = "api"

_FIELD = re.compile(r"\\{(\w+)\\}")


def language_for(wanted: str) -> str:
    """The language that serves a tag or an Accept-Language header (`zh-Hans-CN,zh;q=0.9`); English when none does."""
    for part in wanted.split(","):
        primary = part.split(";")[0].strip().replace("_", "-").split("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return "en"


def read(language: str) -> Catalog:
    """The parsed file of a language in `LANGUAGES`."""
    with (FOLDER / FILES[language]).open("rb") as source:
        return read_po(source, locale=FILES[language].removesuffix(".po"), abort_invalid=True)


@dataclass(frozen=True)
class _Template:
    pattern: re.Pattern[str]
    text: str


@dataclass(frozen=True)
class Words:
    """One language's words. Make it with `words_of`."""

    language: str
    _plain: Mapping[tuple[str, str], str]
    _plural: Mapping[str, tuple[str, ...]]
    _templates: tuple[_Template, ...]

    def say(self, text: str, /, **values: object) -> str:
        """A sentence with its values filled in; the English text when there is no translation."""
        return self._plain.get(("", text), text).format(**values)

    def say_many(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form that fits the count, which fills `{n}`."""
        forms = self._plural.get(one, (one, many))
        text = forms[0] if len(forms) == 1 or count == 1 else forms[1]
        return text.format(n=count, **values)

    def name(self, context: str, code: str) -> str:
        """The words for a code of the given kind; the code itself when there are none."""
        return self._plain.get((context, code), code)

    def api(self, text: str) -> str:
        """A sentence the API wrote, in this language if its template is known."""
        for template in self._templates:
            if found := template.pattern.fullmatch(text):
                return template.text.format(**found.groupdict())
        return text


@functools.cache
def words_of(language: str) -> Words:
    """The words of a language in `LANGUAGES`. Parsed once a process."""
    plain: dict[tuple[str, str], str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    templates: list[_Template] = []
    for message in read(language):
        if not message.id or message.fuzzy:
            continue
        text = message.string
        if isinstance(message.id, str) and isinstance(text, str) and text:
            plain[message.context or "", message.id] = text
            if message.context == API:
                templates.append(_Template(_pattern(message.id), text))
        elif isinstance(text, list | tuple) and all(text):
            plural[message.id[0]] = tuple(text)
    return Words(language, plain, plural, tuple(templates))


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_FIELD.sub(r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)
