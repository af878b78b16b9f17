"""Label templates: what labels of each purpose look like now, what was published and how far it came, kinds of labels."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Row, Table, box, card, chip, empty, link, new_dialog, text
from cloud.console.template_answers import (
    Panel,
    PanelList,
    PanelsBody,
    Placed,
    PublicationPage,
    PublicationRow,
    Published,
    PurposeList,
    PurposeRow,
    RollbackBody,
    TemplateBody,
)
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 3.0
STORES_NAMED = 5


def install(console: Console) -> None:
    """Add the page `/label-templates`."""

    @ui.page("/label-templates")
    def templates() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "labels", visitor.words.say("Label templates")) as frame:
            _TemplatesPage(frame)
        return None


class _TemplatesPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._may_change = self._visitor.may("prices.write")
        self._built_in: tuple[TemplateBody, ...] = ()
        self._shown: PurposeList | None = None
        self._listed: PublicationPage | None = None
        say = self._visitor.words.say
        self._purposes = box("purposes")
        with card(say("Publications")):
            self._publications = box("")
        with card(say("Kinds of labels in use")):
            text(say("A template must be fit for these before it is published."), "p", "hint")
            self._panels = box("checks")
            self._panel_actions = box("actions")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)
        frame.load(self._fill_panels)

    async def _fill(self) -> None:
        if not self._built_in:
            tongue = "zh_CN" if self._visitor.words.language == "zh" else "en"
            self._built_in = await self._visitor.get("/built-in-templates", tuple[TemplateBody, ...], language=tongue)
        found = await self._visitor.get("/templates", PurposeList)
        listed = await self._visitor.get("/template-publications", PublicationPage)
        if found != self._shown:
            self._shown = found
            self._draw_purposes(found.rows)
        if listed != self._listed:
            self._listed = listed
            self._draw_publications(listed.rows)

    def _draw_purposes(self, rows: Sequence[PurposeRow]) -> None:
        self._purposes.clear()
        with self._purposes:
            for row in rows:
                self._purpose(row)

    def _purpose(self, row: PurposeRow) -> None:
        words = self._visitor.words
        with card(words.name("purpose", row.purpose), "purpose") as made:
            made.props["data-purpose"] = row.purpose
            with box("placed"):
                for placed in self._in_use(row.placed):
                    self._placed(placed)
                if not any(placed.store_count == 0 for placed in row.placed):
                    with box("placed-row"):
                        chip(words.say("built in"))
                        text(words.say("all other stores") if row.placed else words.say("all stores"))
            with box("template-links"):
                for template in row.templates:
                    title = words.say("{name}, version {n}", name=template.name, n=template.version)
                    link(title, f"/label-templates/{template.template_id}")
            if self._may_change:
                self._new_button(row.purpose)

    @staticmethod
    def _in_use(placed: Sequence[Placed]) -> list[Placed]:
        """The one for all stores and everything published after it; an older one is only a fall-back."""
        found: list[Placed] = []
        for each in placed:
            found.append(each)
            if each.store_count == 0:
                break
        return found

    def _placed(self, placed: Placed) -> None:
        say = self._visitor.words.say
        with box("placed-row"):
            address = f"/label-templates/{placed.template_id}?version={placed.version}"
            link(say("{name}, version {n}", name=placed.template_id, n=placed.version), address, "strong")
            chip(say("all stores"), "good") if placed.store_count == 0 else chip(self._stores(placed), "info")
            since = formats.instant(placed.published_ms, self._visitor.zone, self._visitor.words)
            text(say("since {time}", time=since), "span", "hint")

    def _stores(self, what: Placed | PublicationRow) -> str:
        named = ", ".join(what.stores[:STORES_NAMED])
        if len(what.stores) == what.store_count <= STORES_NAMED:
            return named
        return self._visitor.words.say_many("{n} store", "{n} stores", what.store_count)

    def _new_button(self, purpose: str) -> None:
        say = self._visitor.words.say
        button = ui.button(say("New template"), icon="add").props("flat no-caps dense").classes("second")
        with button, ui.menu().props("auto-close"):
            for each in self._built_in:
                if each.template.purpose == purpose:
                    target = f"/label-templates/new?source={each.template_id}"
                    title = self._visitor.words.name("built_in_template", each.template.name)
                    ui.menu_item(title, on_click=lambda target=target: ui.navigate.to(target))

    def _draw_publications(self, rows: Sequence[PublicationRow]) -> None:
        say = self._visitor.words.say
        self._publications.clear()
        with self._publications:
            if not rows:
                empty(say("Nothing published yet"), say("Stores draw their labels with the built-in templates."), "sell")
                return
            columns = [Column(say("When")), Column(say("What")), Column(say("Stores")), Column(say("Stores that have it"))]
            table = Table([*columns, Column(say("Who")), Column("")])
            latest: set[str] = set()
            for row in rows:
                self._publication(table.row(), row, is_latest=row.purpose not in latest)
                latest.add(row.purpose)

    def _publication(self, row: Row, told: PublicationRow, *, is_latest: bool) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        row.cell(formats.instant(told.published_ms, self._visitor.zone, words))
        with row.cell(classes="name-cell"):
            text(self._what(told), "div")
            if told.reason:
                text(told.reason, "div", "hint")
        row.cell(say("all stores") if told.store_count == 0 else self._stores(told))
        with row.cell():
            done = told.concerned_count > 0 and told.applied_count == told.concerned_count
            chip(f"{told.applied_count} / {told.concerned_count}", "good" if done else "warn")
        row.cell(told.published_by)
        with row.cell():
            if told.rolled_back:
                chip(say("rolled back"))
            elif is_latest and self._may_change:
                button = ui.button(say("Roll back"), icon="undo", on_click=lambda: self._ask_rollback(told))
                button.props("flat dense no-caps")

    def _what(self, told: PublicationRow) -> str:
        words = self._visitor.words
        purpose = words.name("purpose", told.purpose)
        if told.rollback_of is not None:
            return words.say("{purpose}: what was before, again", purpose=purpose)
        return words.say("{purpose}: {name}, version {n}", purpose=purpose, name=told.template_id or "", n=told.version or 0)

    def _ask_rollback(self, told: PublicationRow) -> None:
        say = self._visitor.words.say
        key = self._visitor.new_key()

        async def roll_back() -> None:
            body = RollbackBody(reason=(reason.value or "").strip())
            path = f"/template-publications/{told.publication}/rollback"
            done = await self._frame.attempt(self._visitor.send("POST", path, Published, body, key=key))
            dialog.close()
            if done is not None:
                self._frame.notice(say("Rolled back. Labels follow."))
                await self._frame.attempt(self._fill())

        with new_dialog() as dialog, box("dialog small card form"):
            text(say("Roll back?"), "h2")
            text(say("Stores draw again what they drew before: {what}", what=self._what(told)), "p")
            reason = ui.input(say("Reason (kept in the history)")).props("outlined dense maxlength=200 autofocus")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                ui.button(say("Roll back"), on_click=roll_back).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _fill_panels(self) -> None:
        if self._panels.default_slot.children:
            return
        panels = (await self._visitor.get("/label-panels", PanelList)).rows
        with self._panels:
            boxes = [(panel, self._panel(panel)) for panel in panels]
        if self._may_change:
            with self._panel_actions:
                button = ui.button(self._visitor.words.say("Save"), on_click=lambda: self._save_panels(boxes))
                button.props("outline no-caps").classes("second")

    def _panel(self, panel: Panel) -> ui.checkbox:
        made = ui.checkbox(f"{panel.name} · {panel.width} × {panel.height}", value=panel.in_use)
        made.set_enabled(self._may_change)
        return made

    async def _save_panels(self, boxes: Sequence[tuple[Panel, ui.checkbox]]) -> None:
        chosen = tuple(panel.hardware_type for panel, box_of in boxes if box_of.value)
        body = PanelsBody(hardware_types=() if len(chosen) == len(boxes) else chosen)
        if await self._frame.attempt(self._visitor.send("PUT", "/label-panels", Nothing, body)) is not None:
            self._frame.notice(self._visitor.words.say("Saved."))
