"""The devices of one store: how they do, and their settings, changed from here and tried by the box before it keeps them."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.device_answers import DeviceTable, Health, HealthList, NewTable
from cloud.console.device_form import DeviceForm
from cloud.console.devices_page import TONE_OF
from cloud.console.frame import Frame, page, refusal
from cloud.console.glance_answers import Device, DevicePage
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, text
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 3.0
OUTCOME_TONE = {"none": "plain", "waiting": "info", "in_force": "good", "refused": "bad", "rolled_back": "warn"}
NOTHING = Health(device_id="", counts={}, last_error="", last_error_at_ms=0)


def install(console: Console) -> None:
    """Add the page `/stores/{store_id}/devices`."""

    @ui.page("/stores/{store_id}/devices")
    def store_devices(store_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "devices", say("Devices"), back=(store_id, f"/stores/{store_id}")) as frame:
            _HealthCard(frame, store_id)
            _SettingsCard(frame, store_id)
        return None


class _HealthCard:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._visitor = frame.visitor
        self._path = f"/stores/{store_id}/devices"
        self._drawn: object = None
        say = self._visitor.words.say
        with card(say("How they do")):
            self._list = box("")
            text(say("Counts are of the last 24 hours."), "p", "hint")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(self._path, DevicePage)
        health = await self._visitor.get(f"{self._path}/health", HealthList)
        words = self._visitor.words
        ages = [formats.age(max(0, self._visitor.now_ms - device.since_ms), words) for device in found.rows]
        if (found.rows, health.rows, ages) == self._drawn:
            return
        self._drawn = (found.rows, health.rows, ages)
        by_device = {each.device_id: each for each in health.rows}
        self._list.clear()
        with self._list:
            if not found.rows:
                empty(words.say("No device was heard of so far"), "", "devices_other")
                return
            table = self._table()
            for device, age in zip(found.rows, ages, strict=True):
                self._row(table, device, by_device.get(device.device_id, NOTHING), age)

    def _table(self) -> Table:
        words = self._visitor.words
        say = words.say
        counted = [Column(words.name("metric", name), True) for name in ("events", "errors", "reconnects", "hangs")]
        states = [Column(say("Device")), Column(say("State")), Column(say("For how long"))]
        return Table([*states, *counted, Column(say("Bytes"), True), Column(say("Last trouble"))], "roomy")

    def _row(self, table: Table, device: Device, health: Health, age: str) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            text(device.device_id, "span", "strong")
            text(words.name("device_kind", device.device_kind), "div", "hint")
        with row.cell():
            chip(words.name("device_state", device.state), TONE_OF.get(device.state, "plain"))
            if device.reason:
                text(words.api(device.reason), "div", "hint")
        row.cell(age)
        counts = health.counts
        for name in ("events", "errors", "reconnects", "hangs"):
            row.cell(f"{counts.get(name, 0):,}")
        row.cell(f"{counts.get('read_bytes', 0) + counts.get('written_bytes', 0):,}")
        with row.cell():
            if health.last_error:
                text(words.api(health.last_error), "div")
                at = formats.instant(health.last_error_at_ms, self._visitor.zone, words)
                text(at, "div", "hint")


class _SettingsCard:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = f"/stores/{store_id}/device-table"
        self._seen = -1
        self._dirty = False
        self._drawn: object = None
        words = self._visitor.words
        say = words.say
        with card(say("Settings of the devices")):
            text(
                say("The store tries a new table first. If a device does not answer, it goes back to the old one."),
                "p",
                "hint",
            )
            self._outcome = box("stack")
            self._form = DeviceForm(words, self._edited)
            with box("stack") as self._sending:
                self._force = ui.switch(say("Keep it even if a device does not answer now"))
                self._error = field_error()
                with box("actions end"):
                    ui.button(say("The box's own file again"), on_click=lambda: self._send("")).props("flat no-caps")
                    ui.button(say("Start over"), on_click=self._again).props("flat no-caps")
                    ui.button(say("Send to the store"), on_click=lambda: self._send(self._form.value)).props(
                        "unelevated no-caps"
                    ).classes("primary")
            self._sending.set_visibility(self._visitor.may("stores.write"))
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        table = await self._visitor.get(self._path, DeviceTable)
        self._tell(table)
        if not self._dirty:
            self._show(table)

    def _show(self, table: DeviceTable) -> None:
        """Only when it is another one: a form that is drawn anew loses the cursor."""
        revision = 0 if table.sent is None else table.sent.revision
        if (revision, table.text) == (self._seen, self._form.value) and self._seen >= 0:
            return
        self._seen = revision
        self._form.show(table.text)

    def _tell(self, table: DeviceTable) -> None:
        if table == self._drawn:
            return
        self._drawn = table
        words = self._visitor.words
        say = words.say
        self._outcome.clear()
        with self._outcome:
            if table.told is None:
                empty(say("The store has not told its devices yet"), "", "hourglass_empty")
            else:
                own = say("In force: the box's own settings file.")
                text(own if not table.told.in_force else say("In force: table {n}.", n=table.told.in_force), "p")
            if table.sent is None:
                return
            with box("actions"):
                chip(words.name("device_table", table.outcome), OUTCOME_TONE.get(table.outcome, "plain"))
                at = formats.instant(table.sent.sent_at_ms, self._visitor.zone, words)
                text(say("Table {n}, sent by {who} at {time}", n=table.sent.revision, who=table.sent.sent_by, time=at))
            if table.told is not None and table.outcome in {"refused", "rolled_back"}:
                text(words.api(table.told.reason), "p", "bad-text")

    def _edited(self) -> None:
        self._dirty = True
        self._error.set_text("")

    async def _again(self) -> None:
        self._dirty, self._seen = False, -1
        self._error.set_text("")
        await self._frame.attempt(self._fill())

    async def _send(self, value: str) -> None:
        self._error.set_text("")
        body = NewTable(text=value, seen_revision=max(0, self._seen), even_if_not_ready=bool(self._force.value))
        sending = self._visitor.send("PUT", self._path, DeviceTable, body)
        answer = await self._frame.attempt(sending, on_refused=self._refused)
        if answer is None:
            return
        if value:  # what was typed stays until it works, so that a slip is mended and not typed again
            self._seen = 0 if answer.sent is None else answer.sent.revision
        else:
            self._dirty = False
        self._frame.notice(self._visitor.words.say("Sent. The store tries it now."))
        await self._frame.attempt(self._fill())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
