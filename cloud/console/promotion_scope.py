"""The picker of goods: items by search, styles, categories and brands by name, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from cloud.console.answers import Item
from cloud.console.frame import Frame
from cloud.console.item_search import ItemSearch
from cloud.console.parts import box, new_dialog, text
from cloud.console.promotion_answers import ScopeWord
from protocols.promotions.rules import Scope


class ItemList:
    """Chosen items, with the window that finds more."""

    def __init__(self, frame: Frame, label: str, items: Sequence[str], names: dict[str, str]) -> None:
        self._frame = frame
        self._names = names
        say = frame.visitor.words.say
        with box("item-list"):
            self._field = ui.select(self._titles(items), value=list(items), label=label, multiple=True)
            self._field.props("outlined dense use-chips hide-dropdown-icon").classes("grow")
            add = ui.button(say("Find goods"), icon="search", on_click=self._find).props("outline no-caps")
            add.classes("second")

    @property
    def value(self) -> tuple[str, ...]:
        """The item ids."""
        return tuple(self._field.value or ())

    def on_change(self, changed: Callable[[], None]) -> None:
        """Tell of every change."""
        self._field.on_value_change(lambda _: changed())

    def _titles(self, items: Sequence[str]) -> dict[str, str]:
        return {each: f"{self._names.get(each, '')} ({each})".strip() for each in items}

    def _find(self) -> None:
        say = self._frame.visitor.words.say
        with new_dialog() as dialog, box("dialog card"):
            text(say("Find goods"), "h2")
            told = text("", "p", "hint")

            async def take(item: Item) -> None:
                self._names[item.item_id] = item.title(self._frame.visitor.words.language)
                chosen = tuple(dict.fromkeys((*self.value, item.item_id)))
                self._field.set_options(self._titles(chosen), value=list(chosen))
                told.set_text(say("Added: {name}", name=self._names[item.item_id]))

            ItemSearch(self._frame, take)
            with box("actions end"):
                ui.button(say("Done"), on_click=dialog.close).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()


class ScopeFields:
    """The fields of one scope. Empty: all goods."""

    def __init__(
        self, frame: Frame, scope: Scope, words: Sequence[ScopeWord], names: dict[str, str], *, exceptions: bool = True
    ) -> None:
        say, language = frame.visitor.words.say, frame.visitor.words.language
        by_what: dict[str, dict[str, str]] = {}
        for each in words:
            by_what.setdefault(each.what, {})[each.id] = each.title(language)
        with box("scope"):
            self.items = ItemList(frame, say("Items"), scope.items, names)
            with box("fields"):
                self._categories = _many(say("Categories"), by_what.get("category", {}), scope.categories)
                self._brands = _many(say("Brands"), by_what.get("brand", {}), scope.brands)
                self._styles = _many(say("Styles"), by_what.get("style", {}), scope.styles)
            self._but: ItemList | None = None
            self._but_categories: ui.select | None = None
            if exceptions:
                with ui.expansion(say("Except"), value=bool(scope.excluded_items or scope.excluded_categories)) as opened:
                    opened.classes("expansion")
                    self._but = ItemList(frame, say("Items left out"), scope.excluded_items, names)
                    left_out = say("Categories left out")
                    self._but_categories = _many(left_out, by_what.get("category", {}), scope.excluded_categories)

    def scope(self) -> Scope:
        """What is chosen now."""
        return Scope(
            items=self.items.value,
            styles=_chosen(self._styles),
            categories=_chosen(self._categories),
            brands=_chosen(self._brands),
            excluded_items=self._but.value if self._but is not None else (),
            excluded_categories=_chosen(self._but_categories) if self._but_categories is not None else (),
        )

    def on_change(self, changed: Callable[[], None]) -> None:
        """Tell of every change."""
        self.items.on_change(changed)
        for field in (self._categories, self._brands, self._styles, self._but_categories):
            if field is not None:
                field.on_value_change(lambda _: changed())
        if self._but is not None:
            self._but.on_change(changed)


def _many(label: str, options: dict[str, str], chosen: Sequence[str]) -> ui.select:
    shown = {**options, **{each: each for each in chosen if each not in options}}
    field = ui.select(shown, value=list(chosen), label=label, multiple=True, with_input=True)
    field.props("outlined dense use-chips clearable")
    return field


def _chosen(field: ui.select) -> tuple[str, ...]:
    return tuple(field.value or ())
