"""The catalogue's words for Python pages: sentences with values, forms by count, codes by context."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from edge.locale import catalogue

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
"""Each with its own name for itself."""
_SAID = f"device_said{catalogue.CONTEXT}"
_FIELD = re.compile(r"\\{(\w+)\\}")
TAGS = {"en": "en", "zh_CN": "zh-Hans"}


@dataclass(frozen=True)
class Words:
    """One language's words. Make it with `words_of`."""

    language: str
    _messages: Mapping[str, str | list[str]]
    _said: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Templates of what drivers say, in the catalogue's order."""

    def say(self, text: str, /, **values: object) -> str:
        """A sentence with its values filled in; the English text when there is no translation."""
        return self._plain(text, text).format(**values)

    def say_many(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form that fits the count, which fills `{n}`."""
        found = self._messages.get(one, [one, many])
        forms = [found] if isinstance(found, str) else found
        text = forms[0] if len(forms) == 1 or count == 1 else forms[1]
        return text.format(n=count, **values)

    def name(self, context: str, code: str) -> str:
        """The words for a code of the given kind; the code itself when there are none."""
        return self._plain(f"{context}{catalogue.CONTEXT}{code}", code)

    def reason(self, context: str, code: str, text: str, params: Mapping[str, str]) -> str:
        """A reason of the box in this language; its English `text` when it has no words here, or lacks a value for them."""
        template = self._plain(f"{context}{catalogue.CONTEXT}{code}", "")
        try:
            return template.format(**params) or text
        except KeyError:
            return text

    def heard(self, text: str) -> str:
        """A sentence a device's driver said, in this language if its template is known."""
        for pattern, template in self._said:
            if found := pattern.fullmatch(text):
                return template.format(**found.groupdict())
        return text

    def either(self, name: str, name_zh: str) -> str:
        """A thing's name in the reader's language, if there is one."""
        return name_zh if self.language == "zh_CN" and name_zh else name

    def _plain(self, key: str, default: str) -> str:
        found = self._messages.get(key, default)
        return found if isinstance(found, str) else found[0]


@functools.cache
def words_of(language: str) -> Words:
    """The words of a language in `LANGUAGES`. Parsed once a process."""
    messages = catalogue.messages(language)
    said = tuple(
        (_pattern(key.removeprefix(_SAID)), text)
        for key, text in messages.items()
        if key.startswith(_SAID) and isinstance(text, str)
    )
    return Words(language, messages, said)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_FIELD.sub(r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)


def language_for(wanted: str) -> str:
    """The language that serves a tag or an Accept-Language header (`zh-CN,zh;q=0.9`); English when none does."""
    for part in wanted.split(","):
        if found := catalogue.language_for(part.split(";")[0].strip()):
            return found
    return "en"
