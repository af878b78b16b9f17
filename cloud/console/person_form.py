"""The form that invites somebody or changes their role and scope, and the one look at a password that was made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui

from cloud.console.chain_answers import NewPersonBody, PersonBody, PersonRow
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, field_error, new_dialog, text
from cloud.locale.catalogue import LANGUAGES

ROLES = ("admin", "pricing", "operations", "region_manager", "store_manager", "viewer")
CHAIN, REGIONS, STORES = "chain", "regions", "stores"
SCOPE_OF_ROLE = {"admin": CHAIN, "region_manager": REGIONS, "store_manager": STORES}
"""Roles that have one kind of scope; the others may have any."""


class PersonForm:
    """Invite (`person` None) or change one person."""

    def __init__(
        self,
        frame: Frame,
        person: PersonRow | None,
        regions: dict[str, str],
        stores: dict[str, str],
        after: Callable[[], Awaitable[None]],
    ) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._person = person
        self._region_names = regions
        self._store_names = stores
        self._after = after

    def open(self) -> None:
        """Show the form."""
        words, person = self._visitor.words, self._person
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Change {name}", name=person.name) if person else say("Invite somebody"), "h2")
            with box("fields"):
                self._name = ui.input(say("Name"), value=person.name if person else "").props("outlined dense autofocus")
                self._login = ui.input(say("Login"), value=person.login if person else "")
                self._login.props(f'outlined dense autocomplete="off" {"readonly" if person else ""}')
            with box("fields"):
                roles = {role: words.name("role", role) for role in ROLES}
                self._role = ui.select(roles, value=person.role if person else "store_manager", label=say("Role"))
                self._role.props("outlined dense").on_value_change(self._show_scope)
                self._language = ui.select(
                    LANGUAGES, value=person.language if person else words.language, label=say("Language")
                )
                self._language.props("outlined dense")
            self._scope_fields()
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                go = say("Save") if person else say("Invite")
                ui.button(go, on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._show_scope()
        self._dialog.open()

    def _scope_fields(self) -> None:
        say, person = self._visitor.words.say, self._person
        kinds = {CHAIN: say("Whole chain"), REGIONS: say("Regions"), STORES: say("Stores")}
        given = CHAIN if person is None or person.all_stores else REGIONS if person.regions else STORES
        text(say("Looks after"), "h3")
        self._scope = ui.toggle(kinds, value=given, on_change=self._show_scope).props("no-caps unelevated").classes("toggle")
        self._regions = ui.select(
            self._region_names, value=list(person.regions) if person else [], label=say("Regions"), multiple=True
        )
        known = self._store_names | {store: store for store in (person.stores if person else ())}
        self._stores = ui.select(
            known | self._store_names,
            value=list(person.stores) if person else [],
            label=say("Stores"),
            multiple=True,
            with_input=True,
        )
        for field in (self._regions, self._stores):
            field.props("outlined dense use-chips")
        self._hint = text(say("Stores that come into a region later are in its scope as well."), "p", "hint")

    def _show_scope(self) -> None:
        bound = SCOPE_OF_ROLE.get(str(self._role.value))
        if bound is not None and self._scope.value != bound:
            self._scope.set_value(bound)
        self._scope.set_enabled(bound is None)
        self._regions.set_visibility(self._scope.value == REGIONS)
        self._hint.set_visibility(self._scope.value == REGIONS)
        self._stores.set_visibility(self._scope.value == STORES)

    async def _save(self) -> None:
        self._error.set_text("")
        scope = str(self._scope.value)
        body = PersonBody(
            name=(self._name.value or "").strip(),
            role=str(self._role.value),
            all_stores=scope == CHAIN,
            regions=tuple(self._regions.value or ()) if scope == REGIONS else (),
            stores=tuple(self._stores.value or ()) if scope == STORES else (),
            language=str(self._language.value),
        )
        saved = await (self._invite(body) if self._person is None else self._change(self._person, body))
        if saved is None:
            return
        self._dialog.close()
        if saved.password is not None:
            show_password(self._frame, saved.login, saved.password)
        else:
            self._frame.notice(self._visitor.words.say("Saved. It holds from their next click on."))
        await self._frame.attempt(self._after())

    async def _invite(self, body: PersonBody) -> PersonRow | None:
        new = NewPersonBody(
            login=(self._login.value or "").strip().lower(),
            name=body.name,
            role=body.role,
            all_stores=body.all_stores,
            regions=body.regions,
            stores=body.stores,
            language=body.language,
        )
        return await self._frame.attempt(self._visitor.send("POST", "/people", PersonRow, new), on_refused=self._refused)

    async def _change(self, person: PersonRow, body: PersonBody) -> PersonRow | None:
        path = f"/people/{quote(person.login, safe='')}"
        return await self._frame.attempt(self._visitor.send("PUT", path, PersonRow, body), on_refused=self._refused)

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def show_password(frame: Frame, login: str, password: str) -> None:
    """The password that was made, this once."""
    say = frame.visitor.words.say
    with frame.client, new_dialog() as dialog, box("dialog small card"):
        text(say("{login} logs in with this password", login=login), "h2")
        text(password, "p", "password mono")
        text(say("It is shown this once. Hand it over and let them change it."), "p", "hint")
        with box("actions end"):
            ui.button(say("Done"), on_click=dialog.close).props("unelevated no-caps").classes("primary")
    dialog.on("hide", dialog.delete)
    dialog.open()
