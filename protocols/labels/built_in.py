"""The templates every store has from the beginning, in English and in simplified Chinese.

They are the fall-back of each purpose and what an editor starts from. Three layouts each: `strip` (wide, low panels),
`square` (small panels about as high as wide) and `page` (large panels).
"""

from __future__ import annotations

from functools import lru_cache

from protocols.labels import built_in_layouts as layouts
from protocols.labels.built_in_parts import WORDS
from protocols.labels.template import DateStyle, Purpose, Template

LANGUAGES = tuple(WORDS)
"""`en`, `zh_CN`."""
LINK_TEMPLATE = "regular-link"
"""Built in beside the six purposes: the regular price with a QR code (GS1 Digital Link) in place of the bar code."""
BUILT_IN_VERSION = 1
"""Grows when a built-in template changes: labels drawn with it are then sent once more."""

_MAKERS = {
    Purpose.REGULAR: layouts.regular,
    Purpose.PROMOTION: layouts.promotion,
    Purpose.MEMBER: layouts.member,
    Purpose.OUT_OF_STOCK: layouts.out_of_stock,
    Purpose.MULTI: layouts.multi,
    Purpose.UNIT: layouts.unit,
}
_NAMES = {
    Purpose.REGULAR: "Regular price",
    Purpose.PROMOTION: "Promotion",
    Purpose.MEMBER: "Member price",
    Purpose.OUT_OF_STOCK: "Out of stock",
    Purpose.MULTI: "Several products",
    Purpose.UNIT: "Unit price",
}


def built_in(purpose: Purpose, language: str = "en") -> Template:
    """The built-in template of a purpose, the same object each time. An unknown language gives the English one."""
    return _template(purpose.value, _NAMES[purpose], purpose, language)


def built_in_link(language: str = "en") -> Template:
    """The regular price with a QR code."""
    return _template(LINK_TEMPLATE, "Regular price with QR code", Purpose.REGULAR, language)


def all_built_in(language: str = "en") -> tuple[Template, ...]:
    """Every built-in template of a language."""
    return (*(built_in(purpose, language) for purpose in Purpose), built_in_link(language))


def is_built_in(template: Template) -> bool:
    """Whether a template is one of these (a template of headquarters may not take their ids)."""
    return template.template_id.startswith(PREFIX)


PREFIX = "built-in-"


@lru_cache(maxsize=64)
def _template(short: str, name: str, purpose: Purpose, language: str) -> Template:
    words = WORDS.get(language, WORDS["en"])
    tongue = language if language in WORDS else "en"
    make = layouts.regular_link if short == LINK_TEMPLATE else _MAKERS[purpose]
    return Template(
        template_id=f"{PREFIX}{short}-{tongue}".lower(),
        version=BUILT_IN_VERSION,
        name=name,
        purpose=purpose,
        layouts=make(words),
        date_style=DateStyle.ZH if tongue == "zh_CN" else DateStyle.ISO,
    )
