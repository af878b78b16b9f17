"""Keeps a till's two-line display up to date, from the same state as the customer's page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Protocol

from edge.checkout.customer_view import customer_state
from edge.checkout.display_lines import DisplayLook, lines_of
from edge.devices.fitting import Fitting
from edge.settings import Settings
from edge.settings.devices.displays import DisplayTable
from firmware_bridges.customer_display import DisplayDriver, PrinterDisplayDriver
from protocols.contract.customer_display import CustomerLine
from protocols.contract.till import TillState

PAUSE_SECONDS = 0.06
"""Changes that come faster (a scale in motion) are shown together."""
AGAIN_SECONDS = 2.0
"""A display that was put in while the box runs is told this soon what it shows."""


class ShownTill(Protocol):
    """A till as its display sees it."""

    def state(self) -> TillState:
        """As it is now."""

    async def changed_since(self, revision: int) -> TillState:
        """Wait until the state is newer, and return it."""


class Displays:
    """All of a box's. `fittings`: the devices as they are now; `settings_now`: their settings. Both change while it runs."""

    def __init__(self, fittings: Mapping[str, Fitting], settings_now: Callable[[], Settings]) -> None:
        self._fittings = fittings
        self._settings_now = settings_now

    async def keep(self, till: ShownTill, display_id: str) -> None:
        """Show a till's basket on a display, for ever; while there is none of this id, nothing is shown."""
        before: tuple[CustomerLine, ...] = ()
        lines: tuple[CustomerLine, ...] = ()
        state = till.state()
        while True:
            now = customer_state(state)
            if now.lines != lines:
                before, lines = lines, now.lines
            fitting, look = self._fittings.get(display_id), look_of(self._settings_now(), display_id)
            if look is not None and fitting is not None and isinstance(fitting.driver, DisplayDriver | PrinterDisplayDriver):
                fitting.driver.show(*lines_of(now, look, before))
            await asyncio.sleep(PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    state = await till.changed_since(state.revision)


def look_of(settings: Settings, display_id: str) -> DisplayLook | None:
    """How a display of the settings is set; None: there is none of this id."""
    found = next((each for each in settings.devices if each.id == display_id), None)
    if not isinstance(found, DisplayTable):
        return None
    return DisplayLook(charset=found.charset, language=found.language or settings.store.language, idle=found.idle)
