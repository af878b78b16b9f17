"""Zigbee sensors behind zigbee2mqtt, both roles.

`<base>/<name>` carries a JSON object with what the sensor has told so far; a field it never told is absent or null.
`contact` true means CLOSED. `<base>/<name>/availability` is `{"state": "online"}` (or the bare word, in older settings), and
`<base>/bridge/state` says whether the bridge itself is there. Source: zigbee2mqtt, "MQTT topics and messages".
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from protocols.sensors.heard import NOTHING, PAYLOAD_BYTES_MAX, Heard

AVAILABILITY = "/availability"
BRIDGE = "bridge/state"


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """The fields this house reads."""

    temperature: float | None = None
    humidity: float | None = None
    battery: float | None = None
    linkquality: float | None = None
    contact: bool | None = None
    water_leak: bool | None = None
    power: float | None = None
    energy: float | None = None


_told = msgspec.json.Decoder(_Told)
_state = msgspec.json.Decoder(_State)
_NUMBERS = {
    "temperature": "temperature_celsius",
    "humidity": "humidity_percent",
    "battery": "battery_percent",
    "linkquality": "link_quality",
    "power": "power_w",
    "energy": "energy_kwh",
}


def subscriptions(base: str, name: str) -> tuple[str, ...]:
    """The topics of one sensor and of its bridge, QoS 1."""
    return (f"{base}/{name}", f"{base}/{name}{AVAILABILITY}", f"{base}/{BRIDGE}")


def hear(base: str, name: str, topic: str, payload: bytes) -> Heard:
    """What a message says. One that is not of this sensor, or cannot be read, says nothing; never raises."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        return NOTHING
    if topic == f"{base}/{name}{AVAILABILITY}":
        online = _online(payload)
        return NOTHING if online is None else Heard(online=online, alive=False)
    if topic == f"{base}/{BRIDGE}":
        # A bridge that is back says nothing about the sensor; one that is away takes it along.
        return Heard(online=False, alive=False) if _online(payload) is False else NOTHING
    if topic != f"{base}/{name}":
        return NOTHING
    try:
        told = _told.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOTHING
    values: dict[str, float | None] = {}
    for field, measure in _NUMBERS.items():
        value = getattr(told, field)
        if value is not None:
            values[measure] = value if math.isfinite(value) else None
    if told.contact is not None:
        values["door_open"] = float(not told.contact)
    if told.water_leak is not None:
        values["water_leak"] = float(told.water_leak)
    return Heard(values=values)


def _online(payload: bytes) -> bool | None:
    word = payload.strip().decode("utf-8", "replace")
    if word.startswith("{"):
        try:
            word = _state.decode(payload).state
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
    return {"online": True, "offline": False}.get(word)


# --- the bridge's side ------------------------------------------------------------------------------------------------


def state(base: str, name: str, fields: Mapping[str, object]) -> tuple[str, bytes]:
    """A sensor's message with these fields, in zigbee2mqtt's own words."""
    return f"{base}/{name}", msgspec.json.encode(dict(fields))


def availability(base: str, name: str, *, there: bool) -> tuple[str, bytes]:
    """The retained word about a sensor."""
    return f"{base}/{name}{AVAILABILITY}", msgspec.json.encode({"state": _word(there=there)})


def bridge_state(base: str, *, there: bool) -> tuple[str, bytes]:
    """The retained word about the bridge, and its last will."""
    return f"{base}/{BRIDGE}", msgspec.json.encode({"state": _word(there=there)})


def _word(*, there: bool) -> str:
    return "online" if there else "offline"
