"""Members: find one, add one, change one. Tills learn of it within seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import StorePage
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Drawn, Table, box, card, chip, empty, field_error, new_dialog, text
from cloud.console.value_answers import Member, MemberBody, MemberPage
from cloud.console.value_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 100
STORES_MAX = 500


def install(console: Console) -> None:
    """Add the page `/members`."""

    @ui.page("/members")
    def members() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "members", visitor.words.say("Members")) as frame:
            tabs(visitor, "members")
            _MembersPage(frame)
        return None


class _MembersPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._stores: dict[str, str] = {}
        self._drawn = Drawn()
        self._add: ui.button | None = None
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._text = ui.input(say("Name, code, card or last digits of the phone"), on_change=self._wanted)
                self._text.props("outlined dense clearable debounce=400").classes("grow")
                if self._visitor.may("members.write"):
                    self._add = ui.button(say("Add a member"), icon="person_add", on_click=self._new)
                    self._add.props("unelevated no-caps").classes("primary")
                    self._add.disable()  # until the stores are there to choose from
            self._rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        self._stores = {store.store_id: store.name for store in stores}
        if self._add is not None:
            self._add.enable()
        await self._show()

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        say = self._visitor.words.say
        wanted = self._typed()
        found = await self._visitor.get("/members", MemberPage, text=wanted, limit=SHOWN)
        if wanted != self._typed() or self._drawn.already(found, wanted, self._stores):
            return
        self._rows.clear()
        with self._rows:
            if not found.rows:
                hint = "" if wanted else say("Add the first one; tills find them by code, card or phone.")
                empty(say("No member here"), hint, "loyalty")
                return
            titles = (
                say("Name"), say("Code"), say("Phone"), say("Tier"), say("Groups"), say("Points"), say("Home store"),
                say("State"), "",
            )  # fmt: skip
            table = Table([Column(title, title == say("Points")) for title in titles])
            for member in found.rows:
                self._row(table, member)
            if found.next is not None:
                text(say("The first {n} are shown. Search to find another.", n=SHOWN), "p", "hint")

    def _typed(self) -> str:
        return (self._text.value or "").strip()

    def _row(self, table: Table, member: Member) -> None:
        say = self._visitor.words.say
        row = table.row()
        with row.cell(classes="name-cell"):
            text(member.name)
            if member.note:
                text(member.note, "div", "hint")
        row.cell(member.code)
        row.cell(f"…{member.phone_tail}" if member.phone_tail else "")
        row.cell(member.tier)
        with row.cell(classes="chips"):
            for group in member.groups:
                chip(group)
        row.cell(str(member.points))
        row.cell(self._stores.get(member.store_id, member.store_id))
        with row.cell():
            chip(say("active"), "good") if member.active else chip(say("ended"))
        with row.cell():
            if self._visitor.may("members.write"):
                ui.button(say("Change"), on_click=lambda: self._edit(member)).props("flat dense no-caps")

    def _new(self) -> None:
        _MemberDialog(self._frame, None, self._stores, self._show).open()

    def _edit(self, member: Member) -> None:
        _MemberDialog(self._frame, member, self._stores, self._show).open()


class _MemberDialog:
    """Add or change one member."""

    def __init__(
        self, frame: Frame, member: Member | None, stores: dict[str, str], after: Callable[[], Awaitable[None]]
    ) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._member = member
        self._stores = stores
        self._after = after

    def open(self) -> None:
        """Show the form."""
        say, member = self._visitor.words.say, self._member
        with new_dialog() as self._dialog, box("dialog card form"):
            text(say("Change {name}", name=member.name) if member else say("Add a member"), "h2")
            with box("fields"):
                self._id = ui.input(say("Member number"), value=member.member_id if member else "")
                self._id.props(f"outlined dense maxlength=40 {'readonly' if member else 'autofocus'}")
                self._name = ui.input(say("How to address them"), value=member.name if member else "")
                self._store = ui.select(self._stores, label=say("Home store"), with_input=True)
                self._store.value = member.store_id if member else next(iter(self._stores), None)
            with box("fields"):
                self._phone = ui.input(say("Phone"), value=member.phone if member else "")
                self._code = ui.input(say("Code on card or QR"), value=member.code if member else "")
                self._cards = ui.input(say("Card UIDs, with commas"), value=", ".join(member.cards) if member else "")
            with box("fields"):
                self._tier = ui.input(say("Tier"), value=member.tier if member else "")
                groups = ", ".join(member.groups) if member else "member"
                self._groups = ui.input(say("Groups, with commas"), value=groups)
                self._birthday = ui.input(say("Birthday (MM-DD)"), value=member.birthday if member else "")
            self._note = ui.input(say("Note for the cashier"), value=member.note if member else "")
            fields = (
                self._name, self._store, self._phone, self._code, self._cards, self._tier, self._groups,
                self._birthday, self._note,
            )  # fmt: skip
            for field in fields:
                field.props("outlined dense")
            with box("checks"):
                self._messages = ui.checkbox(say("Agrees to messages"), value=bool(member and member.consent_messages))
                profile = say("Agrees that stores know their birthday")
                self._profile = ui.checkbox(profile, value=bool(member and member.consent_profile))
                self._active = ui.checkbox(say("Active"), value=member.active if member else True)
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        self._error.set_text("")
        member_id, store_id = (self._id.value or "").strip(), str(self._store.value or "")
        if not member_id or not store_id:
            self._error.set_text(self._visitor.words.say("Give a member number and a home store."))
            return
        body = MemberBody(
            name=(self._name.value or "").strip(),
            phone=(self._phone.value or "").strip(),
            code=(self._code.value or "").strip(),
            cards=_split(self._cards.value),
            tier=(self._tier.value or "").strip(),
            groups=_split(self._groups.value),
            birthday=(self._birthday.value or "").strip(),
            note=(self._note.value or "").strip(),
            consent_messages=bool(self._messages.value),
            consent_profile=bool(self._profile.value),
            active=bool(self._active.value),
        )
        path = f"/stores/{quote(store_id, safe='')}/members/{quote(member_id, safe='')}"
        if await self._frame.attempt(self._visitor.send("PUT", path, Nothing, body), on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(self._visitor.words.say("Saved. Tills learn of it within seconds."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def _split(typed: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (typed or "").split(",") if part.strip())
