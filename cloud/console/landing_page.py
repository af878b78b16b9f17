"""Watch a price change land: published, received and applied by each store, shown by its labels. Four facts, never one."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Landing, LandingStore
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 1.0


def install(console: Console) -> None:
    """Add the page `/landing/{zone}/{version}`."""

    @ui.page("/landing/{zone}/{version}")
    def landing(zone: str, version: int, item: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        back = (say("Prices"), f"/prices?item={item}" if item else "/prices")
        title = say("Version {version} of zone {zone}", version=version, zone=zone)
        with page(visitor, "prices", title, back=back) as frame:
            _LandingPage(frame, zone, version)
        return None


class _LandingPage:
    def __init__(self, frame: Frame, zone: str, version: int) -> None:
        self._visitor = frame.visitor
        self._zone = zone
        self._version = version
        words = self._visitor.words
        say = words.say
        with card(classes="landing"):
            self._headline = text(say("Looking …"), "h2")
            self._headline.props["role"] = "status"
            self._bar = ui.linear_progress(0, show_value=False, size="10px").props("rounded")
            with box("figures"):
                self._applied = figure(say("stores have it"), formats.DASH)
                self._waiting = figure(say("still to come"), formats.DASH)
                self._labels = figure(say("labels show it"), formats.DASH)
                self._online = figure(say("stores online"), formats.DASH)
            self._what = text("", "p", "hint")
        with card(say("Stores")):
            self._stores = box("")
        self._seen: Landing | None = None
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(f"/zones/{self._zone}/landing/{self._version}", Landing)
        if found == self._seen:
            return
        self._seen = found
        words = self._visitor.words
        done = found.store_count > 0 and found.applied_count == found.store_count
        self._headline.set_text(_headline(found, self._visitor))
        self._bar.set_value(found.applied_count / found.store_count if found.store_count else 0)
        self._bar.props(f"color={'positive' if done else 'primary'}")
        self._applied.set_text(str(found.applied_count))
        self._waiting.set_text(str(found.store_count - found.applied_count))
        self._online.set_text(str(found.online_count))
        self._what.set_text(self._told(found))
        bound = sum(store.label_count for store in found.stores)
        shown = sum(store.label_shown_count for store in found.stores)
        self._labels.set_text(f"{shown} / {bound}" if bound else formats.DASH)
        self._stores.clear()
        with self._stores:
            if not found.stores:
                empty(
                    words.say("No store belongs to this zone yet"),
                    words.say("It is published and waits for the first one."),
                    "storefront",
                )
                return
            table = Table(
                [
                    Column(words.say("Store")),
                    Column(words.say("Connection")),
                    Column(words.say("Prices in the store")),
                    Column(words.say("Labels showing it"), True),
                    Column(words.say("Holds version"), True),
                ]
            )
            for store in found.stores:
                self._row(table, store)

    def _told(self, found: Landing) -> str:
        words, change = self._visitor.words, found.change
        told = words.say_many(
            "{n} item, published by {who} on {time}.",
            "{n} items, published by {who} on {time}.",
            change.item_count,
            who=change.changed_by,
            time=formats.instant(change.changed_at_ms, self._visitor.zone, words, seconds=True),
        )
        if change.effective_from_ms <= self._visitor.now_ms:
            return told
        start = formats.instant(change.effective_from_ms, self._visitor.zone, words)
        return f"{told} {words.say('It starts on {time}; labels and tills change then.', time=start)}"

    def _row(self, table: Table, store: LandingStore) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(store.name, f"/stores/{store.store_id}")
        with row.cell():
            chip(words.say("online"), "good") if store.online else chip(words.say("offline"), "bad")
        with row.cell():
            if store.applied_version is not None and store.applied_version >= self._version:
                chip(words.say("received and applied"), "good")
            elif not store.online:
                text(words.say("follows when the store is back online"))
            elif store.status.startswith("failed"):
                chip(store.status, "bad")
            else:
                chip(words.say("on its way"), "warn")
        row.cell(f"{store.label_shown_count} / {store.label_count}" if store.label_count else formats.DASH)
        row.cell(formats.DASH if store.applied_version is None else str(store.applied_version))


def _headline(found: Landing, visitor: Visitor) -> str:
    words = visitor.words
    if found.store_count == 0:
        return words.say("Published. No store belongs to this zone yet.")
    waiting = found.store_count - found.applied_count
    if waiting == 0:
        return words.say_many("Landed: the store has it.", "Landed: all {n} stores have it.", found.store_count)
    return words.say_many("Published. {n} store is still to come.", "Published. {n} stores are still to come.", waiting)
