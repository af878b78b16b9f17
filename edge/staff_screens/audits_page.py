"""Price checks: go on with one, look at finished ones, draw a new sample."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.audit_answers import Audit, AuditList, OpenAudit
from edge.staff_screens.audit_parts import audit_style, percent
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, card, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

SIZES = (10, 25, 50, 100)
USUAL_SIZE = 50


def install(screens: Screens) -> None:
    """Add the page `/audits`."""

    @ui.page("/audits")
    def audits() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Price check")) as frame:
            audit_style()
            _Audits(frame)
        return None


class _Audits:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: AuditList | None = None
        self._list = box("cards")
        with card(self._visitor.words.say("New check")) as self._new:
            self._form()
        self._new.set_visibility(False)
        frame.load(self._load)

    async def _load(self) -> None:
        found = await self._visitor.get("/v1/audits", AuditList)
        if found == self._shown:
            return
        if self._shown is None:
            self._scope.set_value("labels" if found.labelled else "items")
            self._new.set_visibility(True)
        self._shown = found
        words = self._visitor.words
        self._list.clear()
        with self._list:
            if not found.audits:
                hint = words.say("Draw a sample below, walk to each price and type what the shelf shows.")
                empty(words.say("No price has been checked yet"), hint, "price_check")
            for audit in found.audits:
                self._card(audit)

    def _card(self, audit: Audit) -> None:
        words, say, score = self._visitor.words, self._visitor.words.say, audit.score
        is_open = audit.state == "open"
        address = f"/audit/{audit.audit_id}" + ("" if is_open else "/report")
        with ui.link("", address).classes("card draft") as element:
            element.props["data-audit"] = audit.audit_id
            with box("alert-head"):
                with box("grow"):
                    text(formats.instant(audit.opened_at_ms, self._visitor.zone, words), "strong")
                    done = score.checked + score.missing
                    text(say("{checked} of {drawn} checked", checked=done, drawn=score.drawn), "p", "hint")
                if is_open:
                    chip(say("go on"), "info")
                else:
                    chip(percent(score.accuracy_bp, words), "good" if score.passed else "bad")

    def _form(self) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        text(
            say("The box draws prices by chance; promotions come up more often. You read the shelf, the box compares."),
            "p",
            "hint",
        )
        text(say("How many prices"), "span", "hint")
        self._size = (
            ui.toggle({size: str(size) for size in SIZES}, value=USUAL_SIZE).props("no-caps spread").classes("places")
        )
        text(say("Of what"), "span", "hint")
        scopes = {code: words.name("audit_scope", code) for code in ("labels", "items")}
        self._scope = ui.toggle(scopes, value="labels").props("no-caps spread").classes("places")
        text(say("How they are drawn"), "span", "hint")
        ways = {code: words.name("audit_how", code) for code in ("stratified", "random")}
        self._how = ui.toggle(ways, value="stratified").props("no-caps spread").classes("places")
        self._seed = ui.input(say("Seed (may stay empty)")).props('outlined autocomplete="off"').classes("wide")
        big_button(say("Draw the sample"), self._begin, "casino")

    async def _begin(self) -> None:
        visitor = self._visitor
        body = OpenAudit(
            how=str(self._how.value),
            scope=str(self._scope.value),
            size=int(self._size.value or USUAL_SIZE),
            seed=str(self._seed.value or "").strip(),
        )
        audit_id = visitor.screens.ids.new()
        opened = await self._frame.attempt(visitor.send("PUT", f"/v1/audits/{audit_id}", Audit, body))
        if opened is not None:
            ui.navigate.to(f"/audit/{audit_id}")
