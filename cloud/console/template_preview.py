"""What a template being drawn would show on every kind of label, beside what labels show now; one of them large, with the
place of the chosen element marked on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from cloud.console.answers import Item, ItemPage
from cloud.console.frame import Frame
from cloud.console.parts import box, card, chip, empty, text
from cloud.console.template_answers import Panel, Picture, Preview, PreviewBody
from cloud.console.template_draft import layout_of
from protocols.labels.template import Area, Template

LOOK_SECONDS = 0.25
"""How often is looked whether there is something to draw: somebody who types is not answered letter by letter."""
LARGE_WIDTH_PX = 640
SMALL_WIDTH_PX = 320
ITEMS_FOUND = 20
WAIT_MS = 250


@dataclass(frozen=True)
class _Drawn:
    """One kind of label: as it would be, and as it is."""

    new: Picture
    now: Picture | None


class PreviewBoard:
    """Draws where we are. `show` is told each change of the template; the last one wins."""

    def __init__(self, frame: Frame, zones: Sequence[str], panels: Sequence[Panel], chosen: Callable[[int], None]) -> None:
        """`chosen` is told the layout of a kind of label somebody wants to see large."""
        self._frame = frame
        self._visitor = frame.visitor
        self._template: Template | None = None
        self._present: Template | None = None
        self._marked: Area | None = None
        self._item_id = self._item_name = ""
        self._drawn: dict[int, _Drawn] = {}
        self._now: dict[int, Picture] = {}
        self._panels = {panel.hardware_type: panel for panel in panels}
        self._large = _first_shown(panels)
        self._chosen = chosen
        self._waiting = False
        self._busy = False
        say = self._visitor.words.say
        with card(classes="preview-large"):
            with box("actions"):
                self._find = ui.input(say("Sample goods"), on_change=self._search).classes("grow")
                self._find.props(f'outlined dense clearable debounce="{WAIT_MS}" type="search" autocomplete="off"')
                self._find.props["data-test"] = "sample"
                with self._find:
                    self._menu = ui.menu().props("no-focus no-parent-event fit")
                self._zone = ui.select(list(zones), value=zones[0] if zones else None, label=say("Zone"))
                self._zone.props("outlined dense").classes("narrow").on_value_change(self._again)
                self._zone.set_visibility(len(zones) > 1)
            self._title = text("", "p", "hint")
            self._stage = box("stage")
            self._trouble = text("", "p", "form-error")
            self._trouble.props["role"] = "alert"
        with card(say("Every kind of label: new, and in stores now"), "preview-all"):
            self._grid = box("label-grid")
            with self._grid:
                empty(say("Drawing …"), "", "draw")
        ui.timer(LOOK_SECONDS, self._look)

    def show(self, template: Template, present: Template | None) -> None:
        """Draw this; `present` is what stores have now."""
        if present != self._present:
            self._present, self._now = present, {}
        self._template = template
        self._waiting = True

    def show_layout(self, number: int) -> None:
        """Show a kind of label large that is drawn with this layout."""
        if self._layout_of(self._large) != number:
            served = (kind for kind in self._drawn if self._layout_of(kind) == number)
            self._large = next(served, self._large)
            self._draw_large()
            self._draw_grid()

    def _layout_of(self, hardware_type: int) -> int | None:
        panel = self._panels.get(hardware_type)
        if panel is None or self._template is None:
            return None
        return layout_of(self._template, hardware_type, panel.width, panel.height)

    def mark(self, area: Area | None) -> None:
        """Show where an element lies."""
        self._marked = area
        self._draw_large()

    async def _look(self) -> None:
        if self._busy or not self._waiting or self._template is None:
            return
        self._waiting, self._busy = False, True
        try:
            await self._frame.attempt(self._draw(self._template))
        finally:
            self._busy = False

    async def _draw(self, template: Template) -> None:
        new = await self._ask(template)
        if self._present is not None and not self._now:
            now = await self._ask(self._present)
            self._now = {each.hardware_type: each for each in now.pictures}
        self._drawn = {each.hardware_type: _Drawn(each, self._now.get(each.hardware_type)) for each in new.pictures}
        self._item_name = new.item_name
        self._draw_large()
        self._draw_grid()

    async def _ask(self, template: Template) -> Preview:
        body = PreviewBody(template=template, item_id=self._item_id, zone=str(self._zone.value or ""))
        return await self._visitor.send("POST", "/template-previews", Preview, body)

    def _again(self) -> None:
        self._now = {}
        self._waiting = True

    async def _search(self) -> None:
        wanted = (self._find.value or "").strip()
        if not wanted:
            return
        found = await self._frame.attempt(self._visitor.get("/items", ItemPage, q=wanted, limit=ITEMS_FOUND))
        if found is None:
            return
        self._menu.clear()
        with self._menu:
            for item in found.rows:
                title = item.title(self._visitor.words.language)
                ui.menu_item(f"{title} · {item.item_id}", on_click=lambda item=item: self._take(item))
            if not found.rows:
                ui.menu_item(self._visitor.words.say("Nothing found")).props("disable")
        self._menu.open()

    def _take(self, item: Item) -> None:
        self._item_id = item.item_id
        self._find.set_value("")
        self._again()

    def _draw_large(self) -> None:
        drawn = self._drawn.get(self._large) or next(iter(self._drawn.values()), None)
        self._stage.clear()
        if drawn is None:
            return
        picture = drawn.new
        self._title.set_text(f"{self._item_name} · {picture.name} · {picture.width} × {picture.height}")
        self._trouble.set_text(picture.problem)
        with self._stage:
            _picture(picture, max(picture.width, min(LARGE_WIDTH_PX, picture.width * 3)))
            if self._marked is not None:
                self._outline(self._marked)

    def _outline(self, area: Area) -> None:
        place = {"left": area.x, "top": area.y, "width": area.width, "height": area.height}
        box("outline").style("".join(f"{name}:{value / 10}%;" for name, value in place.items()))

    def _draw_grid(self) -> None:
        self._grid.clear()
        with self._grid:
            for drawn in self._drawn.values():
                self._tile(drawn)

    def _tile(self, drawn: _Drawn) -> None:
        say, new = self._visitor.words.say, drawn.new
        with box("label-tile" + (" here" if new.hardware_type == self._large else "")) as tile:
            tile.props["data-panel"] = str(new.hardware_type)
            with box("tile-title"):
                with ui.button(new.name, on_click=lambda: self._choose(new.hardware_type)).props("flat dense no-caps"):
                    ui.tooltip(say("Show large"))
                text(f"{new.width} × {new.height}", "span", "hint")
                if new.problem:
                    chip(say("cannot be drawn"), "bad")
            with box("tile-pictures"):
                _picture(new, min(new.width, SMALL_WIDTH_PX))
                if drawn.now is not None:
                    _picture(drawn.now, min(new.width, SMALL_WIDTH_PX), "was-picture")
            if new.problem:
                text(new.problem, "p", "bad-text")
            if new.left_out:
                text(say("left out: {names}", names=", ".join(new.left_out)), "p", "hint")
            if new.shortened:
                text(say("shortened: {names}", names=", ".join(new.shortened)), "p", "hint")

    def _choose(self, hardware_type: int) -> None:
        self._large = hardware_type
        layout_no = self._layout_of(hardware_type)
        if layout_no is not None:
            self._chosen(layout_no)
        self._draw_large()
        self._draw_grid()


def _first_shown(panels: Sequence[Panel]) -> int:
    """A common kind of label: wide and low, if there is one in use."""
    used = [panel for panel in panels if panel.in_use] or list(panels)
    wide = (panel for panel in used if panel.width > 2 * panel.height)
    return next(wide, used[0]).hardware_type


def _picture(picture: Picture, width_px: int, classes: str = "") -> None:
    if not picture.source:
        box(f"label-picture missing {classes}").style(
            f"width:{width_px}px;aspect-ratio:{picture.width}/{picture.height};max-width:100%"
        )
        return
    image = box(f"label-picture {classes}", "img").style(f"width:{width_px}px")
    image.props["src"] = picture.source
    image.props["alt"] = picture.name
