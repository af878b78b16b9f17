"""Receipt printers, with the drawer that hangs on them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems
from protocols.escpos.charsets import CHARSETS
from protocols.escpos.profiles import PROFILES, PrinterProfile


class PrinterTable(DeviceTable, frozen=True, kw_only=True):
    """What every printer is told. What is left out is as the profile says."""

    STANDS_AT: ClassVar[str] = "printer"

    profile: str = "generic_80"
    """A name of `protocols.escpos.profiles.PROFILES`."""
    columns: int | None = None
    charset: str = ""
    proof: Literal["process_id", "status"] | None = None
    paper_out: Literal["resume", "copy"] = "copy"
    """Paper that ends in mid-receipt: wait for the printer to go on, or drop the rest and let a marked copy follow."""
    logo: Path | None = None
    """A picture for the head of receipts; None: no picture."""
    drawer_pin: Literal[2, 5] = 2
    drawer_pulse_ms: int = 100
    drawer_sense: Literal["open_high", "open_low", "none"] = "open_high"
    """How the drawer's switch is wired to pin 3; without a switch nobody can know whether it opened."""
    drawer_open_seconds: int = 60
    """Open longer than this is an alarm; 0: never."""

    @property
    def the_profile(self) -> PrinterProfile:
        """What the printer can take."""
        return PROFILES[self.profile]

    @property
    def the_columns(self) -> int:
        """Characters of the plain font in a line."""
        return self.columns or self.the_profile.columns

    @property
    def the_charset(self) -> str:
        """What the printer is set to."""
        return self.charset or self.the_profile.charset

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found: list[tuple[str, str]] = []
        if self.profile not in PROFILES:
            return [("profile", f"devices.profile: '{self.profile}' is none of {', '.join(PROFILES)}.")]
        if self.charset and self.charset not in CHARSETS:
            found.append(("charset", f"devices.charset: '{self.charset}' is none of {', '.join(CHARSETS)}."))
        if self.columns is not None and not 16 <= self.columns <= 96:
            found.append(("columns", "devices.columns: 16 to 96 characters, or leave it out for the profile's."))
        if self.drawer_pin not in self.the_profile.drawer_pins:
            found.append(("drawer_pin", f"devices.drawer_pin: this printer has pin {self.the_profile.drawer_pins[0]} only."))
        if not 20 <= self.drawer_pulse_ms <= 500:
            found.append(("drawer_pulse_ms", "devices.drawer_pulse_ms: 20 to 500."))
        if not 0 <= self.drawer_open_seconds <= 3600:
            found.append(("drawer_open_seconds", "devices.drawer_open_seconds: 0 (no alarm) to 3600."))
        return found


class EscposTcpSettings(PrinterTable, frozen=True, kw_only=True, tag_field="kind", tag="escpos_tcp"):
    """An ESC/POS printer in the network."""

    host: str
    port: int = 9100


class EscposSerialSettings(PrinterTable, frozen=True, kw_only=True, tag_field="kind", tag="escpos_serial"):
    """An ESC/POS printer on a serial port (USB adapters and virtual ports too)."""

    port: str
    baud: int = 9600
    handshake: bool = True
    """RTS/CTS, as most printers are set."""

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = super().problems()
        if "://" in self.port:
            found.append(("port", "devices.port: a device path is expected; for a printer in the network use escpos_tcp."))
        return found + line_problems(self.port)


class EscposFileSettings(PrinterTable, frozen=True, kw_only=True, tag_field="kind", tag="escpos_usb"):
    """An ESC/POS printer on USB, by the file its kernel driver makes of it."""

    path: str = "/dev/usb/lp0"


class EposSettings(PrinterTable, frozen=True, kw_only=True, tag_field="kind", tag="epos"):
    """A printer in the network that takes ePOS XML."""

    url: str

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = super().problems()
        if not self.url.startswith(("http://", "https://")):
            found.append(("url", f"devices.url: http://host or https://host is expected, not '{self.url}'."))
        return found


TABLES = (EscposTcpSettings, EscposSerialSettings, EscposFileSettings, EposSettings)
