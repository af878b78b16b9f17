"""The exits: what went out unpaid, with a picture of the goods, and what a person says that it was."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Nothing
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.goods_tile import add_look, goods_tile
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.tag_answers import GateAlarm, Gates, SayAlarm
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 1.0
RIGHT = "gate"
TONES = {"stolen": "bad", "unseen": "warn", "sold": "good", "stopped": "good", "false": "plain"}


def install(screens: Screens) -> None:
    """Add the page `/exits`."""

    @ui.page("/exits")
    def exits() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Exit")) as frame:
            add_look()
            _Exits(frame)
        return None


class _Exits:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: Gates | None = None
        self._list = box("cards two")
        self._list.props["aria-live"] = "assertive"
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/v1/gates", Gates)
        if found != self._shown:
            self._shown = found
            self._draw(found)

    def _draw(self, found: Gates) -> None:
        say = self._visitor.words.say
        self._list.clear()
        with self._list:
            if not found.alarms:
                hint = say("Goods that go out unpaid show here at once, and ring.")
                empty(say("Nothing went out unpaid"), hint, "verified_user")
            for alarm in found.alarms:
                self._card(alarm, ringing=alarm.gate_id in found.ringing and not alarm.outcome)

    def _card(self, alarm: GateAlarm, *, ringing: bool) -> None:
        words, visitor = self._visitor.words, self._visitor
        with box("card" + ("" if alarm.outcome else " alert ringing" if ringing else " alert")) as card:
            card.props["data-alarm"] = alarm.alarm_id
            with box("alert-head"):
                ui.icon("campaign" if not alarm.outcome else "history")
                with box("grow"):
                    pieces = len(alarm.goods)
                    text(words.say_many("{n} unpaid piece went out", "{n} unpaid pieces went out", pieces), "h2")
                    when = formats.instant(alarm.at_ms, visitor.zone, words)
                    text(f"{alarm.gate_id} · {when}", "p", "hint")
                if alarm.outcome:
                    chip(words.name("gate_outcome", alarm.outcome), TONES.get(alarm.outcome, "plain"))
            for each in alarm.goods:
                goods_tile(each.goods, words, words.say("paid after all") if each.sale_id else "")
            if not alarm.outcome:
                self._actions(alarm, ringing=ringing)

    def _actions(self, alarm: GateAlarm, *, ringing: bool) -> None:
        say = self._visitor.words.say
        if not self._visitor.may(RIGHT):
            text(say("Call somebody who looks after the exit."), "p", "hint")
            return
        if ringing:
            big_button(say("Silence the siren"), self._silence(alarm.gate_id), "volume_off", "second")
        with box("actions"):
            big_button(say("Stopped"), self._say(alarm, "stopped"), "pan_tool")
            big_button(say("False alarm"), self._say(alarm, "false"), "thumb_up", "second")
            big_button(say("Stolen"), self._say(alarm, "stolen"), "report", "danger")

    def _say(self, alarm: GateAlarm, outcome: str) -> Callable[[], object]:
        async def send() -> None:
            path = f"/v1/gates/alarms/{quote(alarm.alarm_id, safe='')}"
            done = self._visitor.send("POST", path, Gates, SayAlarm(outcome=outcome))
            await self._frame.attempt(done)
            await self._frame.attempt(self._fill())

        return send

    def _silence(self, gate_id: str) -> Callable[[], object]:
        async def send() -> None:
            await self._frame.attempt(self._visitor.send("POST", f"/v1/gates/{quote(gate_id, safe='')}/silence", Nothing))
            await self._frame.attempt(self._fill())

        return send
