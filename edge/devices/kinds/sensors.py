"""Sensors: Modbus lines, brokers with Shelly and Zigbee sensors, people counters; and what the store makes of them."""

from __future__ import annotations

import ssl
import urllib.parse
from pathlib import Path

from edge.checkout.reasons import reason
from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.shop import DeviceShop
from edge.sensor_settings import ColdRuleSettings
from edge.sensors.cold_chain import ColdChain
from edge.sensors.cold_domain import Rule
from edge.sensors.footfall import Footfall
from edge.sensors.hall import SensorHall
from edge.sensors.readings import SensorBoard, SensorPlace
from edge.settings.devices.sensors import (
    ModbusSettings,
    ModbusUnitSettings,
    MqttSensorsSettings,
    PeopleCounterSettings,
    sensor_ids,
)
from edge.settings.loading import SettingsRefused
from firmware_bridges.modbus_bus import ModbusBus, Unit
from firmware_bridges.people_counter import PeopleCounterDriver
from firmware_bridges.sensor_broker import BrokerPlace, MqttSensor, SensorBroker
from protocols.modbus.library import profiles
from protocols.modbus.profile import Profile, ProfileRefused, parse

MINUTE_MS = 60_000


def _fit_modbus(shop: DeviceShop, device: ModbusSettings) -> Fitting:
    units = [
        Unit(each.id, each.unit, _profile(each), each.every_seconds * 1000, each.quiet_seconds * 1000)
        for each in device.sensors
    ]
    bus = ModbusBus(
        device.id,
        device.port,
        units,
        shop.needs.clock,
        baud=device.baud,
        parity=device.parity,
        answer_ms=device.answer_ms,
    )
    return Fitting(bus)


def _profile(given: ModbusUnitSettings) -> Profile:
    if given.profile_file is None:
        return profiles()[given.profile]
    try:
        return parse(given.profile_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ProfileRefused) as error:
        raise SettingsRefused(f"sensor '{given.id}': {given.profile_file}: {error}") from error


def _fit_mqtt(shop: DeviceShop, device: MqttSensorsSettings) -> Fitting:
    sensors = [
        MqttSensor(each.id, each.family, each.topic, each.base, each.wakes_every_seconds * 1000, each.quiet_seconds * 1000)
        for each in device.sensors
    ]
    url = urllib.parse.urlsplit(device.url)
    secure = url.scheme == "mqtts"
    try:
        tls = ssl.create_default_context(cafile=device.ca_file) if secure else None
    except (OSError, ssl.SSLError) as error:
        raise SettingsRefused(f"device '{device.id}': ca_file: {error}") from error
    place = BrokerPlace(
        url.hostname or "", url.port or (8883 if secure else 1883), device.username, _secret(device.password_file), tls
    )
    return Fitting(SensorBroker(device.id, place, sensors, shop.needs.clock, shop.needs.random))


def _fit_people_counter(shop: DeviceShop, device: PeopleCounterSettings) -> Fitting:
    driver = PeopleCounterDriver(
        device.id,
        device.url,
        shop.needs.clock,
        username=device.username,
        password=_secret(device.password_file),
        every_ms=device.every_seconds * 1000,
    )
    return Fitting(driver)


def _secret(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{file}: the password cannot be read") from error


def _finish(shop: DeviceShop) -> None:
    places = [SensorPlace(name, device.id) for device in shop.settings.devices for name in sensor_ids(device)]
    if not places:
        return
    needs = shop.needs
    board = SensorBoard(places, needs.clock)

    def standing(count: int) -> None:
        needs.alarms.keep(reason("cold_chain"), standing=count > 0)

    cold = ColdChain(
        [_rule(each) for each in shop.settings.cold_rules],
        board,
        needs.store,
        needs.journal,
        needs.clock,
        needs.ids,
        standing=standing,
    )
    shop.sensors = SensorHall(board, cold, Footfall(needs.store, needs.journal, needs.clock))
    shop.router.give_sensors_to(shop.sensors.take)
    needs.figures.sensors = board.gauges


def _rule(given: ColdRuleSettings) -> Rule:
    return Rule(
        given.id,
        given.sensors,
        given.measure,
        given.above,
        given.below,
        given.minutes * MINUTE_MS,
        given.pause_in_defrost,
        given.defrost_minutes * MINUTE_MS,
        given.lost_minutes * MINUTE_MS,
        given.escalate_minutes * MINUTE_MS,
    )


FAMILY = Family(
    "sensors",
    (
        DeviceKind(ModbusSettings, "sensors", "Modbus RTU, Modbus TCP", _fit_modbus),
        DeviceKind(MqttSensorsSettings, "sensors", "Shelly Gen2, zigbee2mqtt over MQTT 3.1.1", _fit_mqtt),
        DeviceKind(PeopleCounterSettings, "people_counter", "Axis People Counter over HTTP", _fit_people_counter),
    ),
    _finish,
)
