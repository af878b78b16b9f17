"""One price check: walk to each drawn price, scan it, type what the shelf shows, learn at once whether the till agrees."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens.audit_answers import Audit, AuditFound, AuditLine, CheckPrice, PriceChecked
from edge.staff_screens.audit_parts import ICONS, TONES, audit_style, comparison, score_card, where
from edge.staff_screens.box import Problem
from edge.staff_screens.check_carrier import CheckCarrier, TooMany
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.parts import ScanField, big_button, box, chip, empty, new_dialog, text
from edge.staff_screens.price_dialog import PriceDialog, Question
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 5.0
NEXT_LISTED = 30
_BAD_FIRST = {"overcharge": 0, "undercharge": 1, "missing": 2, "correct": 3}


def install(screens: Screens) -> None:
    """Add the page `/audit/{audit_id}`."""

    @ui.page("/audit/{audit_id}")
    def audit(audit_id: str) -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Price check"), back="/audits", scanning=True) as frame:
            audit_style()
            _AuditPage(frame, audit_id)
        return None


class _AuditPage:
    def __init__(self, frame: Frame, audit_id: str) -> None:
        self._frame, self._visitor, self._audit_id = frame, frame.visitor, audit_id
        self._client = ui.context.client
        self._audit: Audit | None = None
        self._carrier = CheckCarrier(self._visitor.kept, audit_id, self._attempt)
        say = self._visitor.words.say
        ScanField(self._visitor.words, say("Scan label or item"), self._scanned)
        self._waiting = text("", "p", "waiting")
        self._waiting.props["role"] = "status"
        self._last = box("last")
        self._last.props["aria-live"] = "assertive"
        self._score = box("cards")
        self._lines = box("lines")
        self._price_dialog = PriceDialog(frame)
        with box("foot", "footer"):
            big_button(say("Discard"), self._ask_discard, "delete", "second")
            self._finish = big_button(say("Finish"), self._ask_finish, "done_all")
        frame.load(self._load, every_seconds=EVERY_SECONDS)

    async def _attempt(self, check: CheckPrice, refused: object) -> PriceChecked | None:
        work = self._visitor.send("POST", f"/v1/audits/{self._audit_id}/checks", PriceChecked, check)
        return await self._frame.attempt(work, on_refused=refused)  # type: ignore[arg-type]

    async def _load(self) -> None:
        await self._send()
        found = await self._visitor.get(f"/v1/audits/{self._audit_id}", Audit)
        if found != self._audit:
            self._show(found)

    async def _send(self) -> None:
        await self._carrier.send(self._on_answer, self._on_problem)
        with self._client:
            self._show_waiting()

    async def _scanned(self, code: str) -> None:
        problems: list[Problem] = []
        work = self._visitor.get(f"/v1/audits/{self._audit_id}/find", AuditFound, {"code": code})
        found = await self._frame.attempt(work, on_refused=problems.append)
        if problems:
            self._say(refusal(problems[0], self._visitor.words, code=code), "bad", "error")
        if found is not None:
            name = self._visitor.words.either(found.name, found.name_zh)
            self._ask(found.item_id, found.label_id, name, weighed=found.weighed, drawn=found.line_no is not None)

    def _ask(self, item_id: str, label_id: str, name: str, *, weighed: bool, drawn: bool) -> None:
        audit = self._audit
        if audit is None:
            return

        async def read(seen_minor: int | None) -> None:
            check = CheckPrice(
                check_id=self._visitor.screens.ids.new(), item_id=item_id, label_id=label_id, seen_minor=seen_minor
            )
            try:
                self._carrier.add(check)
            except TooMany:
                said = self._visitor.words.say("Too much waits for the box. Wait until it answers.")
                self._frame.notice(said, "negative")
                return
            await self._send()
            await self._frame.attempt(self._load())

        self._price_dialog.ask(
            Question((item_id, label_id), name, read, audit.minor_digits, audit.currency, weighed=weighed, drawn=drawn)
        )

    def _on_answer(self, answer: PriceChecked) -> None:
        line, words = answer.line, self._visitor.words
        if self._audit is None:
            return
        name, finding = words.either(line.name, line.name_zh), words.name("audit_finding", line.finding)
        said = f"{name}: {finding} – {comparison(line, self._audit, words)}"
        tone = {"correct": "good", "overcharge": "bad"}.get(line.finding, "info")
        with self._client:
            self._say(said, tone, ICONS.get(line.finding, "check"))

    def _on_problem(self, problem: Problem) -> None:
        with self._client:
            self._say(refusal(problem, self._visitor.words), "bad", "error")

    def _say(self, said: str, tone: str, icon: str) -> None:
        self._last.clear()
        with self._last, box(f"said said-{tone}"):
            ui.icon(icon)
            text(said)

    def _show_waiting(self) -> None:
        count, words = len(self._carrier.waiting), self._visitor.words
        self._waiting.set_text(
            words.say_many("{n} input waits for the box …", "{n} inputs wait for the box …", count) if count else ""
        )
        self._finish.set_enabled(count == 0)

    def _show(self, audit: Audit) -> None:
        self._audit = audit
        if audit.state == "posted":
            ui.navigate.to(f"/audit/{self._audit_id}/report")
            return
        if audit.state == "discarded":
            ui.navigate.to("/audits")
            return
        words, say = self._visitor.words, self._visitor.words.say
        self._score.clear()
        with self._score:
            score_card(audit.score, words)
        todo = [line for line in audit.lines if line.finding == "unchecked"]
        done = sorted(
            (line for line in audit.lines if line.finding != "unchecked"),
            key=lambda line: (_BAD_FIRST.get(line.finding, 9), -line.at_ms),
        )
        self._lines.clear()
        with self._lines:
            if todo:
                text(say("To be checked, on your way"), "h2", "section")
            else:
                empty(say("Every drawn price is checked"), say("Finish the check to keep it."), "task_alt")
            for line in todo[:NEXT_LISTED]:
                self._line(line, audit)
            if len(todo) > NEXT_LISTED:
                text(say("{n} more are not shown.", n=len(todo) - NEXT_LISTED), "p", "hint")
            if done:
                text(say("Checked"), "h2", "section")
            for line in done:
                self._line(line, audit)
            text(say("Seed {seed}; drawn from {n} prices.", seed=audit.seed, n=audit.population), "p", "hint")

    def _line(self, line: AuditLine, audit: Audit) -> None:
        words = self._visitor.words
        name = words.either(line.name, line.name_zh)
        with box("line", "button") as row:
            row.props["type"] = "button"
            row.props["data-line"] = str(line.line_no)
            row.props["data-item"] = line.item_id
            row.on("click", lambda: self._ask(line.item_id, line.label_id, name, weighed=line.weighed, drawn=line.sampled))
            with box("grow", "span"):
                text(name, "strong")
                if place := where(line.position, words):
                    text(place, "span", "hint")
                elif line.stratum:
                    text(line.stratum, "span", "hint")
                if line.label_id:
                    text(line.label_id, "span", "code")
                if said := comparison(line, audit, words):
                    text(said, "span")
                with box("chips", "span"):
                    if line.finding != "unchecked":
                        chip(words.name("audit_finding", line.finding), TONES[line.finding])
                    if line.promotion:
                        chip(words.say("promotion"), "info")
                    if not line.sampled:
                        chip(words.say("added, not scored"))
            ui.icon("edit")

    def _ask_discard(self) -> None:
        say = self._visitor.words.say

        async def do_it() -> None:
            done = await self._frame.attempt(self._visitor.send("DELETE", f"/v1/audits/{self._audit_id}", Audit))
            if done is not None:
                ui.navigate.to("/audits")

        self._confirm(say("Discard"), say("Everything on this list is thrown away."), do_it, danger=True)

    def _ask_finish(self) -> None:
        words, audit = self._visitor.words, self._audit
        if audit is None:
            return

        async def do_it() -> None:
            done = await self._frame.attempt(self._visitor.send("POST", f"/v1/audits/{self._audit_id}/post", Audit))
            if done is not None:
                self._show(done)

        left = audit.score.unchecked
        said = words.say("The result is kept and told to headquarters; it cannot be changed afterwards.")
        if left:
            said = words.say_many("{n} price is not checked yet.", "{n} prices are not checked yet.", left) + " " + said
        self._confirm(words.say("Finish"), said, do_it)

    def _confirm(self, title: str, said: str, do_it: object, *, danger: bool = False) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(title, "h2")
            text(said, "p")

            async def confirmed() -> None:
                dialog.close()
                await do_it()  # type: ignore[operator]

            with box("actions"):
                big_button(say("Cancel"), dialog.close, kind="second")
                big_button(title, confirmed, kind="danger" if danger else "primary")
        dialog.open()
