"""The box's settings: one TOML file, one frozen struct (`loading`, `rules`); devices are a registry (`devices`).

Every key is explained in `edge/example-store.toml`.
"""

from edge.settings.devices.labels import BleEslSettings, LabelCloudSettings, OeplApSettings
from edge.settings.devices.printers import EscposTcpSettings
from edge.settings.devices.readers import LlrpRadioSettings, LlrpSettings
from edge.settings.devices.scales import MtSicsSettings, ScaleSettings, Toledo8217Settings
from edge.settings.devices.scanners import SerialScannerSettings
from edge.settings.devices.table import DeviceTable
from edge.settings.devices.terminals import TallystickTerminalSettings
from edge.settings.loading import SettingsRefused, load
from edge.settings.rules import is_loopback
from edge.settings.tables import (
    ApiSettings,
    ClockSettings,
    DriverSettings,
    HqSettings,
    JournalSettings,
    LabelSettings,
    Settings,
    StoreSettings,
    TelemetrySettings,
    TillSettings,
)

__all__ = [
    "ApiSettings",
    "BleEslSettings",
    "ClockSettings",
    "DeviceTable",
    "DriverSettings",
    "EscposTcpSettings",
    "HqSettings",
    "JournalSettings",
    "LabelCloudSettings",
    "LabelSettings",
    "LlrpRadioSettings",
    "LlrpSettings",
    "MtSicsSettings",
    "OeplApSettings",
    "ScaleSettings",
    "SerialScannerSettings",
    "Settings",
    "SettingsRefused",
    "StoreSettings",
    "TallystickTerminalSettings",
    "TelemetrySettings",
    "TillSettings",
    "Toledo8217Settings",
    "is_loopback",
    "load",
]
