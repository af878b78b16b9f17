"""The organisation, its regions, and which region each store is in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

import msgspec
from nicegui import ui
from starlette.responses import Response

from cloud.console.chain_answers import MoveBody, NameBody, Organisation, Region, StoreInRegion
from cloud.console.chain_tabs import RegionFilter, region_title, regions_of, stores_of, tabs
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Drawn, Table, box, card, empty, field_error, link, new_dialog, text
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200


def install(console: Console) -> None:
    """Add the page `/regions`."""

    @ui.page("/regions")
    def regions() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "chain", visitor.words.say("Regions")) as frame:
            tabs(visitor, "regions")
            _RegionsPage(frame)
        return None


class _RegionsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._regions: Sequence[Region] = ()
        self._stores: Sequence[StoreInRegion] = ()
        self._organisation = ""
        self._drawn_regions, self._drawn_stores = Drawn(), Drawn()
        self._first: list[ui.button] = []
        """Of no use before the page is filled."""
        self._may_change = self._visitor.may("organisation.write")
        say = self._visitor.words.say
        with card(), box("actions"):
            self._name = text("", "h2", "grow")
            if self._may_change:
                rename = ui.button(say("Rename"), on_click=self._rename_organisation).props("flat dense no-caps")
                add = ui.button(say("Add a region"), icon="add", on_click=self._add)
                add.props("unelevated no-caps").classes("primary")
                self._first = [rename, add]
                for button in self._first:
                    button.disable()
        with card(say("Regions")):
            self._region_rows = box("")
        with card(say("Stores")):
            with box("actions"):
                self._region = RegionFilter(self._visitor, self._draw_stores)
                self._filter = ui.input(placeholder=say("Find a store"), on_change=self._draw_stores)
                self._filter.props("outlined dense clearable").classes("narrow-search")
                self._filter.props["aria-label"] = say("Find a store")
            self._store_rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        self._organisation = (await self._visitor.get("/organisation", Organisation)).name
        self._regions = await regions_of(self._visitor)
        self._stores = await stores_of(self._visitor)
        await self._region.fill()
        self._name.set_text(self._organisation)
        self._draw_regions()
        self._draw_stores()
        for button in self._first:
            button.enable()

    def _title(self, region: Region) -> str:
        return region_title(region, self._visitor)

    def _draw_regions(self) -> None:
        say = self._visitor.words.say
        if self._drawn_regions.already(self._regions):
            return
        self._region_rows.clear()
        with self._region_rows:
            table = Table([Column(say("Region")), Column(say("Short name")), Column(say("Stores"), True), Column("")])
            for region in self._regions:
                row = table.row()
                row.cell(self._title(region), "name-cell")
                row.cell(region.region_id)
                row.cell(str(region.store_count))
                with row.cell(), box("actions"):
                    if self._may_change:
                        self._region_buttons(region)

    def _region_buttons(self, region: Region) -> None:
        say = self._visitor.words.say
        path = f"/regions/{quote(region.region_id, safe='')}"
        ui.button(say("Rename"), on_click=lambda: self._rename(region)).props("flat dense no-caps")
        if region.store_count == 0 and region.region_id != "default":
            remove = self._visitor.send
            ui.button(
                say("Remove"), on_click=lambda: self._do(remove("DELETE", path, Nothing, key=self._visitor.new_key()))
            ).props("flat dense no-caps")

    async def _do(self, work: Awaitable[object]) -> None:
        if await self._frame.attempt(work) is not None:
            await self._frame.attempt(self._fill())

    def _draw_stores(self) -> None:
        say = self._visitor.words.say
        names = {region.region_id: self._title(region) for region in self._regions}
        wanted = (self._filter.value or "").strip().lower()
        shown = [
            store
            for store in self._stores
            if self._region.allows(store.region_id) and wanted in f"{store.name} {store.store_id} {store.zone}".lower()
        ]
        if self._drawn_stores.already(shown, names):
            return
        self._store_rows.clear()
        with self._store_rows:
            if not shown:
                empty(say("No store here"), "", "storefront")
                return
            table = Table([Column(say("Store")), Column(say("Region")), Column(say("Price zone")), Column("")])
            for store in shown[:SHOWN]:
                row = table.row()
                with row.cell(classes="name-cell"):
                    link(store.name, f"/stores/{store.store_id}")
                    text(store.store_id, "div", "hint")
                row.cell(names.get(store.region_id, store.region_id))
                row.cell(store.zone)
                with row.cell():
                    if self._may_change:
                        ui.button(say("Move"), on_click=lambda store=store: self._move(store)).props("flat dense no-caps")
            if len(shown) > SHOWN:
                text(say("The first {n} are shown. Search to find another.", n=SHOWN), "p", "hint")

    def _rename_organisation(self) -> None:
        title = self._visitor.words.say("Rename the organisation")
        _NameDialog(self._frame, title, self._organisation, lambda _: "/organisation", self._fill).open()

    def _add(self) -> None:
        title = self._visitor.words.say("Add a region")
        _NameDialog(self._frame, title, "", lambda short: f"/regions/{short}", self._fill, asks_short_name=True).open()

    def _rename(self, region: Region) -> None:
        title = self._visitor.words.say("Rename {name}", name=self._title(region))
        path = f"/regions/{quote(region.region_id, safe='')}"
        _NameDialog(self._frame, title, self._title(region), lambda _: path, self._fill).open()

    def _move(self, store: StoreInRegion) -> None:
        options = {region.region_id: self._title(region) for region in self._regions}
        _MoveDialog(self._frame, store, options, self._fill).open()


class _Dialog:
    """A small form that sends one body with PUT and closes when it was taken."""

    def __init__(self, frame: Frame, after: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._after = after
        self._dialog: ui.dialog

    def _end(self) -> None:
        """The last lines of the form."""
        say = self._visitor.words.say
        self._error = field_error()
        with box("actions end"):
            ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
            ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        raise NotImplementedError

    async def _send(self, path: str, body: msgspec.Struct) -> None:
        self._error.set_text("")
        sending = self._visitor.send("PUT", path, Nothing, body)
        if await self._frame.attempt(sending, on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(self._visitor.words.say("Saved."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


class _NameDialog(_Dialog):
    """Give something a name; a new region a short name as well."""

    def __init__(
        self,
        frame: Frame,
        title: str,
        name: str,
        path_of: Callable[[str], str],
        after: Callable[[], Awaitable[None]],
        *,
        asks_short_name: bool = False,
    ) -> None:
        super().__init__(frame, after)
        self._title = title
        self._value = name
        self._path_of = path_of
        self._asks_short_name = asks_short_name

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(self._title, "h2")
            with box("fields"):
                self._name = ui.input(say("Name"), value=self._value).props("outlined dense autofocus maxlength=80")
                if self._asks_short_name:
                    hint = say("Small letters, digits and -; it stays")
                    self._short = ui.input(say("Short name")).props(f'outlined dense maxlength=32 hint="{hint}"')
            self._end()

    async def _save(self) -> None:
        short = (self._short.value or "").strip() if self._asks_short_name else ""
        if self._asks_short_name and not short:
            self._error.set_text(self._visitor.words.say("Give the region a short name."))
            return
        await self._send(self._path_of(quote(short, safe="")), NameBody(name=(self._name.value or "").strip()))


class _MoveDialog(_Dialog):
    """Put a store into another region."""

    def __init__(
        self, frame: Frame, store: StoreInRegion, options: dict[str, str], after: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(frame, after)
        self._store = store
        self._options = options

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Move {name}", name=self._store.name), "h2")
            text(say("Whoever looks after the region sees the store from now on, and the former region no longer."), "p")
            self._region = ui.select(self._options, value=self._store.region_id, label=say("Region"))
            self._region.props("outlined dense")
            self._end()

    async def _save(self) -> None:
        path = f"/stores/{quote(self._store.store_id, safe='')}/region"
        await self._send(path, MoveBody(region_id=str(self._region.value)))
