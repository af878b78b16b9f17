"""The one list of alerts: read it, wait for another one, take note of an alert."""

from __future__ import annotations

from edge.alerts.desk import UnknownAlert
from edge.alerts.domain import NOTABLE, Alert
from edge.local_api.endpoint import ANY_STAFF, Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.staff_shapes import AlertList, AlertView, NoteAlert

WAIT_SECONDS_MAX = 25


def _view(alert: Alert) -> AlertView:
    noted = alert.noted
    return AlertView(
        alert_id=alert.alert_id,
        kind=alert.kind.value,
        code=alert.code,
        text=alert.text,
        params=dict(alert.params),
        subject_id=alert.subject_id,
        since_ms=alert.since_ms,
        notable=alert.kind in NOTABLE,
        noted_by="" if noted is None else noted.staff_id,
        noted_at_ms=None if noted is None else noted.at_ms,
    )


def _list(call: Call) -> AlertList:
    desk = call.shop.alerts
    return AlertList(
        revision=_revision(call),
        now_ms=call.shop.desk.clock.now_ms(),
        alerts=tuple(_view(alert) for alert in desk.alerts()),
    )


def _revision(call: Call) -> str:
    return f"{call.shop.boot_number}-{call.shop.alerts.revision}"


async def alerts(call: Call) -> AlertList:
    wait = call.query.get("wait", "0")
    if not wait.isdigit():
        raise Refused(422, "wait", f"wait: seconds, 0 to {WAIT_SECONDS_MAX}.")
    if call.query.get("after") == _revision(call):
        seconds = min(int(wait), WAIT_SECONDS_MAX)
        await call.shop.alerts.changed_since(call.shop.alerts.revision, seconds=seconds)
    return _list(call)


async def note_alert(call: Call) -> AlertList:
    alert_id = call.body_as(NoteAlert).alert_id
    try:
        await call.shop.alerts.note(alert_id, call.who().staff_id)
    except UnknownAlert:
        raise Refused(404, "unknown_alert", "This alert is over, or nobody can take note of it.") from None
    return _list(call)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/alerts",
        summary="What staff should look at, newest first",
        handler=alerts,
        response=AlertList,
        query={"after": "the revision known: answer once there is another", "wait": f"seconds, at most {WAIT_SECONDS_MAX}"},
        problems=(422,),
    ),
    Endpoint(
        method="POST",
        path="/v1/alerts/notes",
        summary="Take note of an alert: it stays, but no longer asks for attention",
        handler=note_alert,
        request=NoteAlert,
        response=AlertList,
        right=ANY_STAFF,
        problems=(401, 404),
    ),
)
