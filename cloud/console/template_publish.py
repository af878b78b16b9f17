"""The window that gives a template version to stores: what the check found, to which stores, and why."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.chain_answers import StoreInRegion
from cloud.console.chain_tabs import region_title, regions_of, stores_of
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, chip, field_error, new_dialog, text
from cloud.console.template_answers import CheckBody, Checked, Finding, PublishBody, Published
from protocols.labels.template import Template

REASON_LENGTH_MAX = 200


class PublishDialog:
    """Checks the version first; only what can be drawn everywhere can be given to stores."""

    def __init__(self, frame: Frame, template: Template) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._template = template
        self._key = self._visitor.new_key()

    def open(self) -> None:
        """Show the window and check."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog card form"):
            text(say("Publish {name}, version {n}", name=self._template.name, n=self._template.version), "h2")
            self._found = box("stack")
            with self._found, box("actions"):
                ui.spinner()
                text(say("Drawing it on every kind of label with the hardest goods …"))
            self._choice = box("stack")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                self._button = ui.button(say("Publish"), icon="send", on_click=self._publish)
                self._button.props("unelevated no-caps").classes("primary")
                self._button.set_enabled(False)
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()
        ui.timer(0.01, self._check, once=True)

    async def _check(self) -> None:
        body = CheckBody(template=self._template)
        checked = await self._frame.attempt(self._visitor.send_slow("POST", "/template-checks", Checked, body))
        if checked is None:
            self._dialog.close()
            return
        self._found.clear()
        with self._found:
            self._show(checked)
        if checked.fit:
            await self._ask_for_stores()

    def _show(self, checked: Checked) -> None:
        say = self._visitor.words.say
        with box("actions"):
            if checked.fit:
                chip(say("checked"), "good")
                text(say("{n} labels were drawn, and everything fits.", n=checked.drawn_count))
            else:
                chip(say("cannot be published"), "bad")
                text(say("It cannot be drawn everywhere. Change it where it fails, and save it again."))
        if not checked.findings:
            return
        if checked.fit:
            with ui.expansion(say("What is shortened or left out")).classes("expansion"):
                self._table(checked.findings)
        else:
            self._table([each for each in checked.findings if each.severity == "error"])

    def _table(self, findings: Sequence[Finding]) -> None:
        words = self._visitor.words
        columns = [Column(words.say("Label")), Column(words.say("Element")), Column(words.say("Goods"))]
        with box("scroll"):
            table = Table([*columns, Column(words.say("What is wrong"))])
            for finding in findings:
                row = table.row()
                row.cell(finding.panel)
                row.cell(finding.element)
                row.cell(finding.sample)
                row.cell(words.api(finding.detail))

    async def _ask_for_stores(self) -> None:
        visitor, say = self._visitor, self._visitor.words.say
        stores = await self._frame.attempt(stores_of(visitor))
        regions = await self._frame.attempt(regions_of(visitor))
        if stores is None or regions is None:
            return
        self._in_region = {region.region_id: _of(stores, region.region_id) for region in regions}
        titles = {region.region_id: region_title(region, visitor) for region in regions if region.store_count}
        with self._choice:
            options = {"some": say("Some stores first"), "all": say("All stores")}
            self._whom = ui.toggle(options, value="some").props("unelevated no-caps").classes("toggle")
            with box("fields") as some:
                names = {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
                self._stores = ui.select(names, label=say("Stores"), multiple=True, with_input=True)
                self._stores.props("outlined dense use-chips").classes("publish-stores")
                if len(titles) > 1:
                    region = ui.select(titles, label=say("Add a whole region"))
                    region.props("outlined dense").on_value_change(lambda event: self._add_region(str(event.value)))
            some.bind_visibility_from(self._whom, "value", value="some")
            self._reason = ui.input(say("Reason (kept in the history)"))
            self._reason.props(f"outlined dense maxlength={REASON_LENGTH_MAX}")
        self._button.set_enabled(True)

    def _add_region(self, region_id: str) -> None:
        chosen = {*(self._stores.value or ()), *self._in_region.get(region_id, ())}
        self._stores.set_value(sorted(chosen))

    async def _publish(self) -> None:
        self._error.set_text("")
        stores = () if self._whom.value == "all" else tuple(self._stores.value or ())
        if self._whom.value == "some" and not stores:
            self._error.set_text(self._visitor.words.say("Choose at least one store."))
            return
        body = PublishBody(stores=stores, reason=(self._reason.value or "").strip())
        path = f"/templates/{self._template.template_id}/versions/{self._template.version}/publications"
        self._button.props("loading")
        sending = self._visitor.send_slow("POST", path, Published, body, key=self._key)
        done = await self._frame.attempt(sending, on_refused=self._refused)
        self._button.props(remove="loading")
        if done is not None:
            self._dialog.close()
            ui.navigate.to("/label-templates")

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def _of(stores: Sequence[StoreInRegion], region_id: str) -> list[str]:
    return [store.store_id for store in stores if store.region_id == region_id]
