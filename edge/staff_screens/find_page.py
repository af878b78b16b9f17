"""Where is it: the tags of an item with the spot each stands at, and one of them followed by its loudness, with a sound."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import ItemLookUp
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.goods_tile import add_look
from edge.staff_screens.parts import ScanField, big_button, box, chip, empty, text
from edge.staff_screens.tag_answers import Signal, StandingPiece, Whereabouts
from edge.staff_screens.visitor import Screens, Visitor, to_login

LISTEN_SECONDS = 0.4
FAINT_DBM, LOUD_DBM = -80, -35
"""No bar, and a full bar."""


def level_of(dbm: int | None) -> int:
    """Loudness as a share of the bar, 0 to 100."""
    if dbm is None:
        return 0
    return max(0, min(100, round(100 * (dbm - FAINT_DBM) / (LOUD_DBM - FAINT_DBM))))


def install(screens: Screens) -> None:
    """Add the page `/find`."""

    @ui.page("/find")
    def find(code: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Where is it?"), scanning=True) as frame:
            add_look()
            _Find(frame, code)
        return None


class _Find:
    def __init__(self, frame: Frame, code: str) -> None:
        self._frame, self._visitor, self._code = frame, frame.visitor, code
        self._sought = ""
        say = self._visitor.words.say
        ScanField(self._visitor.words, say("Scan or type"), self._scanned)
        self._ear = _Ear(frame)
        self._found = box("cards")
        with self._found:
            empty(say("Scan an item"), say("Its tags show, and one of them can be followed."), "radar")
        if code:
            frame.load(self._load)

    async def _scanned(self, typed: str) -> None:
        self._code = typed
        await self._load()

    async def _load(self) -> None:
        self._ear.stop()
        found = await self._frame.attempt(self._visitor.get(f"/v1/lookup/{quote(self._code, safe='')}", ItemLookUp))
        if found is None:
            return
        item_id = found.item.item_id
        work = self._visitor.get(f"/v1/items/{quote(item_id, safe='')}/whereabouts", Whereabouts)
        where = await self._frame.attempt(work)
        if where is not None:
            ui.navigate.history.replace(f"/find?code={quote(self._code, safe='')}")
            self._show(where)

    def _show(self, where: Whereabouts) -> None:
        words = self._visitor.words
        self._found.clear()
        with self._found:
            text(words.either(where.name, where.name_zh) or where.item_id, "h2", "section")
            if not where.tags:
                empty(words.say("No antenna has heard a tag of it"), words.say("Its pieces may carry none."), "sensors_off")
            for tag in where.tags:
                self._tag(tag)

    def _tag(self, tag: StandingPiece) -> None:
        words = self._visitor.words
        with box("card") as made:
            made.props["data-epc"] = tag.epc
            with box("alert-head"):
                ui.icon("sell")
                with box("grow"):
                    text(tag.spot or words.say("somewhere in the store"), "h2")
                    since = formats.instant(tag.moved_ms, self._visitor.zone, words)
                    text(words.say("since {time}", time=since), "p", "hint")
                    text(tag.epc.rpartition(".")[2], "p", "code")
                if tag.gone:
                    chip(words.say("not heard any more"), "warn")
                elif tag.place:
                    chip(words.name("place", tag.place), "info")
            big_button(words.say("Follow"), lambda: self._ear.follow(tag.epc), "radar", "second")


class _Ear:
    """The live bar and its sound. Works without the keyboard: one touch begins, one ends."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._epc = ""
        say = self._visitor.words.say
        self._card = box("card ear")
        with self._card:
            self._title = text("", "h2")
            with box("bar") as bar:
                bar.props["role"] = "meter"
                bar.props["aria-valuemin"], bar.props["aria-valuemax"] = "0", "100"
                self._bar = bar
                self._fill = box("bar-fill")
            self._words = text("", "p", "bar-words")
            big_button(say("Stop"), self.stop, "stop", "second")
        self._card.set_visibility(False)
        self._timer = ui.timer(LISTEN_SECONDS, self._listen, active=False)

    def follow(self, epc: str) -> None:
        """Listen for this tag."""
        self._epc = epc
        self._title.set_text(self._visitor.words.say("Following tag {serial}", serial=epc.rpartition(".")[2]))
        self._card.set_visibility(True)
        self._timer.activate()
        ui.run_javascript("window.finder.start()")

    def stop(self) -> None:
        """Listen no more."""
        if self._epc:
            self._epc = ""
            self._timer.deactivate()
            self._card.set_visibility(False)
            ui.run_javascript("window.finder.stop()")

    async def _listen(self) -> None:
        if not self._epc:
            return
        heard = await self._frame.attempt(self._visitor.get("/v1/rfid/signal", Signal, {"epc": self._epc}))
        if heard is None:
            return
        level, say = level_of(heard.dbm), self._visitor.words.say
        self._bar.props["aria-valuenow"] = str(level)
        self._fill.style(f"width:{level}%")
        if heard.dbm is None:
            words = say("Not heard now. Walk on.")
        else:
            words = say("very near") if level >= 80 else say("near") if level >= 50 else say("far")
            words = f"{words} · {heard.dbm} dBm"
        self._words.set_text(words)
        ui.run_javascript(f"window.finder.level({level})")
