"""Whether a sensor is there: one that sleeps is not missed before it should have woken twice. Pure."""

from __future__ import annotations

MISSED_WAKES = 2


class Presence:
    """One sensor's signs of life. `wakes_every_ms` 0: it is always awake and is missed after `quiet_after_ms`.

    A sleeper whose broker or bridge calls it offline is believed only once it has missed two of its own wakes: it
    disconnects whenever it goes to sleep.
    """

    def __init__(self, mono_ms: int, *, wakes_every_ms: int = 0, quiet_after_ms: int = 600_000) -> None:
        self.wakes_every_ms = wakes_every_ms
        self._quiet_after_ms = quiet_after_ms
        self._heard_ms = mono_ms
        self._offline = False

    def heard(self, mono_ms: int) -> None:
        """It said something."""
        self._heard_ms = mono_ms
        self._offline = False

    def told(self, *, online: bool, mono_ms: int) -> None:
        """Somebody said of it that it is there, or away. Being called there is no sign of its own life for a sleeper."""
        self._offline = not online
        if online and not self.wakes_every_ms:
            self._heard_ms = mono_ms

    def patience_ms(self) -> int:
        """How long it may be silent."""
        return MISSED_WAKES * self.wakes_every_ms if self.wakes_every_ms else self._quiet_after_ms

    def lost(self, mono_ms: int) -> bool:
        """Whether it must be taken for lost now."""
        quiet_ms = mono_ms - self._heard_ms
        if self.wakes_every_ms:
            return quiet_ms > self.patience_ms()
        return self._offline or quiet_ms > self.patience_ms()
