"""Keeps a till's two-line display up to date, from the same state as the customer's page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from edge.checkout.customer_view import customer_state
from edge.checkout.display_lines import DisplayLook, lines_of
from edge.settings import Settings
from edge.settings.devices.displays import DisplayTable
from protocols.contract.customer_display import CustomerLine
from protocols.contract.till import TillState

PAUSE_SECONDS = 0.06
"""Changes that come faster (a scale in motion) are shown together."""


class ShownTill(Protocol):
    """A till as its display sees it."""

    def state(self) -> TillState:
        """As it is now."""

    async def changed_since(self, revision: int) -> TillState:
        """Wait until the state is newer, and return it."""


def look_of(settings: Settings, display_id: str) -> DisplayLook:
    """How a display of the settings is set. Raises KeyError for a device that is none."""
    found = next(device for device in settings.devices if device.id == display_id and isinstance(device, DisplayTable))
    return DisplayLook(charset=found.charset, language=found.language or settings.store.language, idle=found.idle)


async def keep_shown(till: ShownTill, show: Callable[[str, str], None], look: DisplayLook) -> None:
    """For ever."""
    before: tuple[CustomerLine, ...] = ()
    lines: tuple[CustomerLine, ...] = ()
    state = till.state()
    while True:
        now = customer_state(state)
        if now.lines != lines:
            before, lines = lines, now.lines
        show(*lines_of(now, look, before))
        await asyncio.sleep(PAUSE_SECONDS)
        state = await till.changed_since(state.revision)
