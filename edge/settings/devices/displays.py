"""Customer displays with two lines."""

from __future__ import annotations

from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems
from protocols.displays.cd5220 import CHARSETS


class DisplayTable(DeviceTable, frozen=True, kw_only=True):
    """What every display is told."""

    STANDS_AT: ClassVar[str] = "display"

    charset: str = "cp437"
    """What the display is set to, mostly by its switches."""
    language: Literal["", "en", "zh"] = ""
    """Of its words; empty: the store's."""
    idle: str = ""
    """Shown while nobody buys; empty: a welcome in the display's language."""

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        if self.charset in CHARSETS:
            return []
        return [("charset", f"devices.charset: '{self.charset}' is none of {', '.join(CHARSETS)}.")]


class Cd5220Settings(DisplayTable, frozen=True, kw_only=True, tag_field="kind", tag="cd5220"):
    """A display on a serial port, or behind a converter from serial to network."""

    port: str
    baud: int = 9600
    line: Literal["8N1", "7E1"] = "8N1"

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        return super().problems() + line_problems(self.port)


class PrinterDisplaySettings(DisplayTable, frozen=True, kw_only=True, tag_field="kind", tag="printer_display"):
    """A display that hangs behind a receipt printer."""

    printer: str
    """The device id of an escpos printer."""


TABLES = (Cd5220Settings, PrinterDisplaySettings)
