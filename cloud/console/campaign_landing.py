"""A campaign on its way, live: rings, stores, labels, stragglers with their reasons, the time to go, and the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import structs
from nicegui import ui

from cloud.console import formats
from cloud.console.campaign_answers import (
    Campaign,
    LabelPage,
    Progress,
    Published,
    RecallBody,
    Ring,
    StoreLanding,
    Stragglers,
)
from cloud.console.campaign_plots import landing_plot
from cloud.console.campaign_rings import ring_title, rule_words
from cloud.console.frame import Frame
from cloud.console.hq import FILE_SECONDS
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, new_dialog, text

LABELS_SHOWN = 200
TODAY_MS = 12 * formats.HOUR_MS
"""Times this near need no date."""
LATE_MS = 5_000
"""While nothing else moves, labels that lag are asked for at most so often."""


class LandingPart:
    """The cards of a published campaign; `fill` brings them up to date. `again`: what fills the whole page."""

    def __init__(self, frame: Frame, path: str, again: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = path
        self._again = again
        self._seen: Progress | None = None
        self._late: Stragglers | None = None
        self._late_ms = 0
        self._stack = box("stack")

    async def fill(self, campaign: Campaign) -> None:
        """Look again, and change what changed."""
        found = await self._visitor.get(f"{self._path}/progress", Progress)
        late = self._late
        if late is None or _moved(self._seen, found) or self._visitor.now_ms - self._late_ms > LATE_MS:
            late = await self._visitor.get(f"{self._path}/stragglers", Stragglers)
            self._late_ms = self._visitor.now_ms
        before, late_before = self._seen, self._late
        if (found, late) == (before, late_before):
            return
        self._seen, self._late = found, late
        if before is None:
            self._build()
        # Only what changed is built anew, so that no button goes away under a finger.
        self._show_head(campaign, found)
        if before is None or found.state != before.state:
            self._show_actions(found)
        if before is None or (found.state, found.rings) != (before.state, before.rings):
            self._show_rings(found)
        if before is None or found.stores != before.stores:
            self._show_stores(found)
        if late != late_before:
            self._show_late(late)

    def _build(self) -> None:
        say = self._visitor.words.say
        with self._stack:
            with card(classes="landing"):
                self._headline = text(say("Looking …"), "h2")
                self._headline.props["role"] = "status"
                self._bar = ui.linear_progress(0, show_value=False, size="10px").props("rounded")
                with box("figures"):
                    self._received = figure(say("stores received it"), formats.DASH)
                    self._applied = figure(say("stores applied it"), formats.DASH)
                    self._labels = figure(say("labels show it"), formats.DASH)
                    self._eta = figure(say("time to go"), formats.DASH)
                self._plot = ui.echart(landing_plot((), "", "", 0)).classes("chart")
                self._actions = box("actions")
            with card(say("Rings")):
                self._rings = box("stack")
            with card(say("Stores")):
                self._stores = box("stack")
            with card(say("Labels that do not show it yet")):
                self._stragglers = box("stack")

    def _show_head(self, campaign: Campaign, found: Progress) -> None:
        words = self._visitor.words
        say = words.say
        done, whole = (
            (found.shown_count, found.label_count) if found.label_count else (found.applied_count, found.store_count)
        )
        self._headline.set_text(self._words_of(campaign, found))
        self._bar.set_value(done / whole if whole else 1 if found.state == "complete" else 0)
        landed = found.applied_count == found.store_count and found.shown_count == found.label_count
        self._bar.props(
            f"color={'negative' if found.state == 'recalled' and not landed else 'positive' if landed else 'primary'}"
        )
        self._received.set_text(f"{found.received_count} / {found.store_count}")
        self._applied.set_text(f"{found.applied_count} / {found.store_count}")
        self._labels.set_text(f"{found.shown_count} / {found.label_count}" if found.label_count else formats.DASH)
        left = None if found.eta_ms is None else max(0, found.eta_ms - self._visitor.now_ms)
        self._eta.set_text(say("done") if landed and found.store_count else formats.age(left, words))
        self._plot.options.clear()
        plot = landing_plot(found.ticks, say("stores applied"), say("labels showing"), self._visitor.now_ms)
        self._plot.options.update(plot)
        self._plot.update()
        self._plot.set_visibility(len(found.ticks) > 1)

    def _show_actions(self, found: Progress) -> None:
        say = self._visitor.words.say
        self._actions.clear()
        with self._actions:
            if found.state != "recalled" and self._visitor.may("prices.write"):
                back = ui.button(say("Recall"), icon="undo", on_click=self._recall).props("outline no-caps color=negative")
                back.classes("second danger")
                text(say("Everything shows the old price again, by one release."), "span", "hint")

    def _words_of(self, campaign: Campaign, found: Progress) -> str:
        words = self._visitor.words
        waiting = found.store_count - found.applied_count
        unshown = found.label_count - found.shown_count
        if found.state == "recalled":
            if waiting or unshown:
                return words.say(
                    "Recalled. Still to go back: stores {stores}, labels {labels}.", stores=waiting, labels=unshown
                )
            return words.say("Recalled. Everything shows what it showed before.")
        if found.state == "scheduled":
            when = formats.instant(campaign.starts_at_ms, self._visitor.zone, words)
            return words.say("Published. The prices start {time}.", time=when)
        if waiting:
            return words.say_many(
                "Published. {n} store is still to come.", "Published. {n} stores are still to come.", waiting
            )
        if unshown:
            return words.say_many("{n} label is still to come.", "{n} labels are still to come.", unshown)
        if any(ring.opened_at_ms is None for ring in found.rings):
            return words.say("Landed in every open ring.")
        return words.say("Landed everywhere.")

    def _show_rings(self, found: Progress) -> None:
        words = self._visitor.words
        say = words.say
        following = next((ring.ring_no for ring in found.rings if ring.opened_at_ms is None), 0)
        self._rings.clear()
        with self._rings:
            columns = [Column(say("Ring")), Column(say("For")), Column(say("Opens")), Column(say("State")), Column("")]
            table = Table(columns)
            for ring in found.rings:
                row = table.row()
                row.cell(str(ring.ring_no))
                row.cell(ring_title(ring, words.language, say), "name-cell")
                row.cell(say("when published") if ring.ring_no == 1 else rule_words(ring, say))
                with row.cell():
                    self._ring_state(ring, is_next=ring.ring_no == following, over=found.state == "recalled")
                with row.cell():
                    mine = self._visitor.may("prices.write") and found.state in {"running", "scheduled"}
                    if ring.ring_no == following and mine:
                        ui.button(say("Open now"), on_click=lambda _, ring=ring: self._open(ring)).props(
                            "flat dense no-caps"
                        )

    def _ring_state(self, ring: Ring, *, is_next: bool, over: bool) -> None:
        words = self._visitor.words
        if ring.opened_at_ms is not None:
            when = formats.instant(ring.opened_at_ms, self._visitor.zone, words, seconds=True)
            chip(words.say("open since {time}", time=when), "good")
        elif over:
            chip(words.say("never opened"))
        else:
            with box("chips"):
                chip(words.say("closed"), "warn" if is_next else "plain")
                if is_next and ring.waits:
                    text(words.api(ring.waits), "span", "hint")

    def _show_stores(self, found: Progress) -> None:
        words = self._visitor.words
        say = words.say
        self._stores.clear()
        with self._stores:
            if not found.stores:
                empty(say("No store is reached yet"), "", "storefront")
                return
            columns = [Column(say("Store")), Column(say("Connection")), Column(say("Published")), Column(say("Received"))]
            columns += [Column(say("Applied")), Column(say("Shown by labels"), True), Column(say("Last label"))]
            table = Table(columns, "roomy")
            for store in found.stores:
                self._store(table, store)

    def _store(self, table: Table, store: StoreLanding) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(store.name, f"/stores/{store.store_id}")
        with row.cell():
            chip(words.say("online"), "good") if store.online else chip(words.say("offline"), "bad")
        row.cell(self._time(store.published_at_ms))
        row.cell(self._time(store.received_at_ms))
        with row.cell():
            if store.applied_at_ms is not None:
                text(self._time(store.applied_at_ms))
            elif store.trouble:
                chip(words.api(store.trouble), "bad")
            else:
                chip(
                    words.say("follows when the store is back online") if not store.online else words.say("on its way"),
                    "warn",
                )
        with row.cell():
            if store.label_count:
                shown = f"{store.shown_count} / {store.label_count}"
                ui.button(shown, on_click=lambda: self._labels_of(store)).props("flat dense no-caps")
            else:
                text(formats.DASH)
        row.cell(self._time(store.last_shown_at_ms))

    def _time(self, at_ms: int | None) -> str:
        if at_ms is None:
            return formats.DASH
        if abs(self._visitor.now_ms - at_ms) < TODAY_MS:
            return formats.time_of_day(at_ms, self._visitor.zone)
        return formats.instant(at_ms, self._visitor.zone, self._visitor.words)

    def _show_late(self, late: Stragglers) -> None:
        words = self._visitor.words
        say = words.say
        self._stragglers.clear()
        with self._stragglers:
            if not late.rows:
                empty(say("None"), "", "task_alt")
                return
            columns = [Column(say("Store")), Column(say("Position")), Column(say("Label")), Column(say("Item"))]
            with box("scroll"):
                table = Table([*columns, Column(say("Why")), Column(say("Last confirmed"))])
                for label in late.rows:
                    row = table.row()
                    row.cell(label.store_name)
                    row.cell(label.position or formats.DASH)
                    row.cell(label.label_id, "mono")
                    row.cell(label.title(words.language))
                    with row.cell():
                        chip(words.name("straggler", label.why), "warn")
                        if label.detail and label.detail != "ok":
                            text(words.api(label.detail), "div", "hint")
                    row.cell(formats.instant(label.confirmed_at_ms, self._visitor.zone, words))

    async def _labels_of(self, store: StoreLanding) -> None:
        words = self._visitor.words
        say = words.say
        path = f"{self._path}/stores/{store.store_id}/labels"
        found = await self._frame.attempt(self._visitor.get(path, LabelPage, limit=LABELS_SHOWN))
        if found is None:
            return
        with self._frame.client, new_dialog() as dialog, box("dialog card"):
            text(store.name, "h2")
            with box("scroll"):
                columns = [Column(say("Label")), Column(say("Position")), Column(say("Item")), Column(say("State"))]
                table = Table([*columns, Column(say("Sent")), Column(say("Confirmed")), Column(say("Evidence"))])
                for label in found.rows:
                    row = table.row()
                    row.cell(label.label_id, "mono")
                    row.cell(label.position or formats.DASH)
                    row.cell(label.title(words.language))
                    with row.cell():
                        chip(say("shows it"), "good") if label.shows else chip(say("not yet"), "warn")
                    row.cell(self._time(label.sent_at_ms))
                    row.cell(self._time(label.confirmed_at_ms))
                    row.cell(words.name("evidence", label.evidence) if label.evidence else formats.DASH)
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _open(self, ring: Ring) -> None:
        path = f"{self._path}/rings/{ring.ring_no}/open"
        sending = self._visitor.send_slow("POST", path, Published, key=self._visitor.new_key())
        if await self._frame.attempt(sending) is not None:
            await self._frame.attempt(self._again())

    def _recall(self) -> None:
        say = self._visitor.words.say
        key = self._visitor.new_key()

        async def go() -> None:
            button.props("loading")
            body = RecallBody(reason=str(reason.value or ""))
            path = f"{self._path}/recall"
            sending = self._visitor.send("POST", path, Published, body, key=key, seconds=FILE_SECONDS)
            done = await self._frame.attempt(sending)
            button.props(remove="loading")
            if done is not None:
                dialog.close()
                await self._frame.attempt(self._again())

        with self._frame.client, new_dialog() as dialog, box("dialog small card"):
            text(say("Recall this campaign?"), "h2")
            text(say("Every store shows and charges what held before, as soon as it hears of it."), "p")
            reason = ui.input(say("Reason (kept in the history)")).props("outlined dense autofocus maxlength=200")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                button = ui.button(say("Recall now"), icon="undo", on_click=go).props("unelevated no-caps color=negative")
        dialog.on("hide", dialog.delete)
        dialog.open()


def _moved(before: Progress | None, found: Progress) -> bool:
    """Whether anything but the clock moved."""
    return before is None or structs.replace(before, eta_ms=None) != structs.replace(found, eta_ms=None)
