"""One receipt or count: scan, correct, look at the variance, book. Survives reloads, a box restarted and a lost PIN."""

from __future__ import annotations

from nicegui import background_tasks, ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import (
    Command,
    Discard,
    Draft,
    DraftAnswer,
    DraftCommand,
    DraftLine,
    Post,
    Remove,
    Scan,
    SetQuantity,
    Variance,
    VarianceLine,
)
from edge.staff_screens.box import Problem
from edge.staff_screens.courier import Courier, TooMany
from edge.staff_screens.draft_list_page import words_for
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.parts import ScanField, big_button, box, chip, empty, new_dialog, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 5.0


def install(screens: Screens) -> None:
    """Add the pages `/receipt/{draft_id}` and `/count/{draft_id}`."""
    for kind in ("receipt", "count"):
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
        self._review = box("work")
        self._review.set_visibility(False)
        with box("foot", "footer") as self._foot:
            self._discard_button = big_button(say("Discard"), self._ask_discard, "delete", "second")
            label = say("Check") if self._kind == "count" else self._words.post
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
            elif answer.draft is not None and answer.item_id:
                self._say_done(answer, answer.draft.line_of(answer.item_id))

    def _on_problem(self, problem: Problem) -> None:
        with self._client:
            self._say_last(refusal(problem, self._visitor.words), "bad", "error")

    def _say_done(self, answer: DraftAnswer, line: DraftLine | None) -> None:
        words = self._visitor.words
        if line is None:
            self._say_last(words.say("Taken off the list."), "good", "remove_done")
            return
        name = words.either(line.name, line.name_zh)
        amount = formats.amount(answer.added_thousandths, words, weighed=line.weighed, signed=True)
        if answer.added_thousandths:
            self._say_last(f"{amount}  {name}", "good", "check")
        elif line.weighed and not line.quantity_thousandths:
            self._say_last(words.say("{name}: type the weight", name=name), "info", "scale")
            self._ask_quantity(line)
        else:
            total = formats.amount(line.quantity_thousandths, words, weighed=line.weighed)
            self._say_last(f"{name}: {total}", "good", "check")

    def _say_last(self, words: str, tone: str, icon: str) -> None:
        self._last.clear()
        with self._last, box(f"said said-{tone}"):
            ui.icon(icon)
            text(words)

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
            self._show_ended(draft)
            return
        self._head.clear()
        with self._head:
            chip(words.name("place", draft.place), "info")
            if draft.reference:
                chip(draft.reference)
            chip(words.say_many("{n} item", "{n} items", len(draft.lines)))
        self._lines.clear()
        with self._lines:
            if not draft.lines:
                empty(words.say("Nothing scanned yet"), words.say("Scan the first item."), "barcode_reader")
            for line in reversed(draft.lines):
                self._line(line)

    def _line(self, line: DraftLine) -> None:
        words = self._visitor.words
        with box("line", "button") as row:
            row.props["type"] = "button"
            row.props["data-item"] = line.item_id
            row.on("click", lambda: self._ask_quantity(line))
            with box("grow", "span"):
                text(words.either(line.name, line.name_zh), "strong")
                if line.moved_meanwhile:
                    chip(words.say("stock moved while you counted"), "warn")
            text(formats.amount(line.quantity_thousandths, words, weighed=line.weighed), "span", "quantity")
            ui.icon("edit")

    def _ask_quantity(self, line: DraftLine) -> None:
        words = self._visitor.words
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(words.either(line.name, line.name_zh), "h2")
            field = ui.input(words.say("Kilograms") if line.weighed else words.say("Pieces"))
            field.set_value(formats.typed(line.quantity_thousandths) if line.quantity_thousandths else "")
            field.props('outlined autofocus inputmode="decimal"').classes("wide")

            def keep() -> None:
                try:
                    quantity = formats.read_amount(str(field.value or ""), weighed=line.weighed)
                except formats.NotAnAmount:
                    self._frame.notice(words.say("Type a number."), "negative")
                    return
                dialog.close()
                self._order(SetQuantity(item_id=line.item_id, quantity_thousandths=quantity))

            def remove() -> None:
                dialog.close()
                self._order(Remove(item_id=line.item_id))

            field.on("keydown.enter", keep)
            with box("actions"):
                big_button(words.say("Remove"), remove, "delete", "second")
                big_button(words.say("Keep"), keep)
        dialog.open()

    async def _ask_post(self) -> None:
        if self._kind == "count":
            await self._ask_variance()
            return
        words, draft = self._visitor.words, self._draft
        count = 0 if draft is None else sum(1 for line in draft.lines if line.quantity_thousandths)
        said = words.say_many("{n} item goes into stock.", "{n} items go into stock.", count)
        self._confirm(self._words.post, said, Post())

    def _ask_discard(self) -> None:
        say = self._visitor.words.say
        self._confirm(say("Discard"), say("Everything on this list is thrown away."), Discard(), danger=True)

    def _confirm(self, title: str, said: str, command: Command, *, danger: bool = False) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(title, "h2")
            text(said, "p")

            def do_it() -> None:
                dialog.close()
                self._order(command)

            with box("actions"):
                big_button(say("Cancel"), dialog.close, kind="second")
                big_button(title, do_it, kind="danger" if danger else "primary")
        dialog.open()

    async def _ask_variance(self) -> None:
        found = await self._frame.attempt(self._visitor.get(f"/v1/drafts/{self._draft_id}/variance", Variance))
        if found is None:
            return
        words = self._visitor.words
        self._review.clear()
        with self._review:
            wrong = [line for line in found.lines if line.counted_thousandths != line.expected_thousandths]
            text(
                words.say_many("{n} item differs.", "{n} items differ.", len(wrong))
                if wrong
                else words.say("Everything is as expected."),
                "h2",
            )
            for line in sorted(found.lines, key=lambda each: each.counted_thousandths == each.expected_thousandths):
                self._variance(line)
            with box("actions"):
                big_button(words.say("Go on counting"), lambda: self._reviewing(False), "arrow_back", "second")
                big_button(self._words.post, self._post_count, "done_all")
        self._reviewing(True)

    def _variance(self, line: VarianceLine) -> None:
        words = self._visitor.words
        difference = line.counted_thousandths - line.expected_thousandths
        with box("card variance") as element:
            element.props["data-item"] = line.item_id
            with box("alert-head"):
                text(words.either(line.name, line.name_zh), "strong", "grow")
                said = formats.amount(difference, words, weighed=line.weighed, signed=True)
                chip(said, "good" if not difference else "bad" if difference < 0 else "warn")
            counted = formats.amount(line.counted_thousandths, words, weighed=line.weighed)
            expected = formats.amount(line.expected_thousandths, words, weighed=line.weighed)
            text(words.say("counted {counted}, expected {expected}", counted=counted, expected=expected), "p", "hint")
            if line.moved_meanwhile:
                text(words.say("Stock moved while you counted: count this item once more if it matters."), "p", "hint")

    def _post_count(self) -> None:
        self._reviewing(False)
        self._order(Post())

    def _reviewing(self, reviewing: bool) -> None:
        self._work.set_visibility(not reviewing)
        self._foot.set_visibility(not reviewing)
        self._review.set_visibility(reviewing)

    def _show_ended(self, draft: Draft) -> None:
        words = self._visitor.words
        posted = draft.state == "posted"
        self._reviewing(True)
        self._review.clear()
        with self._review:
            if posted:
                empty(self._words.posted, words.say_many("{n} item", "{n} items", len(draft.lines)), "task_alt")
            else:
                empty(words.say("The list was discarded."), "", "delete")
            ui.link(words.say("Done"), f"/{self._kind}").classes("button primary")
