"""The store's devices: what each is, how it is, why, and since when."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Device, DeviceList, FoundDevice, FoundDevices
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import box, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

ICONS = {
    "printer": "print",
    "scale": "scale",
    "display": "tv",
    "labels": "sell",
    "reader": "sensor_door",
    "scanner": "barcode_reader",
    "card_reader": "contactless",
    "payment_terminal": "point_of_sale",
    "sensors": "sensors",
    "people_counter": "groups",
}
TONES = {"ready": "good", "starting": "info", "degraded": "warn", "retrying": "bad", "failed": "bad", "stopped": "plain"}
EVERY_SECONDS = 2.0


def install(screens: Screens) -> None:
    """Add the page `/devices`."""

    @ui.page("/devices")
    def devices() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Devices")) as frame:
            _Devices(frame)
            _NotInUse(frame)
        return None


class _Devices:
    def __init__(self, frame: Frame) -> None:
        self._visitor = frame.visitor
        self._list = box("cards two")
        self._list.props["aria-live"] = "polite"
        self._shown: object = None
        frame.load(self._fill, on_news=True, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/devices", DeviceList)
        ages = [formats.age(max(0, self._visitor.now_ms - device.since_ms), words) for device in found.devices]
        shown = [
            (device.device_id, device.state, device.reason, age) for device, age in zip(found.devices, ages, strict=True)
        ]
        if shown == self._shown:
            return
        self._shown = shown
        self._list.clear()
        with self._list:
            if not found.devices:
                empty(words.say("No devices"), words.say("This store has none in its settings."), "devices_off")
            for device, age in sorted(zip(found.devices, ages, strict=True), key=lambda pair: pair[0].state == "ready"):
                self._card(device, age)

    def _card(self, device: Device, age: str) -> None:
        words = self._visitor.words
        with box("card device") as card:
            card.props["data-device"] = device.device_id
            with box("alert-head"):
                ui.icon(ICONS.get(device.device_kind, "memory"))
                with box("grow"):
                    text(device.device_id, "h2")
                    text(words.name("device_kind", device.device_kind), "p", "hint")
                chip(words.name("device_state", device.state), TONES.get(device.state, "plain"))
            if device.reason:
                text(words.heard(device.reason), "p", "device-reason")
            text(words.say("for {age}", age=age), "p", "hint")


class _NotInUse:
    """What is there and not in use. Looked for when somebody asks; nothing is opened."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        say = self._visitor.words.say
        with box("card"):
            text(say("Found, not in use"), "h2")
            text(say("Ports, USB devices and what announces itself in the network. Nothing is opened."), "p", "hint")
            self._list = box("stack")
            self._button = ui.button(say("Look for devices"), on_click=self._look)
            self._button.props("unelevated no-caps").classes("big primary")

    async def _look(self) -> None:
        words = self._visitor.words
        self._button.disable()
        self._list.clear()
        with self._list:
            text(words.say("Looking …"), "p", "hint")
        try:
            found = await self._frame.attempt(self._visitor.get("/v1/devices/found", FoundDevices))
        finally:
            self._button.enable()
        self._list.clear()
        if found is None:
            return
        with self._list:
            if not found.found:
                empty(words.say("Nothing new was found"), "", "devices_off")
            for each in found.found:
                self._one(each)

    def _one(self, each: FoundDevice) -> None:
        with box("found"):
            text(each.where, "strong")
            text(each.what, "p")
            if each.hint:
                text(self._visitor.words.heard(each.hint), "p", "hint")
            if each.table:
                text(each.table, "pre", "hint")
