"""Sensors: meters and refrigeration on a Modbus line, Shelly and zigbee2mqtt behind a broker, people counters."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import Literal

from edge.settings.devices.table import DeviceTable, Table
from protocols.modbus.library import profiles

NAME_MAX = 64
SENSORS_MAX = 200


class ModbusUnitSettings(Table, frozen=True, kw_only=True):
    """One device on the line. `profile`: one of the house; `profile_file`: a file of the same form."""

    id: str
    unit: int
    profile: str = ""
    profile_file: Path | None = None
    every_seconds: int = 10
    quiet_seconds: int = 60


class ModbusSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="modbus"):
    """A Modbus line (RTU or TCP) with its units."""

    port: str
    sensors: tuple[ModbusUnitSettings, ...]
    baud: int = 9_600
    parity: Literal["none", "even", "odd"] = "none"
    answer_ms: int = 1_000

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = _sensor_problems([each.id for each in self.sensors])
        url = urllib.parse.urlsplit(self.port)
        if "://" in self.port and not (url.scheme in {"tcp", "rtu+tcp"} and url.hostname and not url.path):
            words = f"a device path, tcp://host:502 or rtu+tcp://host:port is expected, not '{self.port}'."
            found.append(("port", f"devices.port: {words}"))
        if not 50 <= self.answer_ms <= 10_000:
            found.append(("answer_ms", "devices.answer_ms: 50 to 10000."))
        known = profiles()
        for each in self.sensors:
            if (not each.profile) == (each.profile_file is None):
                found.append(("sensors", f"sensor '{each.id}': give either profile or profile_file."))
            elif each.profile and each.profile not in known:
                words = f"sensor '{each.id}': there is no profile '{each.profile}'. Known: {', '.join(known)}."
                found.append(("sensors", words))
            if not 1 <= each.unit <= 247:
                found.append(("sensors", f"sensor '{each.id}': unit: 1 to 247, as set on the device."))
            if each.every_seconds < 1 or each.quiet_seconds <= each.every_seconds:
                words = f"sensor '{each.id}': every_seconds is at least 1, and quiet_seconds more than it."
                found.append(("sensors", words))
        if len({each.unit for each in self.sensors}) < len(self.sensors):
            found.append(("sensors", "two sensors of a line have the same unit."))
        return found


class MqttSensorSettings(Table, frozen=True, kw_only=True):
    """One sensor behind a broker. `topic`: a Shelly's prefix, or the friendly name of a Zigbee sensor under `base`."""

    id: str
    family: Literal["shelly", "zigbee2mqtt"]
    topic: str
    base: str = "zigbee2mqtt"
    wakes_every_seconds: int = 0
    quiet_seconds: int = 600


class MqttSensorsSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="mqtt_sensors"):
    """An MQTT broker of the store, and the sensors it carries."""

    url: str
    sensors: tuple[MqttSensorSettings, ...]
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = _sensor_problems([each.id for each in self.sensors])
        url = urllib.parse.urlsplit(self.url)
        if url.scheme not in {"mqtt", "mqtts"} or not url.hostname or url.path or url.username:
            found.append(("url", f"devices.url: mqtt://host:1883 or mqtts://host:8883 is expected, not '{self.url}'."))
        if bool(self.username) is not (self.password_file is not None):
            found.append(("username", "devices: username and password_file go together."))
        for each in self.sensors:
            if not each.topic or set("+#") & set(each.topic + each.base):
                found.append(("sensors", f"sensor '{each.id}': topic and base are names without + and #."))
            if each.wakes_every_seconds < 0 or each.quiet_seconds < 1:
                found.append(("sensors", f"sensor '{each.id}': wakes_every_seconds is 0 or more, quiet_seconds 1 or more."))
        return found


class PeopleCounterSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="people_counter"):
    """A people counter that tells its sums over HTTP (Axis)."""

    url: str
    username: str = ""
    password_file: Path | None = None
    every_seconds: int = 60

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = []
        url = urllib.parse.urlsplit(self.url)
        if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.username:
            found.append(("url", f"devices.url: http://host or https://host is expected, not '{self.url}'."))
        if bool(self.username) is not (self.password_file is not None):
            found.append(("username", "devices: username and password_file go together."))
        if not 1 <= self.every_seconds <= 3_600:
            found.append(("every_seconds", "devices.every_seconds: 1 to 3600."))
        return found


def _sensor_problems(ids: list[str]) -> list[tuple[str, str]]:
    found = []
    if not 1 <= len(ids) <= SENSORS_MAX:
        found.append(("sensors", f"devices.sensors: 1 to {SENSORS_MAX} of them."))
    found.extend(
        ("sensors", f"devices.sensors: '{each}' is no id: 1 to {NAME_MAX} characters.")
        for each in ids
        if not 1 <= len(each) <= NAME_MAX
    )
    return found


SensorSettings = ModbusSettings | MqttSensorsSettings | PeopleCounterSettings
TABLES = (ModbusSettings, MqttSensorsSettings, PeopleCounterSettings)


def sensor_ids(device: DeviceTable) -> tuple[str, ...]:
    """The sensors a device brings; a people counter is its own."""
    match device:
        case ModbusSettings() | MqttSensorsSettings():
            return tuple(each.id for each in device.sensors)
        case PeopleCounterSettings():
            return (device.id,)
        case _:
            return ()
