"""Access points and clouds of shelf labels."""

from __future__ import annotations

from pathlib import Path

from edge.settings.devices.table import DeviceTable, line_problems


class OeplApSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="oepl_ap"):
    """An OpenEPaperLink access point."""

    url: str


class LabelCloudSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="label_cloud"):
    """A cloud that draws labels itself."""

    url: str
    company: str
    store: str
    username: str
    password_file: Path
    poll_seconds: int = 15


class BleEslSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="ble_esl"):
    """A Bluetooth controller for shelf labels."""

    port: str
    memory: Path
    baud: int = 1_000_000
    admit: bool = False
    rssi_min_dbm: int = -80
    groups: int = 28

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = line_problems(self.port)
        if not 1 <= self.groups <= 28:
            found.append(("groups", "devices.groups: 1 to 28 groups of at most 255 labels."))
        return found


TABLES = (OeplApSettings, LabelCloudSettings, BleEslSettings)
