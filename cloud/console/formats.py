"""How money, times and amounts stand on the screen, and how a typed price is read. Pure; integers in, text out."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from cloud.locale.catalogue import Words

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
DASH = "–"
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000

_PRICE = re.compile(r"([0-9]{1,8})(?:[.,]([0-9]{1,3}))?")


class NotAPrice(ValueError):
    """The text is no price; nothing is guessed."""


def money(minor: int | None, currency: str, digits: int, words: Words) -> str:
    """An amount with its currency sign; a dash for no amount."""
    if minor is None:
        return DASH
    return str(format_currency(Decimal(minor).scaleb(-digits), currency, locale=LOCALES[words.language]))


def plain_price(minor: int, digits: int) -> str:
    """An amount as it is typed into a field: `1.29`."""
    return str(Decimal(minor).scaleb(-digits))


def read_price(text: str, digits: int) -> int:
    """Minor units of a typed price (`1.29`, `1,29`, `€ 1.29`, `2`). Raises `NotAPrice`, also for digits too fine to pay."""
    match = _PRICE.fullmatch(text.strip().strip("€$£¥￥").strip())
    if match is None:
        raise NotAPrice(text)
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > digits:
        raise NotAPrice(text)
    return int(whole + fraction.ljust(digits, "0"))


def amount(thousandths: int, words: Words) -> str:
    """A stock amount in thousandths of its unit: `1.512`, `12`."""
    return str(format_decimal(Decimal(thousandths).scaleb(-3), locale=LOCALES[words.language]))


def share(basis_points: int, words: Words) -> str:
    """A share of a whole: `97.95 %`."""
    number = str(format_decimal(Decimal(basis_points).scaleb(-2), locale=LOCALES[words.language]))
    return f"{number} %" if words.language == "en" else f"{number}%"


def age(milliseconds: int | None, words: Words) -> str:
    """How long something takes or is ago, in words of two units at most."""
    if milliseconds is None:
        return DASH
    say = words.say
    if milliseconds < 1_500:
        return say("a moment")
    if milliseconds < MINUTE_MS:
        return say("{n} s", n=milliseconds // SECOND_MS)
    if milliseconds < HOUR_MS:
        return say("{n} min", n=milliseconds // MINUTE_MS)
    if milliseconds < DAY_MS:
        hours, minutes = milliseconds // HOUR_MS, milliseconds % HOUR_MS // MINUTE_MS
        return say("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return words.say_many("{n} day", "{n} days", milliseconds // DAY_MS)


def zone_of(name: str) -> datetime.tzinfo:
    """The time zone of this name; UTC when there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.UTC


def instant(at_ms: int | None, zone: datetime.tzinfo, words: Words, *, seconds: bool = False) -> str:
    """A date and time of day as people here write it."""
    if at_ms is None:
        return DASH
    when = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
    pattern = "d MMM yyyy, HH:mm" if words.language == "en" else "yyyy年M月d日 HH:mm"
    return str(format_datetime(when, pattern + (":ss" if seconds else ""), locale=LOCALES[words.language]))


def time_of_day(at_ms: int, zone: datetime.tzinfo) -> str:
    """Hours, minutes and seconds."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone).strftime("%H:%M:%S")


def read_local(text: str, zone: datetime.tzinfo) -> int | None:
    """Milliseconds of a `2026-11-25T08:30` from a date-and-time field; None for an empty one. Raises ValueError."""
    if not text:
        return None
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1000


def local_text(at_ms: int, zone: datetime.tzinfo) -> str:
    """An instant as a date-and-time field wants it: the other way round of `read_local`."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%dT%H:%M")
