"""Scales. One struct per protocol of `protocols/scales/registry.py`; its tag is the protocol's name."""

from __future__ import annotations

from typing import ClassVar

from edge.settings.devices.table import DeviceTable, line_problems


class ScaleSettings(DeviceTable, frozen=True, kw_only=True):
    """A scale on a serial port or behind a converter from serial to network."""

    STANDS_AT: ClassVar[str] = "scale"

    port: str
    baud: int = 9600
    interval_ms: int = 200

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = line_problems(self.port)
        if self.interval_ms < 1:
            found.append(("interval_ms", "devices.interval_ms: at least 1."))
        return found


class Toledo8217Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="toledo8217"):
    """See `protocols.scales.toledo8217`."""


class MtSicsSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="mt_sics"):
    """See `protocols.scales.mt_sics`."""


TABLES = (Toledo8217Settings, MtSicsSettings)
