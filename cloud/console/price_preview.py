"""Look before you publish: what each price was, what it becomes, what is odd about it, what it would have done to a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import PriceChange, PriceChanges, PriceWarning
from cloud.console.frame import Frame
from cloud.console.parts import Column, Table, box, chip, new_dialog, text
from cloud.console.price_answers import BookChangeAnswer, BookChanged, PriceBook
from cloud.console.price_effect import EffectPart
from cloud.locale.catalogue import Words

ROWS_SHOWN = 200


def warning_words(warning: PriceWarning, words: Words) -> str:
    """A warning in the person's language."""
    return words.name("price warning", warning.code)


def book_title(book: PriceBook, words: Words) -> str:
    """A book as people call it: the zone's own by its zone."""
    return words.say("zone {zone}", zone=book.zone) if book.own else book.name


@dataclass(frozen=True)
class Target:
    """Where prices are changed: a book and how its amounts are written."""

    book: PriceBook
    currency: str
    minor_digits: int

    @property
    def path(self) -> str:
        """The book's address at the API."""
        return f"/price-books/{self.book.book_id}"


def own_book(zone: str) -> PriceBook:
    """The book of a zone's usual prices."""
    return PriceBook(
        book_id=f"zone.{zone}",
        name=zone,
        zone=zone,
        store_id=None,
        customer_group="",
        price_kind="regular",
        priority=0,
        own=True,
    )


class Preview:
    """A dialog over a dry run of the changes. Opened by `show`; publishing leads to where one watches it land."""

    def __init__(self, frame: Frame, target: Target, names: Mapping[str, str]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._target = target
        self._names = names

    async def show(self, changes: Sequence[PriceChange], answer: BookChangeAnswer) -> None:
        """Show what the dry run `answer` said about `changes`."""
        words = self._visitor.words
        say, many = words.say, words.say_many
        real = [row for row in answer.rows if not row.unchanged]
        key = self._visitor.new_key()

        async def publish() -> None:
            button.props("loading")
            body, path = PriceChanges(changes=tuple(changes)), f"{self._target.path}/price-changes"
            done = await self._frame.attempt(self._visitor.send("POST", path, BookChangeAnswer, body, key=key))
            button.props(remove="loading")
            if done is not None:
                dialog.close()
                self._published(changes, done)

        with new_dialog() as dialog, box("dialog card"):
            title = book_title(self._target.book, words)
            text(many("Publish {n} price in {book}?", "Publish {n} prices in {book}?", len(real), book=title), "h2")
            self._table(real, answer)
            if same := len(answer.rows) - len(real):
                text(many("{n} price stays as it is.", "{n} prices stay as they are.", same), "p", "hint")
            effect = EffectPart(self._frame, f"{self._target.path}/effect", changes)
            if answer.findings:
                caught = len({finding.item_id for finding in answer.findings})
                note = text(many("{n} price needs a second person.", "{n} prices need a second person.", caught), "p")
                note.classes("warn-text strong")
                text(say("Publish them as a price campaign: somebody else approves it there."), "p", "hint")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                effect.button()
                button = ui.button(say("Publish"), icon="publish", on_click=publish).props("unelevated no-caps autofocus")
                button.classes("primary")
                button.set_enabled(not answer.findings)
        dialog.on("hide", dialog.delete)
        dialog.open()

    def _published(self, changes: Sequence[PriceChange], done: BookChangeAnswer) -> None:
        book = self._target.book
        if done.feed_version is None:
            return
        if book.zone is not None:
            item = f"?item={changes[0].item_id}" if len(changes) == 1 else ""
            ui.navigate.to(f"/landing/{book.zone}/{done.feed_version}{item}")
        else:
            ui.navigate.to(f"/prices/books/{book.book_id}")

    def _table(self, rows: Sequence[BookChanged], answer: BookChangeAnswer) -> None:
        say = self._visitor.words.say
        compared = any(row.was_minor is not None for row in rows)
        with box("scroll"):
            columns = [Column(say("Item")), Column(say("Before"), True), Column(say("After"), True)]
            columns += [Column(say("Compared with"), True)] if compared else []
            table = Table([*columns, Column(say("From")), Column(say("Until")), Column(say("Look at this"))])
            found = {finding.item_id for finding in answer.findings}
            for change in sorted(rows, key=lambda row: (row.item_id not in found, not row.warnings))[:ROWS_SHOWN]:
                self._row(table, change, answer, compared=compared)
        if len(rows) > ROWS_SHOWN:
            text(say("The first {n} are shown, those with a warning on top.", n=ROWS_SHOWN), "p", "hint")

    def _row(self, table: Table, change: BookChanged, answer: BookChangeAnswer, *, compared: bool) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(self._names.get(change.item_id, change.item_id))
        row.cell(self._money(change.before_minor))
        rise = change.before_minor is not None and change.price_minor > change.before_minor
        row.cell(self._money(change.price_minor), "price-up" if rise else "price-down")
        if compared:
            row.cell(self._money(change.was_minor))
        row.cell(
            words.say("now")
            if (change.effective_from_ms or 0) <= self._visitor.now_ms
            else formats.instant(change.effective_from_ms, self._visitor.zone, words)
        )
        row.cell(formats.instant(change.effective_to_ms, self._visitor.zone, words))
        with row.cell(classes="chips"):
            for finding in answer.findings:
                if finding.item_id == change.item_id:
                    chip(words.name("price finding", finding.code), "bad")
            for warning in change.warnings:
                chip(warning_words(warning, words), "warn" if warning.code != "scheduled_kept" else "info")

    def _money(self, minor: int | None) -> str:
        return formats.money(minor, self._target.currency, self._target.minor_digits, self._visitor.words)
