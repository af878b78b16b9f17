"""A query's parameters (EPCIS 2.0 section 8.2.7.1) as what is wanted. Pure.

A list is written with commas, or the parameter is repeated. A parameter nobody knows is refused: an answer that ignores it
would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.epcis.ids import pattern_of, word_of
from cloud.epcis.problems import EpcisRefused
from cloud.epcis.store import Wanted
from protocols.epcis.identifiers import canonical
from protocols.epcis.times import time_ms

VALUES_MAX = 500
"""Of one parameter."""
PAGE_DEFAULT, PAGE_MAX = 30, 1_000
PAGING = frozenset({"perPage", "nextPageToken"})


def _words(values: Sequence[str]) -> list[str]:
    return [word_of(value) for value in values]


def _places(values: Sequence[str]) -> list[str]:
    return [canonical(value) for value in values]


def _plain(values: Sequence[str]) -> list[str]:
    return list(values)


_LISTS: dict[str, tuple[str, Callable[[Sequence[str]], list[str]]]] = {
    "eventType": ("types", _plain),
    "EQ_action": ("actions", _plain),
    "EQ_bizStep": ("steps", _words),
    "EQ_disposition": ("dispositions", _words),
    "EQ_readPoint": ("read_points", _places),
    "EQ_bizLocation": ("locations", _places),
    "EQ_eventID": ("event_ids", _plain),
}
_INSTANTS = {
    "GE_eventTime": "from_ms",
    "LT_eventTime": "before_ms",
    "GE_recordTime": "recorded_from_ms",
    "LT_recordTime": "recorded_before_ms",
}
_EPCS = {
    "MATCH_epc": ("epcs", "begins"),
    "MATCH_anyEPC": ("any_epcs", "any_begins"),
    "MATCH_parentID": ("any_epcs", "any_begins"),
    "MATCH_epcClass": ("any_epcs", "any_begins"),
    "MATCH_anyEPCClass": ("any_epcs", "any_begins"),
}
KNOWN = frozenset({*_LISTS, *_INSTANTS, *_EPCS, "EXISTS_errorDeclaration"})


def wanted_of(parameters: Iterable[tuple[str, str]]) -> Wanted:
    """The parameters, paging left out. Raises `EpcisRefused`."""
    found = _Found()
    for name, values in _together(parameters).items():
        if name in PAGING:
            continue
        if name in _LISTS:
            column, read = _LISTS[name]
            found.lists[column] = read(values)
        elif name in _INSTANTS:
            found.instants[_INSTANTS[name]] = _instant(name, values)
        elif name in _EPCS:
            _add_epcs(found, name, values)
        elif name == "EXISTS_errorDeclaration":
            found.errors_only = True
        else:
            raise EpcisRefused("QueryParameterException", 400, f"The parameter '{name[:60]}' is not known here.")
    return found.wanted()


@dataclass
class _Found:
    """Parameters read so far, by the fields of `Wanted`."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    instants: dict[str, int] = field(default_factory=dict)
    begins: dict[str, str] = field(default_factory=dict)
    errors_only: bool | None = None

    def wanted(self) -> Wanted:
        lists, instants, begins = self.lists, self.instants, self.begins
        return Wanted(
            types=lists.get("types"),
            actions=lists.get("actions"),
            steps=lists.get("steps"),
            dispositions=lists.get("dispositions"),
            read_points=lists.get("read_points"),
            locations=lists.get("locations"),
            event_ids=lists.get("event_ids"),
            from_ms=instants.get("from_ms"),
            before_ms=instants.get("before_ms"),
            recorded_from_ms=instants.get("recorded_from_ms"),
            recorded_before_ms=instants.get("recorded_before_ms"),
            errors_only=self.errors_only,
            epcs=lists.get("epcs"),
            any_epcs=lists.get("any_epcs"),
            begins=begins.get("begins"),
            any_begins=begins.get("any_begins"),
        )


def _together(parameters: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parameters:
        parts = [value] if name in _INSTANTS else value.split(",")
        found.setdefault(name, []).extend(part.strip() for part in parts if part.strip())
        if len(found[name]) > VALUES_MAX:
            raise EpcisRefused("QueryTooComplexException", 413, f"More than {VALUES_MAX} values of '{name[:60]}'.")
    return found


def _instant(name: str, values: Sequence[str]) -> int:
    at_ms = time_ms(values[0].replace(" ", "+")) if values else None  # a + of an address is a space
    if at_ms is None:
        detail = f"{name}: write an instant with its offset, as 2026-11-27T12:00:00Z."
        raise EpcisRefused("QueryParameterException", 400, detail)
    return at_ms


def _add_epcs(found: _Found, name: str, values: Sequence[str]) -> None:
    exact, begins = _EPCS[name]
    keys = [pattern_of(value) for value in values]
    patterns = [key for key, whole in keys if whole]
    if len(patterns) > 1 or (patterns and len(keys) > 1):
        raise EpcisRefused("QueryTooComplexException", 413, f"{name}: one pattern at a time, and alone.")
    if patterns:
        found.begins[begins] = patterns[0]
    else:
        found.lists[exact] = [key for key, _ in keys]


def paging_of(parameters: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """(perPage, nextPageToken). Raises `EpcisRefused`."""
    named = dict(parameters)
    text = named.get("perPage", str(PAGE_DEFAULT))
    if not text.isdigit() or not 1 <= int(text) <= PAGE_MAX:
        raise EpcisRefused("QueryParameterException", 400, f"perPage: a number from 1 to {PAGE_MAX}.")
    return int(text), named.get("nextPageToken", "")
