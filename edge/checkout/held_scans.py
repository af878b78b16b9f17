"""What a till's own scanner read while a sheet of the screen decides something: kept in order, sold once that is over.

The box holds them, so a page that is loaded anew loses none. Without a screen nothing is held: nobody has a sheet open.
"""

from __future__ import annotations

from protocols.contract.till import HeldScan

HELD_SCANS_MAX = 64
"""Policy when reached: the scan is refused aloud (`box_busy`), never dropped in silence."""


class HeldScans:
    """The scans of one till that wait."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._screens = 0
        self.holding = False

    @property
    def waiting(self) -> tuple[HeldScan, ...]:
        """In the order they came."""
        return tuple(HeldScan(id=scan_id, code=code) for scan_id, code in self._waiting.items())

    @property
    def full(self) -> bool:
        """No more can wait."""
        return len(self._waiting) >= HELD_SCANS_MAX

    def add(self, scan_id: str, code: str) -> None:
        """This one waits."""
        self._waiting[scan_id] = code

    def take(self, scan_id: str) -> None:
        """The screen has it; one that is gone already is gone."""
        self._waiting.pop(scan_id, None)

    def hold(self, held: bool) -> tuple[HeldScan, ...]:
        """Begin or end to hold; what is to be sold now."""
        self.holding = held and self._screens > 0
        if self.holding:
            return ()
        due, self._waiting = self.waiting, {}
        return due

    def screen_came(self) -> None:
        """A screen is connected."""
        self._screens += 1

    def screen_left(self) -> tuple[HeldScan, ...]:
        """A screen is gone; what is to be sold now that none is left."""
        self._screens -= 1
        return () if self._screens else self.hold(False)
