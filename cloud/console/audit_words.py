"""How a row of the audit trail is told: what was and what is, field by field. Pure; JSON text in, short texts out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import msgspec

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.locale.catalogue import Words

LINES_MAX = 12
"""Fields or rows that are told; the others are counted."""
KEYS = ("item_id", "staff_id", "store_id", "gtin", "name")
"""What names one row of a list, first found first."""
LEFT_OFF = "rows_left_off"


@dataclass(frozen=True)
class Change:
    """One field, or one row of a list. Empty: it was not there, or is not there any more."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """The changes worth a line, and how many more there are."""

    changes: tuple[Change, ...]
    more: int = 0


@dataclass(frozen=True)
class About:
    """What a row's values are to be read with: its price zone, and when it was made."""

    price_zone: str = ""
    at_ms: int = 0


class Teller:
    """Tells rows in one language, time zone and set of currencies."""

    def __init__(self, words: Words, zone: datetime.tzinfo, price_zones: dict[str, Zone]) -> None:
        self._words = words
        self._zone = zone
        self._price_zones = price_zones

    def tell(self, before: str, after: str, about: About) -> Told:
        """The differences between two JSON texts; everything where one of them is empty."""
        was, now = _read(before), _read(after)
        if isinstance(was, list) or isinstance(now, list):
            return self._rows(was if isinstance(was, list) else [], now if isinstance(now, list) else [], about)
        old, new = (value if isinstance(value, dict) else {} for value in (was, now))
        changes: list[Change] = []
        for name in {**old, **new}:
            texts = [self._text(name, side.get(name), about) for side in (old, new)]
            if old.get(name) != new.get(name) and any(texts):
                changes.append(Change(self._words.name("field", name), *texts))
        return _bounded(changes)

    def _rows(self, was: list[object], now: list[object], about: About) -> Told:
        old, new = _by_key(was), _by_key(now)
        left_off = max((_left_off(row) for row in (*was, *now)), default=0)
        told = [Change(name, self._row(old.get(name), about), self._row(new.get(name), about)) for name in {**old, **new}]
        return _bounded(told, left_off)

    def _row(self, row: object, about: About) -> str:
        if not isinstance(row, dict):
            return "" if row is None else str(row)
        texts = [self._text(name, value, about) for name, value in row.items() if name not in KEYS]
        return ", ".join(text for text in texts if text)

    def _text(self, name: str, value: object, about: About) -> str:
        words = self._words
        if value is None or value in ("", []):
            return ""
        if isinstance(value, bool):
            return words.say("yes") if value else words.say("no")
        if isinstance(value, list):
            return ", ".join(self._text(name, inner, about) for inner in value)
        if isinstance(value, int):
            return self._number(name, value, about)
        if isinstance(value, str) and name in {"role", "rights"}:
            return words.name("role" if name == "role" else "right", value)
        return str(value)

    def _number(self, name: str, value: int, about: About) -> str:
        words, zone = self._words, self._price_zones.get(about.price_zone)
        if name.endswith("_minor") and zone is not None:
            return formats.money(value, zone.currency, zone.minor_digits, words)
        if name in {"effective_from_ms", "from_ms"}:  # "now" goes without saying
            return words.say("from {time}", time=self._instant(value)) if value > about.at_ms else ""
        if name in {"effective_to_ms", "to_ms"}:
            return words.say("until {time}", time=self._instant(value))
        return self._instant(value) if name.endswith("_at_ms") else str(value)

    def _instant(self, at_ms: int) -> str:
        return formats.instant(at_ms, self._zone, self._words)


def _bounded(changes: list[Change], left_off: int = 0) -> Told:
    return Told(tuple(changes[:LINES_MAX]), max(0, len(changes) - LINES_MAX) + left_off)


def _left_off(row: object) -> int:
    count = row.get(LEFT_OFF) if isinstance(row, dict) else None
    return count if isinstance(count, int) else 0


def _read(text: str) -> object:
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"text": text}


def _by_key(rows: list[object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            if LEFT_OFF in row:
                continue
            name = next((str(row[key]) for key in KEYS if row.get(key)), str(number))
            found[name] = row
        else:
            found[str(row)] = row
    return found
