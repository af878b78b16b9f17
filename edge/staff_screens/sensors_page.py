"""The store's sensors: alarms of the cold chain first, then the newest value of each sensor, how old it is and how it is."""

from __future__ import annotations

import re

from babel.numbers import format_decimal
from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, new_dialog, text
from edge.staff_screens.sensor_answers import ColdAlarm, Reading, Sensor, SensorList, TakeNote
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words

EVERY_SECONDS = 2.0
NOTE_MAX = 300
TONES = {"ok": "good", "waiting": "info", "fault": "bad", "lost": "bad"}
ORDER = {"lost": 0, "fault": 1, "waiting": 2, "ok": 3}
UNITS = {"celsius": "°C", "percent": "%", "kwh": "kWh", "w": "W", "v": "V", "a": "A", "hz": "Hz"}
SWITCHES = frozenset({"door_open", "defrost", "high_alarm", "low_alarm", "probe_alarm", "door_warning", "water_leak"})
DIGITS = 1
_NUMBERED = re.compile(r"(l|t)(\d+)_(.+)")


def install(screens: Screens) -> None:
    """Add the page `/sensors`."""

    @ui.page("/sensors")
    def sensors() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Sensors")) as frame:
            _Sensors(frame)
        return None


def shown(measure: str, value: float | None, words: Words) -> str:
    """A value with its unit, or in words; a dash for none."""
    if value is None:
        return formats.DASH
    if measure in SWITCHES:
        return words.name("switch", f"{measure}_{int(bool(value))}")
    number = str(format_decimal(round(value, DIGITS), locale=formats.LOCALES[words.language])).replace("-", "−")
    unit = UNITS.get(measure.rpartition("_")[2], "")
    return f"{number} {unit}".strip()


def measure_name(measure: str, words: Words) -> str:
    """What is measured; a phase or a further probe with its number."""
    if found := _NUMBERED.fullmatch(measure):
        return f"{words.name('measure', found[3])} {found[2]}"
    return words.name("measure", measure)


class _Sensors:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: object = None
        self._list = box("cards two")
        self._list.props["aria-live"] = "polite"
        frame.load(self._fill, on_news=True, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/v1/sensors", SensorList)
        look = (
            found,
            [self._age(each.heard_at_ms) for each in found.sensors],
            [self._age(a.since_ms) for a in found.alarms],
        )
        if look == self._shown:
            return
        self._shown = look
        say = self._visitor.words.say
        self._list.clear()
        with self._list:
            if not found.sensors:
                empty(say("No sensors"), say("This store has none in its settings."), "sensors_off")
            for alarm in sorted(found.alarms, key=lambda each: (bool(each.staff_id), each.since_ms)):
                self._alarm(alarm)
            for sensor in sorted(found.sensors, key=lambda each: ORDER.get(each.state, 0)):
                self._card(sensor)

    def _age(self, at_ms: int | None) -> str:
        return "" if at_ms is None else formats.age(max(0, self._visitor.now_ms - at_ms), self._visitor.words)

    def _alarm(self, alarm: ColdAlarm) -> None:
        words = self._visitor.words
        with box("card alert" + (" noted" if alarm.staff_id else "")) as card:
            card.props["data-alarm"] = alarm.sensor_id
            with box("alert-head"):
                ui.icon("ac_unit")
                with box("grow"):
                    text(self._sentence(alarm), "h2")
                    if alarm.worst is not None:
                        worst = shown(alarm.measure, alarm.worst, words)
                        text(words.say("Farthest outside: {worst}", worst=worst), "p")
                    text(words.say("for {age}", age=self._age(alarm.since_ms)), "p", "hint")
                    if alarm.note:
                        text(f"{alarm.note} ({alarm.staff_id})", "p")
                if alarm.level and not alarm.staff_id:
                    chip(words.say("nobody took note"), "bad")
            with box("actions"):
                if alarm.staff_id:
                    chip(words.say("noted by {who}", who=alarm.staff_id))
                else:
                    big_button(words.say("I take care of it"), lambda: self._ask(alarm), "check")

    def _sentence(self, alarm: ColdAlarm) -> str:
        words = self._visitor.words
        name = alarm.sensor_id
        if alarm.cause == "lost":
            return words.say("{sensor} tells no value: nobody watches the cold.", sensor=name)
        if alarm.measure == "door_open":
            return words.say("The door of {sensor} stands open.", sensor=name)
        value, limit = shown(alarm.measure, alarm.value, words), shown(alarm.measure, alarm.limit, words)
        if alarm.cause == "below":
            return words.say("{sensor}: {value}, and at least {limit} is right.", sensor=name, value=value, limit=limit)
        return words.say("{sensor}: {value}, and at most {limit} is right.", sensor=name, value=value, limit=limit)

    def _ask(self, alarm: ColdAlarm) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, box("card dialog"):
            text(say("What do you do about it?"), "h2")
            text(self._sentence(alarm), "p")
            field = ui.textarea(say("For example: goods moved, technician called"))
            field.props(f"outlined autofocus autogrow maxlength={NOTE_MAX}").classes("wide")
            problem = text("", "p", "hint")

            async def send() -> None:
                note = str(field.value or "").strip()
                if not note:
                    problem.set_text(say("Write a few words first: they go on record."))
                    return
                order = TakeNote(alarm_id=alarm.alarm_id, note=note)
                done = self._visitor.send("POST", "/v1/sensors/alarms/notes", SensorList, order)
                if await self._frame.attempt(done) is not None:
                    dialog.close()
                await self._frame.attempt(self._fill())

            with box("actions"):
                big_button(say("Take note"), send, "check")
                big_button(say("Cancel"), dialog.close, "", "second")
        dialog.open()

    def _card(self, sensor: Sensor) -> None:
        words = self._visitor.words
        with box("card device") as card:
            card.props["data-sensor"] = sensor.sensor_id
            with box("alert-head"):
                ui.icon("sensors")
                with box("grow"):
                    text(sensor.sensor_id, "h2")
                    if age := self._age(sensor.heard_at_ms):
                        text(words.say("heard {age} ago", age=age), "p", "hint")
                    else:
                        text(words.say("nothing heard yet"), "p", "hint")
                chip(words.name("sensor_state", sensor.state), TONES.get(sensor.state, "plain"))
            if sensor.reason:
                text(words.heard(sensor.reason), "p", "device-reason")
            with box("facts", "dl"):
                for reading in sensor.readings:
                    self._reading(reading)

    def _reading(self, reading: Reading) -> None:
        words = self._visitor.words
        text(measure_name(reading.measure, words), "dt")
        with box("", "dd"):
            text(shown(reading.measure, reading.value, words), "strong")
            if reading.health != "ok":
                chip(words.name("sensor_health", reading.health), "bad")
