"""The table of drivers, made from the registries: `python -m tests.devices_page` writes docs/devices.md.

What a driver speaks and can be asked comes from `edge.devices.kinds`, what can go wrong with it on the bench from
`simulators.kinds`, its states from its own module, and its tests are the files that name it.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import typing
from pathlib import Path
from types import FunctionType
from typing import Any

from edge.devices.fitting import DeviceKind
from edge.devices.kinds.registry import FAMILIES
from protocols.device_events import DeviceState
from simulators.kinds import KINDS as SIMULATED

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "devices.md"
TESTS_SHOWN = 6
BENCH = {"oepl_ap": "access_point", "ble_esl": "ble_point", "label_cloud": ""}
"""Which device of the bench plays a kind, where it is not the one named like its `device_kind`; empty: none does."""
SUPERVISED = (DeviceState.STARTING, DeviceState.READY, DeviceState.DEGRADED, DeviceState.RETRYING, DeviceState.FAILED)
HEAD = """# Devices

Every driver the box has. Made by `python -m tests.devices_page` from the registries of the box and the bench; a test says
when it is stale. How to add one: [adding-a-device.md](adding-a-device.md). What all of them have in common, from states to
settings from headquarters: [device-life.md](device-life.md).

*While running*: headquarters may add, change or remove it without a restart. *Faults*: what the bench can do to it, beside
what its links can (cut, delay, split, drop, garble). *Tests* name at most {shown} files.
"""


def driver_of(kind: DeviceKind[Any]) -> type | None:
    """The driver class a kind's `fit` makes, as far as its code tells."""
    fit = inspect.unwrap(kind.fit)
    if not isinstance(fit, FunctionType):
        return None
    for name in fit.__code__.co_names:
        found = fit.__globals__.get(name)
        if isinstance(found, FunctionType):
            found = typing.get_type_hints(found).get("return")
        if inspect.isclass(found) and hasattr(found, "device_kind") and hasattr(found, "run"):
            return found
    return None


def states_of(kind: DeviceKind[Any]) -> list[str]:
    """What it can be in; a driver that never says DEGRADED is never that."""
    driver = driver_of(kind)
    source = "DeviceState.DEGRADED" if driver is None else Path(inspect.getfile(driver)).read_text(encoding="utf-8")
    return [state.value for state in SUPERVISED if state is not DeviceState.DEGRADED or "DeviceState.DEGRADED" in source]


def faults_of(kind: DeviceKind[Any]) -> list[str]:
    """What the bench can do to it."""
    noun = BENCH.get(kind.name, kind.device_kind)
    return sorted({knob.name for each in SIMULATED if each.noun == noun for knob in each.knobs})


def files_naming(kind: DeviceKind[Any]) -> list[str]:
    """The test files that name it: its kind, its settings, its driver, or the registry its protocol is in."""
    driver = driver_of(kind)
    names = {kind.table.__name__, *([driver.__name__] if driver else [])}
    words = [
        rf'"{re.escape(kind.name)}"',
        rf"\b{re.escape(kind.name)}\b(?= import)",
        rf"import .*\b{re.escape(kind.name)}\b",
    ]
    words += [rf"\b{name}\b" for name in names]
    if kind.device_kind == "scale":
        words.append(r"protocols\.scales\.registry import PROTOCOLS")
    wanted = re.compile("|".join(words))
    counted = ((len(wanted.findall(text)), name) for name, text in _files().items())
    found = [(hits, name) for hits, name in counted if hits]
    return sorted(name for _, name in sorted(found, key=lambda each: (-each[0], each[1]))[:TESTS_SHOWN])


@functools.cache
def _files() -> dict[str, str]:
    texts = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    aside = ("tests/architecture/", "tests/e2e/")
    return {name: path.read_text(encoding="utf-8") for name, path in texts.items() if not name.startswith(aside)}


def page() -> str:
    """The whole page."""
    lines = [HEAD.format(shown=TESTS_SHOWN)]
    for family in FAMILIES:
        lines += [
            f"\n## {family.name.replace('_', ' ').capitalize()}\n",
            "| `kind` | is a | speaks | states | commands | while running | faults | tests |",
            "|---|---|---|---|---|---|---|---|",
            *(_row(kind) for kind in family.kinds),
        ]
    return "\n".join([*lines, ""])


def _row(kind: DeviceKind[Any]) -> str:
    tests = "<br>".join(f"[{Path(name).stem.removeprefix('test_')}](../{name})" for name in files_naming(kind))
    cells = [
        f"`{kind.name}`",
        kind.device_kind.replace("_", " "),
        kind.protocol,
        ", ".join(states_of(kind)),
        ", ".join(f"`{command}`" for command in kind.commands) or "–",
        "yes" if kind.live else "no",
        ", ".join(f"`{fault}`" for fault in faults_of(kind)) or "–",
        tests,
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    sys.exit(0)
