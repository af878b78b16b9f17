"""What HQ knows of one device. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A device in its present state. `rank`: 0 is the worst state. Store fields are those of its store now."""

    store_id: str
    store_name: str
    zone: str
    store_online: bool
    device_id: str
    device_kind: str
    state: str
    rank: int
    reason: str
    since_ms: int
    told_ms: int

    @property
    def place(self) -> tuple[int, int, str, str]:
        """Where it stands in a list, worst first."""
        return (self.rank, self.since_ms, self.store_id, self.device_id)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many devices of a kind are in a state."""

    device_kind: str
    state: str
    devices: int


HEALTH_METRICS = ("events", "reads", "errors", "reconnects", "hangs", "abandoned", "read_bytes", "written_bytes")
"""Counters of a device, as `protocols.contract.telemetry` names them."""
HEALTH_HOURS = 24


@dataclass(frozen=True, slots=True)
class Health:
    """What a device went through in the last `HEALTH_HOURS` hours. A counter that is not there did not move."""

    device_id: str
    counts: dict[str, int]
    last_error: str
    last_error_at_ms: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which devices a list shows. None: all of them."""

    state: str | None = None
    kind: str | None = None
    zone: str | None = None
    store_id: str | None = None
    trouble: bool = False
    """Only failed, retrying and degraded ones."""
