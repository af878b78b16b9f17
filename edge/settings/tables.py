"""The tables of the settings file, but for `[[devices]]` (`edge/settings/devices`) and tags (`edge/tag_settings`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from edge.sensor_settings import SensorTables
from edge.settings.devices.table import DeviceTable, Table
from protocols.scanners.routes import Meaning, OwnNumber


class StoreSettings(Table, frozen=True, kw_only=True):
    id: str
    data_dir: Path
    language: Literal["en", "zh"] = "en"
    edge_id: str = ""
    seed_feed: Path | None = None


class HqSettings(Table, frozen=True, kw_only=True):
    mqtt_url: str = ""
    https_url: str = ""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    shards: int = 16
    transport: Literal["auto", "mqtt", "https"] = "auto"


class ApiSettings(Table, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    client_ca_file: Path | None = None


class JournalSettings(Table, frozen=True, kw_only=True):
    keep_days: int = 30
    second_medium: Path | None = None
    second_medium_mb: int = 512


class ClockSettings(Table, frozen=True, kw_only=True):
    trust: Literal["kernel", "always"] = "kernel"
    drill_offset_seconds: int = 0


class TelemetrySettings(Table, frozen=True, kw_only=True):
    every_seconds: int = 60


class DriverSettings(Table, frozen=True, kw_only=True):
    """Drivers of others (entry points `tallystick.drivers`) this box may load; the names are kinds of `[[devices]]`."""

    load: tuple[str, ...] = ()


class LabelSettings(Table, frozen=True, kw_only=True):
    fonts: tuple[Path, ...] = ()
    settle_seconds: int = 60
    refresh_seconds: int = 20
    out_of_stock: bool = False
    large_unit_price: bool = False
    print_revision: bool = False


class TillSettings(Table, frozen=True, kw_only=True):
    id: str
    scale: str | None = None
    more_scales: tuple[str, ...] = ()
    printer: str | None = None
    scanner: str | None = None
    terminal: str | None = None
    codes: str | None = None
    card_reader: str | None = None
    display: str | None = None


class NumberSettings(Table, frozen=True, kw_only=True):
    means: Meaning
    prefix: str
    digits: int

    def own(self) -> OwnNumber:
        """As the till's routes know it."""
        return OwnNumber(self.means, self.prefix, self.digits)


class Settings(SensorTables, frozen=True, kw_only=True):
    """Everything the box is told from outside."""

    store: StoreSettings
    hq: HqSettings | None = None
    api: ApiSettings = ApiSettings()
    journal: JournalSettings = JournalSettings()
    clock: ClockSettings = ClockSettings()
    labels: LabelSettings = LabelSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    drivers: DriverSettings = DriverSettings()
    tills: tuple[TillSettings, ...] = ()
    numbers: tuple[NumberSettings, ...] = ()
    devices: tuple[DeviceTable, ...] = ()
    """Each of a kind of `edge.settings.devices.registry`."""
