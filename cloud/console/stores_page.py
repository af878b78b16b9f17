"""Every store at a glance, the worst first: online, what it lacks, what it still holds, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Store, StoreFeed, StorePage
from cloud.console.chain_tabs import RegionFilter
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import Words

EVERY_SECONDS = 3.0
PAGE_ROWS = 500
PAGES_MAX = 4
SHOWN = 200
OLD_FACT_MS = 5 * 60_000
"""A fact that waits longer than this is worth a look."""


def install(console: Console) -> None:
    """Add the page `/`."""

    @ui.page("/")
    def stores() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stores", visitor.words.say("Stores")) as frame:
            _StoresPage(frame)
        return None


def feed_name(feed_id: str, words: Words) -> str:
    """What a feed carries, in words."""
    return words.name("feed", feed_id.rsplit("/", 1)[-1])


def feed_chip(feed: StoreFeed, words: Words) -> None:
    """How far a feed is behind, in words."""
    name = feed_name(feed.feed_id, words)
    if feed.status.startswith("failed"):
        chip(words.say("{feed}: cannot be applied", feed=name), "bad")
    elif feed.applied_version is None:
        chip(words.say("{feed}: never received", feed=name), "warn")
    else:
        chip(words.say_many("{feed}: {n} version behind", "{feed}: {n} versions behind", feed.behind, feed=name), "warn")


def line_chip(store: Store, visitor: Visitor) -> None:
    """Online, or since when not."""
    words = visitor.words
    if store.online:
        chip(words.say("online"), "good")
    elif store.heard_at_ms == 0:
        chip(words.say("never seen"), "plain")
    else:
        away = formats.age(visitor.now_ms - store.heard_at_ms, words)
        chip(words.say("offline for {age}", age=away), "bad")


def badness(store: Store) -> tuple[int, ...]:
    """Sort key: what needs a person comes first."""
    feeds_behind = sum(feed.behind for feed in store.feeds)
    return (
        -int(store.clone_suspected),
        -(len(store.alarms) + len(store.store_alarms)),
        int(store.online or store.heard_at_ms == 0),
        -((store.oldest_unacked_age_ms or 0) // OLD_FACT_MS),
        -feeds_behind if store.heard_at_ms else 0,
    )


class _StoresPage:
    def __init__(self, frame: Frame) -> None:
        self._visitor = frame.visitor
        self._stores: Sequence[Store] = ()
        self._more = False
        self._drawn: object = None
        words = self._visitor.words
        say = words.say
        with card(), box("figures"):
            self._online = figure(say("stores online"), formats.DASH)
            self._behind = figure(say("stores not up to date"), formats.DASH)
            self._waiting = figure(say("oldest fact not yet here"), formats.DASH)
            self._alarms = figure(say("alarms"), formats.DASH)
        with card():
            with box("actions"):
                self._region = RegionFilter(self._visitor, self._draw)
                with box("search narrow-search"):
                    self._filter = ui.input(placeholder=say("Find a store"), on_change=self._draw).props(
                        "outlined dense clearable"
                    )
                    self._filter.props["aria-label"] = say("Find a store")
                    with self._filter.add_slot("prepend"):
                        ui.icon("search")
            self._rows = box("")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found: list[Store] = []
        after: str | None = None
        for _ in range(PAGES_MAX):
            got = await self._visitor.get("/stores", StorePage, limit=PAGE_ROWS, after=after)
            found += got.rows
            after = got.next
            if after is None:
                break
        self._more = after is not None
        await self._region.fill()
        self._stores = sorted(found, key=lambda store: (badness(store), store.name, store.store_id))
        self._draw()

    def _draw(self) -> None:
        words = self._visitor.words
        self._figures()
        wanted = (self._filter.value or "").strip().lower()
        shown = [
            store
            for store in self._stores
            if self._region.allows(store.region_id) and wanted in f"{store.name} {store.store_id} {store.zone}".lower()
        ]
        drawn = [(store, formats.age(store.oldest_unacked_age_ms, words), self._heard(store)) for store in shown[:SHOWN]]
        if drawn == self._drawn and drawn:
            return
        self._drawn = drawn
        self._rows.clear()
        with self._rows:
            if not shown:
                self._nothing(wanted)
                return
            say = words.say
            table = Table(
                [
                    Column(say("Store")),
                    Column(say("Connection")),
                    Column(say("Holds")),
                    Column(say("Oldest fact waiting"), True),
                    Column(say("Alarms")),
                    Column(say("Software")),
                ]
            )
            for store in shown[:SHOWN]:
                self._row(table, store)
            if len(shown) > SHOWN or self._more:
                text(say("The {n} that need it most are shown. Search to find another.", n=SHOWN), "p", "hint")

    def _heard(self, store: Store) -> str:
        return "" if store.online else formats.age(self._visitor.now_ms - store.heard_at_ms, self._visitor.words)

    def _figures(self) -> None:
        words = self._visitor.words
        online = sum(store.online for store in self._stores)
        behind = sum(not store.in_step for store in self._stores)
        ages = [store.oldest_unacked_age_ms for store in self._stores if store.oldest_unacked_age_ms is not None]
        alarms = sum(len(store.alarms) + len(store.store_alarms) for store in self._stores)
        self._online.set_text(f"{online} / {len(self._stores)}")
        self._behind.set_text(str(behind))
        self._waiting.set_text(formats.age(max(ages), words) if ages else words.say("none"))
        self._alarms.set_text(str(alarms))
        self._alarms.classes(add="bad" if alarms else "", remove="" if alarms else "bad")
        old = bool(ages) and max(ages) > OLD_FACT_MS
        self._waiting.classes(add="warn" if old else "", remove="" if old else "warn")

    def _nothing(self, wanted: str) -> None:
        say = self._visitor.words.say
        if wanted:
            empty(say("No store of that name"), "", "search_off")
        else:
            empty(
                say("There is no store yet"),
                say("Add one at headquarters' machine: python -m cloud store add"),
                "storefront",
            )

    def _row(self, table: Table, store: Store) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(store.name, f"/stores/{store.store_id}")
            text(f"{store.store_id} · {store.zone}", "div", "hint")
        with row.cell():
            line_chip(store, self._visitor)
        with row.cell(classes="chips"):
            late = [feed for feed in store.feeds if not feed.in_step]
            if not late:
                chip(words.say("up to date"), "good")
            elif all(feed.applied_version is None for feed in store.feeds):
                chip(words.say("nothing received yet"))
            else:
                for feed in late:
                    feed_chip(feed, words)
        age = store.oldest_unacked_age_ms
        row.cell(
            words.say("none") if age is None else formats.age(age, words), "warn-text" if (age or 0) > OLD_FACT_MS else ""
        )
        with row.cell(classes="chips"):
            alarm_chips(store, words)
        row.cell(store.software or formats.DASH)


def alarm_chips(store: Store, words: Words) -> None:
    """What is wrong, by name."""
    names = [words.name("alarm", alarm.code) for alarm in store.alarms]
    names += [words.name("alarm", code) for code in store.store_alarms]
    if store.clone_suspected:
        names.insert(0, words.say("two boxes claim to be this store"))
    for name in dict.fromkeys(names):
        chip(name, "bad")
    if not names:
        text(words.say("none"), "span", "hint")
