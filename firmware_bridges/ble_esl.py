"""An access point for Bluetooth shelf labels: a controller with periodic advertising on a byte link, driven by `Network`.

The train runs in the controller; before each subevent it asks for its packet and gets what the network has for that group.
Beside it a few connections at a time bring labels into the network and write their images. Every record is durable before
anything is told of it, so that a proof survives the box.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from firmware_bridges.ble_esl_memory import LabelMemory
from firmware_bridges.ble_esl_visitor import Visitor
from firmware_bridges.ble_hci import CommandRefused, Controller
from firmware_bridges.links import OpenPort, open_port
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl.advertising import offers_service
from protocols.ble_esl.commands import Flash
from protocols.ble_esl.gatt import DisplayInfo
from protocols.ble_esl.hci_events import Advertised, AnswersReported, HciEvent, SubeventDataWanted
from protocols.ble_esl.network import Network
from protocols.ble_esl.network_words import GaveUp, News, Picture, Seen
from protocols.ble_esl.picture import panel_of, write_object
from protocols.ble_esl.records import NO_IMAGE, LabelRecord, NetworkRecord
from protocols.ble_esl.sealed import MATERIAL_BYTES, KeyMaterial
from protocols.ble_esl.train import Train
from protocols.clock import Clock, RandomSource
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, LabelSeen, LabelTimedOut
from protocols.esl.image import ImageRefused, blank_picture, file_hash

TICK_SECONDS = 1.0
STEP_MS = 2_000
"""The wall clock ran off from the monotonic one by this much between two ticks: it was set."""

Uploaded = Literal["queued", "refused", "unknown_label"]
COLOURS = {"red": (3, 0, 0), "green": (0, 3, 0), "blue": (0, 0, 3), "yellow": (3, 3, 0), "white": (3, 3, 3)}
FLASH_SECONDS_MAX = 3_600

log = structlog.get_logger("tallystick.bridges.ble_esl")


@dataclass(frozen=True, slots=True)
class BleSetup:
    """How an access point is used. `admit`: take in labels that belong to no network yet, heard at `rssi_min` or better."""

    train: Train = Train()  # noqa: RUF009 - frozen
    admit: bool = False
    rssi_min: int = -80
    connections: int = 3
    baud: int = 1_000_000
    silence_seconds: float = 20.0


class BleEslAccessPoint:
    """See the module and `firmware_bridges.supervise.Driver`. `run` it under supervision; the rest from anywhere."""

    device_kind = "labels"

    def __init__(
        self,
        device_id: str,
        place: str,
        memory: Path,
        clock: Clock,
        rng: RandomSource,
        *,
        setup: BleSetup | None = None,
        open_link: OpenPort = open_port,
    ) -> None:
        """`place`: the controller's serial port, or `tcp://host:port`. `memory`: the file of its labels."""
        self.device_id = device_id
        self._place = place
        self._memory = LabelMemory(memory)
        self._clock = clock
        self._rng = rng
        self._setup = setup or BleSetup()
        self._open_link = open_link
        self._network: Network | None = None
        self._ready = asyncio.Event()
        self._wake = asyncio.Event()
        self._step: int | None = None
        self._visitor = Visitor(clock, rng, self._look, admit=self._setup.admit)

    async def ready(self) -> None:
        """Return once the controller runs the train."""
        await self._ready.wait()

    @property
    def network(self) -> Network | None:
        """The labels, once the file was read."""
        return self._network

    async def upload(self, label_id: str, picture: bytes, image_hash: str, show_at_ms: int | None = None) -> Uploaded:
        """Let a label show a picture (JPEG), at once or at an instant; replaces what was ordered for it before.

        Never raises for what a device or a line can do. "queued": it will be seen, or given up with LabelTimedOut.
        """
        network = self._network
        if network is None or not self._ready.is_set():
            return "refused"
        record = network.record(label_id)
        panel = panel_of(_display(record)) if record is not None else None
        if record is None:
            return "unknown_label"
        if panel is None:
            log.info("label with a strange display", device_id=self.device_id, label_id=label_id)
            return "refused"
        try:
            data = await asyncio.to_thread(write_object, panel, picture, image_hash)
        except ImageRefused as error:
            log.warning("picture refused", device_id=self.device_id, label_id=label_id, reason=str(error))
            return "refused"
        taken = network.order(label_id, Picture(image_hash, data, show_at_ms), self._clock.now_ms())
        self._look()
        return "queued" if taken else "unknown_label"

    def withdraw(self, label_id: str) -> Uploaded:
        """Forget what was ordered for a label. It tells itself with nothing pending once no flip waits in it either."""
        if self._network is None or not self._ready.is_set():
            return "refused"
        known = self._network.withdraw(label_id)
        self._look()
        return "queued" if known else "unknown_label"

    async def flash(self, label_id: str, colour: str, seconds: int) -> Uploaded:
        """Let a label's LED flash so that a person finds it, for so long (0: stop). It is seen within a few turns."""
        network = self._network
        if network is None or not self._ready.is_set():
            return "refused"
        if network.record(label_id) is None:
            return "unknown_label"
        red, green, blue = COLOURS.get(colour, COLOURS["white"])
        flash = Flash(red, green, blue, in_seconds=seconds > 0, repeats=max(0, min(seconds, FLASH_SECONDS_MAX)))
        return "queued" if network.flash(label_id, flash) else "refused"

    async def wipe(self, label_id: str) -> Uploaded:
        """Blank a label's panel."""
        record = self._network.record(label_id) if self._network is not None else None
        panel = panel_of(_display(record)) if record is not None else None
        if panel is None:
            return "unknown_label"
        picture = blank_picture(panel)
        return await self.upload(label_id, picture, file_hash(bytes(panel.plane_bytes)))

    async def run(self, emit: Emit) -> None:
        """Serve one connection to the controller. Emits LabelSeen and LabelTimedOut. Raises LinkBroken."""
        network = await self._load()
        link = await self._open_link(self._place, self._setup.baud, "8N1")
        controller = Controller(
            link,
            lambda event: self._heard(event, controller, network),
            silence_seconds=self._setup.silence_seconds,
        )
        works = [
            asyncio.create_task(work)
            for work in (controller.serve(), self._start(controller, network, emit), self._tick(network))
        ]
        works += [asyncio.create_task(self._visit(controller, network)) for _ in range(self._setup.connections)]
        works.append(asyncio.create_task(self._tell_for_ever(network, emit)))
        try:
            await _first_failure(works)
        except CommandRefused as error:
            raise LinkBroken(f"the controller at {self._place} is no good for labels: {error}") from error
        finally:
            self._ready.clear()
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            await link.close()

    async def _load(self) -> Network:
        """The network of the file, as it stood; made with its first key if there is none."""
        if self._network is not None:
            self._network.restarted()
            return self._network
        try:
            kept, labels = await asyncio.to_thread(self._memory.load)
            if kept is None:
                kept = NetworkRecord(sync_key=self._rng.bytes(MATERIAL_BYTES).hex())
                await asyncio.to_thread(self._memory.save, [kept])
        except OSError as error:
            raise LinkBroken(f"the file of the labels cannot be used ({error.strerror})") from error
        sync_key = KeyMaterial(bytes.fromhex(kept.sync_key))
        self._network = Network(self._setup.train, sync_key, labels, self._rng)
        return self._network

    async def _start(self, controller: Controller, network: Network, emit: Emit) -> None:
        """Set the controller up and let the train run."""
        await controller.command(hci.Reset())
        await controller.learn()
        commands: tuple[hci.HciCommand, ...] = (
            hci.SetEventMask(),
            hci.LeSetEventMask(),
            hci.LeSetExtendedAdvertisingParameters(),
            hci.LeSetPeriodicAdvertisingParameters.of(self._setup.train),
            hci.LeSetPeriodicAdvertisingEnable(),
            hci.LeSetExtendedAdvertisingEnable(),
            hci.LeSetExtendedScanParameters(),
            hci.LeSetExtendedScanEnable(),
        )
        for command in commands:
            await controller.command(command)
        self._ready.set()
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
        for record in network.records:
            if record.images:
                emit(self._seen(Seen(record, 0, 0)))
        self._look()
        await asyncio.Event().wait()

    async def _visit(self, controller: Controller, network: Network) -> None:
        await self._ready.wait()
        await self._visitor.run(controller, network)

    def _heard(self, event: HciEvent, controller: Controller, network: Network) -> None:
        now_ms = self._clock.now_ms()
        match event:
            case SubeventDataWanted():
                self._visitor.next_group = (event.start + event.count) % network.train.subevents
                for number in range(event.count):
                    self._fill((event.start + number) % network.train.subevents, controller, network)
            case AnswersReported():
                for report in event.reports:
                    if not report.lost:
                        network.answered(event.subevent, report.slot, report.data, report.rssi, now_ms)
            case Advertised() if event.rssi >= self._setup.rssi_min and offers_service(event.data):
                network.advertised(event.address, event.address_type, admit=self._setup.admit)
            case _:
                return
        self._look()

    def _fill(self, subevent: int, controller: Controller, network: Network) -> None:
        packet = network.packet(subevent, self._clock.now_ms())
        if packet is not None:
            controller.post(hci.LeSetPeriodicAdvertisingSubeventData(subevent, 0, packet.slots, packet.data))

    def _look(self) -> None:
        """Something may have to be told, or a connection made."""
        self._wake.set()
        self._visitor.wanted.set()

    async def _tick(self, network: Network) -> None:
        await self._ready.wait()
        while True:
            now_ms = self._clock.now_ms()
            offset = now_ms - self._clock.monotonic_ms()
            if self._step is not None and abs(offset - self._step) > STEP_MS:
                network.clock_stepped(now_ms)
            self._step = offset
            network.tick(now_ms)
            self._look()
            await asyncio.sleep(TICK_SECONDS)

    async def _tell_for_ever(self, network: Network, emit: Emit) -> None:
        while True:
            self._wake.clear()
            if changed := network.take_changed():
                news = network.take_news()
                try:
                    await asyncio.to_thread(self._memory.save, changed)
                except OSError as error:
                    raise LinkBroken(f"the file of the labels cannot be written ({error.strerror})") from error
            else:
                news = network.take_news()
            for each in news:
                emit(self._event(each))
            await self._wake.wait()

    def _event(self, news: News) -> DeviceEvent:
        match news:
            case GaveUp():
                log.info("order given up", device_id=self.device_id, label_id=news.label_id, reason=news.why)
                return LabelTimedOut(device_id=self.device_id, label_id=news.label_id)
            case Seen():
                return self._seen(news)

    def _seen(self, seen: Seen) -> LabelSeen:
        record = seen.record
        panel = panel_of(_display(record))
        return LabelSeen(
            device_id=self.device_id,
            label_id=record.label_id,
            image_hash=record.shown_hash,
            update_count=record.updates,
            pending=seen.pending,
            last_seen_ms=self._clock.now_ms(),
            battery_mv=record.battery_mv,
            hardware_type=panel.hardware_type if panel is not None else 0,
            rssi_dbm=seen.rssi or None,
            has_light=record.leds > 0,
            shown=record.shown_hash != NO_IMAGE,
        )


def _display(record: LabelRecord) -> DisplayInfo:
    return DisplayInfo(record.width, record.height, record.display_kind)


async def _first_failure(works: list[asyncio.Task[None]]) -> None:
    """Until one of them ends; raises what it raised, the first of several (the link's own end says why)."""
    done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
    next(work for work in works if work in done).result()
