"""One list: scan, correct, look at the differences, book. Survives reloads, a box restarted and a lost PIN."""

from __future__ import annotations

from nicegui import background_tasks, ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Command, Discard, Draft, DraftAnswer, DraftCommand, DraftLine, Post, Scan
from edge.staff_screens.box import Problem
from edge.staff_screens.courier import Courier, TooMany
from edge.staff_screens.draft_dialogs import ask_quantity, confirm
from edge.staff_screens.draft_review import Review
from edge.staff_screens.draft_sweep import Sweep, epc_of
from edge.staff_screens.draft_words import KINDS, lot_words, target_of, words_for
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.parts import ScanField, big_button, box, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 5.0


def install(screens: Screens) -> None:
    """Add the page of a list of each kind: `/receipt/{draft_id}` and so on."""
    for kind in KINDS:
        _install(screens, kind)


def _install(screens: Screens, kind: str) -> None:
    @ui.page(f"/{kind}/{{draft_id}}")
    def draft(draft_id: str) -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        title = words_for(kind, visitor.words).title
        with page(visitor, title, back=f"/{kind}", scanning=True) as frame:
            _DraftPage(frame, kind, draft_id)
        return None


class _DraftPage:
    def __init__(self, frame: Frame, kind: str, draft_id: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._kind, self._draft_id = kind, draft_id
        self._words = words_for(kind, self._visitor.words)
        self._client = ui.context.client
        self._draft: Draft | None = None
        self._answers = 0
        self._courier = Courier(
            self._visitor.kept,
            draft_id,
            self._send,
            self._visitor.screens.ids,
            on_answer=self._on_answer,
            on_problem=self._on_problem,
            on_change=self._show_waiting,
            on_login=frame.ask_pin,
        )
        self._sweep = Sweep(frame, draft_id, self._swept)
        self._build()
        frame.on_login(self._courier.go_on)
        frame.load(self._load, every_seconds=EVERY_SECONDS)
        carrying = background_tasks.create(self._courier.run(), name=f"courier {draft_id}")
        self._client.on_delete(carrying.cancel)

    def _build(self) -> None:
        say = self._visitor.words.say
        self._work = box("work")
        with self._work:
            ScanField(self._visitor.words, say("Scan an item"), self._scanned)
            self._head = box("chips")
            self._waiting = text("", "p", "waiting")
            self._waiting.props["role"] = "status"
            self._last = box("last")
            self._last.props["aria-live"] = "assertive"
            self._lines = box("lines")
        self._review = Review(self._frame, self._kind, self._draft_id, self._order, self._back_to_work)
        with_tags = self._kind in {"count", "receipt"}
        with box("foot three" if with_tags else "foot", "footer") as self._foot:
            self._discard_button = big_button(say("Discard"), self._ask_discard, "delete", "second")
            if with_tags:
                big_button(say("Tags"), self._sweep.open, "sensors", "second")
            checked = self._kind in {"count", "write_off"}
            label = say("Check") if checked else self._words.post
            self._post_button = big_button(label, self._ask_post, "done_all")
        self._show_waiting()

    async def _send(self, command: DraftCommand) -> DraftAnswer:
        return await self._visitor.send("POST", f"/v1/drafts/{self._draft_id}/commands", DraftAnswer, command)

    async def _load(self) -> None:
        """Look at the list: somebody else may scan into it too. What an answer showed meanwhile is newer."""
        before = self._answers
        found = await self._visitor.get(f"/v1/drafts/{self._draft_id}", Draft)
        if before == self._answers and found != self._draft:
            self._show(found)

    async def _scanned(self, code: str) -> None:
        if (epc := epc_of(code)) != "":
            await self._sweep.take((epc,))
            return
        self._order(Scan(code=code))

    def _order(self, command: Command) -> None:
        try:
            self._courier.add(command)
        except TooMany:
            self._frame.notice(self._visitor.words.say("Too much waits for the box. Wait until it answers."), "negative")

    async def _on_answer(self, answer: DraftAnswer) -> None:
        self._answers += 1
        with self._client:
            if answer.draft is not None:
                self._show(answer.draft)
            if not answer.ok and answer.reason is not None:
                reason = answer.reason
                self._say_last(self._visitor.words.reason("reason", reason.code, reason.text, reason.params), "bad", "error")
                if reason.code in {"count_needs_approval", "write_off_needs_approval"}:
                    self._review.ask_approval()
            elif answer.draft is not None and answer.item_id:
                self._say_done(answer, answer.draft.line_of(answer.item_id, answer.batch, answer.expires))

    def _on_problem(self, problem: Problem) -> None:
        with self._client:
            self._say_last(refusal(problem, self._visitor.words), "bad", "error")

    def _swept(self, draft: Draft, said: str, tone: str) -> None:
        """Tags were taken in."""
        self._answers += 1
        with self._client:
            self._show(draft)
            self._say_last(said, tone, "sensors")

    def _say_done(self, answer: DraftAnswer, line: DraftLine | None) -> None:
        words = self._visitor.words
        if line is None:
            self._say_last(words.say("Taken off the list."), "good", "remove_done")
            return
        name = words.either(line.name, line.name_zh)
        amount = formats.amount(answer.added_thousandths, words, weighed=line.weighed, signed=True)
        total = formats.amount(line.quantity_thousandths, words, weighed=line.weighed)
        if answer.added_thousandths:
            self._say_last(f"{amount}  {name}", "good", "check", total)
        elif line.weighed and not line.quantity_thousandths:
            self._say_last(words.say("{name}: type the weight", name=name), "info", "scale")
            self._ask_quantity(line)
        else:
            self._say_last(f"{name}: {total}", "good", "check", total)

    def _say_last(self, words: str, tone: str, icon: str, total: str = "") -> None:
        """What the last input did, in big letters, with a sound: good ones high, bad ones low."""
        self._last.clear()
        with self._last, box(f"said said-{tone}") as said:
            said.props["data-cue"] = tone
            ui.icon(icon)
            text(words, "span", "grow")
            if total:
                text(total, "strong", "total")

    def _show_waiting(self) -> None:
        count = len(self._courier.waiting)
        words = self._visitor.words
        with self._client:
            self._waiting.set_text(
                words.say_many("{n} input waits for the box …", "{n} inputs wait for the box …", count) if count else ""
            )
            self._post_button.set_enabled(count == 0)

    def _show(self, draft: Draft) -> None:
        self._draft = draft
        words = self._visitor.words
        if draft.state != "open":
            self._working(False)
            self._review.show_ended(draft)
            return
        self._head.clear()
        with self._head:
            chip(words.name("place", draft.place), "info")
            if said := target_of(draft, words):
                chip(said, "info")
            if draft.reference:
                chip(draft.reference)
            chip(words.say_many("{n} item", "{n} items", draft.line_count))
        self._lines.clear()
        with self._lines:
            if not draft.lines:
                empty(words.say("Nothing scanned yet"), words.say("Scan the first item."), "barcode_reader")
            for line in reversed(draft.lines):
                self._line(line)
            if draft.line_count > len(draft.lines):
                text(words.say("Only the newest {n} are shown.", n=len(draft.lines)), "p", "hint")

    def _line(self, line: DraftLine) -> None:
        words = self._visitor.words
        with box("line", "button") as row:
            row.props["type"] = "button"
            row.props["data-item"] = line.item_id
            row.on("click", lambda: self._ask_quantity(line))
            with box("grow", "span"):
                text(words.either(line.name, line.name_zh), "strong")
                if said := lot_words(line.batch, line.expires, words):
                    text(said, "span", "hint")
                elif line.batch_tracked:
                    chip(words.say("batch not known"), "warn")
                if line.moved_meanwhile and self._kind == "count":
                    chip(words.say("stock moved while you counted"), "warn")
            text(formats.amount(line.quantity_thousandths, words, weighed=line.weighed), "span", "quantity")
            ui.icon("edit")

    def _ask_quantity(self, line: DraftLine) -> None:
        with_lot = line.batch_tracked or bool(line.batch or line.expires)
        ask_quantity(self._frame, line, self._order, with_lot=with_lot)

    async def _ask_post(self) -> None:
        draft = self._draft
        if self._kind in {"count", "write_off"} or (draft is not None and draft.asn_id):
            self._working(not await self._review.show(draft))
            return
        words = self._visitor.words
        count = 0 if draft is None else draft.line_count
        if self._kind == "receipt":
            said = words.say_many("{n} item goes into stock.", "{n} items go into stock.", count)
        else:
            said = words.say_many("{n} item leaves its place.", "{n} items leave their place.", count)
        confirm(self._frame, self._words.post, said, lambda: self._order(Post()))

    def _ask_discard(self) -> None:
        say = self._visitor.words.say
        said = say("Everything on this list is thrown away.")
        confirm(self._frame, say("Discard"), said, lambda: self._order(Discard()), danger=True)

    def _back_to_work(self) -> None:
        self._review.hide()
        self._working(True)

    def _working(self, working: bool) -> None:
        self._work.set_visibility(working)
        self._foot.set_visibility(working)
