"""Tags into a list: a handheld reader types each EPC as a scanner does; each counts once, however often it is heard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from nicegui import background_tasks, ui

from edge.staff_screens.answers import Draft
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import ScanField, big_button, box, new_dialog, text
from edge.staff_screens.stock_answers import SweepAnswer, SweepTags
from protocols.gs1.epc import identify

TOGETHER_SECONDS = 0.3
"""Tags heard in a burst go to the box together."""
EPCS_AT_ONCE = 500
EPCS_WAITING_MAX = 20_000
"""Tags that wait for the box. Policy when reached: further ones are dropped; the reader hears them again."""
_HEX = re.compile(r"[0-9A-Fa-f]{24}|[0-9A-Fa-f]{52}")
_BITS = {24: 96, 52: 208}
_HEADERS = ("30", "36")
"""SGTIN-96 and SGTIN-198 (EPC Tag Data Standard, table 14-1)."""

Swept = Callable[[Draft, str, str], None]


def epc_of(code: str) -> str:
    """The EPC URI of what a reader typed: 24 or 52 hexadecimal digits, or the URI itself; empty for anything else.

    A GTIN and a date together have 24 digits, too: digits alone are a tag only under a tag's header.
    """
    text_of = code.strip()
    if text_of.startswith("urn:epc:"):
        return text_of
    if not _HEX.fullmatch(text_of) or (text_of.isdigit() and not text_of.startswith(_HEADERS)):
        return ""
    return identify(bytes.fromhex(text_of), _BITS[len(text_of)]).uri


class Sweep:
    """The tags of one list: taken together, sent in parts, told in big figures."""

    def __init__(self, frame: Frame, draft_id: str, swept: Swept) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._draft_id = draft_id
        self._swept = swept
        self._waiting: dict[str, None] = {}
        self._sending = False
        self._client = ui.context.client
        self._total = 0
        self._figure: ui.element | None = None

    def open(self) -> None:
        """A dialog that does nothing but listen to the reader."""
        say = self._visitor.words.say
        self._total = 0
        with new_dialog().props("persistent") as dialog, ui.card().classes("dialog sweep"):
            text(say("Read tags"), "h2")
            text(say("Walk along the goods with the reader. Each tag counts once."), "p", "hint")
            ScanField(self._visitor.words, say("The reader types here"), self._typed)
            self._figure = box("sweep-figure")
            self._show_total("")

            def end() -> None:
                self._figure = None
                dialog.close()

            big_button(say("Ask this room's readers"), self._take_heard, "sensors", "second")
            big_button(say("Done"), end, "done")
        dialog.open()

    async def _typed(self, code: str) -> None:
        if (epc := epc_of(code)) != "":
            await self.take((epc,))
        else:
            self._frame.notice(self._visitor.words.say("That was no tag."), "negative")

    async def take(self, epcs: Sequence[str]) -> None:
        """Tags were heard."""
        for epc in epcs:
            if len(self._waiting) < EPCS_WAITING_MAX:
                self._waiting[epc] = None
        if not self._sending:
            self._sending = True
            background_tasks.create(self._send_soon(), name=f"sweep {self._draft_id}")

    async def _take_heard(self) -> None:
        await self._ask(SweepTags(heard=True))

    async def _send_soon(self) -> None:
        try:
            await asyncio.sleep(TOGETHER_SECONDS)
            while self._waiting:
                if not await self._send(tuple(self._waiting)[:EPCS_AT_ONCE]):
                    return
        finally:
            self._sending = False

    async def _send(self, epcs: tuple[str, ...]) -> bool:
        asked = await self._ask(SweepTags(epcs=epcs))
        for epc in epcs:
            self._waiting.pop(epc, None)
        return asked

    async def _ask(self, tags: SweepTags) -> bool:
        path = f"/v1/drafts/{self._draft_id}/sweep"
        with self._client:
            answer = await self._frame.attempt(self._visitor.send("POST", path, SweepAnswer, tags))
        if answer is None:
            return False
        self._total += answer.new
        said = self._said(answer)
        self._swept(answer.draft, said, "good" if answer.new else "info" if answer.again else "bad")
        with self._client:
            self._show_total(said)
        return True

    def _said(self, answer: SweepAnswer) -> str:
        words = self._visitor.words
        parts = [words.say_many("{n} new tag", "{n} new tags", answer.new)]
        if answer.here:
            parts.append(words.say_many("{n} was here before", "{n} were here before", answer.here))
        if answer.unknown:
            parts.append(words.say_many("{n} of unknown goods", "{n} of unknown goods", answer.unknown))
        return " · ".join(parts)

    def _show_total(self, said: str) -> None:
        if self._figure is None:
            return
        self._figure.clear()
        with self._figure:
            text(str(self._total), "strong", "huge-number")
            text(said or self._visitor.words.say("No tag yet"), "p", "hint")
