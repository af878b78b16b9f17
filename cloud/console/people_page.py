"""Who may log in at headquarters: invite, role, scope, a new password, let in no longer."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console.chain_answers import NewPassword, PeoplePage, PersonRow, Region, StoreInRegion
from cloud.console.chain_tabs import region_title, regions_of, stores_of, tabs
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Drawn, Table, box, card, chip, new_dialog, text
from cloud.console.person_form import PersonForm, show_password
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import LANGUAGES

PEOPLE_MAX = 500
NAMED_MAX = 3
"""Regions or stores of a scope that are named in the list; the others are counted."""
ROLE_TONE = {"admin": "info", "pricing": "info", "operations": "info"}


def install(console: Console) -> None:
    """Add the page `/people`."""

    @ui.page("/people")
    def people() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "chain", visitor.words.say("People")) as frame:
            tabs(visitor, "people")
            _PeoplePage(frame)
        return None


class _PeoplePage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._people: Sequence[PersonRow] = ()
        self._regions: dict[str, str] = {}
        self._stores: dict[str, str] = {}
        self._drawn = Drawn()
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._filter = ui.input(placeholder=say("Find a person"), on_change=self._draw)
                self._filter.props("outlined dense clearable").classes("narrow-search grow")
                self._filter.props["aria-label"] = say("Find a person")
                self._button = ui.button(say("Invite somebody"), icon="person_add", on_click=self._invite)
                self._button.props("unelevated no-caps").classes("primary")
                self._button.disable()  # until regions and stores are there to choose from
            self._rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        self._people = (await self._visitor.get("/people", PeoplePage, limit=PEOPLE_MAX)).rows
        regions: Sequence[Region] = await regions_of(self._visitor)
        stores: Sequence[StoreInRegion] = await stores_of(self._visitor)
        self._regions = {region.region_id: region_title(region, self._visitor) for region in regions}
        self._stores = {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
        self._button.enable()
        self._draw()

    def _draw(self) -> None:
        say = self._visitor.words.say
        wanted = (self._filter.value or "").strip().lower()
        if self._drawn.already(self._people, wanted, self._regions, self._stores):
            return
        self._rows.clear()
        with self._rows:
            table = Table(
                [Column(say("Name")), Column(say("Role")), Column(say("Looks after")), Column(say("Language")), Column("")]
            )
            for person in self._people:
                if wanted in f"{person.name} {person.login}".lower():
                    self._row(table, person)

    def _row(self, table: Table, person: PersonRow) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            text(person.name, "strong")
            text(person.login, "div", "hint")
        with row.cell():
            chip(words.name("role", person.role), ROLE_TONE.get(person.role, "plain"))
        with row.cell(classes="chips"):
            self._scope(person)
        row.cell(LANGUAGES.get(person.language, person.language))
        with row.cell(), box("actions end"):
            ui.button(words.say("Change"), on_click=lambda: self._form(person).open()).props("flat dense no-caps")
            if self._visitor.person is None or person.login != self._visitor.person.login:
                ui.button(words.say("New password"), on_click=lambda: self._sure(person, reset=True)).props(
                    "flat dense no-caps"
                )
                ui.button(words.say("Let in no longer"), on_click=lambda: self._sure(person, reset=False)).props(
                    "flat dense no-caps"
                )

    def _scope(self, person: PersonRow) -> None:
        words = self._visitor.words
        if person.all_stores:
            chip(words.say("whole chain"))
            return
        names, known = (person.regions, self._regions) if person.regions else (person.stores, self._stores)
        for name in names[:NAMED_MAX]:
            chip(known.get(name, name), "good" if person.regions else "plain")
        if len(names) > NAMED_MAX:
            chip(words.say("and {n} more", n=len(names) - NAMED_MAX))

    def _form(self, person: PersonRow | None) -> PersonForm:
        return PersonForm(self._frame, person, self._regions, self._stores, self._fill)

    def _invite(self) -> None:
        self._form(None).open()

    def _sure(self, person: PersonRow, *, reset: bool) -> None:
        say = self._visitor.words.say
        question = (
            say("Make {name} a new password? Every session of theirs ends.", name=person.name)
            if reset
            else say("Let {name} in no longer? Every session of theirs ends at once.", name=person.name)
        )

        async def do() -> None:
            dialog.close()
            await (self._reset(person) if reset else self._disable(person))

        with new_dialog() as dialog, box("dialog small card"):
            text(question, "h2")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                go = say("Make a new password") if reset else say("Let in no longer")
                ui.button(go, on_click=do).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _reset(self, person: PersonRow) -> None:
        path = f"/people/{quote(person.login, safe='')}/password"
        made = await self._frame.attempt(self._visitor.send("POST", path, NewPassword))
        if made is not None:
            show_password(self._frame, made.login, made.password)

    async def _disable(self, person: PersonRow) -> None:
        path = f"/people/{quote(person.login, safe='')}"
        if await self._frame.attempt(self._visitor.send("DELETE", path, Nothing)) is not None:
            self._frame.notice(self._visitor.words.say("{name} may log in no longer.", name=person.name))
            await self._frame.attempt(self._fill())
