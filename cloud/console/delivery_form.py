"""The form that announces a delivery: a line of text an item, as people paste it from a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import FeedWritten
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, field_error, new_dialog, text
from cloud.console.stock_answers import NoticeBody, NoticeLine
from cloud.console.visitor import Visitor

_SPLIT = re.compile(r"[\t;,]|\s{2,}| ")
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class BadLine(ValueError):
    """A typed line that says no item and quantity; its number from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


def read_lines(typed: str) -> list[NoticeLine]:
    """Lines of item number, quantity, and if known batch and date. Raises `BadLine`."""
    lines: list[NoticeLine] = []
    for number, line in enumerate(typed.splitlines(), start=1):
        parts = [part.strip() for part in _SPLIT.split(line) if part.strip()]
        if not parts:
            continue
        try:
            thousandths = Decimal(parts[1]).scaleb(3)
        except (InvalidOperation, IndexError) as error:
            raise BadLine(number) from error
        if not thousandths.is_finite() or thousandths != int(thousandths) or thousandths <= 0 or len(parts) > 4:
            raise BadLine(number)
        batch, expires = [*parts[2:], "", ""][:2]
        lines.append(NoticeLine(item_id=parts[0], quantity_thousandths=int(thousandths), batch=batch, expires=expires))
    return lines


class NoticeDialog:
    """Announce a delivery to one store."""

    def __init__(self, frame: Frame, stores: dict[str, str], after: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._stores = stores
        self._after = after

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        tomorrow = formats.local_text(self._visitor.now_ms + formats.DAY_MS, self._visitor.zone)
        with new_dialog() as self._dialog, box("dialog card form"):
            text(say("Announce a delivery"), "h2")
            with box("fields"):
                self._store = ui.select(
                    self._stores, label=say("Store"), with_input=True, value=next(iter(self._stores), None)
                )
                self._reference = ui.input(say("Delivery note"))
                self._sender = ui.input(say("Supplier"))
                self._expected = ui.input(say("Expected on"), value=tomorrow).props("type=datetime-local stack-label")
            self._lines = (
                ui.textarea(say("Lines: item number, quantity, batch, date")).props("outlined rows=8").classes("mono")
            )
            text(
                say("One line an item, for example: A000001 12 B7 2026-12-24. Batch and date may be left out."), "p", "hint"
            )
            for field in (self._store, self._reference, self._sender, self._expected):
                field.props("outlined dense")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Announce"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        reference, store = (self._reference.value or "").strip(), str(self._store.value or "")
        try:
            lines = read_lines(self._lines.value or "")
            expected_ms = formats.read_local(self._expected.value or "", self._visitor.zone)
        except BadLine as error:
            self._error.set_text(say("Line {n} says no item and quantity.", n=error.number))
            return
        except ValueError:
            expected_ms = None
            lines = []
        if not (reference and store and lines and expected_ms):
            self._error.set_text(say("Give a store, the delivery note, when it comes, and at least one line."))
            return
        body = NoticeBody(
            reference=reference, sender=(self._sender.value or "").strip() or "-", expected_ms=expected_ms, lines=lines
        )
        asn_id = _NAME.sub("-", reference)[:64]
        path = f"/stores/{quote(store, safe='')}/deliveries/{quote(asn_id, safe='')}"
        if await self._frame.attempt(self._visitor.send("PUT", path, FeedWritten, body), on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(say("Announced. The store sees it within seconds."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
