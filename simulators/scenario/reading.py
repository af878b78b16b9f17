"""Scenario files read and checked: every complaint names file, line, column, what is wrong and what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import yaml

from simulators.scenario.steps import VERBS, Expect, Scenario, Step, duration_ms, verb_of
from simulators.yaml_source import YamlRefused, YamlSource, read_text

INCLUDES_MAX = 8
"""How deep files may include files."""
TIMES_MAX = 100_000
PATH = re.compile(r"(?:[A-Za-z_]\w*|\[-?\d+\]|\[\w+=[^\]]+\])(?:\.[A-Za-z_]\w*|\[-?\d+\]|\[\w+=[^\]]+\])*|")
OPTION = "Name a scenario file."


def read_scenario(path: Path, values: Mapping[str, str] | None = None) -> Scenario:
    """One file with what it includes, in order. Raises `YamlRefused`."""
    source = YamlSource(str(path), read_text(path, OPTION), values)
    return _checked(source, path, source.read(Scenario), 0, values)


def parse_scenario(name: str, text: str, values: Mapping[str, str] | None = None) -> Scenario:
    """The same from a text. Raises `YamlRefused`."""
    source = YamlSource(name, text, values)
    return _checked(source, Path(name), source.read(Scenario), 0, values)


def _checked(source: YamlSource, path: Path, found: Scenario, depth: int, values: Mapping[str, str] | None) -> Scenario:
    _time(source, "$.rest", found.rest)
    if not found.steps:
        raise source.refuse("$.steps", "there are no steps. Write at least one.")
    steps: list[Step] = []
    last_ms = 0
    for index, step in enumerate(found.steps):
        here = f"$.steps[{index}]"
        check_step(source, here, step)
        if step.at is not None:
            at_ms = _time(source, f"{here}.at", step.at)
            if at_ms < last_ms:
                raise source.refuse(f"{here}.at", f"{step.at} is before the step above it. Steps stand in order of time.")
            last_ms = at_ms
        if step.include is None:
            steps.append(step)
            continue
        if depth >= INCLUDES_MAX:
            raise source.refuse(f"{here}.include", f"files include files {INCLUDES_MAX} deep. Does one include itself?")
        below = path.parent / step.include
        inner = YamlSource(str(below), read_text(below, f"It is included by {path}."), {**(values or {}), **found.let})
        steps += _checked(inner, below, inner.read(Scenario), depth + 1, values).steps
    return msgspec.structs.replace(found, steps=tuple(steps))


def check_step(source: YamlSource, here: str, step: Step) -> None:
    """One verb, times that are times, expectations that expect. Raises `YamlRefused`."""
    said = [verb for verb in VERBS if getattr(step, verb) is not None]
    if len(said) != 1:
        many = f"has {len(said)} verbs ({', '.join(said)})" if said else "has no verb"
        raise source.refuse(here, f"the step {many}. Give exactly one of {', '.join(VERBS)}.")
    if step.every is not None:
        _time(source, f"{here}.every", step.every)
    if not 1 <= step.times <= TIMES_MAX:
        raise source.refuse(f"{here}.times", f"{step.times} is no count: 1 to {TIMES_MAX}.")
    if step.times > 1 and step.every is None:
        raise source.refuse(f"{here}.times", "say how far apart: every: 2 s.")
    verb = verb_of(step)
    if step.wait is not None:
        _time(source, f"{here}.wait", step.wait)
    if step.heal is not None and step.heal != "all":
        raise source.refuse(f"{here}.heal", f"'{step.heal}' cannot be healed. Write heal: all, or a fault with value: off.")
    if step.scan is not None and (step.scan.scanner is None) == (step.scan.till is None):
        raise source.refuse(f"{here}.scan", "give either scanner (a device) or till (a code typed there).")
    if step.fault is not None and (step.fault.device is None) == (step.fault.line is None):
        raise source.refuse(f"{here}.fault", "give either device or line (the line before a device).")
    if step.walk is not None and not step.walk.epcs and not (step.walk.gtin and step.walk.serials):
        raise source.refuse(f"{here}.walk", "name tags: epcs, or gtin with serials.")
    if step.expect is not None:
        _check_expect(source, f"{here}.{verb}", step.expect)


_COMPARES = ("equals", "differs", "contains", "lacks", "at_least", "at_most")
_PLACES = ("till", "device", "printer", "terminal", "get")


def _check_expect(source: YamlSource, here: str, expect: Expect) -> None:
    _time(source, f"{here}.within", expect.within)
    places = [name for name in _PLACES if getattr(expect, name) is not None]
    if len(places) != 1:
        raise source.refuse(here, f"expect something of exactly one of {', '.join(_PLACES)}.")
    if not any(getattr(expect, name) is not None for name in _COMPARES):
        raise source.refuse(here, "say what is expected: is, is_not, contains, lacks, at_least or at_most.")
    if PATH.fullmatch(expect.path) is None:
        raise source.refuse(
            f"{here}.path", f"'{expect.path}' is no path. Write lines[0].name, devices[id=a].state, lines.length."
        )


def _time(source: YamlSource, path: str, text: str) -> int:
    try:
        return duration_ms(text)
    except ValueError as error:
        raise source.refuse(path, str(error)) from error


class _Dumper(yaml.SafeDumper):
    """Digits stay text: a barcode is no number."""


def write_scenario(scenario: Scenario) -> str:
    """The file of a scenario; reading it gives the same scenario."""
    plain = msgspec.to_builtins(scenario)
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


__all__ = ["YamlRefused", "check_step", "parse_scenario", "read_scenario", "write_scenario"]
