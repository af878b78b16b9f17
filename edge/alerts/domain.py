"""Alerts: what is wrong, since when, what to do. Pure; screens translate by kind and code.

Low stock, devices and labels can be taken note of ("I know, I am on it"): they stay on the list, but no longer ask for
attention. Alarms of the box and the line to headquarters cannot: nobody at the shelf can mend them by knowing of them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from edge.stock.last_unit import CountTask
from edge.stock.low import LowItem
from protocols.contract.reason import Reason
from protocols.contract.till import DeviceView
from protocols.device_events import DeviceState

DEVICE_AFTER_MS = 3_000
"""A device that is away for shorter flaps; nobody is called."""
DEVICE_START_MS = 30_000
"""How long a device may take to start."""
HQ_AFTER_MS = 60_000
LABELS_LISTED_MAX = 20
"""More labels than this are one alert: an access point is away, not a label."""

TEXTS = {
    "low_stock": "{name} is running low.",
    "count": "{name}: more was sold than the stock records had.",
    "device": "{device_id} does not work: {reason}",
    "device_silent": "{device_id} does not work.",
    "label": "The label {label_id} of {name} does not show its price.",
    "labels": "{count} labels do not show their prices.",
    "hq_offline": "There is no line to headquarters.",
    "order": "The order {order} waits to be picked.",
    "recall": "Recalled goods are still in the shop: {name}.",
    "expiring": "{name} reaches its date on {expires}.",
    "expired": "{name} is past its date ({expires}).",
    "expiring_many": "{count} batches are near their date or past it.",
    "cold_above": "{sensor_id}: {value}, more than {limit} is too much.",
    "cold_below": "{sensor_id}: {value}, less than {limit} is too little.",
    "cold_door": "The door of {sensor_id} stands open.",
    "cold_lost": "{sensor_id} tells no value: nobody watches the cold.",
    "size_gap": "Sizes of {name} are missing: {missing}.",
}


class AlertKind(enum.StrEnum):
    """Where an alert comes from."""

    LOW_STOCK = "low_stock"
    COUNT = "count"
    DEVICE = "device"
    LABEL = "label"
    BOX = "box"
    HQ = "hq"
    ORDER = "order"
    RECALL = "recall"
    EXPIRY = "expiry"
    SIZE_GAP = "size_gap"
    COLD = "cold"


NOTABLE = frozenset({
    AlertKind.LOW_STOCK, AlertKind.COUNT, AlertKind.DEVICE, AlertKind.LABEL, AlertKind.ORDER, AlertKind.RECALL,
    AlertKind.EXPIRY, AlertKind.SIZE_GAP,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """Who took note of an alert, and when."""

    since_ms: int
    staff_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at. `code` names the sentence (`TEXTS`, or a reason of the box), `params` its values.

    `subject_id` is the item, device or label. The same trouble anew has the same id and another `since_ms`.
    """

    alert_id: str
    kind: AlertKind
    code: str
    subject_id: str
    since_ms: int
    params: Mapping[str, str] = field(default_factory=dict)
    noted: Noted | None = None

    @property
    def text(self) -> str:
        """In plain English, for those who do not translate."""
        template = TEXTS.get(self.code)
        return self.params.get("text", self.code) if template is None else template.format(**self.params)


@dataclass(frozen=True, slots=True)
class LateLabel:
    """A label that is a task for a person."""

    label_id: str
    name: str
    name_zh: str
    reason: str
    place: str = ""
    """Aisle, board and slot; empty: nobody said."""


class Since:
    """Since when something has been so, kept by key on the monotonic clock of this boot; forgets what is no more."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, int]] = {}

    def ages_ms(self, now: Mapping[str, str], mono_ms: int) -> dict[str, int]:
        """For every key how long it has had the value it has now."""
        before = self._known
        self._known = {
            key: before[key] if key in before and before[key][0] == value else (value, mono_ms) for key, value in now.items()
        }
        return {key: mono_ms - begun_ms for key, (_, begun_ms) in self._known.items()}


def low_stock_alert(low: LowItem) -> Alert:
    """An item is low."""
    params = {
        "name": low.name,
        "name_zh": low.name_zh,
        "on_hand_thousandths": str(low.on_hand_thousandths),
        "minimum_thousandths": str(low.minimum_thousandths),
    }
    return Alert(f"low_stock:{low.item_id}", AlertKind.LOW_STOCK, "low_stock", low.item_id, low.since_ms, params)


def count_alert(task: CountTask) -> Alert:
    """An item is to be counted."""
    params = {
        "name": task.name,
        "name_zh": task.name_zh,
        "on_hand_thousandths": str(task.on_hand_thousandths),
        "weighed": "1" if task.weighed else "",
    }
    return Alert(f"count:{task.item_id}", AlertKind.COUNT, "count", task.item_id, task.since_ms, params)


def device_alert(view: DeviceView, age_ms: int, now_ms: int) -> Alert | None:
    """A device is not ready, and not just starting or flapping."""
    patience_ms = DEVICE_START_MS if view.state == DeviceState.STARTING.value else DEVICE_AFTER_MS
    if view.state == DeviceState.READY.value or age_ms < patience_ms:
        return None
    params = {"device_id": view.device_id, "device_kind": view.device_kind, "state": view.state, "reason": view.reason}
    code = "device" if view.reason else "device_silent"
    return Alert(f"device:{view.device_id}", AlertKind.DEVICE, code, view.device_id, now_ms - age_ms, params)


def label_alerts(late: Mapping[str, int], look_up: Callable[[str], LateLabel]) -> list[Alert]:
    """Labels that are tasks, by id since when: each one, or all as one alert when they are many."""
    if len(late) > LABELS_LISTED_MAX:
        return [Alert("labels", AlertKind.LABEL, "labels", "", min(late.values()), {"count": str(len(late))})]
    return [_label_alert(look_up(label_id), since_ms) for label_id, since_ms in late.items()]


def _label_alert(label: LateLabel, since_ms: int) -> Alert:
    params = {
        "label_id": label.label_id,
        "name": label.name,
        "name_zh": label.name_zh,
        "reason": label.reason,
        "place": label.place,
    }
    return Alert(f"label:{label.label_id}", AlertKind.LABEL, "label", label.label_id, since_ms, params)


def box_alert(alarm: Reason, age_ms: int, now_ms: int) -> Alert:
    """The box itself is in trouble."""
    return Alert(f"box:{alarm.code}", AlertKind.BOX, alarm.code, "", now_ms - age_ms, {**alarm.params, "text": alarm.text})


def hq_alert(age_ms: int, now_ms: int) -> Alert | None:
    """Headquarters has not been heard for a while."""
    return None if age_ms < HQ_AFTER_MS else Alert("hq", AlertKind.HQ, "hq_offline", "", now_ms - age_ms)


def with_notes(alerts: Iterable[Alert], noted_of: Callable[[str], Noted | None]) -> list[Alert]:
    """The alerts with who took note of them; a note on an earlier trouble does not count."""
    found = []
    for alert in alerts:
        if alert.kind not in NOTABLE:
            found.append(alert)
            continue
        noted = noted_of(alert.alert_id)
        counts = noted is not None and noted.since_ms == alert.since_ms
        found.append(
            Alert(
                alert.alert_id,
                alert.kind,
                alert.code,
                alert.subject_id,
                alert.since_ms,
                alert.params,
                noted if counts else None,
            )
        )
    return found
