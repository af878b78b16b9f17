"""Look before you publish: what each price was, what it becomes, what is odd about it. Then publish, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import ChangeAnswer, ChangedPrice, PriceChange, PriceChanges, PriceWarning, ZonePrice
from cloud.console.frame import Frame
from cloud.console.parts import Column, Table, box, chip, text
from cloud.locale.catalogue import Words

ROWS_SHOWN = 200


def warning_words(warning: PriceWarning, words: Words) -> str:
    """A warning in the person's language."""
    return words.name("price warning", warning.code)


class Preview:
    """A dialog over a dry run of the changes. Opened by `show`; publishing leads to the page that watches it land."""

    def __init__(self, frame: Frame, zone: ZonePrice, names: Mapping[str, str]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._zone = zone
        self._names = names

    async def show(self, changes: Sequence[PriceChange], answer: ChangeAnswer) -> None:
        """Show what the dry run `answer` said about `changes`."""
        say = self._visitor.words.say
        many = self._visitor.words.say_many
        real = [row for row in answer.rows if not row.unchanged]
        key = self._visitor.new_key()

        async def publish() -> None:
            button.props("loading")
            body = PriceChanges(changes=tuple(changes))
            path = f"/zones/{self._zone.zone}/price-changes"
            done = await self._frame.attempt(self._visitor.send("POST", path, ChangeAnswer, body, key=key))
            button.props(remove="loading")
            if done is None:
                return
            dialog.close()
            item = f"?item={changes[0].item_id}" if len(changes) == 1 else ""
            if done.feed_version is not None:
                ui.navigate.to(f"/landing/{self._zone.zone}/{done.feed_version}{item}")

        with ui.dialog() as dialog, box("dialog card"):
            text(
                many(
                    "Publish {n} price in zone {zone}?",
                    "Publish {n} prices in zone {zone}?",
                    len(real),
                    zone=self._zone.zone,
                ),
                "h2",
            )
            self._table(real)
            if same := len(answer.rows) - len(real):
                text(many("{n} price stays as it is.", "{n} prices stay as they are.", same), "p", "hint")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                button = ui.button(say("Publish"), icon="publish", on_click=publish).props("unelevated no-caps autofocus")
                button.classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()

    def _table(self, rows: Sequence[ChangedPrice]) -> None:
        say = self._visitor.words.say
        with box("scroll"):
            table = Table(
                [
                    Column(say("Item")),
                    Column(say("Before"), True),
                    Column(say("After"), True),
                    Column(say("From")),
                    Column(say("Look at this")),
                ]
            )
            for change in sorted(rows, key=lambda change: not change.warnings)[:ROWS_SHOWN]:
                self._row(table, change)
        if len(rows) > ROWS_SHOWN:
            text(say("The first {n} are shown, those with a warning on top.", n=ROWS_SHOWN), "p", "hint")

    def _row(self, table: Table, change: ChangedPrice) -> None:
        words, zone = self._visitor.words, self._zone
        row = table.row()
        row.cell(self._names.get(change.item_id, change.item_id))
        row.cell(formats.money(change.before_minor, zone.currency, zone.minor_digits, words))
        rise = change.before_minor is not None and change.price_minor > change.before_minor
        row.cell(
            formats.money(change.price_minor, zone.currency, zone.minor_digits, words), "price-up" if rise else "price-down"
        )
        row.cell(
            words.say("now")
            if (change.effective_from_ms or 0) <= self._visitor.now_ms
            else formats.instant(change.effective_from_ms, self._visitor.zone, words)
        )
        with row.cell():
            for warning in change.warnings:
                chip(warning_words(warning, words), "warn" if warning.code != "scheduled_kept" else "info")
