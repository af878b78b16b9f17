"""What a supervised device has been through since the box began: counted where it happens, read by metrics and screens."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from protocols.device_events import DeviceEvent

ERROR_CHARS_MAX = 200


class Heartbeat(DeviceEvent, frozen=True, kw_only=True):
    """A driver is at work although the device says nothing new. Goes to the supervisor and no further."""


@dataclass(slots=True)
class Life:
    """Counters of one device; they only grow while the box runs, also when its table of the settings is changed."""

    events: int = 0
    """What the driver told, heartbeats aside."""
    errors: int = 0
    """Broken links, crashes and hangs."""
    reconnects: int = 0
    """READY again after the link was lost."""
    hangs: int = 0
    """The driver was silent for longer than it allows itself, and was started anew."""
    abandoned: int = 0
    """Drivers that did not end when told to; nothing of them is listened to any more."""
    abandoned_now: int = 0
    """Of those, how many still have not ended."""
    read_bytes: int = 0
    written_bytes: int = 0
    last_error: str = ""
    last_error_at_ms: int = 0

    def failed(self, why: str, now_ms: int) -> None:
        """One more error."""
        self.errors += 1
        self.last_error = why[:ERROR_CHARS_MAX]
        self.last_error_at_ms = now_ms


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)
"""Of the device whose driver runs: links opened by it count their bytes there."""
