"""A strict checker of EPCIS 2.0 events: the published schema lets misspelt words and bad times pass, this does not.

Tables say which fields an event of a kind may have and how each is checked; what no table knows must be an extension: a name
with a prefix that the document's context declares, or an absolute URI. Every fault is found at once, with its place
(`epcisBody.eventList[3].bizStep`) and its remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from protocols.epcis import vocabulary as words
from protocols.epcis.identifiers import fault_of_class, fault_of_instance
from protocols.epcis.times import OFFSET, time_ms

Json: TypeAlias = object
"""A value as the JSON parser gives it: nothing is known of it yet."""
FAULTS_MAX = 100
"""Faults told of one document; further ones are counted."""
CONTEXT_PREFIXES = frozenset({"cbv", "cbvmda", "epcis", "gs1", "rdfs", "owl", "xsd", "dcterms"})
"""Prefixes that the EPCIS context itself declares."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where."""

    path: str
    text: str


@dataclass(slots=True)
class Checking:
    """The faults so far, and the prefixes that are declared."""

    prefixes: frozenset[str] = CONTEXT_PREFIXES
    faults: list[Fault] = field(default_factory=list)
    more: int = 0

    def fault(self, path: str, text: str) -> None:
        """Note one."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(path, text))
        else:
            self.more += 1

    def is_extension(self, name: str) -> bool:
        """Whether a field of this name belongs to somebody's extension."""
        prefix, colon, rest = name.partition(":")
        declared = prefix in self.prefixes or (prefix in {"http", "https", "urn"} and words.is_uri(name))
        return bool(colon and rest) and declared


Check: TypeAlias = Callable[[Checking, str, Json], None]


def fields(checking: Checking, path: str, value: Json, table: Mapping[str, Check], *, extensions: bool = True) -> bool:
    """Check an object by a table of its fields. False: it is no object at all."""
    if not isinstance(value, dict):
        checking.fault(path, "is no object")
        return False
    for name, each in value.items():
        check = table.get(name)
        if check is not None:
            check(checking, f"{path}.{name}", each)
        elif not (extensions and checking.is_extension(name)):
            checking.fault(
                f"{path}.{name}", "is no field of this object; an extension needs a prefix that @context declares"
            )
    return True


def need(checking: Checking, path: str, value: Json, *names: str) -> None:
    """Each of these fields must be there."""
    for name in names:
        if isinstance(value, dict) and value.get(name) is None:
            checking.fault(f"{path}.{name}", "is missing")


def word(known: frozenset[str], what: str) -> Check:
    """A word of the vocabulary, or a URI of one's own."""

    def check(checking: Checking, path: str, value: Json) -> None:
        if not words.is_word(value, known):
            checking.fault(
                path, f"{str(value)[:60]!r} is no {what} of CBV 2.0; write a standard one bare, or a URI of your own"
            )

    return check


def uri(checking: Checking, path: str, value: Json) -> None:
    """An absolute URI."""
    if not words.is_uri(value):
        checking.fault(path, f"{str(value)[:60]!r} is no absolute URI")


def instance(checking: Checking, path: str, value: Json) -> None:
    """The id of one thing."""
    if why := fault_of_instance(value):
        checking.fault(path, why)


def time(checking: Checking, path: str, value: Json) -> None:
    """A date and time with its time zone."""
    if time_ms(value) is None:
        checking.fault(path, f"{str(value)[:40]!r} is no date-time with a time zone, such as 2026-11-27T09:00:00.000+01:00")


def offset(checking: Checking, path: str, value: Json) -> None:
    """A time zone offset."""
    if not isinstance(value, str) or OFFSET.fullmatch(value) is None:
        checking.fault(path, f"{str(value)[:20]!r} is no offset from -14:00 to +14:00, such as +08:00")


def number(checking: Checking, path: str, value: Json) -> None:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        checking.fault(path, f"{str(value)[:40]!r} is no number")


def text(checking: Checking, path: str, value: Json) -> None:
    """Any text."""
    if not isinstance(value, str):
        checking.fault(path, "is no text")


def anything(checking: Checking, path: str, value: Json) -> None:
    """Checked elsewhere."""


def exactly(*wanted: str) -> Check:
    """One of these."""

    def check(checking: Checking, path: str, value: Json) -> None:
        if value not in wanted:
            checking.fault(path, f"{str(value)[:60]!r} is none of {', '.join(wanted)}")

    return check


def many(one: Check, *, least: int = 0, unique: bool = False) -> Check:
    """A list, each of its values checked."""

    def check(checking: Checking, path: str, value: Json) -> None:
        if not isinstance(value, list):
            checking.fault(path, "is no list")
            return
        if len(value) < least:
            checking.fault(path, f"has {len(value)} values; at least {least}")
        if unique and len({str(each) for each in value}) != len(value):
            checking.fault(path, "says something twice")
        for index, each in enumerate(value):
            one(checking, f"{path}[{index}]", each)

    return check


def thing(table: Mapping[str, Check], *needed: str, extensions: bool = False) -> Check:
    """An object by a table."""

    def check(checking: Checking, path: str, value: Json) -> None:
        if fields(checking, path, value, table, extensions=extensions):
            need(checking, path, value, *needed)

    return check


def quantity(checking: Checking, path: str, value: Json) -> None:
    """How much of a class of goods: a count, or a measure with its unit (UN/CEFACT recommendation 20)."""
    if not fields(checking, path, value, {"epcClass": _epc_class, "quantity": number, "uom": _unit}, extensions=False):
        return
    need(checking, path, value, "epcClass")
    amount = value.get("quantity") if isinstance(value, dict) else None
    if isinstance(amount, int | float) and amount < 0:
        checking.fault(f"{path}.quantity", "is below zero")
    if isinstance(value, dict) and "uom" not in value and isinstance(amount, float) and not amount.is_integer():
        checking.fault(f"{path}.quantity", f"{amount} pieces: a count is a whole number, a measure has a uom")


def _epc_class(checking: Checking, path: str, value: Json) -> None:
    if why := fault_of_class(value):
        checking.fault(path, why)


def _unit(checking: Checking, path: str, value: Json) -> None:
    good = isinstance(value, str) and 2 <= len(value) <= 3 and value.isascii() and value.isalnum() and value.upper() == value
    if not good:
        checking.fault(path, f"{str(value)[:20]!r} is no unit of two or three characters, such as KGM")
