"""What a check found, who says that it may, and the buttons that lead to the stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.console import formats
from cloud.console.frame import Frame
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Table, box, card, chip, text
from cloud.console.promotion_answers import DecisionBody, Event, Whole
from cloud.console.promotion_publish import PublishDialog, RecallDialog
from cloud.console.promotion_words import Money, finding_words

TONES = {"error": "bad", "approve": "warn", "warning": "info"}


class CheckPart:
    """The card of findings and buttons. `again`: what fills the page anew after a change."""

    def __init__(self, frame: Frame, whole: Whole, again: Callable[[], Awaitable[None]], *, editable: bool) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._again = again
        self._editable = editable
        self._path = f"/promotions/{whole.promotion_id}"

    def build(self) -> None:
        """Make the cards."""
        say, whole = self._visitor.words.say, self._whole
        with card(say("Check and publish"), "promotion-check"):
            if whole.state == "draft" and not whole.findings:
                text(say("A check publishes nothing. It prices sample baskets and says what somebody should look at."), "p")
            elif whole.checked_at_ms is not None and not whole.findings:
                with box("chips"):
                    chip(say("checked: nothing to say"), "good")
            self._findings()
            self._told()
            if self._editable:
                self._actions()
            else:
                text(say("Your role looks; it changes no prices."), "p", "hint")
        if whole.events:
            with card(say("In the stores")):
                self._stores()

    def _findings(self) -> None:
        whole = self._whole
        if not whole.findings:
            return
        money = Money(whole.currency, whole.minor_digits, self._visitor.words)
        with box("findings"):
            for finding in whole.findings:
                with box("placed-row"):
                    chip(
                        self._visitor.words.name("promotion_severity", finding.severity),
                        TONES.get(finding.severity, "plain"),
                    )
                    text(finding_words(finding, money))

    def _told(self) -> None:
        whole, words = self._whole, self._visitor.words
        if whole.decided_at_ms is None:
            return
        when = formats.instant(whole.decided_at_ms, self._visitor.zone, words)
        if whole.state == "draft":
            note = whole.decision_note or formats.DASH
            told = words.say("Sent back by {person}, {time}: {note}", person=whole.decided_by, time=when, note=note)
        else:
            told = words.say("Approved by {person}, {time}.", person=whole.decided_by, time=when)
        text(told, "p", "hint")

    def _actions(self) -> None:
        whole, say = self._whole, self._visitor.words.say
        asks = any(finding.severity == "approve" for finding in whole.findings)
        if whole.state == "awaiting_approval":
            self._approval()
        with box("actions"):
            if whole.state in {"draft", "recalled"}:
                self._primary(say("Check"), "fact_check", lambda: self._do("check"))
            elif whole.state == "checked" and asks:
                self._primary(say("Ask for approval"), "how_to_reg", lambda: self._do("approval-request"))
                text(say("The findings ask for a second person."), "span", "hint")
            elif whole.state in {"checked", "approved"}:
                self._primary(say("Publish"), "publish", self._publish)
            elif whole.state == "published" and self._in_a_ring():
                self._primary(say("Give it to more stores"), "publish", self._publish)
            if whole.state in {"checked", "awaiting_approval", "approved"}:
                self._second(say("Check again"), "refresh", lambda: self._do("check"))
            if whole.placed:
                self._second(say("Recall"), "undo", lambda: RecallDialog(self._frame, whole, self._again).open())
            if not whole.events:
                self._second(say("Discard"), "delete", self._discard)

    def _in_a_ring(self) -> bool:
        return any(each.revision == self._whole.revision and each.store_count for each in self._whole.placed)

    def _primary(self, label: str, icon: str, action: Callable[[], object]) -> None:
        ui.button(label, icon=icon, on_click=action).props("unelevated no-caps").classes("primary")

    def _second(self, label: str, icon: str, action: Callable[[], object]) -> None:
        ui.button(label, icon=icon, on_click=action).props("outline no-caps").classes("second")

    def _publish(self) -> None:
        PublishDialog(self._frame, self._whole, self._again).open()

    def _approval(self) -> None:
        whole, say = self._whole, self._visitor.words.say
        when = formats.instant(whole.asked_at_ms, self._visitor.zone, self._visitor.words)
        text(say("{person} asked for approval, {time}.", person=whole.asked_by, time=when), "p", "strong")
        login = self._visitor.person.login if self._visitor.person else ""
        if login in whole.authors or login == whole.asked_by:
            text(say("You made it: somebody else approves it."), "p", "warn-text")
            return
        note = ui.input(say("What you want to say")).props("outlined dense maxlength=200")
        with box("actions"):
            self._primary(say("Approve"), "check", lambda: self._decide(str(note.value or ""), yes=True))
            self._second(say("Send back"), "undo", lambda: self._decide(str(note.value or ""), yes=False))

    async def _do(self, verb: str) -> None:
        sending = self._visitor.send_slow("POST", f"{self._path}/{verb}", Whole, key=self._visitor.new_key())
        if await self._frame.attempt(sending) is not None:
            await self._frame.attempt(self._again())

    async def _decide(self, note: str, *, yes: bool) -> None:
        body = DecisionBody(approve=yes, note=note)
        sending = self._visitor.send("POST", f"{self._path}/decision", Whole, body, key=self._visitor.new_key())
        if await self._frame.attempt(sending) is not None:
            await self._frame.attempt(self._again())

    async def _discard(self) -> None:
        if await self._frame.attempt(self._visitor.send("DELETE", self._path, Nothing)) is not None:
            ui.navigate.to("/promotions")

    def _stores(self) -> None:
        whole, say = self._whole, self._visitor.words.say
        if whole.placed:
            told = say("{n} of {all} stores hold it.", n=whole.applied_count, all=whole.concerned_count)
            with box("chips"):
                chip(told, "good" if whole.applied_count >= whole.concerned_count else "warn")
        columns = [Column(say("When")), Column(say("What")), Column(say("Revision"), True), Column(say("Where"))]
        table = Table([*columns, Column(say("By")), Column(say("Reason"))])
        for event in whole.events:
            self._event(table, event)

    def _event(self, table: Table, event: Event) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(formats.instant(event.at_ms, self._visitor.zone, words, seconds=True))
        row.cell(words.name("promotion_event", event.what))
        row.cell(str(event.revision))
        if event.what != "published":
            row.cell(formats.DASH)
        else:
            row.cell(words.say("all stores") if not event.store_count else ", ".join(event.stores))
        row.cell(event.person)
        row.cell(event.reason or formats.DASH)
