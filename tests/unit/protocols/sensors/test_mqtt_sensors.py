"""Shelly and zigbee2mqtt: partial updates, null clocks, missing fields, doors the right way round, and rubbish."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import SeededRandom
from protocols.sensors import shelly, zigbee2mqtt
from protocols.sensors.heard import NOTHING, Heard

FULL = {
    "src": "shellyplusht-08",
    "dst": "shellyplusht-08/events",
    "method": "NotifyFullStatus",
    "params": {
        "ts": None,
        "ble": {},
        "devicepower:0": {"id": 0, "battery": {"V": 5.9, "percent": 87}, "external": {"present": False}},
        "humidity:0": {"id": 0, "rh": 42.2},
        "sys": {"mac": "B8", "time": None, "unixtime": None, "uptime": 3, "wakeup_period": 600},
        "temperature:0": {"id": 0, "tC": 3.8, "tF": 38.8},
    },
}
"""As the wire has it: the clock of a sleeper was never set."""


def shelly_says(body: object, topic: str = "events/rpc") -> Heard:
    return shelly.hear("freezer", f"freezer/{topic}", json.dumps(body).encode())


def test_a_sleeper_tells_everything_at_once_with_no_clock() -> None:
    heard = shelly_says(FULL)
    assert heard.values == {"temperature_celsius": 3.8, "humidity_percent": 42.2, "battery_percent": 87}
    assert heard.wakes_every_s == 600
    assert heard.alive


def test_a_partial_update_names_only_what_changed() -> None:
    body = {"method": "NotifyStatus", "params": {"ts": 1.0, "temperature:0": {"id": 0, "tC": -18.4}}}
    assert shelly_says(body).values == {"temperature_celsius": -18.4}
    body = {"method": "NotifyStatus", "params": {"ts": 1.0, "switch:0": {"id": 0, "aenergy": {"total": 1234.5}}}}
    assert shelly_says(body).values == {"energy_kwh": 1.2345}, "no power, no voltage: they did not change"
    body = {"method": "NotifyStatus", "params": {"ts": 1.0, "temperature:0": {"id": 0}}}
    assert shelly_says(body).values == {}


def test_null_is_a_broken_probe_and_not_zero() -> None:
    body = {"method": "NotifyStatus", "params": {"ts": 1, "temperature:0": {"id": 0, "tC": None, "errors": ["read"]}}}
    assert shelly_says(body).values == {"temperature_celsius": None}


def test_more_probes_have_names_of_their_own() -> None:
    assert shelly_says({"id": 101, "tC": 2.5}, "status/temperature:101").values == {"t101_temperature_celsius": 2.5}
    assert shelly_says({"id": 0, "tC": 2.5}, "status/temperature:0").values == {"temperature_celsius": 2.5}


def test_the_last_will_says_it_is_away_and_is_no_sign_of_life() -> None:
    assert shelly.hear("freezer", "freezer/online", b"false") == Heard(online=False, alive=False)
    assert shelly.hear("freezer", "freezer/online", b"true") == Heard(online=True, alive=False)


def test_shelly_round_trip() -> None:
    topic, payload = shelly.full_status("freezer", {"temperature:0": {"id": 0, "tC": 4.25}}, unix_s=None)
    assert shelly.hear("freezer", topic, payload).values == {"temperature_celsius": 4.25}
    assert msgspec.json.decode(payload)["params"]["sys"]["unixtime"] is None
    topic, payload = shelly.status_change("freezer", {"humidity:0": {"id": 0, "rh": 50.5}}, unix_s=1700000000.25)
    assert shelly.hear("freezer", topic, payload).values == {"humidity_percent": 50.5}


def test_contact_true_is_a_closed_door() -> None:
    def door(body: bytes) -> object:
        return zigbee2mqtt.hear("zigbee2mqtt", "door", "zigbee2mqtt/door", body).values.get("door_open")

    assert door(b'{"contact":true,"battery":100}') == 0.0
    assert door(b'{"contact":false}') == 1.0
    assert door(b'{"battery":100}') is None, "it did not say"
    assert door(b'{"contact":null}') is None


def test_zigbee_fields_may_be_missing_or_null() -> None:
    heard = zigbee2mqtt.hear("z", "a/b", "z/a/b", b'{"temperature":null,"humidity":40,"linkquality":77,"voltage":3000}')
    assert heard.values == {"humidity_percent": 40, "link_quality": 77}


@pytest.mark.parametrize("payload", [b'{"state":"offline"}', b"offline"])
def test_zigbee_availability_of_both_settings(payload: bytes) -> None:
    assert zigbee2mqtt.hear("z", "a", "z/a/availability", payload) == Heard(online=False, alive=False)
    assert zigbee2mqtt.hear("z", "a", "z/bridge/state", payload) == Heard(online=False, alive=False)
    assert zigbee2mqtt.hear("z", "a", "z/bridge/state", payload.replace(b"off", b"on")) == NOTHING


def test_zigbee_round_trip() -> None:
    topic, payload = zigbee2mqtt.state("z", "door", {"contact": False, "temperature": -3.5})
    assert zigbee2mqtt.hear("z", "door", topic, payload).values == {"door_open": 1.0, "temperature_celsius": -3.5}
    assert zigbee2mqtt.hear("z", "door", *zigbee2mqtt.availability("z", "door", there=True)).online is True
    assert zigbee2mqtt.hear("z", "door", *zigbee2mqtt.bridge_state("z", there=False)).online is False


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["params", "method", "temperature:0", "tC", "battery", "contact"]), inner)
    ),
    max_leaves=8,
)


@given(st.binary(max_size=80) | _json.map(lambda value: json.dumps(value).encode()))
def test_rubbish_says_nothing_and_never_raises(payload: bytes) -> None:
    for topic in ("p/events/rpc", "p/status/temperature:0", "p/online", "p/status/", "q/x"):
        heard = shelly.hear("p", topic, payload)
        assert all(value is None or math.isfinite(value) for value in heard.values.values())
    for topic in ("z/n", "z/n/availability", "z/bridge/state", "z/other"):
        zigbee2mqtt.hear("z", "n", topic, payload)


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    chance, good = SeededRandom(3), json.dumps(FULL).encode()
    for _ in range(10**6 // len(good)):
        dice = chance.bytes(8)
        payload = bytearray(good)
        for spot in range(0, 8, 2):
            payload[int.from_bytes(dice[spot : spot + 2], "big") % len(payload)] = dice[spot]
        shelly.hear("p", "p/events/rpc", bytes(payload))
        zigbee2mqtt.hear("z", "n", "z/n", bytes(payload))


def test_a_deep_or_endless_message_is_passed_over() -> None:
    assert shelly.hear("p", "p/events/rpc", b'{"a":' * 20_000) == NOTHING
    assert zigbee2mqtt.hear("z", "n", "z/n", b" " * 70_000) == NOTHING
