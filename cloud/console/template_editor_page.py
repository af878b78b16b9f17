"""The page a label template is drawn on: its elements, the form of the one chosen, and each kind of label as it would be."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs
from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import box, card, chip
from cloud.console.template_answers import PanelList, PurposeList, TemplateBody, TemplateDetail, VersionSaved
from cloud.console.template_dialogs import SaveDialog, TextDialog
from cloud.console.template_elements import ElementPanel
from cloud.console.template_preview import PreviewBoard
from cloud.console.template_publish import PublishDialog
from cloud.console.visitor import Console, Visitor, to_login
from protocols.labels.template import Area, Template

NEW = "new"
UNDO_MAX = 100
"""Steps that can be taken back; older ones are forgotten."""


def install(console: Console) -> None:
    """Add the page `/label-templates/{template_id}`: `new` with `from` = a built-in template, or one with its `version`."""

    @ui.page("/label-templates/{template_id}")
    def editor(template_id: str, version: int = 0, source: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        title = say("New label template") if template_id == NEW else template_id
        with page(visitor, "labels", title, back=(say("Label templates"), "/label-templates")) as frame:
            _EditorPage(frame, template_id, version, source)
        return None


class _EditorPage:
    def __init__(self, frame: Frame, template_id: str, version: int, source: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._id, self._version, self._source = template_id, version, source
        self._draft: Template | None = None
        self._saved: Template | None = None
        self._present: Template | None = None
        self._newest = 0
        self._undo: list[Template] = []
        self._may_change = self._visitor.may("prices.write")
        self._head()
        with box("editor"):
            self._panel = ElementPanel(self._visitor.words, self, may_change=self._may_change)
            self._board_box = box("stack")
        frame.load(self._fill)

    def _head(self) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        with card(), box("actions"):
            self._name = ui.input(words.name("template_field", "name"), on_change=self._rename)
            self._name.props("outlined dense maxlength=80").classes("grow")
            self._name.set_enabled(self._may_change)
            self._state = box("chips")
            self._text_button = self._button(say("As text"), "code", self._as_text, "flat no-caps", "second")
            self._back = self._button(say("Undo"), "undo", self._take_back, "flat no-caps", "")
            self._save_button = self._button(say("Save"), "save", self._save, "outline no-caps", "second")
            self._publish_button = self._button(say("Publish …"), "send", self._publish, "unelevated no-caps", "primary")
            for button in (self._save_button, self._publish_button):
                button.set_visibility(self._may_change)

    @staticmethod
    def _button(title: str, icon: str, work: Callable[[], None], props: str, classes: str) -> ui.button:
        """A button that does nothing before the template is there."""
        made = ui.button(title, icon=icon, on_click=work).props(props).classes(classes)
        made.set_enabled(False)
        return made

    async def _fill(self) -> None:
        if self._draft is not None:
            return
        zones = await self._visitor.get("/zones", list[Zone])
        panels = await self._visitor.get("/label-panels", PanelList)
        with self._board_box:
            names = [zone.zone for zone in zones]
            self._board = PreviewBoard(self._frame, names, panels.rows, self._panel.choose_layout)
        self._draft = await self._begin()
        self._saved = self._draft if self._id != NEW else None
        self._present = await self._in_stores(self._draft)
        self._name.set_value(self._draft.name)
        self._draw()

    async def _begin(self) -> Template:
        built_in = await self._visitor.get("/built-in-templates", tuple[TemplateBody, ...], language=self._tongue())
        if self._id == NEW:
            found = next((each for each in built_in if each.template_id == self._source), built_in[0])
            return structs.replace(found.template, template_id="", version=0)
        known = next((each for each in built_in if each.template_id == self._id), None)
        if known is not None:
            return known.template
        detail = await self._visitor.get(f"/templates/{self._id}", TemplateDetail)
        self._newest = detail.version
        wanted = self._version or detail.version
        return (await self._visitor.get(f"/templates/{self._id}/versions/{wanted}", TemplateBody)).template

    def _tongue(self) -> str:
        return "zh_CN" if self._visitor.words.language == "zh" else "en"

    async def _in_stores(self, draft: Template) -> Template:
        """What most stores draw with now for this purpose."""
        rows = (await self._visitor.get("/templates", PurposeList)).rows
        placed = next((row.placed for row in rows if row.purpose == draft.purpose), ())
        for each in placed:
            if each.store_count == 0:
                path = f"/templates/{each.template_id}/versions/{each.version}"
                return (await self._visitor.get(path, TemplateBody)).template
        built_in = await self._visitor.get("/built-in-templates", tuple[TemplateBody, ...], language=self._tongue())
        return next(each.template for each in built_in if each.template.purpose == draft.purpose)

    def drawn(self, template: Template) -> None:
        """The draft is another one now."""
        if self._draft is not None and template != self._draft:
            self._undo = [*self._undo[1 - UNDO_MAX :], self._draft]
        self._draft = template
        self._draw_state()
        self._board.show(template, self._present)

    def outlined(self, area: Area | None) -> None:
        """Somebody chose an element there."""
        self._board.mark(area)

    def layout_chosen(self, number: int) -> None:
        """Somebody works on this layout."""
        self._board.show_layout(number)

    def _draw(self) -> None:
        assert self._draft is not None
        self._draw_state()
        self._panel.draw(self._draft)
        self._board.show(self._draft, self._present)

    def _draw_state(self) -> None:
        say, draft = self._visitor.words.say, self._draft
        assert draft is not None
        changed = self._saved is None or draft != self._saved
        self._back.set_enabled(bool(self._undo))
        self._state.clear()
        with self._state:
            chip(self._visitor.words.name("purpose", draft.purpose), "info")
            if self._newest:
                chip(say("version {n}", n=draft.version))
            if changed:
                chip(say("not saved"), "warn")
        self._text_button.set_enabled(True)
        self._save_button.set_enabled(changed or draft.version != self._newest)
        self._publish_button.set_enabled(not changed and self._newest > 0)

    def _take_back(self) -> None:
        if self._undo:
            self._draft = self._undo.pop()
            self._name.set_value(self._draft.name)
            self._draw()

    def _rename(self) -> None:
        name = (self._name.value or "").strip()
        if self._draft is not None and name and name != self._draft.name:
            self.drawn(structs.replace(self._draft, name=name))

    def _as_text(self) -> None:
        assert self._draft is not None
        TextDialog(self._visitor.words, self._draft, self._typed, may_change=self._may_change).open()

    def _typed(self, template: Template) -> None:
        assert self._draft is not None
        self.drawn(structs.replace(template, template_id=self._draft.template_id, version=self._draft.version))
        self._name.set_value(template.name)
        self._draw()

    def _save(self) -> None:
        assert self._draft is not None
        SaveDialog(self._frame, self._draft, self._newest, self._id_saved).open()

    async def _id_saved(self, saved: VersionSaved) -> None:
        ui.navigate.to(f"/label-templates/{saved.template_id}?version={saved.version}")

    def _publish(self) -> None:
        assert self._draft is not None
        PublishDialog(self._frame, self._draft).open()
