"""The steps of a scenario as they are written in YAML: one step is one mapping with one verb, and when and how often."""

from __future__ import annotations

import re
from typing import Any

import msgspec

Text = str | None


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything in a scenario file."""


class Scan(Part, frozen=True, kw_only=True):
    """Hold a code before a `scanner`, or type it at a `till`."""

    code: str
    scanner: Text = None
    till: Text = None
    symbology: str = "untold"


class Weigh(Part, frozen=True, kw_only=True):
    """Put so much on a scale, all together; 0 empties it. In motion for `settle_ms`."""

    scale: str
    grams: int
    settle_ms: int = 300


class Walk(Part, frozen=True, kw_only=True):
    """Tags walk past a reader: EPCs, or a GTIN with serial numbers. `direction`: `in` or `out`; or a scripted `walk`."""

    reader: str
    epcs: tuple[str, ...] = ()
    gtin: Text = None
    serials: tuple[int, ...] = ()
    direction: str = "in"
    walk: Text = None
    speed_mm_per_s: int = 1_500


class FaultStep(Part, frozen=True, kw_only=True):
    """Set a fault of a `device` (or of the `line` before it); `clock` and `disk` are the box's. `value: off` heals it."""

    fault: str
    device: Text = None
    line: Text = None
    value: str = "on"


class Do(Part, frozen=True, kw_only=True):
    """Any command of the bench's API to a device: `act` is the last part of its path, `with` its body."""

    device: str
    act: str
    body: dict[str, Any] = msgspec.field(name="with", default_factory=dict)


class OpenTill(Part, frozen=True, kw_only=True):
    """Log in at a till and open the shift."""

    till: str
    staff: str
    pin: str
    float_minor: int = 20_000


class Pay(Part, frozen=True, kw_only=True):
    """Pay what is due: `method` cash (`tendered_minor`: notes handed over, default exact), card, code, gift_card ...

    `refused`: the reason code the till must refuse it with.
    """

    till: str
    method: str = "cash"
    tendered_minor: int | None = None
    code: str = ""
    refused: Text = None


class TillStep(Part, frozen=True, kw_only=True):
    """Any command of the till's contract, by its `kind`. `refused`: the reason code it must be refused with."""

    till: str
    command: dict[str, Any]
    refused: Text = None


class CloseTill(Part, frozen=True, kw_only=True):
    """Count the drawer as expected and close the shift."""

    till: str


class Expect(Part, frozen=True, kw_only=True):
    """Something must become true `within` a time.

    Of a `till`, a `device` (its view), a `printer`'s newest receipt, a `terminal`'s ledger, or `get` any path of the bench.
    `path` walks into the answer: `lines.length`, `devices[device_id=printer-1].state`, `receipts[-1].text`.
    """

    till: Text = None
    device: Text = None
    printer: Text = None
    terminal: Text = None
    get: Text = None
    path: str = ""
    equals: Text = msgspec.field(name="is", default=None)
    differs: Text = msgspec.field(name="is_not", default=None)
    contains: Text = None
    lacks: Text = None
    at_least: int | None = None
    at_most: int | None = None
    within: str = "5 s"


class Step(Part, frozen=True, kw_only=True):
    """One step. `at`: not before this moment of the scenario; `every` and `times`: again and again; `lenient`: may fail."""

    at: Text = None
    every: Text = None
    times: int = 1
    lenient: bool = False
    about: str = ""
    scan: Scan | None = None
    weigh: Weigh | None = None
    walk: Walk | None = None
    fault: FaultStep | None = None
    heal: Text = None
    """`all`."""
    wait: Text = None
    do: Do | None = None
    open: OpenTill | None = None
    pay: Pay | None = None
    till: TillStep | None = None
    close: CloseTill | None = None
    expect: Expect | None = None
    include: Text = None
    """Another file whose steps stand here."""


VERBS = ("scan", "weigh", "walk", "fault", "heal", "wait", "do", "open", "pay", "till", "close", "expect", "include")


class Scenario(Part, frozen=True, kw_only=True):
    """A file. `store`: the store file it is played in. `let`: values for `${name}`. `rest`: how long it may come to rest."""

    scenario: str
    store: Text = None
    seed: int = 1
    let: dict[str, str] = msgspec.field(default_factory=dict)
    rest: str = "30 s"
    keep: bool = False
    """Leave everything as it is at the end: no healing, no rest, no checks."""
    steps: tuple[Step, ...]


def verb_of(step: Step) -> str:
    """The one verb of a checked step."""
    return next(verb for verb in VERBS if getattr(step, verb) is not None)


_UNITS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
_AMOUNT = re.compile(r"(\d+)(?:\.(\d{1,3}))?\s*(ms|s|min|h)")
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?")


def duration_ms(text: str) -> int:
    """`500 ms`, `2.5 s`, `10 min`, `1 h`, `8:30`, `0:01:30`. Raises ValueError with what is understood."""
    amount = _AMOUNT.fullmatch(text.strip())
    if amount is not None:
        whole, part, unit = amount.groups()
        return int(whole) * _UNITS[unit] + int((part or "0").ljust(3, "0")) * _UNITS[unit] // 1_000
    clock = _CLOCK.fullmatch(text.strip())
    if clock is not None:
        hours, minutes, seconds, part = clock.groups()
        return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)) * 1_000 + int((part or "0").ljust(3, "0"))
    raise ValueError(f"'{text}' is no time. Write 500 ms, 2.5 s, 10 min, 1 h, 8:30 or 0:01:30.")
