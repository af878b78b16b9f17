"""When a device, a label or the line becomes an alert, and when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.alerts.desk import AlertDesk, AlertSources, UnknownAlert
from edge.alerts.domain import (
    DEVICE_AFTER_MS,
    DEVICE_START_MS,
    HQ_AFTER_MS,
    LABELS_LISTED_MAX,
    NOTABLE,
    TEXTS,
    LateLabel,
    Noted,
    Since,
    count_alert,
    device_alert,
    hq_alert,
    label_alerts,
    with_notes,
)
from edge.checkout.alarms import AlarmBoard
from edge.stock.last_unit import CountTask
from protocols.clock import FakeClock
from protocols.contract.till import DeviceView
from tests.support.box_ground import new_journal, open_store

NOW_MS = 1_790_000_000_000


def view(state: str, reason: str = "") -> DeviceView:
    return DeviceView(device_id="printer-1", device_kind="printer", state=state, reason=reason)


@pytest.mark.parametrize(
    ("state", "age_ms", "expected"),
    [
        ("ready", 10**9, False),
        ("starting", DEVICE_START_MS - 1, False),
        ("starting", DEVICE_START_MS, True),
        ("retrying", DEVICE_AFTER_MS - 1, False),
        ("retrying", DEVICE_AFTER_MS, True),
        ("degraded", DEVICE_AFTER_MS, True),
    ],
)
def test_a_device_is_an_alert_once_it_has_been_away_for_a_while(state: str, age_ms: int, expected: bool) -> None:
    alert = device_alert(view(state, "paper is out"), age_ms, NOW_MS)
    assert (alert is not None) is expected
    if alert is not None:
        assert alert.since_ms == NOW_MS - age_ms
        assert alert.text == "printer-1 does not work: paper is out"


def test_the_age_of_a_state_is_that_of_the_state_and_not_of_the_wall_clock() -> None:
    since = Since()
    assert since.ages_ms({"a": "ready"}, 1_000) == {"a": 0}
    assert since.ages_ms({"a": "ready", "b": "failed"}, 3_000) == {"a": 2_000, "b": 0}
    assert since.ages_ms({"a": "retrying"}, 4_000) == {"a": 0}
    assert since.ages_ms({"b": "failed"}, 9_000) == {"b": 0}, "what was gone begins anew"


def test_many_late_labels_are_one_alert() -> None:
    def look_up(label_id: str) -> LateLabel:
        return LateLabel(label_id, "Milk", "牛奶", "")

    few = {f"{number:016X}": NOW_MS - number for number in range(LABELS_LISTED_MAX)}
    assert [alert.subject_id for alert in label_alerts(few, look_up)] == list(few)
    (one,) = label_alerts({**few, "FF": NOW_MS - 99_999}, look_up)
    assert (one.params, one.since_ms) == ({"count": str(LABELS_LISTED_MAX + 1)}, NOW_MS - 99_999)


def test_the_line_may_be_away_for_a_minute() -> None:
    assert hq_alert(HQ_AFTER_MS - 1, NOW_MS) is None
    assert hq_alert(HQ_AFTER_MS, NOW_MS) is not None


def test_a_note_counts_for_the_trouble_it_was_made_for() -> None:
    alert = device_alert(view("failed"), DEVICE_AFTER_MS, NOW_MS)
    assert alert is not None
    for since_ms, counts in ((alert.since_ms, True), (alert.since_ms - 1, False)):
        noted = Noted(since_ms, "7", NOW_MS)
        assert (with_notes([alert], {alert.alert_id: noted}.get)[0].noted is not None) is counts
    assert set(TEXTS) >= {alert.code}


class Devices:
    """A board with one printer."""

    def __init__(self) -> None:
        self.state = "ready"

    def views(self) -> tuple[DeviceView, ...]:
        return (view(self.state, "" if self.state == "ready" else "no answer"),)


class Line:
    """The line to headquarters."""

    online = True

    def status(self) -> str:
        return ""


async def test_the_desk_tells_since_when_and_keeps_a_note_while_the_trouble_lasts(tmp_path: Path) -> None:
    store, clock, devices, line = open_store(tmp_path), FakeClock(), Devices(), Line()
    sources = AlertSources(
        store=store,
        journal=new_journal(clock),
        clock=clock,
        alarms=AlarmBoard(),
        devices=devices,
        labels=None,
        hq=line,
        talks_to_hq=True,
    )
    desk = AlertDesk(sources)
    desk.look()
    assert (desk.alerts(), desk.revision) == ((), 0)
    devices.state, line.online = "retrying", False
    failed_ms = clock.now_ms()
    desk.look()
    clock.advance(HQ_AFTER_MS)
    desk.look()
    assert {alert.alert_id: alert.since_ms for alert in desk.alerts()} == {"device:printer-1": failed_ms, "hq": failed_ms}
    assert desk.device_ages_ms() == {"printer-1": HQ_AFTER_MS}
    await desk.note("device:printer-1", "7")
    with pytest.raises(UnknownAlert):
        await desk.note("hq", "7")
    revision = desk.revision
    clock.advance(5_000)
    desk.look()
    assert desk.revision == revision, "time alone is no news"
    assert {alert.alert_id: alert.noted is not None for alert in desk.alerts()} == {"device:printer-1": True, "hq": False}
    devices.state, line.online = "ready", True
    desk.look()
    assert desk.alerts() == ()
    store.close()


def test_an_item_sold_beyond_its_records_is_a_task_that_can_be_noted() -> None:
    task = CountTask("i-1", "Bread", "面包", weighed=False, since_ms=NOW_MS, on_hand_thousandths=-2000)
    alert = count_alert(task)
    assert (alert.alert_id, alert.kind in NOTABLE, alert.since_ms) == ("count:i-1", True, NOW_MS)
    assert alert.text == "Bread: more was sold than the stock records had."
