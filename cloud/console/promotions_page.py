"""Promotions: what runs in the stores and what is being written, over time and as a list; and the way to begin one."""

from __future__ import annotations

import re

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, link, new_dialog, text
from cloud.console.promotion_answers import Listed, ListPage, NewPromotion, Whole, raw
from cloud.console.promotion_kinds import BY_NAME, KINDS, first_rule
from cloud.console.promotion_plots import timeline_plot
from cloud.console.visitor import Console, Visitor, to_login

LISTED = 200
EVERY_SECONDS = 5.0
HOUR_MS = 3_600_000
TONES = {"checked": "info", "awaiting_approval": "warn", "approved": "good", "recalled": "bad"}


def install(console: Console) -> None:
    """Add the page `/promotions`."""

    @ui.page("/promotions")
    def promotions() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "promotions", visitor.words.say("Promotions")) as frame:
            _PromotionsPage(frame)
        return None


def state_chips(row: Listed, visitor: Visitor) -> None:
    """How far the present revision has come, and what stores hold meanwhile."""
    words = visitor.words
    if row.state != "published":
        chip(words.name("promotion_state", row.state), TONES.get(row.state, "plain"))
    for placed in row.placed:
        ends_ms = placed.ends_ms
        if ends_ms is not None and ends_ms <= visitor.now_ms:
            chip(words.say("over"))
            continue
        waits = placed.starts_ms > visitor.now_ms
        where = (
            words.say("all stores")
            if not placed.store_count
            else words.say_many("{n} store", "{n} stores", placed.store_count)
        )
        told = words.say("to come: {where}", where=where) if waits else words.say("in force: {where}", where=where)
        if placed.revision != row.revision:
            told += words.say(" (revision {n})", n=placed.revision)
        chip(told, "info" if waits else "good")
    if row.state == "published" and not row.placed:
        chip(words.say("over"))


class _PromotionsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        say = self._visitor.words.say
        self._zones: dict[str, Zone] = {}
        self._seen: ListPage | None = None
        self._add: ui.button | None = None
        with box("actions"):
            if self._visitor.may("prices.write"):
                self._add = ui.button(say("New promotion"), icon="add", on_click=self._new).props("unelevated no-caps")
                self._add.classes("primary").set_enabled(False)  # until the zones are there to choose from
            self._zone = ui.select({"": say("All zones")}, value="", label=say("Zone"), on_change=self._fill)
            self._zone.props("outlined dense").classes("select store-select")
        self._list = box("stack")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        if not self._zones:
            zones = await self._frame.attempt(self._visitor.get("/zones", list[Zone]))
            if zones is None:
                return
            self._zones = {zone.zone: zone for zone in zones}
            options = {"": self._visitor.words.say("All zones")} | {zone: zone for zone in self._zones}
            self._zone.set_options(options, value=self._zone.value)
            if self._add is not None:
                self._add.set_enabled(True)
        path = self._visitor.get("/promotions", ListPage, zone=str(self._zone.value or ""), limit=LISTED)
        found = await self._frame.attempt(path)
        if found is None or found == self._seen:
            return
        self._seen = found
        self._list.clear()
        with self._list:
            self._draw(found)

    def _draw(self, found: ListPage) -> None:
        say = self._visitor.words.say
        with card():
            if not found.rows:
                hint = say("Write one, try it on yesterday's baskets, then give it to some stores or all.")
                empty(say("No promotion yet"), hint, "local_offer")
                return
            options = timeline_plot(found.rows, self._visitor.words.language, self._visitor.now_ms, say("now"))
            bars = len(options["yAxis"]["data"])  # type: ignore[index]
            if bars:
                ui.echart(options).classes("chart").style(f"height: {60 + 26 * bars}px")
            with box("chips"):
                chip(say("in force"), "good")
                chip(say("to come"), "info")
                chip(say("not in stores"))
        with card():
            columns = [Column(say("Promotion")), Column(say("Kind")), Column(say("State")), Column(say("From"))]
            table = Table([*columns, Column(say("Until")), Column(say("Zone")), Column(say("Made by"))], "roomy")
            for row in found.rows:
                self._row(table, row)
            if found.next is not None:
                text(say("The first {n} are shown.", n=LISTED), "p", "hint")

    def _row(self, table: Table, found: Listed) -> None:
        words, zone = self._visitor.words, self._visitor.zone
        row = table.row()
        with row.cell(classes="name-cell"):
            link(found.title(words.language), f"/promotions/{found.promotion_id}")
            text(found.promotion_id, "div", "hint")
        row.cell(words.name("promotion_kind", found.kind))
        with row.cell(), box("chips"):
            state_chips(found, self._visitor)
        row.cell(formats.instant(found.starts_ms, zone, words))
        row.cell(formats.instant(found.ends_ms, zone, words) if found.ends_ms else words.say("until recalled"))
        row.cell(found.zone)
        row.cell(found.made_by)

    def _new(self) -> None:
        words = self._visitor.words
        say = words.say
        key = self._visitor.new_key()
        with new_dialog() as dialog, box("dialog card form"):
            text(say("New promotion"), "h2")
            with box("fields"):
                name = ui.input(say("Name of the promotion")).props("outlined dense autofocus maxlength=80")
                zone = ui.select(
                    list(self._zones), label=say("Zone"), value=str(self._zone.value) or next(iter(self._zones), None)
                )
                zone.props("outlined dense")
            chosen = ui.toggle({kind.name: words.name("promotion_kind", kind.name) for kind in KINDS}, value="percent_off")
            chosen.props("unelevated no-caps").classes("toggle kinds")
            told = text(words.name("promotion_kind_help", "percent_off"), "p", "hint")
            chosen.on_value_change(lambda event: told.set_text(words.name("promotion_kind_help", str(event.value))))
            error = field_error()

            async def make() -> None:
                wanted = (name.value or "").strip()
                if not wanted or zone.value is None:
                    error.set_text(say("Give it a name."))
                    return
                starts_ms = (self._visitor.now_ms // HOUR_MS + 1) * HOUR_MS
                unit = 10 ** self._zones[str(zone.value)].minor_digits
                rule = first_rule(BY_NAME[str(chosen.value)], _id_of(wanted, self._visitor), wanted, starts_ms, unit)
                body = NewPromotion(zone=str(zone.value), rule=raw(rule))
                made = await self._frame.attempt(self._visitor.send("POST", "/promotions", Whole, body, key=key))
                if made is not None:
                    ui.navigate.to(f"/promotions/{made.promotion_id}")

            name.on("keydown.enter", make)
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                ui.button(say("Begin"), on_click=make).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()


def _id_of(name: str, visitor: Visitor) -> str:
    """A short id from a name: its letters and digits, and something that makes it new."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-")
    return f"{stem}-{visitor.new_key()[-4:]}" if stem else f"promotion-{visitor.new_key()[-8:]}"
