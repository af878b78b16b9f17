"""What a change of prices would have done to yesterday's baskets, store by store."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import PriceChange, PriceChanges
from cloud.console.frame import Frame
from cloud.console.parts import Column, Table, box, figure, text
from cloud.console.price_answers import Effect, EffectLine

STORES_SHOWN = 50


class EffectBody(PriceChanges, frozen=True, kw_only=True, omit_defaults=True):
    """The changes; the day is yesterday."""


class EffectPart:
    """A place in a dialog that fills when its button is pressed."""

    def __init__(self, frame: Frame, path: str, changes: Sequence[PriceChange]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = path
        self._changes = tuple(changes)
        self._place = box("stack")

    def button(self) -> None:
        """Add the button to where we are."""
        say = self._visitor.words.say
        self._button = ui.button(say("Effect on yesterday"), icon="query_stats", on_click=self._ask)
        self._button.props("outline no-caps").classes("second")

    async def _ask(self) -> None:
        self._button.props("loading")
        body = EffectBody(changes=self._changes)
        found = await self._frame.attempt(self._visitor.send("POST", self._path, Effect, body))
        self._button.props(remove="loading")
        if found is not None:
            self._place.clear()
            with self._place:
                self._show(found)

    def _show(self, found: Effect) -> None:
        words = self._visitor.words
        say = words.say
        if not found.stores:
            text(say("None of these items was sold on {day}.", day=found.day), "p", "hint")
            return
        before = sum(row.before_minor for row in found.stores)
        after = sum(row.after_minor for row in found.stores)
        text(say("On {day}, the same baskets at these prices", day=found.day), "h3")
        with box("figures"):
            figure(say("they came to"), self._money(before, found))
            figure(say("they would have come to"), self._money(after, found))
            tone = "good" if after >= before else "bad"
            figure(say("difference"), self._signed(after - before, found), tone)
            figure(say("baskets"), str(sum(row.basket_count for row in found.stores)))
        with box("scroll"):
            table = Table(
                [
                    Column(say("Store")),
                    Column(say("Lines"), True),
                    Column(say("Before"), True),
                    Column(say("After"), True),
                    Column(say("Difference"), True),
                ]
            )
            for row in found.stores[:STORES_SHOWN]:
                self._row(table, row, found)
        if len(found.stores) > STORES_SHOWN:
            text(say("The first {n} are shown.", n=STORES_SHOWN), "p", "hint")

    def _row(self, table: Table, effect: EffectLine, found: Effect) -> None:
        row = table.row()
        row.cell(effect.name)
        row.cell(str(effect.line_count))
        row.cell(self._money(effect.before_minor, found))
        row.cell(self._money(effect.after_minor, found))
        row.cell(self._signed(effect.after_minor - effect.before_minor, found))

    def _money(self, minor: int, found: Effect) -> str:
        return formats.money(minor, found.currency, found.minor_digits, self._visitor.words)

    def _signed(self, minor: int, found: Effect) -> str:
        return ("+" if minor > 0 else "") + self._money(minor, found)
