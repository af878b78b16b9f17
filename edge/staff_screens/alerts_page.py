"""One list of what needs a look: what it is, since when, what to do; it changes by itself."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Alert, AlertList, NoteAlert
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words

ICONS = {
    "low_stock": "inventory_2",
    "count": "checklist",
    "device": "power_off",
    "label": "sell",
    "box": "dns",
    "hq": "cloud_off",
    "order": "shopping_bag",
    "recall": "report",
    "expiry": "event",
    "size_gap": "checkroom",
    "cold": "ac_unit",
}
AGE_SECONDS = 30.0


def install(screens: Screens) -> None:
    """Add the page `/alerts`."""

    @ui.page("/alerts")
    def alerts() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Alerts")) as frame:
            _AlertList(frame)
        return None


def sentence(alert: Alert, words: Words) -> str:
    """What is wrong, in the person's language."""
    reason = words.heard(alert.params.get("reason", ""))
    params = {
        **alert.params,
        "reason": reason,
        "name": words.either(alert.params.get("name", ""), alert.params.get("name_zh", "")),
    }
    return words.reason("reason" if alert.kind == "box" else "alert", alert.code, alert.text, params)


def _more(alert: Alert, words: Words) -> str:
    """Figures that belong to it."""
    if alert.kind == "label":
        place = alert.params.get("place", "")
        return words.say("It hangs at {place}.", place=place) if place else ""
    if alert.kind == "count":
        weighed = bool(alert.params.get("weighed"))
        left = formats.amount(int(alert.params.get("on_hand_thousandths", "0")), words, weighed=weighed)
        return words.say("By the records {left} are left.", left=left)
    if alert.kind != "low_stock":
        return ""
    left = formats.amount(int(alert.params.get("on_hand_thousandths", "0")), words, weighed=False)
    least = formats.amount(int(alert.params.get("minimum_thousandths", "0")), words, weighed=False)
    return words.say("{left} left, at least {least} wanted.", left=left, least=least)


class _AlertList:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._list = box("cards two")
        self._list.props["aria-live"] = "polite"
        frame.on_news(self._show)
        ui.timer(AGE_SECONDS, self._show)

    async def _show(self) -> None:
        words, news = self._visitor.words, self._visitor.screens.news
        self._list.clear()
        with self._list:
            if not news.alerts:
                empty(words.say("All is well"), words.say("Nothing needs a look now."), "task_alt")
            for alert in sorted(news.alerts, key=lambda each: bool(each.noted_by)):
                self._card(alert)

    def _card(self, alert: Alert) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        with box("card alert" + (" noted" if alert.noted_by else "")) as card:
            card.props["data-alert"] = alert.alert_id
            with box("alert-head"):
                ui.icon(ICONS.get(alert.kind, "error"))
                with box("grow"):
                    text(sentence(alert, words), "h2")
                    if more := _more(alert, words):
                        text(more, "p")
                    text(words.name("alert_todo", alert.kind), "p", "hint")
                    age = formats.age(max(0, self._visitor.now_ms - alert.since_ms), words)
                    text(say("for {age}", age=age), "p", "hint")
            with box("actions"):
                if target := _target(alert):
                    ui.link(say("Open"), target).classes("button second")
                if alert.noted_by:
                    chip(say("noted by {who}", who=alert.noted_by))
                elif alert.notable:
                    big_button(say("I take care of it"), lambda: self._note(alert), "check", "second")

    async def _note(self, alert: Alert) -> None:
        work = self._visitor.send("POST", "/v1/alerts/notes", AlertList, NoteAlert(alert_id=alert.alert_id))
        found = await self._frame.attempt(work)
        if found is not None:
            self._visitor.screens.news.take(found)


def _target(alert: Alert) -> str:
    match alert.kind:
        case "low_stock":
            return f"/item?code={alert.subject_id}"
        case "count":
            return "/count"
        case "device":
            return "/devices"
        case "order":
            return "/orders"
        case "recall":
            return "/recalls"
        case "expiry":
            return "/expiring"
        case "cold":
            return "/sensors"
        case "size_gap":
            return "/shortages"
        case "label":
            return f"/labels?label={alert.subject_id}" if alert.subject_id else "/labels?state=unreachable"
        case _:
            return ""
