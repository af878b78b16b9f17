"""Products: find one, correct it, give it barcodes, add a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import (
    Barcode,
    BarcodeBody,
    FeedWritten,
    Item,
    ItemBody,
    StyleBody,
    TaxClass,
)
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Problem
from cloud.console.item_search import ItemSearch
from cloud.console.parts import Column, Table, box, card, empty, field_error, link
from cloud.console.recalls_card import Recall, RecallsCard
from cloud.console.visitor import Console, Visitor, to_login

NEW = "new"
CONTENT_UNITS = ("g", "ml", "cm", "pc")


def install(console: Console) -> None:
    """Add the page `/products`."""

    @ui.page("/products")
    def products(item: str = "", q: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "products", visitor.words.say("Products")) as frame:
            _ProductsPage(frame, item, q)
        return None


class _ProductsPage:
    def __init__(self, frame: Frame, item_id: str, query: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item_id = item_id
        say = self._visitor.words.say
        with box("two-panes" + (" chosen" if item_id else "")) as self._panes:
            with box("pane-list"), card():
                self._search = ItemSearch(frame, self._chosen, query=query)
                if self._visitor.may("products.write"):
                    ui.button(
                        say("New product"), icon="add", on_click=lambda: ui.navigate.to(f"/products?item={NEW}")
                    ).props("flat no-caps").classes("second")
            self._detail = box("pane-detail")
        self._search.mark(item_id)
        frame.load(self._fill)

    async def _chosen(self, item: Item) -> None:
        self._item_id = item.item_id
        ui.navigate.history.replace(f"/products?item={item.item_id}")
        self._panes.classes(add="chosen")
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        item_id = self._item_id
        if not item_id:
            self._detail.clear()
            with self._detail, card():
                say = self._visitor.words.say
                empty(say("Choose a product"), say("Press / to search, arrows and Enter to choose."), "inventory_2")
            return
        taxes = await self._visitor.get("/tax-classes", list[TaxClass])
        item = None if item_id == NEW else await self._visitor.get(f"/items/{item_id}", Item)
        recalls = [] if item is None else await self._visitor.get(f"/product-recalls?item={item_id}", list[Recall])
        if item_id != self._item_id:
            return
        self._detail.clear()
        with self._detail:
            ProductForm(self._frame, item, taxes).build()
            if item is not None:
                _Barcodes(self._frame, item, self._fill).build()
                RecallsCard(self._frame, item, recalls, self._fill).build()


class ProductForm:
    """The fields of one product, old or new."""

    def __init__(self, frame: Frame, item: Item | None, taxes: list[TaxClass]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item = item
        self._taxes = taxes
        self._may = self._visitor.may("products.write")

    def build(self) -> None:
        """Add the form to where we are."""
        words, item = self._visitor.words, self._item
        say = words.say
        props = "outlined dense" + ("" if self._may else " readonly")
        with card(item.title(words.language) if item else say("New product"), "form"):
            with box("fields"):
                self._item_id = ui.input(say("Item number"), value=item.item_id if item else "")
                self._item_id.props(f"outlined dense {'readonly' if item else ''}")
                self._name = ui.input(say("Name on labels and receipts"), value=item.name if item else "").props(props)
                self._name_zh = ui.input(say("Name in Chinese"), value=item.name_zh if item else "").props(props)
            with box("fields"):
                self._size = ui.input(say("Size"), value=item.size if item else "").props(props)
                self._colour = ui.input(say("Colour"), value=item.colour if item else "").props(props)
                rates = {row.tax_class: f"{row.name} ({row.rate_bp / 100:g} %)" for row in self._taxes}
                chosen = item.tax_class if item else next(iter(rates), None)
                self._tax = ui.select(rates, value=chosen, label=say("Tax")).props(props)
            with box("fields"):
                content = item.content_quantity if item and item.content_quantity else None
                self._content = ui.number(say("One piece holds"), value=content, min=0, precision=0).props(props)
                units = {unit: words.name("unit", unit) for unit in CONTENT_UNITS} | {"": say("not told")}
                self._unit = ui.select(units, value=item.content_unit if item else "", label=say("Unit")).props(props)
            with box("fields"):
                age = item.min_age if item and item.min_age else None
                self._min_age = ui.number(say("Customer at least, years"), value=age, min=0, max=99, precision=0).props(
                    props
                )
                container = item.deposit_item_id if item else ""
                self._container = ui.input(say("Item number of its deposit container"), value=container).props(props)
            with box("checks"):
                self._weighed = ui.checkbox(say("Sold by weight"), value=item.weighed if item else False)
                self._weighed.set_enabled(item is None and self._may)
                self._active = ui.checkbox(say("On sale"), value=item.active if item else True)
                self._active.set_enabled(self._may)
                self._serial = ui.checkbox(say("Sold by serial number"), value=item.serial_tracked if item else False)
                self._serial.set_enabled(self._may)
                self._bag = ui.checkbox(say("Carrier bag"), value=item.bag if item else False)
                self._bag.set_enabled(self._may)
            self._error = field_error()
            with box("actions"):
                if self._may:
                    self._button = ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
                if item:
                    link(say("Its prices"), f"/prices?item={item.item_id}")

    async def _save(self) -> None:
        self._error.set_text("")
        item_id = (self._item_id.value or "").strip()
        if not item_id:
            self._error.set_text(self._visitor.words.say("Give the item number."))
            return
        self._button.props("loading")
        done = await self._frame.attempt(self._write(item_id), on_refused=self._refused)
        self._button.props(remove="loading")
        if done is not None:
            self._frame.notice(self._visitor.words.say("Saved as product version {version}.", version=done.feed_version))
            if self._item is None:
                ui.navigate.to(f"/products?item={item_id}")

    async def _write(self, item_id: str) -> FeedWritten:
        name, name_zh = (self._name.value or "").strip(), (self._name_zh.value or "").strip()
        style_id = self._item.style_id if self._item else f"S-{item_id}"
        if self._item is None:
            await self._visitor.send("PUT", f"/styles/{style_id}", FeedWritten, StyleBody(name=name, name_zh=name_zh))
        body = ItemBody(
            style_id=style_id,
            name=name,
            name_zh=name_zh,
            colour=(self._colour.value or "").strip(),
            size=(self._size.value or "").strip(),
            tax_class=str(self._tax.value or ""),
            weighed=bool(self._weighed.value),
            tare_grams=self._item.tare_grams if self._item else 0,
            active=bool(self._active.value),
            content_quantity=int(self._content.value or 0),
            content_unit=str(self._unit.value or ""),
            min_age=int(self._min_age.value or 0),
            deposit_item_id=(self._container.value or "").strip(),
            serial_tracked=bool(self._serial.value),
            bag=bool(self._bag.value),
        )
        return await self._visitor.send("PUT", f"/items/{item_id}", FeedWritten, body)

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


class _Barcodes:
    """The codes a product is scanned by."""

    def __init__(self, frame: Frame, item: Item, refill: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item = item
        self._refill = refill

    def build(self) -> None:
        """Add the card to where we are."""
        say = self._visitor.words.say
        may = self._visitor.may("products.write")
        with card(say("Barcodes")):
            if self._item.barcodes:
                table = Table([Column(say("Code")), Column(say("Pieces"), True), Column("")])
                for code in self._item.barcodes:
                    self._row(table, code, may)
            else:
                empty(say("No barcode yet"), say("It can be sold by its item number."), "barcode_reader")
            if not may:
                return
            with box("fields form"):
                self._code = ui.input(say("New code")).props("outlined dense inputmode=numeric autocomplete=off")
                self._code.on("keydown.enter", self._add)
                self._pieces = ui.number(say("Pieces it stands for"), value=1, min=1, precision=0).props("outlined dense")
                ui.button(say("Add code"), icon="add", on_click=self._add).props("flat no-caps").classes("second")
            self._error = field_error()

    def _row(self, table: Table, code: Barcode, may: bool) -> None:
        say = self._visitor.words.say
        row = table.row()
        row.cell(code.gtin.lstrip("0") if len(code.gtin) == 14 else code.gtin, "mono")
        row.cell(str(code.pack_quantity))

        async def remove() -> None:
            if await self._frame.attempt(self._visitor.send("DELETE", f"/barcodes/{code.gtin}", FeedWritten)) is not None:
                await self._frame.attempt(self._refill())

        with row.cell():
            if may:
                ui.button(say("Remove"), on_click=remove).props("flat dense no-caps")

    async def _add(self) -> None:
        self._error.set_text("")
        code = (self._code.value or "").strip()
        body = BarcodeBody(item_id=self._item.item_id, pack_quantity=int(self._pieces.value or 0))
        path = f"/barcodes/{code or '-'}"
        done = await self._frame.attempt(self._visitor.send("PUT", path, FeedWritten, body), on_refused=self._refused)
        if done is not None:
            await self._frame.attempt(self._refill())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
