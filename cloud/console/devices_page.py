"""Devices across the chain, the worst first: state, reason in words, since when. Live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.glance_answers import Device, DevicePage, StateCounts
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 5.0
COUNTS_EVERY_MS = 20_000
ROWS, ROWS_MAX = 100, 500
TONE_OF = {"failed": "bad", "retrying": "bad", "degraded": "warn", "stopped": "plain", "starting": "info", "ready": "good"}
TROUBLE = ("failed", "retrying", "degraded")


def install(console: Console) -> None:
    """Add the page `/devices`."""

    @ui.page("/devices")
    def devices(store: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        back = (say("Stores"), "/") if not store else (store, f"/stores/{store}")
        with page(visitor, "devices", say("Devices"), back=back if store else None) as frame:
            _DevicesPage(frame, store)
        return None


def device_table(devices: Sequence[Device], visitor: Visitor, *, with_store: bool) -> None:
    """Rows of devices as a person reads them."""
    words = visitor.words
    say = words.say
    columns = [Column(say("Device")), Column(say("State")), Column(say("Why")), Column(say("For how long"))]
    table = Table([columns[0], Column(say("Store")), *columns[1:]] if with_store else columns)
    for device in devices:
        row = table.row()
        with row.cell(classes="name-cell"):
            text(device.device_id, "span", "strong")
            text(words.name("device_kind", device.device_kind), "div", "hint")
        if with_store:
            with row.cell():
                link(device.store_name, f"/stores/{device.store_id}")
                if not device.store_online:
                    text(say("offline"), "div", "bad-text hint")
        with row.cell():
            chip(words.name("device_state", device.state), TONE_OF.get(device.state, "plain"))
        row.cell(words.api(device.reason) if device.reason else "")
        row.cell(formats.age(max(0, visitor.now_ms - device.since_ms), words))


class _DevicesPage:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._devices: tuple[Device, ...] = ()
        self._wanted = ROWS
        self._more = False
        self._drawn: object = None
        self._counted: Counter[str] = Counter()
        self._counted_at: tuple[str | None, int] = (None, 0)
        self._build()
        frame.load(self._begin)
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    def _build(self) -> None:
        words = self._visitor.words
        say = words.say
        with card(), box("figures"):
            self._figures = {state: figure(words.name("device_state", state), formats.DASH) for state in (*TROUBLE, "ready")}
        with card():
            with box("actions"):
                options = {"": say("All devices"), "trouble": say("Only those in trouble")}
                self._which = ui.toggle(options, value="" if self._store_id else "trouble", on_change=self._changed)
                self._which.props("unelevated no-caps").classes("toggle")
                self._kind = ui.select({"": say("All kinds")}, value="", label=say("Kind"), on_change=self._changed)
                self._zone = ui.select({"": say("All zones")}, value="", label=say("Zone"), on_change=self._changed)
                for each in (self._kind, self._zone):
                    each.props("outlined dense").classes("select store-select")
            self._list = box("")
            self._next = ui.button(say("Show more"), on_click=self._show_more).props("flat no-caps").classes("second")
            self._next.set_visibility(False)

    async def _begin(self) -> None:
        words = self._visitor.words
        zones = [zone.zone for zone in await self._visitor.get("/zones", list[Zone])]
        counts = await self._visitor.get("/devices/counts", StateCounts)
        kinds = sorted({row.device_kind for row in counts.rows})
        self._kind.set_options(
            {"": words.say("All kinds")} | {kind: words.name("device_kind", kind) for kind in kinds}, value=""
        )
        self._zone.set_options({"": words.say("All zones")} | {zone: zone for zone in zones}, value="")
        self._zone.set_visibility(len(zones) > 1 and not self._store_id)

    async def _changed(self) -> None:
        self._wanted = ROWS
        await self._frame.attempt(self._fill())

    async def _show_more(self) -> None:
        self._wanted = min(ROWS_MAX, self._wanted + ROWS)
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        trouble = self._which.value == "trouble"
        kind, zone = self._kind.value or None, self._zone.value or None
        if self._store_id:
            found = await self._visitor.get(f"/stores/{self._store_id}/devices", DevicePage)
            rows = found.rows
            self._counted = Counter(row.state for row in rows)
            self._devices = tuple(
                row for row in rows if (not trouble or row.state in TROUBLE) and kind in {None, row.device_kind}
            )
            self._more = False
        else:
            found = await self._visitor.get(
                "/devices", DevicePage, trouble="true" if trouble else None, device_kind=kind, zone=zone, limit=self._wanted
            )
            self._devices, self._more = found.rows, found.next is not None
            await self._count(zone)
        self._draw(self._counted)

    async def _count(self, zone: str | None) -> None:
        """Now and then, and when another zone is chosen: it looks at every device."""
        now_ms = self._visitor.now_ms
        if self._counted_at[0] == zone and now_ms - self._counted_at[1] < COUNTS_EVERY_MS:
            return
        counts = await self._visitor.get("/devices/counts", StateCounts, zone=zone)
        self._counted, self._counted_at = Counter(), (zone, now_ms)
        for each in counts.rows:
            self._counted[each.state] += each.devices

    def _draw(self, counted: Counter[str]) -> None:
        words = self._visitor.words
        for state, element in self._figures.items():
            element.set_text(str(counted[state]))
            tone = TONE_OF[state]
            element.classes(add=tone if counted[state] else "", remove="" if counted[state] else tone)
        ages = [formats.age(self._visitor.now_ms - device.since_ms, words) for device in self._devices]
        drawn = (self._devices, ages, self._more, sum(counted.values()))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._next.set_visibility(self._more and self._wanted < ROWS_MAX)
        self._list.clear()
        with self._list:
            if self._devices:
                device_table(self._devices, self._visitor, with_store=not self._store_id)
            elif sum(counted.values()):
                empty(words.say("No device is in trouble"), "", "verified")
            else:
                empty(words.say("No device was heard of so far"), "", "devices_other")
