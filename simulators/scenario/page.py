"""The timeline of a run: one HTML file that needs no network, devices as lanes, faults as bars, what was broken on top."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from simulators.scenario.chronicle import Event
from simulators.scenario.player import Outcome
from simulators.scenario.reading import write_scenario

TEMPLATE = Path(__file__).with_name("timeline.html")
BYTES_MAX = 5 * 1024 * 1024
YAML_CHARACTERS_MAX = 200_000
PLACE = "/*RUN*/null"


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as the page shows it."""

    step: int
    rule: str
    words: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is told."""

    name: str
    mode: str
    seed: int
    took_ms: int
    steps: int
    digest: str
    broken: tuple[Broken, ...]
    checked: tuple[str, ...]
    events: Sequence[Event]
    left_off: int
    yaml: str
    again: str


RULES = ("money", "receipts", "payments", "stock", "labels", "facts")
"""What is checked at the end of every run with a box in replay mode."""
WIRE_RULES = ("money", "receipts", "payments")
"""Over the wire only what the player saw can be checked."""


def timeline(outcome: Outcome, events: Sequence[Event], *, left_off: int = 0, again: str = "") -> str:
    """The file's text, `BYTES_MAX` at most: the events in the middle of a long run are left off, and counted."""
    shown = list(events)
    while True:
        text = _page(outcome, shown, left_off + len(events) - len(shown), again)
        if len(text.encode()) <= BYTES_MAX or len(shown) < 100:
            return text
        quarter = len(shown) // 4
        shown = shown[:quarter] + shown[-quarter:]


def _page(outcome: Outcome, events: Sequence[Event], left_off: int, again: str) -> str:
    yaml = write_scenario(outcome.scenario)
    run = Run(
        name=outcome.scenario.scenario,
        mode=outcome.mode,
        seed=outcome.seed,
        took_ms=outcome.took_ms,
        steps=outcome.steps,
        digest=outcome.digest,
        broken=tuple(Broken(step=each.step, rule=each.rule, words=each.words) for each in outcome.failures),
        checked=RULES if outcome.mode == "replay" else WIRE_RULES,
        events=events,
        left_off=left_off,
        yaml=yaml if len(yaml) <= YAML_CHARACTERS_MAX else yaml[:YAML_CHARACTERS_MAX] + "\n# ... and more\n",
        again=again,
    )
    # "</" inside a script element would end it, and a comment could begin.
    data = (
        msgspec.json.encode(run).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
    return TEMPLATE.read_text(encoding="utf-8").replace(PLACE, data, 1)
