"""A customer display on its cable: a tube with two lines of twenty columns, which obeys CD5220 and says nothing."""

from __future__ import annotations

from collections.abc import Callable

from protocols.displays.cd5220 import Screen
from simulators.cables import Cable


class DisplaySimulator:
    """The display. `charset`: what its switches set it to."""

    def __init__(self, cable: Cable, charset: str = "cp437") -> None:
        self.cable = cable
        self.screen = Screen(charset)
        self.dead_tube = False
        """It obeys and shows nothing."""
        self._listeners: list[Callable[[], None]] = []

    @property
    def plugged_in(self) -> bool:
        """Whether the till can find it."""
        return self.cable.plugged_in

    def lines(self) -> tuple[str, str]:
        """What a customer reads."""
        return ("", "") if self.dead_tube else self.screen.text()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener()` whenever something came."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Plug it in. Raises `simulators.web.CannotListen`."""
        await self.plug_in()

    async def stop(self) -> None:
        """Unplug it."""
        await self.unplug()

    async def plug_in(self) -> None:
        """Give it line and power; it begins empty. Nothing happens if it has them."""
        if not self.plugged_in:
            self.screen = Screen(self.screen.charset)
            await self.cable.plug_in(self._hear)

    async def unplug(self) -> None:
        """Pull the cable, which carries its power too."""
        await self.cable.unplug()
        self.screen = Screen(self.screen.charset)

    def power_cut(self) -> None:
        """Its power fails for a moment while the line stays: it begins empty."""
        self.screen = Screen(self.screen.charset)

    def _hear(self, data: bytes) -> None:
        self.screen.feed(data)
        for listener in self._listeners:
            listener()
