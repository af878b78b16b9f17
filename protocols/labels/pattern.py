"""What a template may say of a content: patterns with `{field}`s, and the text of each field.

A pattern is literal text with fields in braces; `{{` and `}}` stand for braces themselves. A pattern one of whose fields is
empty gives an empty text, so `was {was}` vanishes when there is no former price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from protocols.gs1.gtin import GTIN_LENGTHS, check_digit
from protocols.labels.content import CannotDraw, LabelContent, price_text
from protocols.labels.template import Amount, DateStyle, Template


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a pattern: literal text, or the name of a field."""

    text: str
    is_field: bool


class PatternRefused(ValueError):
    """The pattern is not well formed or names a field there is not; the text says which."""


@lru_cache(maxsize=4096)
def parts_of(pattern: str) -> tuple[Part, ...]:
    """Take a pattern apart. Raises `PatternRefused`."""
    parts: list[Part] = []
    literal, rest = "", pattern
    while rest:
        char, rest = rest[0], rest[1:]
        if char not in "{}":
            literal += char
        elif rest.startswith(char):
            literal, rest = literal + char, rest[1:]
        elif char == "}":
            raise PatternRefused(f"{pattern!r}: a single '}}' (write '}}}}' for a brace)")
        else:
            name, brace, rest = rest.partition("}")
            if not brace:
                raise PatternRefused(f"{pattern!r}: '{{{name[:20]}' is not closed")
            if name not in FIELDS:
                raise PatternRefused(f"{pattern!r}: there is no field '{name[:40]}'; there are {', '.join(sorted(FIELDS))}")
            if literal:
                parts.append(Part(literal, is_field=False))
            parts.append(Part(name, is_field=True))
            literal = ""
    if literal:
        parts.append(Part(literal, is_field=False))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Saying:
    """How the fields are written: dates as the template wants, currencies by a sign where the fonts have it."""

    template: Template
    signs: Mapping[str, str]

    def money(self, minor: int, content: LabelContent) -> str:
        """`€12.34`, `CHF 12.34`. Raises `CannotDraw` below zero."""
        amount = price_text(minor, content.minor_digits)
        sign = self.signs.get(content.currency)
        return f"{content.currency} {amount}" if sign is None else f"{sign}{amount}"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a content can say. `needs`: the attributes of the content it is made of."""

    text: Callable[[LabelContent, Saying], str]
    needs: tuple[str, ...]


def fill(pattern: str, content: LabelContent, saying: Saying) -> str:
    """The text of a pattern for a content; empty when one of its fields is. Raises `PatternRefused`, `CannotDraw`."""
    text = ""
    for part in parts_of(pattern):
        piece = FIELDS[part.text].text(content, saying) if part.is_field else part.text
        if not piece:
            return ""
        text += piece
    return text


def holds(when: str, content: LabelContent, saying: Saying) -> bool:
    """Whether an element's condition holds: `""`, `field` or `!field`. Raises `PatternRefused`, `CannotDraw`."""
    if not when:
        return True
    return bool(field_of(when).text(content, saying)) != when.startswith("!")


def field_of(when: str) -> Field:
    """The field a condition names. Raises `PatternRefused`."""
    name = when.removeprefix("!")
    if name not in FIELDS:
        raise PatternRefused(f"{when!r}: there is no field '{name[:40]}'; there are {', '.join(sorted(FIELDS))}")
    return FIELDS[name]


def amount_minor(amount: Amount, content: LabelContent) -> int | None:
    """A sum of the content in minor units; None when it has none."""
    match amount:
        case Amount.PRICE:
            return content.price_minor
        case Amount.WAS:
            return content.was_minor
        case Amount.MEMBER:
            return content.member_price_minor
        case Amount.UNIT:
            # By the kilogram the price is the unit price already.
            return None if content.unit_price is None or content.per_kg else content.unit_price.price_minor
        case Amount.SAVING:
            return _saving_minor(content) or None


def _saving_minor(content: LabelContent) -> int:
    return max((content.was_minor or 0) - content.price_minor, 0)


def _money(amount: Amount) -> Field:
    def text(content: LabelContent, saying: Saying) -> str:
        minor = amount_minor(amount, content)
        return "" if minor is None else saying.money(minor, content)

    return Field(text, (*AMOUNT_NEEDS[amount], "currency", "minor_digits"))


def _percent(content: LabelContent, _: Saying) -> str:
    """Rounded down: a reduction is never announced larger than it is (Directive 98/6/EC, article 6a; C-330/23)."""
    saving = _saving_minor(content)
    percent = saving * 100 // content.was_minor if content.was_minor else 0
    return f"{percent}" if percent else ""


def _until(content: LabelContent, saying: Saying) -> str:
    if not content.until:
        return ""
    pieces = content.until.split("-")
    if [len(piece) for piece in pieces] != [4, 2, 2] or not (content.until.isascii() and "".join(pieces).isdigit()):
        raise CannotDraw(f"the last day {content.until!r} is no date of the form 2026-12-03")
    year, month, day = pieces
    match saying.template.date_style:
        case DateStyle.ISO:
            return content.until
        case DateStyle.DMY:
            return f"{day}.{month}.{year}"
        case DateStyle.MDY:
            return f"{month}/{day}/{year}"
        case DateStyle.ZH:
            return f"{int(month)}月{int(day)}日"


def _gtin14(content: LabelContent, _: Saying) -> str:
    code = content.gtin
    whole = len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit() and check_digit(code[:-1]) == int(code[-1])
    return code.rjust(14, "0") if whole else ""


def _digital_link(content: LabelContent, saying: Saying) -> str:
    """GS1 Digital Link URI syntax 1.1: the primary key `01` with 14 digits."""
    gtin = _gtin14(content, saying)
    return f"https://{saying.template.link_domain}/01/{gtin}" if gtin else ""


def _unit(content: LabelContent, _: Saying) -> str:
    if content.unit_price is None or content.per_kg:
        return ""
    unit = content.unit_price.unit
    return unit if unit[:1].isdigit() else f"1 {unit}"


AMOUNT_NEEDS: dict[Amount, tuple[str, ...]] = {
    Amount.PRICE: ("price_minor",),
    Amount.WAS: ("was_minor",),
    Amount.MEMBER: ("member_price_minor",),
    Amount.UNIT: ("unit_price", "per_kg"),
    Amount.SAVING: ("price_minor", "was_minor"),
}
FIELDS: dict[str, Field] = {
    "name": Field(lambda content, _: content.name, ("name",)),
    "name_zh": Field(lambda content, _: content.name_zh, ("name_zh",)),
    "item_id": Field(lambda content, _: content.item_id, ("item_id",)),
    "gtin": Field(lambda content, _: content.gtin, ("gtin",)),
    "gtin14": Field(_gtin14, ("gtin",)),
    "digital_link": Field(_digital_link, ("gtin",)),
    "revision": Field(lambda content, _: str(content.revision) if content.revision else "", ("revision",)),
    "currency": Field(lambda content, _: content.currency, ("currency",)),
    "price": _money(Amount.PRICE),
    "per_kg": Field(lambda content, _: "kg" if content.per_kg else "", ("per_kg",)),
    "unit_price": _money(Amount.UNIT),
    "unit": Field(_unit, ("unit_price", "per_kg")),
    "unit_name": Field(lambda content, _: _unit(content, _).removeprefix("1 "), ("unit_price", "per_kg")),
    "was": _money(Amount.WAS),
    "saving": _money(Amount.SAVING),
    "saving_percent": Field(_percent, ("price_minor", "was_minor")),
    "until": Field(_until, ("until",)),
    "member_price": _money(Amount.MEMBER),
    "out_of_stock": Field(lambda content, _: "out" if content.out_of_stock else "", ("out_of_stock",)),
    "content": Field(lambda content, _: content.content_text, ("content_text",)),
    "position": Field(lambda content, _: content.position, ("position",)),
    "note": Field(lambda content, _: content.note, ("note",)),
    "highlight": Field(lambda content, _: "yes" if content.highlight else "", ("highlight",)),
}
"""Every field a pattern or a condition may name."""
