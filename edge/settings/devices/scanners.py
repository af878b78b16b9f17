"""Scanners."""

from __future__ import annotations

from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems


class SerialScannerSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="serial_scanner"):
    """A scanner that sends its codes over a serial line."""

    STANDS_AT: ClassVar[str] = "scanner"

    port: str
    baud: int = 9600
    suffix: Literal["cr", "lf", "crlf", "tab"] = "cr"
    prefix: str = ""
    duplicate_ms: int = 300

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = line_problems(self.port)
        if not 0 <= self.duplicate_ms <= 10_000:
            found.append(("duplicate_ms", "devices.duplicate_ms: 0 to 10000 (0 takes every code)."))
        return found


TABLES = (SerialScannerSettings,)
