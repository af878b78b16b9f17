"""What a shelf label says. Prices are integers in minor units; how they are written is decided here, once."""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥"}
"""Currencies written with a sign; others with their code."""


class CannotDraw(ValueError):
    """The content cannot be put on this kind of label; the text says why. Nothing may be sent."""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a kilogram, litre or other base costs, beside the price of the pack (Directive 98/6/EC, article 3)."""

    price_minor: int
    unit: str
    """As printed: `kg`, `l`, `100 g`."""


@dataclass(frozen=True, slots=True)
class LabelContent:
    """One item as its label shows it. `per_kg`: the price is for a kilogram, the item is weighed at the till."""

    name: str
    price_minor: int
    currency: str
    minor_digits: int = 2
    name_zh: str = ""
    per_kg: bool = False
    unit_price: UnitPrice | None = None
    gtin: str = ""
    """14, 13, 12 or 8 digits with a check digit are drawn as a barcode; a shorter number stands as text."""
    revision: int = 0
    """Of the price; printed small, so that a person with a label in hand can name what it shows. 0: not printed."""
    highlight: bool = False
    """A bar in the panel's accent colour (black where there is none)."""


def price_text(price_minor: int, minor_digits: int) -> str:
    """`1234`, 2 -> `12.34`. Raises `CannotDraw` below zero: no shelf price is."""
    if price_minor < 0 or not 0 <= minor_digits <= 4:
        raise CannotDraw(f"{price_minor} with {minor_digits} decimals is no shelf price")
    if minor_digits == 0:
        return str(price_minor)
    major, minor = divmod(price_minor, 10**minor_digits)
    return f"{major}.{minor:0{minor_digits}d}"
