"""Scanners."""

from __future__ import annotations

from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems
from protocols.scanners.keymaps import KEY_MAPS


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
        return line_problems(self.port) + _window_problems(self.duplicate_ms)


class WedgeScannerSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="wedge_scanner"):
    """A scanner that types like a keyboard, taken for the box alone."""

    STANDS_AT: ClassVar[str] = "scanner"

    port: str
    layout: str = "us"
    suffix: Literal["enter", "tab", "silence"] = "enter"
    prefix: str = ""
    keys_within_ms: int = 100
    duplicate_ms: int = 300

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = _file_problems(self.port) + _window_problems(self.duplicate_ms)
        if self.layout not in KEY_MAPS:
            found.append(("layout", f"devices.layout: '{self.layout}' is none of {', '.join(KEY_MAPS)}."))
        elif not set(self.prefix) <= set(KEY_MAPS[self.layout].keys):
            found.append(("prefix", f"devices.prefix: the layout '{self.layout}' cannot type it."))
        if not 10 <= self.keys_within_ms <= 2_000:
            found.append(("keys_within_ms", "devices.keys_within_ms: 10 to 2000."))
        return found


class HidScannerSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="hid_scanner"):
    """A USB scanner in its HID POS mode."""

    STANDS_AT: ClassVar[str] = "scanner"

    port: str
    duplicate_ms: int = 300

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        return _file_problems(self.port) + _window_problems(self.duplicate_ms)


def _file_problems(port: str) -> list[tuple[str, str]]:
    if port.startswith("/") or (port.startswith("unix:/") and len(port) > len("unix:/")):
        return []
    return [("port", f"devices.port: a device file such as /dev/input/by-id/… or unix:/path is expected, not '{port}'.")]


def _window_problems(duplicate_ms: int) -> list[tuple[str, str]]:
    if 0 <= duplicate_ms <= 10_000:
        return []
    return [("duplicate_ms", "devices.duplicate_ms: 0 to 10000 (0 takes every code).")]


TABLES = (SerialScannerSettings, WedgeScannerSettings, HidScannerSettings)
