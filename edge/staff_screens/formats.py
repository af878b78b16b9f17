"""How amounts, money and times stand on the screen, and how a typed amount is read. Pure; integers in, text out."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from edge.staff_screens.words import Words

LOCALES = {"en": "en_GB", "zh_CN": "zh_Hans_CN"}
DASH = "–"
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
THOUSANDTHS = 1_000

_AMOUNT = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,3}))?")


_PRICE = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,3}))?")
_LABEL_ID = re.compile(r"[0-9A-F]{12,16}")
_GTIN_DIGITS_MAX = 14


class NotAnAmount(ValueError):
    """The text is no amount of this item; nothing is guessed."""


def money(minor: int | None, currency: str, digits: int, words: Words) -> str:
    """An amount with its currency sign; a dash for none."""
    if minor is None or not currency:
        return DASH
    return str(format_currency(Decimal(minor).scaleb(-digits), currency, locale=LOCALES[words.language]))


def amount(thousandths: int, words: Words, *, weighed: bool, signed: bool = False) -> str:
    """A stock amount: pieces as a number, a weighed item in kilograms; with its sign if wanted."""
    number = str(format_decimal(Decimal(abs(thousandths)).scaleb(-3), locale=LOCALES[words.language]))
    sign = "−" if thousandths < 0 else "+" if signed and thousandths else ""
    return f"{sign}{number} kg" if weighed else f"{sign}{number}"


def typed(thousandths: int) -> str:
    """An amount as it is typed into a field: `12`, `2.35`."""
    return f"{Decimal(thousandths).scaleb(-3).normalize():f}"


def read_amount(text: str, *, weighed: bool) -> int:
    """Thousandths of a typed amount: `12`, or for a weighed item `2.35` kilograms. Raises `NotAnAmount`."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or (match[2] and not weighed):
        raise NotAnAmount(text)
    return int(match[1]) * THOUSANDTHS + int((match[2] or "").ljust(3, "0"))


def read_money(text: str, digits: int) -> int:
    """Minor units of a typed price: `1.29`, `1,29`, `1`. Never a barcode. Raises `NotAnAmount`."""
    match = _PRICE.fullmatch(text.strip())
    if match is None or len(match[2] or "") > digits:
        raise NotAnAmount(text)
    return int(match[1] + (match[2] or "").ljust(digits, "0"))


def may_be_a_label(code: str) -> bool:
    """Whether a scan has the shape of a label id: 12 to 16 hexadecimal digits."""
    return bool(_LABEL_ID.fullmatch(code))


def looks_like_a_label(code: str) -> bool:
    """Whether a scan can only be a label: too long or too lettered for a product."""
    return may_be_a_label(code) and (len(code) > _GTIN_DIGITS_MAX or not code.isdigit())


def age(milliseconds: int, words: Words) -> str:
    """How long something has been so, in two units at most."""
    say = words.say
    if milliseconds < MINUTE_MS:
        return say("less than a minute")
    if milliseconds < HOUR_MS:
        return say("{n} min", n=milliseconds // MINUTE_MS)
    if milliseconds < DAY_MS:
        return say("{hours} h {minutes} min", hours=milliseconds // HOUR_MS, minutes=milliseconds % HOUR_MS // MINUTE_MS)
    return words.say_many("{n} day", "{n} days", milliseconds // DAY_MS)


def zone_of(name: str) -> datetime.tzinfo:
    """The time zone of this name; UTC when there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.UTC


def instant(at_ms: int | None, zone: datetime.tzinfo, words: Words) -> str:
    """A day and time of day as people here write it."""
    if at_ms is None:
        return DASH
    when = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
    pattern = "d MMM, HH:mm" if words.language == "en" else "M月d日 HH:mm"
    return str(format_datetime(when, pattern, locale=LOCALES[words.language]))


def full_instant(at_ms: int | None, zone: datetime.tzinfo, words: Words) -> str:
    """A day with its year and time of day, for what is kept or printed."""
    if at_ms is None:
        return DASH
    when = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
    pattern = "d MMMM y, HH:mm" if words.language == "en" else "y年M月d日 HH:mm"
    return str(format_datetime(when, pattern, locale=LOCALES[words.language]))


def day(iso_date: str, words: Words) -> str:
    """A date on a chart's axis."""
    when = datetime.date.fromisoformat(iso_date)
    return f"{when.day}.{when.month}." if words.language == "en" else f"{when.month}/{when.day}"
