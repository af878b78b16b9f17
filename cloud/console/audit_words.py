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


class Teller:
    """Tells rows in one language, time zone and set of currencies."""

    def __init__(self, words: Words, zone: datetime.tzinfo, price_zones: dict[str, Zone]) -> None:
        self._words = words
        self._zone = zone
        self._price_zones = price_zones

    def tell(self, before: str, after: str, price_zone: str) -> Told:
        """The differences between two JSON texts; everything where one of them is empty."""
        was, now = _read(before), _read(after)
        if isinstance(was, list) or isinstance(now, list):
            return self._rows(was if isinstance(was, list) else [], now if isinstance(now, list) else [], price_zone)
        old, new = (value if isinstance(value, dict) else {} for value in (was, now))
        changes = [
            Change(
                self._words.name("field", name),
                self._text(name, old.get(name), price_zone),
                self._text(name, new.get(name), price_zone),
            )
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        ]
        return Told(tuple(changes[:LINES_MAX]), max(0, len(changes) - LINES_MAX))

    def _rows(self, was: list[object], now: list[object], price_zone: str) -> Told:
        old, new = _by_key(was), _by_key(now)
        left_off = max(
            (int(str(row[LEFT_OFF])) for row in was + now if isinstance(row, dict) and LEFT_OFF in row), default=0
        )
        changes = [
            Change(name, self._row(old.get(name), price_zone), self._row(new.get(name), price_zone))
            for name in {**old, **new}
        ]
        return Told(tuple(changes[:LINES_MAX]), max(0, len(changes) - LINES_MAX) + left_off)

    def _row(self, row: object, price_zone: str) -> str:
        if not isinstance(row, dict):
            return "" if row is None else str(row)
        told = [
            self._text(name, value, price_zone)
            for name, value in row.items()
            if name not in KEYS and value not in (None, "")
        ]
        return ", ".join(told)

    def _text(self, name: str, value: object, price_zone: str) -> str:
        words = self._words
        if value is None or value in ("", []):
            return ""
        if isinstance(value, bool):
            return words.say("yes") if value else words.say("no")
        if isinstance(value, list):
            return ", ".join(self._text(name, inner, price_zone) for inner in value)
        if isinstance(value, int):
            zone = self._price_zones.get(price_zone)
            if name.endswith("_minor") and zone is not None:
                return formats.money(value, zone.currency, zone.minor_digits, words)
            if name.endswith("_at_ms") or name in {"effective_from_ms", "effective_to_ms"}:
                return formats.instant(value, self._zone, words)
        if isinstance(value, str) and name in {"role", "rights"}:
            return words.name("role" if name == "role" else "right", value)
        return str(value)


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
