"""Tables of receipt printers and customer displays in a bench file."""

from __future__ import annotations

from pathlib import Path

from protocols.displays.cd5220 import CHARSETS as DISPLAY_CHARSETS
from protocols.escpos.profiles import PROFILES as PRINTER_PROFILES
from simulators.device_tables import DeviceTable, LineTable, TomlValue


class PrinterSettings(DeviceTable, frozen=True, kw_only=True):
    """A receipt printer: ESC/POS on TCP, on the port `serial`, or XML (`epos`). `display`: one hangs behind it."""

    port: int = 9100
    columns: int = 42
    bytes_per_second: int = 0
    proxy_port: int | None = None
    serial: Path | None = None
    epos: bool = False
    profile: str = "generic_80"
    display: bool = False

    def problems(self) -> list[tuple[str, str]]:
        """One way to reach it, a profile of the house."""
        if self.serial is not None and (self.epos or self.proxy_port is not None):
            return [("serial", "a printer on a serial port takes neither XML nor a bad line of TCP.")]
        if self.profile not in PRINTER_PROFILES:
            return [("profile", f"'{self.profile}' is no printer. Known: {', '.join(PRINTER_PROFILES)}.")]
        return []

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        told: dict[str, TomlValue] = {"columns": self.columns, "profile": self.profile}
        if self.serial is not None:
            return {"kind": "escpos_serial", "port": str(self.serial), **told}
        if self.epos:
            return {"kind": "epos", "url": f"http://127.0.0.1:{self.proxy_port or self.port}", **told}
        return {"kind": "escpos_tcp", "host": "127.0.0.1", "port": self.proxy_port or self.port, **told}


class DisplaySettings(LineTable, frozen=True, kw_only=True):
    """A customer display with two lines (CD5220)."""

    charset: str = "cp437"

    def problems(self) -> list[tuple[str, str]]:
        """A charset displays have."""
        known = ", ".join(DISPLAY_CHARSETS)
        return super().problems() if self.charset in DISPLAY_CHARSETS else [("charset", f"one of {known}.")]

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": "cd5220", "port": self.place(), "charset": self.charset}
