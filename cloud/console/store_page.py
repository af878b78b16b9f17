"""One store: what it should hold and what it holds, what it has sent, what is wrong."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import HqAlarm, Store
from cloud.console.frame import Frame, page
from cloud.console.glance_words import OLD_FACT_MS
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.store_telemetry import DevicesCard, TelemetryCard
from cloud.console.store_words import feed_chip, feed_name, line_chip
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 2.0


def install(console: Console) -> None:
    """Add the page `/stores/{store_id}`."""

    @ui.page("/stores/{store_id}")
    def store(store_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "stores", store_id, back=(say("Stores"), "/")) as frame:
            _StorePage(frame, store_id)
            DevicesCard(frame, store_id)
            TelemetryCard(frame, store_id)
        return None


class _StorePage:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._drawn: object = None
        self._all = box("stack")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        store = await self._visitor.get(f"/stores/{self._store_id}", Store)
        words = self._visitor.words
        heard = "" if store.online else formats.age(self._visitor.now_ms - store.heard_at_ms, words)
        drawn = (store, formats.age(store.oldest_unacked_age_ms, words), heard)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._frame.heading.set_text(store.name)
        self._all.clear()
        with self._all:
            self._head(store)
            if store.alarms or store.store_alarms or store.clone_suspected:
                self._alarms(store)
            with box("halves"):
                self._feeds(store)
                self._streams(store)

    def _head(self, store: Store) -> None:
        words = self._visitor.words
        say = words.say
        with card():
            with box("actions"):
                text(store.store_id, "h2", "grow")
                line_chip(store, self._visitor)
            with box("figures"):
                age = store.oldest_unacked_age_ms
                figure(
                    say("oldest fact not yet here"),
                    say("none") if age is None else formats.age(age, words),
                    "warn" if (age or 0) > OLD_FACT_MS else "",
                )
                figure(say("zone"), store.zone)
                figure(say("clock"), words.name("clock", store.clock) if store.clock else formats.DASH)
                figure(say("box number"), str(store.incarnation or formats.DASH))
                figure(say("software"), store.software or formats.DASH)
            if store.certificate_expires_ms is not None:
                ends = formats.instant(store.certificate_expires_ms, self._visitor.zone, words)
                text(say("Its certificate is good until {time}.", time=ends), "p", "hint")
            with box("actions"):
                link(say("Staff of this store"), f"/staff?store={store.store_id}")
                link(say("Its sales"), f"/sales?store={store.store_id}")

    def _alarms(self, store: Store) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("Alarms")):
            if store.clone_suspected:
                text(
                    say("Two boxes claim to be this store. Neither is let in until one is chosen with an order."),
                    "p",
                    "bad-text",
                )
            if store.store_alarms:
                with box("chips"):
                    text(say("The box says:"))
                    for code in store.store_alarms:
                        chip(words.name("alarm", code), "bad")
            if store.alarms:
                table = Table([Column(say("What")), Column(say("Since")), Column("")])
                for alarm in store.alarms:
                    self._alarm(table, alarm)

    def _alarm(self, table: Table, alarm: HqAlarm) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            text(words.name("alarm", alarm.code), "strong")
            text(alarm.detail, "div", "hint")
        row.cell(formats.instant(alarm.raised_at_ms, self._visitor.zone, words))

        async def seen() -> None:
            path = f"/stores/{self._store_id}/alarms/{alarm.alarm_id}/seen"
            if await self._frame.attempt(self._visitor.send("POST", path, Nothing)) is not None:
                await self._frame.attempt(self._fill())

        with row.cell():
            if self._visitor.may("alarms.write"):
                ui.button(words.say("Mark as seen"), on_click=seen).props("flat dense no-caps")

    def _feeds(self, store: Store) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("What it holds")):
            table = Table(
                [Column(say("What")), Column(say("Should be"), True), Column(say("Is"), True), Column(say("State"))]
            )
            for feed in store.feeds:
                row = table.row()
                row.cell(feed_name(feed.feed_id, words), "name-cell")
                row.cell(str(feed.desired_version))
                row.cell(formats.DASH if feed.applied_version is None else str(feed.applied_version))
                with row.cell():
                    if feed.in_step:
                        chip(say("up to date"), "good")
                    else:
                        feed_chip(feed, words)

    def _streams(self, store: Store) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("What it has sent")):
            if not store.streams:
                empty(say("Nothing heard so far"), "", "hourglass_empty")
                return
            table = Table(
                [
                    Column(say("Journal")),
                    Column(say("Written"), True),
                    Column(say("Here"), True),
                    Column(say("On the way"), True),
                ]
            )
            for stream in store.streams:
                row = table.row()
                row.cell(words.name("stream", stream.stream), "name-cell")
                row.cell(str(stream.last_seq))
                row.cell(str(stream.acked_upto))
                row.cell(str(max(0, stream.last_seq - stream.acked_upto)))
