"""Tables of the bench for sensors: Modbus lines with their units, sensors behind a broker, people counters."""

from __future__ import annotations

from typing import Literal

from protocols.modbus.library import profiles
from simulators.device_tables import DeviceTable, LineTable, Table, TomlValue


class UnitTable(Table, frozen=True, kw_only=True):
    """A unit of a Modbus line: `profile` as in `protocols/modbus/profiles`."""

    id: str
    unit: int
    profile: str


class ModbusBusSettings(LineTable, frozen=True, kw_only=True):
    """A Modbus line: RTU on a serial `port`; on `tcp_port` Modbus TCP, or RTU with `rtu`."""

    units: tuple[UnitTable, ...]
    rtu: bool = False

    def problems(self) -> list[tuple[str, str]]:
        """Units and profiles."""
        known = profiles()
        found = [
            ("units", f"unit {each.unit}: there is no profile '{each.profile}'. Known: {', '.join(known)}.")
            for each in self.units
            if each.profile not in known
        ]
        if not self.units or len({each.unit for each in self.units}) < len(self.units):
            found.append(("units", "at least one, each with a number of its own."))
        return [*found, *super().problems()]

    @property
    def framing(self) -> Literal["rtu", "tcp"]:
        """What is spoken."""
        return "tcp" if self.tcp_port is not None and not self.rtu else "rtu"

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        place = self.place()
        if self.rtu:
            place = place.replace("tcp://", "rtu+tcp://")
        units: list[dict[str, str | int]] = [
            {"id": each.id, "unit": each.unit, "profile": each.profile, "every_seconds": 2} for each in self.units
        ]
        return {"kind": "modbus", "port": place, "sensors": units}


class MqttSensorSettings(DeviceTable, frozen=True, kw_only=True):
    """A Shelly or Zigbee sensor behind the broker at `broker` (which the bench does not bring)."""

    broker: str = "mqtt://127.0.0.1:1883"
    family: Literal["shelly", "zigbee2mqtt"] = "shelly"
    topic: str
    wakes_every_seconds: int = 0

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`. Each sensor is a device of its own here."""
        sensor: dict[str, str | int] = {"id": self.id, "family": self.family, "topic": self.topic}
        if self.wakes_every_seconds:
            sensor["wakes_every_seconds"] = self.wakes_every_seconds
        return {"kind": "mqtt_sensors", "url": self.broker, "sensors": [sensor]}


class PeopleCounterSettings(DeviceTable, frozen=True, kw_only=True):
    """A people counter on HTTP."""

    port: int = 8095
    proxy_port: int | None = None

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": "people_counter", "url": f"http://127.0.0.1:{self.proxy_port or self.port}", "every_seconds": 2}
