"""Asks for the price a shelf shows, before the till's price is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import big_button, box, text

Read = Callable[[int | None], Awaitable[None]]
"""Takes minor units, or None when no price can be read."""


@dataclass(frozen=True)
class Question:
    """One price to be read. `key`: what is asked about; it is asked once, however often it was scanned meanwhile."""

    key: tuple[str, str]
    name: str
    read: Read
    digits: int
    currency: str
    weighed: bool
    drawn: bool


class PriceDialog:
    """The page's price dialog: one at a time, so that a price is never typed for another item than the one in sight.

    A scan the box answers while one is open waits for its turn.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._questions: list[Question] = []
        # A dialog goes when the element goes in whose place it was made: not a line of the list, which is drawn anew.
        self._place = box("price-dialog")
        self._place.set_visibility(False)

    def ask(self, question: Question) -> None:
        """Open the dialog, now or after those that were asked before."""
        if any(question.key == each.key for each in self._questions):
            return
        self._questions.append(question)
        if len(self._questions) == 1:
            self._open(question)

    def _open(self, question: Question) -> None:
        with self._place, ui.dialog() as dialog, ui.card().classes("dialog"):
            self._fill(dialog, question)
        dialog.on_value_change(lambda event: None if event.value else self._end(dialog))
        dialog.open()

    def _end(self, dialog: ui.dialog) -> None:
        # Deleted, not closed: a closed one fades out for a while, beside the next one, and then stays on the page unseen.
        # What still arrives from a deleted one, such as a second Enter, is not heard: no price is kept twice.
        if dialog.is_deleted:
            return
        dialog.delete()
        self._place.clear()
        del self._questions[0]
        if self._questions:
            self._open(self._questions[0])

    def _fill(self, dialog: ui.dialog, question: Question) -> None:
        """Enter takes the price; a barcode scanned into the field is not taken for one."""
        say, digits, currency = self._frame.visitor.words.say, question.digits, question.currency
        text(question.name, "h2")
        if not question.drawn:
            text(say("This one was not drawn: it is kept, but not counted in the score."), "p", "hint")
        title = say("Price on the shelf, per kg ({currency})", currency=currency) if question.weighed else ""
        field = ui.input(title or say("Price on the shelf ({currency})", currency=currency))
        field.props('outlined autofocus inputmode="decimal" autocomplete="off"').classes("wide price-field")

        async def answer(seen_minor: int | None) -> None:
            self._end(dialog)
            with self._place:  # the dialog this was called from is gone
                await question.read(seen_minor)

        async def keep() -> None:
            try:
                seen_minor = formats.read_money(str(field.value or ""), digits)
            except formats.NotAnAmount:
                self._frame.notice(
                    say("Type the price as it stands on the shelf, for example {example}.", example=_example(digits)),
                    "negative",
                )
                field.set_value("")
                return
            await answer(seen_minor)

        async def nothing() -> None:
            await answer(None)

        field.on("keydown.enter", keep)
        big_button(say("Compare with the till"), keep, "compare_arrows")
        big_button(say("No price to read"), nothing, "visibility_off", "second")
        big_button(say("Cancel"), dialog.close, kind="second")


def _example(digits: int) -> str:
    return "129" if not digits else "1." + "29".ljust(digits, "0")[:digits]
