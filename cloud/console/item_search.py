"""A search box for items with its results under it: a word, an item number or a barcode; arrows and Enter work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from cloud.console.answers import Item, ItemPage
from cloud.console.frame import Frame
from cloud.console.parts import box, chip, empty, text

RESULTS = 50
WAIT_MS = 200
"""A person still typing is not answered letter by letter."""

Chosen = Callable[[Item], Awaitable[None]]


class ItemSearch:
    """Shows what is found and tells `chosen` which one is taken."""

    def __init__(self, frame: Frame, chosen: Chosen, *, query: str = "") -> None:
        self._frame = frame
        self._chosen = chosen
        self._words = frame.visitor.words
        self._shown: dict[str, ui.element] = {}
        self._current = ""
        say = self._words.say
        with box("search"):
            self._input = (
                ui.input(placeholder=say("Name, item number or barcode"), value=query, on_change=self._search)
                .props(f'outlined dense clearable debounce="{WAIT_MS}" autocomplete="off" type="search"')
                .on("keydown.enter", self._enter, js_handler="(event) => emit(event.target.value)")
            )
            self._input.props["aria-label"] = say("Search items")
            with self._input.add_slot("prepend"):
                ui.icon("search")
            with self._input.add_slot("append"):
                text("/", "kbd", "key wide-only")
            self._results = box("results")
        frame.load(self._search)

    async def _search(self) -> None:
        wanted = self._input.value or ""
        found = await self._find(wanted)
        if found is not None and wanted == (self._input.value or ""):
            self._show(found)

    async def _find(self, wanted: str) -> ItemPage | None:
        return await self._frame.attempt(self._frame.visitor.get("/items", ItemPage, q=wanted, limit=RESULTS))

    async def _enter(self, event: GenericEventArguments) -> None:
        """Take the first item of what stands in the field now: a scanner ends its code faster than anybody waits."""
        found = await self._find(str(event.args or ""))
        if found is not None:
            self._show(found)
            if found.rows:
                await self._take(found.rows[0])

    def _show(self, found: ItemPage) -> None:
        say = self._words.say
        self._results.clear()
        self._shown = {}
        with self._results:
            for item in found.rows:
                self._row(item)
            if not found.rows:
                empty(say("Nothing found"), say("Try fewer letters, an item number or the barcode."), "search_off")
            elif found.next is not None:
                text(say("The first {n} are shown. Type more to narrow it down.", n=RESULTS), "p", "hint")
        self.mark(self._current)

    def _row(self, item: Item) -> None:
        async def take() -> None:
            await self._take(item)

        with box("result", "button") as row:
            row.props["type"] = "button"
            row.on("click", take)
            text(item.title(self._words.language), "span", "result-name")
            with box("result-more", "span"):
                text(item.item_id)
                if item.weighed:
                    chip(self._words.say("by weight"), "info")
                if not item.active:
                    chip(self._words.say("ended"))
        self._shown[item.item_id] = row

    async def _take(self, item: Item) -> None:
        self.mark(item.item_id)
        await self._chosen(item)

    def mark(self, item_id: str) -> None:
        """Show which item is open."""
        for known, row in self._shown.items():
            row.classes(add="here" if known == item_id else "", remove="" if known == item_id else "here")
        self._current = item_id
