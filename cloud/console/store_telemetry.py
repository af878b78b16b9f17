"""Two cards of a store's page: its devices with reasons, and what it measures, plotted."""

from __future__ import annotations

from nicegui import ui

from cloud.console import formats
from cloud.console.devices_page import device_table
from cloud.console.frame import Frame
from cloud.console.glance_answers import DevicePage, SeriesAnswer, SeriesName, SeriesNames
from cloud.console.parts import box, card, empty, link
from cloud.console.plots import line_plot
from cloud.locale.catalogue import Words

EVERY_SECONDS = 5.0
PLOT_SECONDS = 20.0
SHOWN_DEVICES = 8
FIRST_METRIC = "sales"


class DevicesCard:
    """The devices of a store, worst first."""

    def __init__(self, frame: Frame, store_id: str) -> None:
        self._visitor = frame.visitor
        self._store_id = store_id
        self._drawn: object = None
        say = self._visitor.words.say
        with card(say("Devices")):
            self._list = box("")
            with box("actions"):
                link(say("All devices of this store"), f"/devices?store={store_id}")
                link(say("How they do, and their settings"), f"/stores/{store_id}/devices")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(f"/stores/{self._store_id}/devices", DevicePage)
        words = self._visitor.words
        shown = found.rows[:SHOWN_DEVICES]
        state = (shown, [formats.age(self._visitor.now_ms - device.since_ms, words) for device in shown])
        if state == self._drawn:
            return
        self._drawn = state
        self._list.clear()
        with self._list:
            if shown:
                device_table(shown, self._visitor, with_store=False)
            else:
                empty(words.say("No device was heard of so far"), "", "devices_other")


class TelemetryCard:
    """One series of a store over an hour, a day or a month, chosen by the person."""

    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._names: dict[str, SeriesName] = {}
        say = self._visitor.words.say
        with card(say("Measurements")):
            with box("actions"):
                self._which = ui.select({}, label=say("What is measured"), with_input=True, on_change=self._changed)
                self._which.props("outlined dense").classes("grow select")
                spans = {"hour": say("1 hour"), "day": say("1 day"), "month": say("30 days")}
                self._span = ui.toggle(spans, value="day", on_change=self._changed)
                self._span.props("unelevated no-caps").classes("toggle")
            self._chart = ui.echart({"series": []}).classes("chart tall")
            self._chart.props["aria-label"] = say("Measurements")
            self._nothing = empty(
                say("Nothing was measured so far"), say("A box tells its measurements once a minute."), "monitoring"
            )
        self._chart.set_visibility(False)
        frame.load(self._fill, every_seconds=PLOT_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(f"/stores/{self._store_id}/telemetry", SeriesNames)
        names = {f"{name.device_id}/{name.metric}": name for name in found.rows}
        if set(names) != set(self._names):
            self._names = names
            words = self._visitor.words
            options = {key: series_title(name, words) for key, name in names.items()}
            chosen = self._which.value if self._which.value in names else _first(names)
            self._which.set_options(options, value=chosen)
        await self._plot()

    async def _changed(self) -> None:
        await self._frame.attempt(self._plot())

    async def _plot(self) -> None:
        name = self._names.get(str(self._which.value))
        self._nothing.set_visibility(name is None)
        self._chart.set_visibility(name is not None)
        if name is None:
            return
        answer = await self._visitor.get(
            f"/stores/{self._store_id}/telemetry/{name.metric}",
            SeriesAnswer,
            device_id=name.device_id,
            span=str(self._span.value),
        )
        words = self._visitor.words
        options = line_plot(answer, name=series_title(name, words), range_name=words.say("lowest to highest"))
        if options != self._chart.options:
            self._chart.options.clear()
            self._chart.options.update(options)
            self._chart.update()


def series_title(name: SeriesName, words: Words) -> str:
    """What is measured, in words: the device first, if it is one's."""
    metric = words.name("metric", name.metric)
    return f"{name.device_id} · {metric}" if name.device_id else metric


def _first(names: dict[str, SeriesName]) -> str | None:
    if f"/{FIRST_METRIC}" in names:
        return f"/{FIRST_METRIC}"
    return next(iter(names), None)
