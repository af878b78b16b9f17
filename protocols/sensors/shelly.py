"""Shelly devices of the second generation on MQTT, both roles.

The device publishes under its prefix: `online` (true/false, also the last will), `status/<component>` (when switched on in
its settings) and `events/rpc` with NotifyFullStatus (everything) or NotifyStatus (what changed: fields that did not change
are left out). Its clock is null until it was set; a battery device tells `sys.wakeup_period`. Source: Shelly Gen2 API,
"Notifications" and "MQTT".
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from protocols.sensors.heard import NOTHING, PAYLOAD_BYTES_MAX, Heard

ONLINE, STATUS, EVENTS = "online", "status/", "events/rpc"
NAME_MAX = 64


class _Tolerant(msgspec.Struct, frozen=True, kw_only=True):
    pass


class _Battery(_Tolerant, frozen=True, kw_only=True):
    percent: float | msgspec.UnsetType | None = msgspec.UNSET


class _Energy(_Tolerant, frozen=True, kw_only=True):
    total: float | msgspec.UnsetType | None = msgspec.UNSET


class _Component(_Tolerant, frozen=True, kw_only=True):
    """Every field of every component this house reads; what is absent did not change."""

    tC: float | msgspec.UnsetType | None = msgspec.UNSET  # noqa: N815 - Shelly's spelling
    rh: float | msgspec.UnsetType | None = msgspec.UNSET
    battery: _Battery | msgspec.UnsetType | None = msgspec.UNSET
    apower: float | msgspec.UnsetType | None = msgspec.UNSET
    voltage: float | msgspec.UnsetType | None = msgspec.UNSET
    current: float | msgspec.UnsetType | None = msgspec.UNSET
    aenergy: _Energy | msgspec.UnsetType | None = msgspec.UNSET
    total_act_power: float | msgspec.UnsetType | None = msgspec.UNSET
    total_act: float | msgspec.UnsetType | None = msgspec.UNSET
    wakeup_period: int | msgspec.UnsetType | None = msgspec.UNSET


class _Notice(_Tolerant, frozen=True, kw_only=True):
    method: str = ""
    params: dict[str, msgspec.Raw] = {}


_notice = msgspec.json.Decoder(_Notice)
_component = msgspec.json.Decoder(_Component)
_FIELDS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "temperature": (("tC", "temperature_celsius", 1),),
    "humidity": (("rh", "humidity_percent", 1),),
    "switch": (("apower", "power_w", 1), ("voltage", "voltage_v", 1), ("current", "current_a", 1)),
    "pm1": (("apower", "power_w", 1), ("voltage", "voltage_v", 1), ("current", "current_a", 1)),
    "em": (("total_act_power", "power_w", 1),),
    "emdata": (("total_act", "energy_kwh", 0.001),),
}
"""Of a component's kind: its field, the measure, and the factor (Shelly counts energy in Wh)."""


def subscriptions(prefix: str) -> tuple[str, ...]:
    """The topics of one device, QoS 1."""
    return (f"{prefix}/{ONLINE}", f"{prefix}/{STATUS}#", f"{prefix}/{EVENTS}")


def hear(prefix: str, topic: str, payload: bytes) -> Heard:
    """What a message says. One that is not of this device, or cannot be read, says nothing; never raises."""
    rest = topic.removeprefix(f"{prefix}/")
    if rest == topic or len(payload) > PAYLOAD_BYTES_MAX:
        return NOTHING
    if rest == ONLINE:
        word = payload.strip().lower()
        return Heard(online=word == b"true", alive=False) if word in {b"true", b"false"} else NOTHING
    try:
        if rest.startswith(STATUS):
            return _of_components({rest.removeprefix(STATUS): msgspec.Raw(payload)})
        if rest == EVENTS:
            notice = _notice.decode(payload)
            if notice.method in {"NotifyStatus", "NotifyFullStatus"}:
                return _of_components(notice.params)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOTHING
    return NOTHING


def _of_components(components: Mapping[str, msgspec.Raw]) -> Heard:
    values: dict[str, float | None] = {}
    wakes_every_s = 0
    for name, raw in components.items():
        kind, _, number = name.partition(":")
        if kind not in _FIELDS and kind not in {"devicepower", "sys"}:
            continue
        try:
            component = _component.decode(raw)
        except msgspec.ValidationError:
            continue
        if kind == "sys" and isinstance(component.wakeup_period, int):
            wakes_every_s = max(0, component.wakeup_period)
        if kind == "devicepower" and isinstance(component.battery, _Battery):
            _put(values, "battery_percent", component.battery.percent, 1)
        if isinstance(component.aenergy, _Energy) and kind in {"switch", "pm1"}:
            _put(values, _numbered("energy_kwh", number), component.aenergy.total, 0.001)
        for field, measure, factor in _FIELDS.get(kind, ()):
            _put(values, _numbered(measure, number), getattr(component, field), factor)
    return Heard(values=values, wakes_every_s=wakes_every_s)


def _numbered(measure: str, number: str) -> str:
    """The first of a kind has the plain name; `temperature:101` is `t101_temperature_celsius`."""
    return measure if number in {"", "0"} or not number.isdigit() else f"t{number[:6]}_{measure}"


def _put(values: dict[str, float | None], measure: str, value: float | msgspec.UnsetType | None, factor: float) -> None:
    if isinstance(value, msgspec.UnsetType):
        return
    fine = value is not None and math.isfinite(value)
    values[measure] = round(value * factor, 6) if fine and value is not None else None


# --- the device's side ------------------------------------------------------------------------------------------------


def full_status(prefix: str, components: Mapping[str, Mapping[str, object]], *, unix_s: float | None) -> tuple[str, bytes]:
    """NotifyFullStatus, as a device that woke up sends it. `unix_s` None: its clock was never set."""
    sys = {"unixtime": None if unix_s is None else int(unix_s), "time": None, **components.get("sys", {})}
    return _notify(prefix, "NotifyFullStatus", {**components, "sys": sys}, unix_s)


def status_change(prefix: str, changes: Mapping[str, Mapping[str, object]], *, unix_s: float | None) -> tuple[str, bytes]:
    """NotifyStatus with nothing but what changed."""
    return _notify(prefix, "NotifyStatus", changes, unix_s)


def online(prefix: str, *, there: bool) -> tuple[str, bytes]:
    """The retained word, and the last will."""
    return f"{prefix}/{ONLINE}", b"true" if there else b"false"


def _notify(prefix: str, method: str, params: Mapping[str, Mapping[str, object]], unix_s: float | None) -> tuple[str, bytes]:
    body = {"src": prefix, "dst": f"{prefix}/events", "method": method, "params": {"ts": unix_s, **params}}
    return f"{prefix}/{EVENTS}", msgspec.json.encode(body)
