"""Before a list is booked: what differs from the book or the notice, and who must allow it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.answers import (
    Approval,
    Draft,
    DraftAnswer,
    DraftCommand,
    DraftLine,
    Post,
    Variance,
    VarianceLine,
)
from edge.staff_screens.draft_dialogs import Order, ask_second_person
from edge.staff_screens.draft_words import lot_words, words_for
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.stock_answers import ReceiptLine, ReceiptPreview

TONES = {"as_promised": "good", "short": "bad", "missing": "bad", "over": "warn", "unexpected": "warn"}


class Review:
    """The second half of a list's page; hidden while one scans. `back` shows the first half again."""

    def __init__(self, frame: Frame, kind: str, draft_id: str, order: Order, back: Callable[[], None]) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._kind, self._draft_id = kind, draft_id
        self._words = words_for(kind, self._visitor.words)
        self._order, self._back = order, back
        self._box = box("work")
        self._box.set_visibility(False)

    async def show(self, draft: Draft | None) -> bool:
        """Ask the box what would be booked, and show it. False: it could not be asked."""
        if draft is None:
            return False
        match self._kind:
            case "count":
                path = f"/v1/drafts/{self._draft_id}/variance"
                found = await self._frame.attempt(self._visitor.get(path, Variance))
                shown = found is not None
                if found is not None:
                    self._show_variance(found)
            case "receipt":
                path = f"/v1/drafts/{self._draft_id}/receipt"
                preview = await self._frame.attempt(self._visitor.get(path, ReceiptPreview))
                shown = preview is not None
                if preview is not None:
                    self._show_receipt(preview)
            case _:
                shown = True
                self._show_goods(draft)
        self._box.set_visibility(shown)
        return shown

    def hide(self) -> None:
        """Back to scanning."""
        self._box.set_visibility(False)

    def show_ended(self, draft: Draft) -> None:
        """The list is over."""
        words = self._visitor.words
        self._box.clear()
        with self._box:
            if draft.state == "posted":
                empty(self._words.posted, words.say_many("{n} item", "{n} items", draft.line_count), "task_alt")
            elif draft.state == "posting":
                empty(
                    words.say("This count is being booked."), words.say("The box books the rest by itself."), "hourglass_top"
                )
            else:
                empty(words.say("The list was discarded."), "", "delete")
            ui.link(words.say("Done"), f"/{self._kind}").classes("button primary")
        self._box.set_visibility(True)

    def ask_approval(self) -> None:
        """The box wants a second person; the PIN goes straight to it and is kept nowhere."""
        say = self._visitor.words.say
        said = (
            say("The differences are large: a second person must allow this count.")
            if self._kind == "count"
            else say("This is worth more than you may write off: a second person must allow it.")
        )
        ask_second_person(self._frame, said, self._post_allowed)

    async def _post_allowed(self, staff_id: str, pin: str) -> None:
        words = self._visitor.words
        command = DraftCommand(
            id=self._visitor.screens.ids.new(), command=Post(approval=Approval(staff_id=staff_id, pin=pin))
        )
        path = f"/v1/drafts/{self._draft_id}/commands"
        answer = await self._frame.attempt(self._visitor.send("POST", path, DraftAnswer, command))
        if answer is None:
            return
        if answer.ok and answer.draft is not None:
            self.show_ended(answer.draft)
        elif answer.reason is not None:
            said = words.reason("reason", answer.reason.code, answer.reason.text, answer.reason.params)
            self._frame.notice(said, "negative")

    def _post(self, *, rest_comes: bool = False) -> None:
        self._back()
        self._order(Post(rest_comes=rest_comes))

    def _show_variance(self, found: Variance) -> None:
        words = self._visitor.words
        self._box.clear()
        with self._box:
            wrong = [line for line in found.lines if line.differs]
            text(
                words.say_many("{n} item differs.", "{n} items differ.", len(wrong))
                if wrong
                else words.say("Everything is as expected."),
                "h2",
            )
            if wrong and any(line.expected_thousandths is None for line in wrong):
                text(words.say("This is a blind count: count these once more before you book."), "p", "hint")
            for line in sorted(found.lines, key=lambda each: not each.differs):
                self._variance(line)
            with box("actions"):
                big_button(words.say("Go on counting"), self._back, "arrow_back", "second")
                if found.needs_approval:
                    big_button(words.say("Have it allowed"), self.ask_approval, "supervisor_account")
                else:
                    big_button(self._words.post, self._post, "done_all")

    def _variance(self, line: VarianceLine) -> None:
        words = self._visitor.words
        with box("card variance") as element:
            element.props["data-item"] = line.item_id
            counted = formats.amount(line.counted_thousandths, words, weighed=line.weighed)
            with box("alert-head"):
                text(words.either(line.name, line.name_zh), "strong", "grow")
                if line.expected_thousandths is None:
                    chip(words.say("differs") if line.differs else words.say("right"), "warn" if line.differs else "good")
                else:
                    difference = line.counted_thousandths - line.expected_thousandths
                    said = formats.amount(difference, words, weighed=line.weighed, signed=True)
                    chip(said, "good" if not difference else "bad" if difference < 0 else "warn")
            if said := lot_words(line.batch, line.expires, words):
                text(said, "p", "hint")
            if line.expected_thousandths is None:
                text(words.say("counted {counted}", counted=counted), "p", "hint")
            else:
                expected = formats.amount(line.expected_thousandths, words, weighed=line.weighed)
                text(words.say("counted {counted}, expected {expected}", counted=counted, expected=expected), "p", "hint")
            if line.moved_meanwhile:
                text(words.say("Stock moved while you counted: count this item once more if it matters."), "p", "hint")

    def _show_receipt(self, found: ReceiptPreview) -> None:
        words = self._visitor.words
        self._box.clear()
        with self._box:
            wrong = [line for line in found.lines if line.state not in {"as_promised", ""}]
            text(
                words.say_many("{n} item is not as promised.", "{n} items are not as promised.", len(wrong))
                if wrong
                else words.say("Everything came as promised."),
                "h2",
            )
            for line in sorted(found.lines, key=lambda each: each.state == "as_promised"):
                self._receipt_line(line)
            with box("actions"):
                big_button(words.say("Go on scanning"), self._back, "arrow_back", "second")
                if any(line.state in {"short", "missing"} for line in found.lines):
                    big_button(words.say("The rest comes later"), lambda: self._post(rest_comes=True), "schedule", "second")
                big_button(self._words.post, self._post, "done_all")

    def _receipt_line(self, line: ReceiptLine) -> None:
        words = self._visitor.words
        with box("card variance") as element:
            element.props["data-item"] = line.item_id
            with box("alert-head"):
                text(words.either(line.name, line.name_zh), "strong", "grow")
                chip(words.name("receipt_state", line.state), TONES.get(line.state, "plain"))
            if said := lot_words(line.batch, line.expires, words):
                text(said, "p", "hint")
            came = formats.amount(line.quantity_thousandths, words, weighed=line.weighed)
            expected = formats.amount(line.expected_thousandths or 0, words, weighed=line.weighed)
            text(words.say("came {came}, promised {expected}", came=came, expected=expected), "p", "hint")

    def _show_goods(self, draft: Draft) -> None:
        words = self._visitor.words
        self._box.clear()
        with self._box:
            text(words.name("write_off", draft.target), "h2")
            text(words.say("These goods leave the stock for good."), "p", "hint")
            for line in draft.lines:
                self._goods_line(line)
            with box("actions"):
                big_button(words.say("Go on scanning"), self._back, "arrow_back", "second")
                big_button(self._words.post, self._post, "delete_forever", "danger")

    def _goods_line(self, line: DraftLine) -> None:
        words = self._visitor.words
        with box("card variance"), box("alert-head"):
            text(words.either(line.name, line.name_zh), "strong", "grow")
            text(formats.amount(line.quantity_thousandths, words, weighed=line.weighed), "span", "quantity")
