"""What a template may say of a content: patterns with `{field}`s, and the text of each field.

A pattern is literal text with fields in braces; `{{` and `}}` stand for braces themselves. A pattern one of whose fields is
empty gives an empty text, so `was {was}` vanishes when there is no former price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from protocols.gs1.gtin import GTIN_LENGTHS, check_digit
from protocols.labels.content import CannotDraw, LabelContent, money_text, price_text
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


def fill(pattern: str, content: LabelContent, template: Template) -> str:
    """The text of a pattern for a content; empty when one of its fields is. Raises `PatternRefused`."""
    text = ""
    for part in parts_of(pattern):
        piece = FIELDS[part.text](content, template) if part.is_field else part.text
        if not piece:
            return ""
        text += piece
    return text


def holds(when: str, content: LabelContent, template: Template) -> bool:
    """Whether an element's condition holds: `""`, `field` or `!field`. Raises `PatternRefused`."""
    if not when:
        return True
    name = when.removeprefix("!")
    if name not in FIELDS:
        raise PatternRefused(f"{when!r}: there is no field '{name[:40]}'; there are {', '.join(sorted(FIELDS))}")
    return bool(FIELDS[name](content, template)) != when.startswith("!")


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
            return None if content.unit_price is None else content.unit_price.price_minor
        case Amount.SAVING:
            return _saving_minor(content) or None


def _saving_minor(content: LabelContent) -> int:
    return max((content.was_minor or 0) - content.price_minor, 0)


def _money(amount: Amount) -> Callable[[LabelContent, Template], str]:
    def text(content: LabelContent, _: Template) -> str:
        minor = amount_minor(amount, content)
        return "" if minor is None else money_text(minor, content.minor_digits, content.currency)

    return text


def _percent(content: LabelContent, _: Template) -> str:
    """Rounded down: a reduction is never announced larger than it is (Directive 98/6/EC, article 6a; C-330/23)."""
    saving = _saving_minor(content)
    percent = saving * 100 // content.was_minor if content.was_minor else 0
    return f"{percent}" if percent else ""


def _until(content: LabelContent, template: Template) -> str:
    if not content.until:
        return ""
    pieces = content.until.split("-")
    if len(pieces) != 3 or [len(piece) for piece in pieces] != [4, 2, 2] or not "".join(pieces).isdigit():
        raise CannotDraw(f"the last day {content.until!r} is no date of the form 2026-12-03")
    year, month, day = pieces
    match template.date_style:
        case DateStyle.ISO:
            return content.until
        case DateStyle.DMY:
            return f"{day}.{month}.{year}"
        case DateStyle.MDY:
            return f"{month}/{day}/{year}"
        case DateStyle.ZH:
            return f"{int(month)}月{int(day)}日"


def _gtin14(content: LabelContent, _: Template) -> str:
    code = content.gtin
    whole = len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit() and check_digit(code[:-1]) == int(code[-1])
    return code.rjust(14, "0") if whole else ""


def _digital_link(content: LabelContent, template: Template) -> str:
    """GS1 Digital Link URI syntax 1.1: the primary key `01` with 14 digits."""
    gtin = _gtin14(content, template)
    return f"https://{template.link_domain}/01/{gtin}" if gtin else ""


def _unit(content: LabelContent, _: Template) -> str:
    if content.unit_price is None:
        return ""
    unit = content.unit_price.unit
    return unit if unit[:1].isdigit() else f"1 {unit}"


FIELDS: dict[str, Callable[[LabelContent, Template], str]] = {
    "name": lambda content, _: content.name,
    "name_zh": lambda content, _: content.name_zh,
    "item_id": lambda content, _: content.item_id,
    "gtin": lambda content, _: content.gtin,
    "gtin14": _gtin14,
    "digital_link": _digital_link,
    "revision": lambda content, _: str(content.revision) if content.revision else "",
    "currency": lambda content, _: content.currency,
    "price": _money(Amount.PRICE),
    "amount": lambda content, _: price_text(content.price_minor, content.minor_digits),
    "per_kg": lambda content, _: "kg" if content.per_kg else "",
    "unit_price": _money(Amount.UNIT),
    "unit": _unit,
    "was": _money(Amount.WAS),
    "saving": _money(Amount.SAVING),
    "saving_percent": _percent,
    "until": _until,
    "member_price": _money(Amount.MEMBER),
    "out_of_stock": lambda content, _: "out" if content.out_of_stock else "",
    "content": lambda content, _: content.content_text,
    "position": lambda content, _: content.position,
    "note": lambda content, _: content.note,
    "highlight": lambda content, _: "yes" if content.highlight else "",
}
"""Every field a pattern or a condition may name."""
