"""Looks at a bench again and again and tells what changed at its devices: any field of any view of any kind."""

from __future__ import annotations

from typing import Any

import msgspec

from simulators.scenario.chronicle import Chronicle
from simulators.scenario.looking import told

QUIET = {"port", "url", "reads", "goods", "seed"}
"""Fields that say where a device is, not what happens to it."""
WORDS_MAX = 120


class Watch:
    """Feed it `/state`; it notes differences. The first look is what was there before."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._before: dict[tuple[str, str], str] | None = None
        self._faults: set[tuple[str, str, str]] = set()

    def see(self, state: bytes) -> None:
        """One look."""
        plain: dict[str, Any] = msgspec.json.decode(state)
        now = dict(sorted(_values({**plain, **plain.get("more", {})})))
        before = self._before if self._before is not None else now
        for (device, field), value in now.items():
            if before.get((device, field), value) != value:
                self._chronicle.note(device, "device", field, value=value[:WORDS_MAX])
        faults = {(each["id"], each["fault"], told(each["value"])) for each in plain.get("faults", [])}
        for device, fault, value in sorted(faults - self._faults):
            self._chronicle.note(device, "fault", f"fault_{fault}", value=value)
        for device, fault, _ in sorted(self._faults - faults):
            self._chronicle.note(device, "fault", f"healed_{fault}")
        self._before, self._faults = now, faults


def _values(state: dict[str, Any]) -> list[tuple[tuple[str, str], str]]:
    return [
        ((str(view["id"]), field), told(value))
        for kind, views in state.items()
        if isinstance(views, list) and kind not in {"faults", "tills", "proxies"}
        for view in views
        for field, value in view.items()
        if field not in QUIET and field not in {"id", "kind", "faults"} and not isinstance(value, dict | list)
    ]
