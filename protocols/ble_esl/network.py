"""The access point's judgement: from "this label shall show this picture" to commands, connections and proofs. Pure.

A picture goes into an image slot that is not shown (a connection: `Join` or `Upload`), its checksum proves it; then the
label is told to show it: now (Display Image), or at an instant (Display Timed Image). Now: the label's Display State is
the proof. At an instant: once that is past by more than its clock may be off, the label is pinged until no change waits
in it any more, and asked to refresh its display; its Display State is the proof. A label with one image slot, or an instant
too near or too far, is told at the instant itself: not all labels flip as one then, and that is reported as it is.

The newest order of a label wins; an older flip that waits in the label is cancelled first. An order that cannot be done is
given back (`GaveUp`); who ordered comes again. Memory: one entry per label of the train.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from protocols.ble_esl import commands as c
from protocols.ble_esl.absolute_time import HORIZON_MS, absolute_of, skew_ms_max
from protocols.ble_esl.gatt import EslAddress, millivolts_of
from protocols.ble_esl.network_words import GaveUp, Job, Join, News, Picture, Seen, Stage, Upload
from protocols.ble_esl.planner import Packet, Planner, QueueFull, Told
from protocols.ble_esl.records import NOTHING_SHOWN, LabelRecord, StoredImage
from protocols.ble_esl.responses import BasicState, DisplayState, EslError, Failed, SensorValue
from protocols.ble_esl.sealed import MATERIAL_BYTES, KeyMaterial
from protocols.ble_esl.train import LABELS_PER_GROUP_MAX, Train
from protocols.clock import RandomSource

SETTLE_MS = 2_000
"""After the instant of a flip, beside the drift of the label's clock."""
LOOK_AGAIN_MS = 10_000
FAILURES_MAX = 5
TURNS_BEFORE_FLIP = 6
"""A flip nearer than so many turns of the train might not reach its label in time, with all that is asked again."""
VOLTAGE_EVERY_MS = 24 * 3_600_000


@dataclass(slots=True)
class _Live:
    record: LabelRecord
    picture: Picture | None = None
    stage: Stage | None = None
    token: int = 0
    due_ms: int = 0
    failures: int = 0
    on_train: bool = True
    connecting: bool = False
    joining: bool = False
    """The connection is there to bring it into the network, or back."""
    rssi: int = 0
    voltage_ms: int | None = None
    time_right: bool = True
    """Whether the label's absolute time was written by the clock as it runs now."""


@dataclass(slots=True)
class _Desk:
    """What waits to be taken by the driver."""

    jobs: dict[str, None] = field(default_factory=dict)
    """Labels that need a connection, in the order of asking."""
    news: list[News] = field(default_factory=list)
    changed: dict[str, LabelRecord] = field(default_factory=dict)


class Network:
    """All labels of one access point. Every `wall_ms` is the box's wall clock."""

    def __init__(self, train: Train, sync_key: KeyMaterial, records: Iterable[LabelRecord], rng: RandomSource) -> None:
        self.train = train
        self.sync_key = sync_key
        self._rng = rng
        self._planner = Planner(train, sync_key, rng)
        self._labels = {record.label_id: _Live(record) for record in records if record.group < train.subevents}
        self._at = {live.record.address: live for live in self._labels.values()}
        self._desk = _Desk()
        for live in self._labels.values():
            # Heard last in the beginning of time: all are pinged at once, to see who is there.
            self._planner.learn(live.record.address, live.record.key, 0)

    @property
    def records(self) -> tuple[LabelRecord, ...]:
        """Every label known."""
        return tuple(live.record for live in self._labels.values())

    def record(self, label_id: str) -> LabelRecord | None:
        """One label; None when it is not of this network, or has not joined yet."""
        live = self._labels.get(label_id)
        return live.record if live is not None and live.record.images else None

    @property
    def waiting_jobs(self) -> int:
        """Connections not yet begun."""
        return len(self._desk.jobs)

    def stage_of(self, label_id: str) -> Stage | None:
        """How far a label's order is; None: it has none."""
        live = self._labels.get(label_id)
        return live.stage if live is not None else None

    # What the driver brings.

    def order(self, label_id: str, picture: Picture, wall_ms: int) -> bool:
        """A label shall show a picture; replaces what was ordered before. False: no such label."""
        live = self._labels.get(label_id)
        if live is None:
            return False
        live.picture, live.failures = picture, 0
        self._advance(live, wall_ms)
        return True

    def withdraw(self, label_id: str) -> bool:
        """Forget what was ordered for a label, and cancel a flip that waits in it. False: no such label."""
        live = self._labels.get(label_id)
        if live is None:
            return False
        live.picture, live.stage, live.token = None, None, 0
        if live.record.flip_waits and live.on_train:
            self._cancel(live)
        else:
            self._tell_seen(live)
        return True

    def flash(self, label_id: str, flash: c.Flash) -> bool:
        """Let a label's LED flash; not proven, not asked again by anybody. False: no such label, or too much waits."""
        live = self._labels.get(label_id)
        if live is None or not live.on_train:
            return False
        try:
            self._planner.ask(live.record.address, c.LedControl(live.record.esl_id, 0, flash), first=True)
        except QueueFull:
            return False
        return True

    def advertised(self, device: bytes, device_type: int, *, admit: bool) -> None:
        """A label outside the train says that it is there: known ones are brought back, others only when `admit`."""
        label_id = device[::-1].hex().upper().rjust(16, "0")
        live = self._labels.get(label_id)
        if live is None:
            address = self._free_address() if admit else None
            if address is None:
                return
            key = self._rng.bytes(MATERIAL_BYTES).hex()
            record = LabelRecord(
                device=device.hex(),
                device_type=device_type,
                group=address.group,
                esl_id=address.esl_id,
                response_key=key,
            )
            live = self._labels[label_id] = _Live(record, on_train=False)
            self._at[address] = live
        elif live.on_train:
            self._leave_train(live)
        if not live.connecting:
            live.connecting = True
            self._desk.jobs[label_id] = None

    def next_job(self, wall_ms: int, next_group: int = 0) -> Job | None:
        """A connection to make now. Its end is told with `joined`, `uploaded` or `job_failed`.

        A label on the train can be met in its group's turn only: of all that wait, the one whose turn comes first.
        """
        while self._desk.jobs:
            live = self._labels[min(self._desk.jobs, key=lambda label_id: self._turns_away(label_id, next_group))]
            del self._desk.jobs[live.record.label_id]
            if not live.on_train:
                live.joining = True
                known = tuple(slot for slot, image in enumerate(live.record.images) if image.known)
                return Join(live.record, known)
            picture = live.picture
            if picture is not None and live.record.slot_of(picture.image_hash) is None:
                return Upload(live.record, live.record.free_slot(), picture)
            live.connecting = False
            self._advance(live, wall_ms)
        return None

    def _turns_away(self, label_id: str, next_group: int) -> int:
        live = self._labels[label_id]
        return (live.record.group - next_group) % self.train.subevents if live.on_train else -1

    def joined(self, record: LabelRecord, wrong_slots: Iterable[int], wall_ms: int) -> None:
        """A label took its address and keys and knows the train. `wrong_slots`: images it no longer has as written."""
        live = self._labels[record.label_id]
        wrong = set(wrong_slots)
        images = tuple(StoredImage() if slot in wrong else image for slot, image in enumerate(record.images))
        shown = NOTHING_SHOWN if record.shown in wrong else record.shown
        live.connecting, live.joining, live.on_train = False, False, True
        live.failures, live.time_right = 0, True
        self._planner.learn(record.address, record.key, wall_ms)
        self._keep(live, replace(record, images=images, shown=shown, time_written_ms=wall_ms))
        self._tell_seen(live)
        self._read_voltage(live, wall_ms)
        self._advance(live, wall_ms)

    def uploaded(self, label_id: str, slot: int, picture: Picture, wall_ms: int) -> None:
        """An image was written and its checksum was right."""
        live = self._labels[label_id]
        live.connecting, live.time_right = False, True
        stored = StoredImage(picture.image_hash, zlib.crc32(picture.data), len(picture.data))
        images = tuple(stored if at == slot else image for at, image in enumerate(live.record.images))
        self._keep(live, replace(live.record, images=images, time_written_ms=wall_ms))
        self._advance(live, wall_ms)

    def job_failed(self, label_id: str, why: str, wall_ms: int, *, slot: int | None = None) -> None:
        """A connection came to nothing. `slot`: its image may be half overwritten."""
        live = self._labels[label_id]
        joined, live.connecting, live.joining = live.joining, False, False
        if slot is not None:
            images = tuple(StoredImage() if at == slot else image for at, image in enumerate(live.record.images))
            self._keep(live, replace(live.record, images=images))
        if live.on_train:
            self._failed(live, why, wall_ms)
        elif not joined:  # it was heard off the train meanwhile
            live.connecting = True
            self._desk.jobs[label_id] = None
        elif not live.record.images:  # never joined: its place is free again
            del self._labels[label_id]
            del self._at[live.record.address]
        else:  # whoever advertised may have borrowed its address: no stranger takes a label off the train
            live.on_train = True
            self._planner.learn(live.record.address, live.record.key, wall_ms)
            self._advance(live, wall_ms)

    def packet(self, subevent: int, wall_ms: int) -> Packet | None:
        """What to send to a group in its turn."""
        packet, told = self._planner.packet(subevent, wall_ms)
        for each in told:
            self._take(each, wall_ms)
        return packet

    def answered(self, subevent: int, slot: int, data: bytes, rssi: int, wall_ms: int) -> None:
        """What came in a response slot."""
        told = self._planner.answered(subevent, slot, data, wall_ms)
        if told is None:
            return
        if (live := self._at.get(told.address)) is not None:
            live.rssi = rssi
        self._take(told, wall_ms)

    def restarted(self) -> None:
        """The controller is there again: connections that were under way came to nothing."""
        self._desk.jobs.clear()
        for live in self._labels.values():
            live.joining = False
            live.connecting = live.on_train and live.stage is Stage.CONNECT
            if live.connecting:
                self._desk.jobs[live.record.label_id] = None

    def clock_stepped(self, wall_ms: int) -> None:
        """The box's wall clock jumped: labels count on by the old one until they are written to again.

        Flips that wait in labels are cancelled and told at the instant itself.
        """
        for live in self._labels.values():
            live.time_right = False
            if live.stage in (Stage.TIMED, Stage.WAIT):
                self._advance(live, wall_ms)

    def tick(self, wall_ms: int) -> None:
        """Flips that are past are looked at; staged ones are told. Call every second or so."""
        for live in self._labels.values():
            if live.stage is not Stage.WAIT or live.due_ms > wall_ms or live.picture is None:
                continue
            if live.picture.show_at_ms is not None and self._is_timed(live):
                self._ask(live, Stage.PING, c.Ping(live.record.esl_id))
            else:
                self._switch(live)

    def take_news(self) -> list[News]:
        """What happened since."""
        news, self._desk.news = self._desk.news, []
        return news

    def take_changed(self) -> list[LabelRecord]:
        """Records to make durable before the news is told."""
        changed, self._desk.changed = self._desk.changed, {}
        return list(changed.values())

    # One label.

    def _advance(self, live: _Live, wall_ms: int) -> None:
        picture = live.picture
        if picture is None or not live.on_train:
            return
        if live.connecting:  # it hears nothing else meanwhile
            live.stage = Stage.CONNECT
            return
        if live.record.flip_waits:
            self._cancel(live)
            return
        slot = live.record.slot_of(picture.image_hash)
        if slot is None:
            live.stage, live.connecting = Stage.CONNECT, True
            self._desk.jobs[live.record.label_id] = None
            return
        ahead_ms = 0 if picture.show_at_ms is None else picture.show_at_ms - wall_ms
        if ahead_ms <= 0:
            self._switch(live)
        elif self._can_flip(live, slot, ahead_ms):
            at_ms = absolute_of(wall_ms + ahead_ms)
            self._keep(live, replace(live.record, flip_waits=True))
            self._ask(live, Stage.TIMED, c.DisplayTimedImage(live.record.esl_id, 0, slot, at_ms))
        else:
            live.stage, live.due_ms, live.token = Stage.WAIT, wall_ms + ahead_ms, 0

    def _can_flip(self, live: _Live, slot: int, ahead_ms: int) -> bool:
        soonest_ms = TURNS_BEFORE_FLIP * self.train.interval_us // 1_000
        return live.time_right and slot != live.record.shown and soonest_ms <= ahead_ms < HORIZON_MS

    def _is_timed(self, live: _Live) -> bool:
        """Whether the label itself holds the flip."""
        return live.token != 0

    def _switch(self, live: _Live) -> None:
        slot = live.record.slot_of(live.picture.image_hash) if live.picture is not None else None
        if slot is not None:
            self._ask(live, Stage.SWITCH, c.DisplayImage(live.record.esl_id, 0, slot))

    def _cancel(self, live: _Live) -> None:
        # Labels look at the image of a cancellation too: one that is there.
        slot = next((slot for slot, image in enumerate(live.record.images) if image.known), 0)
        self._ask(live, Stage.CANCEL, c.DisplayTimedImage(live.record.esl_id, 0, slot, c.CANCEL_AT))

    def _ask(self, live: _Live, stage: Stage, command: c.Command) -> None:
        live.stage = stage
        try:
            live.token = self._planner.ask(live.record.address, command)
        except QueueFull as error:
            self._give_up(live, str(error))

    def _take(self, told: Told, wall_ms: int) -> None:
        live = self._at.get(told.address)
        if live is None:
            return
        if told.response is not None and not isinstance(told.response, SensorValue):
            self._read_voltage(live, wall_ms)
        if isinstance(told.response, SensorValue):
            self._keep(live, replace(live.record, battery_mv=millivolts_of(told.response.data)))
        if told.token == live.token and live.stage is not None and told.token:
            self._step(live, told, wall_ms)
        elif told.response is not None and told.token == 0:
            self._tell_seen(live)

    def _step(self, live: _Live, told: Told, wall_ms: int) -> None:
        slot = live.record.slot_of(live.picture.image_hash) if live.picture is not None else None
        match live.stage, told.response:
            case _, None:
                # It may have heard every word of it: what it shows is not known any more.
                self._keep(live, replace(live.record, shown=NOTHING_SHOWN))
                self._give_up(live, "the label does not answer")
            case _, Failed(code=code):
                self._refused(live, code, slot, wall_ms)
            case Stage.SWITCH | Stage.PROVE, DisplayState(image=image) if image == slot:
                self._shown(live, image)
            case Stage.PROVE, DisplayState():
                self._switch(live)
            case Stage.TIMED, DisplayState() if live.picture is not None and live.picture.show_at_ms is not None:
                since_ms = max(0, live.picture.show_at_ms - live.record.time_written_ms)
                live.stage = Stage.WAIT
                live.due_ms = live.picture.show_at_ms + skew_ms_max(since_ms) + SETTLE_MS
            case Stage.CANCEL, DisplayState():
                self._keep(live, replace(live.record, flip_waits=False))
                live.stage = None
                self._tell_seen(live)
                self._advance(live, wall_ms)
            case Stage.PING, BasicState(pending_display=True):
                live.stage, live.due_ms = Stage.WAIT, wall_ms + LOOK_AGAIN_MS
            case Stage.PING, BasicState():
                self._keep(live, replace(live.record, flip_waits=False))
                self._ask(live, Stage.PROVE, c.RefreshDisplay(live.record.esl_id, 0))
            case _:
                self._failed(live, "the label's answer makes no sense", wall_ms)

    def _refused(self, live: _Live, code: int, slot: int | None, wall_ms: int) -> None:
        if code in (EslError.IMAGE_NOT_AVAILABLE, EslError.INVALID_IMAGE_INDEX) and slot is not None:
            images = tuple(StoredImage() if at == slot else image for at, image in enumerate(live.record.images))
            self._keep(live, replace(live.record, images=images))
        elif code == EslError.QUEUE_FULL and live.stage is Stage.TIMED:
            self._cancel(live)
            return
        elif code == EslError.IMPLAUSIBLE_TIME and live.picture is not None and live.picture.show_at_ms is not None:
            # Its clock is not ours: the access point tells it at the instant instead.
            self._keep(live, replace(live.record, flip_waits=False))
            live.stage, live.due_ms, live.token = Stage.WAIT, live.picture.show_at_ms, 0
            return
        why = EslError(code).name.lower().replace("_", " ") if code in set(EslError) else f"vendor's code {code:02X}"
        self._failed(live, f"the label refuses: {why}", wall_ms)

    def _failed(self, live: _Live, why: str, wall_ms: int) -> None:
        live.failures += 1
        if live.failures >= FAILURES_MAX or live.picture is None:
            self._give_up(live, why)
        else:
            self._advance(live, wall_ms)

    def _shown(self, live: _Live, image: int) -> None:
        live.picture, live.stage, live.token = None, None, 0
        self._keep(live, replace(live.record, shown=image, updates=live.record.updates + 1))
        self._tell_seen(live)

    def _give_up(self, live: _Live, why: str) -> None:
        had = live.picture is not None
        live.picture, live.stage, live.token = None, None, 0
        if had:
            self._desk.news.append(GaveUp(live.record.label_id, why))

    def _leave_train(self, live: _Live) -> None:
        live.on_train = False
        self._planner.forget(live.record.address)
        live.stage, live.token = None, 0

    def _read_voltage(self, live: _Live, wall_ms: int) -> None:
        due = live.voltage_ms is None or wall_ms - live.voltage_ms >= VOLTAGE_EVERY_MS
        if live.record.voltage_sensor < 0 or not due:
            return
        live.voltage_ms = wall_ms
        try:
            self._planner.ask(live.record.address, c.ReadSensor(live.record.esl_id, live.record.voltage_sensor))
        except QueueFull:
            live.voltage_ms = None

    def _keep(self, live: _Live, record: LabelRecord) -> None:
        live.record = record
        self._desk.changed[record.label_id] = record

    def _tell_seen(self, live: _Live) -> None:
        pending = live.picture is not None or live.record.flip_waits
        self._desk.news.append(Seen(live.record, int(pending), live.rssi))

    def _free_address(self) -> EslAddress | None:
        """In the emptiest group, so that the turns of the train are used evenly; None when the train is full."""
        counts = Counter(address.group for address in self._at)
        group = min(range(self.train.subevents), key=lambda each: counts[each])
        taken = {address.esl_id for address in self._at if address.group == group}
        free = next((esl_id for esl_id in range(LABELS_PER_GROUP_MAX) if esl_id not in taken), None)
        return None if free is None else EslAddress(group, free)
