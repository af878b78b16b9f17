"""Scales. One struct per protocol of `protocols/scales/registry.py`; its tag is the protocol's name. Indicators on Modbus
have a profile for their model."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable, line_problems
from firmware_bridges import hid_files, usb_ports
from protocols.scales.modbus_profile import shipped_names


class AnyScaleSettings(DeviceTable, frozen=True, kw_only=True):
    """What every scale has. `minimum_grams`: less is not sold (20 steps of a scale, as a rule); 0: the scale says so."""

    STANDS_AT: ClassVar[str] = "scale"

    port: str
    baud: int = 9600
    interval_ms: int = 200
    minimum_grams: int = 0

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found: list[tuple[str, str]] = []
        if self.interval_ms < 1:
            found.append(("interval_ms", "devices.interval_ms: at least 1."))
        if not 0 <= self.minimum_grams <= 100_000:
            found.append(("minimum_grams", "devices.minimum_grams: 0 to 100000."))
        if self.port.startswith(usb_ports.PREFIX) and not usb_ports.is_right(self.port):
            found.append(("port", f"devices.port: {usb_ports.FORM} is expected, not '{self.port}'."))
        return found


class ScaleSettings(AnyScaleSettings, frozen=True, kw_only=True):
    """A scale on a serial port or behind a converter from serial to network."""

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        return [*line_problems(self.port), *super().problems()]


class Toledo8217Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="toledo8217"):
    """See `protocols.scales.toledo8217`. `unit`: what the scale is set to; it does not say."""

    unit: Literal["kg", "lb"] = "kg"


class Toledo8213Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="toledo8213"):
    """See `protocols.scales.toledo8217`. `unit`: what the scale is set to; it does not say."""

    unit: Literal["kg", "lb"] = "kg"


class MtSicsSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="mt_sics"):
    """See `protocols.scales.mt_sics`."""


class NciScp01Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="nci_scp01"):
    """See `protocols.scales.nci`."""


class NciScp02Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="nci_scp02"):
    """See `protocols.scales.nci`."""


class SmaSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="sma"):
    """See `protocols.scales.sma`."""


class CasSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="cas"):
    """See `protocols.scales.cas`."""


class CasContinuousSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="cas_continuous"):
    """See `protocols.scales.st_gs`."""


class StGsSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="st_gs"):
    """See `protocols.scales.st_gs`."""


class Dialog06Settings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="dialog06"):
    """See `protocols.scales.dialog06`. `check_polynomial`: sixteen bits, from the maker; None: the simulator's."""

    check_polynomial: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = super().problems()
        if self.check_polynomial is not None and not 1 <= self.check_polynomial <= 0xFFFF:
            found.append(("check_polynomial", "devices.check_polynomial: 0x0001 to 0xFFFF, the leading term left out."))
        return found


class TisaSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="tisa"):
    """See `protocols.scales.tisa`."""


class PinnacleSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="pinnacle"):
    """See `protocols.scales.pinnacle`."""


class ToledoContinuousSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="toledo_continuous"):
    """See `protocols.scales.toledo_continuous`. `checksum`: whether the scale is set to send one."""

    checksum: bool = True


class WeighbridgeSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="weighbridge"):
    """See `protocols.scales.weighbridge`."""


class HidScaleSettings(ScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="hid_scale"):
    """See `protocols.scales.hid`. `port`: see `firmware_bridges.hid_files`; `baud` means nothing."""

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = super().problems()
        if not hid_files.is_right(self.port):
            found.append(("port", f"devices.port: {hid_files.FORM} is expected, not '{self.port}'."))
        return found


class ModbusScaleSettings(AnyScaleSettings, frozen=True, kw_only=True, tag_field="kind", tag="modbus_scale"):
    """See `protocols.scales.modbus_profile`. `port`: a device, `tcp://` (Modbus TCP) or `rtu+tcp://` (a converter)."""

    unit: int = 1
    profile: str = ""
    profile_file: Path | None = None
    parity: Literal["N", "E", "O"] = "N"

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = super().problems()
        if not 1 <= self.unit <= 247:
            found.append(("unit", "devices.unit: 1 to 247."))
        if bool(self.profile) == (self.profile_file is not None):
            found.append(("profile", "devices.profile: name one of the house's profiles, or give profile_file, not both."))
        elif self.profile and self.profile not in shipped_names():
            found.append(("profile", f"devices.profile '{self.profile}' is not known. Known: {', '.join(shipped_names())}."))
        url = urllib.parse.urlsplit(self.port)
        if "://" in self.port and (url.scheme not in {"tcp", "rtu+tcp"} or not url.hostname or not _has_port(url)):
            words = "devices.port: a device path, tcp://host:port or rtu+tcp://host:port is expected"
            found.append(("port", f"{words}, not '{self.port}'."))
        return found


def _has_port(url: urllib.parse.SplitResult) -> bool:
    try:
        return bool(url.port)
    except ValueError:
        return False


TABLES = (
    Toledo8217Settings,
    Toledo8213Settings,
    MtSicsSettings,
    NciScp01Settings,
    NciScp02Settings,
    SmaSettings,
    CasSettings,
    CasContinuousSettings,
    StGsSettings,
    Dialog06Settings,
    TisaSettings,
    PinnacleSettings,
    ToledoContinuousSettings,
    WeighbridgeSettings,
    HidScaleSettings,
    ModbusScaleSettings,
)
