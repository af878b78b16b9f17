"""Prices: find an item, see what holds, what will and what did, and change it."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import (
    Item,
    ItemPrices,
    PriceHistory,
    PublishedChanges,
    ScheduledPrice,
    Zone,
    ZonePrice,
)
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.item_search import ItemSearch
from cloud.console.parts import Column, Table, box, card, chip, empty, link, text
from cloud.console.price_form import PriceForm
from cloud.console.visitor import Console, Visitor, to_login
from protocols.contract.values import ContentUnit
from protocols.prices.unit_price import unit_price

HISTORY_ROWS = 20
CHANGES_ROWS = 12


def install(console: Console) -> None:
    """Add the page `/prices`."""

    @ui.page("/prices")
    def prices(item: str = "", q: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "prices", visitor.words.say("Prices")) as frame:
            _PricesPage(frame, item, q)
        return None


class _PricesPage:
    def __init__(self, frame: Frame, item_id: str, query: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item_id = item_id
        with box("two-panes" + (" chosen" if item_id else "")) as self._panes:
            with box("pane-list"), card():
                self._search = ItemSearch(frame, self._chosen, query=query)
            self._detail = box("pane-detail")
        self._search.mark(item_id)
        frame.load(self._fill)

    async def _chosen(self, item: Item) -> None:
        self._item_id = item.item_id
        ui.navigate.history.replace(f"/prices?item={item.item_id}")
        self._panes.classes(add="chosen")
        await self._fill()

    async def _fill(self) -> None:
        if not self._item_id:
            await self._overview()
            return
        visitor, item_id = self._visitor, self._item_id
        item = await visitor.get(f"/items/{item_id}", Item)
        prices = await visitor.get(f"/items/{item_id}/prices", ItemPrices)
        histories = [
            (zone, await visitor.get(f"/zones/{zone.zone}/prices/{item_id}/history", PriceHistory, limit=HISTORY_ROWS))
            for zone in prices.zones
        ]
        if item_id != self._item_id:
            return
        self._detail.clear()
        with self._detail:
            ItemPricesPart(self._frame, item, prices).build()
            for zone, history in histories:
                _history(self._visitor, zone, history)

    async def _overview(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        changes = [(zone, await self._changes(zone)) for zone in zones]
        say = self._visitor.words.say
        self._detail.clear()
        with self._detail:
            with box("actions"):
                for title, icon, address in (
                    (say("Prices of a zone"), "menu_book", "/prices/book"),
                    (say("Price books"), "library_books", "/prices/books"),
                    (say("Price timeline"), "timeline", "/prices/timeline"),
                ):
                    button = ui.button(title, icon=icon, on_click=lambda _, address=address: ui.navigate.to(address))
                    button.props("outline no-caps").classes("second")
                if self._visitor.may("prices.write"):
                    ui.button(
                        say("Change many prices"), icon="playlist_add", on_click=lambda: ui.navigate.to("/prices/many")
                    ).props("unelevated no-caps").classes("primary")
            if not zones:
                empty(say("There is no price zone yet"), say("Zones are set up together with the first stores."), "sell")
            for zone, found in changes:
                with card(say("Published in zone {zone}", zone=zone.zone)):
                    published_table(self._visitor, zone.zone, found)

    async def _changes(self, zone: Zone) -> PublishedChanges:
        return await self._visitor.get(f"/zones/{zone.zone}/price-changes", PublishedChanges, limit=CHANGES_ROWS)


def published_table(visitor: Visitor, zone: str, changes: PublishedChanges) -> None:
    """What was published lately, each with the way to watch it land."""
    words = visitor.words
    say = words.say
    table = Table([Column(say("Version"), True), Column(say("When")), Column(say("Who")), Column(say("What")), Column("")])
    for change in changes.rows:
        row = table.row()
        row.cell(str(change.feed_version))
        row.cell(formats.instant(change.changed_at_ms, visitor.zone, words))
        row.cell(change.changed_by)
        with row.cell():
            if change.item_count == 1:
                link(change.first_item_id, f"/prices?item={change.first_item_id}")
            else:
                text(words.say_many("{n} item", "{n} items", change.item_count))
            if change.recalled:
                text(" ")
                chip(say("recalled"), "bad")
        with row.cell():
            link(say("Watch it land"), f"/landing/{zone}/{change.feed_version}")


class ItemPricesPart:
    """One item's prices in every zone, what is scheduled, and the form to change them."""

    def __init__(self, frame: Frame, item: Item, prices: ItemPrices) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item = item
        self._prices = prices

    def build(self) -> None:
        """Add the cards to where we are."""
        words = self._visitor.words
        say = words.say
        with card(classes="item-head"):
            with box("item-title"):
                text(self._item.title(words.language), "h2")
                other = self._item.name if words.language == "zh" else self._item.name_zh
                text(" · ".join(part for part in (self._item.item_id, other) if part), "p", "hint")
            with box("price-now"):
                for zone in self._prices.zones:
                    self._in_force(zone)
            if not self._prices.zones:
                empty(say("There is no price zone yet"), "", "sell")
            self._scheduled()
            link(say("Price timeline"), f"/prices/timeline?item={self._item.item_id}")
        if self._visitor.may("prices.write") and self._prices.zones:
            PriceForm(self._frame, self._item, self._prices.zones).build()

    def _in_force(self, zone: ZonePrice) -> None:
        words = self._visitor.words
        say = words.say
        with box("price-zone"):
            text(zone.zone, "span", "zone-name")
            amount = formats.money(zone.price_minor, zone.currency, zone.minor_digits, words)
            with box("price-big"):
                text(amount, "strong").props["data-test"] = f"price-{zone.zone}"
                if self._item.weighed and zone.price_minor is not None:
                    text(say("per kg"))
            if zone.price_minor is not None:
                self._unit_price(zone, zone.price_minor)
            if zone.price_minor is None:
                text(say("No price: it cannot be sold here."), "p", "warn-text")
            elif zone.effective_to_ms is not None:
                until = formats.instant(zone.effective_to_ms, self._visitor.zone, words)
                text(say("until {time}", time=until), "p", "hint")
            elif zone.effective_from_ms:
                since = formats.instant(zone.effective_from_ms, self._visitor.zone, words)
                text(say("since {time}", time=since), "p", "hint")

    def _unit_price(self, zone: ZonePrice, price_minor: int) -> None:
        item, words = self._item, self._visitor.words
        found = unit_price(price_minor, item.content_quantity, ContentUnit(item.content_unit))
        if found is not None:
            amount = formats.money(found.price_minor, zone.currency, zone.minor_digits, words)
            text(f"{amount} / {words.name('unit', found.base)}", "p", "hint")

    def _scheduled(self) -> None:
        if not self._prices.scheduled:
            return
        say = self._visitor.words.say
        text(say("Scheduled"), "h3")
        table = Table(
            [Column(say("From")), Column(say("Until")), Column(say("Price"), True), Column(say("Reason")), Column("")]
        )
        for change in self._prices.scheduled:
            self._scheduled_row(table, change)

    def _scheduled_row(self, table: Table, change: ScheduledPrice) -> None:
        visitor, words = self._visitor, self._visitor.words
        zone = next(zone for zone in self._prices.zones if zone.zone == change.zone)
        row = table.row()
        row.cell(formats.instant(change.effective_from_ms, visitor.zone, words))
        row.cell(formats.instant(change.effective_to_ms, visitor.zone, words))
        row.cell(formats.money(change.price_minor, zone.currency, zone.minor_digits, words))
        row.cell(change.reason)
        path = f"/zones/{change.zone}/prices/{self._item.item_id}/revisions/{change.revision}"

        async def take_back() -> None:
            done = await self._frame.attempt(visitor.send("DELETE", path, Nothing, key=key))
            if done is not None:
                self._frame.notice(words.say("Taken back. It will not start."))
                ui.navigate.to(f"/prices?item={self._item.item_id}")

        key = visitor.new_key()
        with row.cell():
            if visitor.may("prices.write"):
                ui.button(words.say("Take back"), on_click=take_back).props("flat dense no-caps")


def _history(visitor: Visitor, zone: ZonePrice, history: PriceHistory) -> None:
    words = visitor.words
    say = words.say
    with card(say("History in zone {zone}", zone=zone.zone)):
        if not history.rows:
            empty(say("No price so far"), "", "history")
            return
        table = Table(
            [
                Column(say("Revision"), True),
                Column(say("Price"), True),
                Column(say("Price book")),
                Column(say("From")),
                Column(say("Until")),
                Column(say("Who")),
                Column(say("Reason")),
            ]
        )
        for line in history.rows:
            row = table.row("withdrawn" if line.withdrawn_at_ms is not None else "")
            with row.cell():
                link(str(line.revision), f"/landing/{zone.zone}/{line.feed_version}")
            row.cell(formats.money(line.price_minor, zone.currency, zone.minor_digits, words))
            with row.cell():
                if line.book_id not in ("", f"zone.{zone.zone}"):
                    link(line.book_id, f"/prices/books/{line.book_id}")
            begin = (
                formats.instant(line.effective_from_ms, visitor.zone, words) if line.effective_from_ms else say("the start")
            )
            row.cell(begin)
            row.cell(formats.instant(line.effective_to_ms, visitor.zone, words))
            row.cell(line.changed_by)
            with row.cell():
                text(line.reason)
                if line.withdrawn_at_ms is not None:
                    chip(say("recalled") if line.recalled else say("replaced or taken back"))
