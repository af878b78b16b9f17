"""The access point and its labels as one machine that moves only in `step`: no socket, no clock of its own.

What it does is the real device's, traps included (`clean` leaves the traps out):
- an upload is stored; a tick later it becomes planes, and is dropped when its hash is what the label is believed to have
  (an older image in the queue stays there);
- a newer image does not replace queued ones, each is shown in turn;
- a transfer ends before the panel has drawn; the access point credits the first item of its queue, whatever was sent;
- the radio serves one label at a time; after 20 attempts the whole queue of a label is dropped;
- a restart forgets all that was not delivered; a power cut also what happened since the database was saved last.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace

import msgspec

from protocols.clock import RandomSource
from protocols.esl.image import NO_IMAGE_HASH, ImageRefused, Planes, file_hash, zlib_file
from protocols.esl.oepl_events import (
    REBOOTING,
    ErrorNews,
    LogNews,
    News,
    System,
    TagNews,
    Upload,
    timeout_text,
)
from protocols.esl.oepl_leds import PatternRefused, read_pattern
from protocols.esl.oepl_records import HAS_LED, NEVER_SECONDS, TagRecord
from protocols.esl.tag_types import TAG_TYPES
from simulators.oepl_ap.jpeg import planes_of_jpeg
from simulators.oepl_ap.tag import Tag

RENDERED_PER_STEP = 12
RENDER_AHEAD_SECONDS = 300
"""A picture is made only when the label is expected to check in within this time."""
MORE_IN_QUEUE_MS = 5_000
SYSTEM_EVERY_MS = 5_000
BLOCK_BYTES = 4_096
RADIO_PENDING_MAX = 250


@dataclass(frozen=True, slots=True)
class ApSettings:
    """One access point and its labels. The times are the real device's; a bench shortens them."""

    ap_id: str = "labels-1"
    label_count: int = 200
    hardware_type: int = 1
    tag_version: int = 0x26
    """Firmware of the labels; from the type's `zlib_from` on, files go compressed."""
    check_in_ms: int = 40_000
    render_ms: int = 1_000
    transfer_ms: int = 250
    refresh_ms: int = 1_500
    attempts: int = 20
    attempt_ms: int = 60_000
    save_ms: int = 300_000
    clean: bool = False
    first_mac: int = 0x0000021A00000001


@dataclass(slots=True)
class ApFaults:
    """What goes wrong at present. Percentages are of chances, drawn from the bench's seed."""

    busy: bool = False
    """Uploads are answered 409."""
    flash_full: bool = False
    """Uploads are answered 200 and lost."""
    radio_full: bool = False
    """The radio takes nothing new: updates wait silently."""
    missed_check_in_percent: int = 0
    lost_complete_percent: int = 0
    """The label has the image and shows it, the access point never hears so (until the next check-in)."""
    duplicate_complete_percent: int = 0
    failed_transfer_percent: int = 0
    lost_answer_percent: int = 0
    """An upload is stored and the connection cut before the answer."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One file waiting for its label."""

    file: bytes
    image_hash: str
    """Of the file; of a command its first 8 bytes, which the device takes for one."""
    planes: Planes | None
    """None: a command to the light."""
    attempts_left: int
    next_attempt_mono_ms: int
    light: bytes = b""


@dataclass(slots=True)
class Known:
    """A label as the access point believes it to be."""

    record: TagRecord
    queue: deque[Queued] = field(default_factory=deque)
    staged: bytes | None = None
    current_file: bytes = b""


@dataclass(frozen=True, slots=True)
class _Transfer:
    mac: str
    item: Queued


@dataclass(frozen=True, slots=True)
class _Drawing:
    mac: str
    image_hash: str
    planes: Planes
    tell: bool
    """Only when drawn does the label report (clean mode)."""


class AccessPoint:
    """See the module. All times in milliseconds; `mono_ms` never jumps, `now_ms` is the wall clock."""

    def __init__(self, settings: ApSettings, rng: RandomSource) -> None:
        self.settings = settings
        self.faults = ApFaults()
        self.config: dict[str, str] = {"stopsleep": "1", "preview": "1", "maxsleep": "10", "nightlyreboot": "1", "lock": "0"}
        self.tags: dict[str, Tag] = {}
        self.known: dict[str, Known] = {}
        self.up = False
        self._rng = rng
        self._saved: dict[str, TagRecord] = {}
        self._news: list[News] = []
        self._agenda: list[tuple[int, int, str | _Transfer | _Drawing]] = []
        self._order = 0
        self._mono_ms = 0
        self._now_ms = 0
        self._started_mono_ms = 0
        self._radio_free_mono_ms = 0
        self._next_render_mono_ms = 0
        self._next_save_mono_ms = 0
        self._next_system_mono_ms = 0
        for number in range(settings.label_count):
            mac = f"{settings.first_mac + number:016X}"
            self.tags[mac] = Tag(mac, TAG_TYPES[settings.hardware_type], settings.tag_version)

    # Power.

    def power_on(self, mono_ms: int, now_ms: int) -> None:
        """Start, with the database saved last. The first start ever: labels check in one by one and become known."""
        self._mono_ms, self._now_ms = mono_ms, now_ms
        self.up = True
        self._started_mono_ms = self._radio_free_mono_ms = self._next_render_mono_ms = mono_ms
        self._next_system_mono_ms = mono_ms
        self._next_save_mono_ms = mono_ms + self.settings.save_ms
        before = self.known
        self.known = {mac: Known(record=record) for mac, record in self._saved.items()}
        if self.settings.clean:
            for mac, known in before.items():
                if mac in self.known:
                    self.known[mac] = known
        if not self._agenda:
            for number, tag in enumerate(self.tags.values()):
                tag.show(NO_IMAGE_HASH, tag.blank, now_ms)
                self._at(mono_ms + number * self.settings.check_in_ms // max(len(self.tags), 1), tag.mac)

    def reboot(self) -> None:
        """An orderly restart: the database is saved, undelivered images are lost. Call `power_on` later."""
        self._news.append(ErrorNews(text=REBOOTING))
        self._save()
        self.up = False

    def cut_power(self) -> None:
        """As `reboot`, but nothing is saved."""
        self._news.clear()
        self.up = False

    # Time.

    def step(self, mono_ms: int, now_ms: int) -> None:
        """Do everything that is due."""
        self._mono_ms, self._now_ms = mono_ms, now_ms
        while self._agenda and self._agenda[0][0] <= mono_ms:
            _, _, what = heapq.heappop(self._agenda)
            match what:
                case str():
                    self._check_in(self.tags[what])
                case _Transfer():
                    self._transferred(what)
                case _Drawing():
                    self._drawn(what)
        if not self.up:
            return
        if mono_ms >= self._next_render_mono_ms:
            self._next_render_mono_ms = mono_ms + self.settings.render_ms
            self._make_planes()
            self._count_attempts()
        if mono_ms >= self._next_save_mono_ms:
            self._next_save_mono_ms = mono_ms + self.settings.save_ms
            self._save()
        if mono_ms >= self._next_system_mono_ms:
            self._next_system_mono_ms = mono_ms + SYSTEM_EVERY_MS
            self._news.append(self.system())

    def due_ms(self) -> int:
        """When `step` has something to do next (monotonic); now, when there is news or a picture waits."""
        if self._news:
            return self._mono_ms
        own = min(self._next_render_mono_ms, self._next_save_mono_ms, self._next_system_mono_ms)
        agenda = self._agenda[0][0] if self._agenda else own
        return min(own, agenda) if self.up else agenda

    def take_news(self) -> list[News]:
        """What the WebSocket must say since the last call, in order."""
        news, self._news = self._news, []
        return news

    def system(self) -> System:
        """The `sys` message."""
        return System(
            currtime=self._now_ms // 1000,
            recordcount=len(self.known),
            uptime=(self._mono_ms - self._started_mono_ms) // 1000,
        )

    # Commands.

    def upload(self, mac: str, jpeg: bytes) -> bool:
        """Store a picture for a label; False: unknown label. It replaces one not yet made into planes."""
        known = self.known.get(mac)
        if known is None:
            return False
        if not self.faults.flash_full:
            known.staged = jpeg
        known.record = msgspec.structs.replace(known.record, nextupdate=0, content_mode=24)
        self._tell(known)
        return True

    def clear(self, mac: str) -> bool:
        """Empty a label's queue; False: unknown label. A transfer on the air goes on."""
        known = self.known.get(mac)
        if known is None:
            return False
        known.queue.clear()
        if self.settings.clean:
            known.staged = None
        self._tell(known)
        return True

    def forget(self, mac: str) -> bool:
        """Delete the record; the label is known again at its next check-in."""
        return self.known.pop(mac, None) is not None

    def refresh(self, mac: str) -> bool:
        """Forget what the label holds, so that the next image is sent even if it is the same."""
        known = self.known.get(mac)
        if known is None:
            return False
        known.record = msgspec.structs.replace(known.record, hash=NO_IMAGE_HASH, nextupdate=0)
        self._tell(known)
        return True

    def flash(self, mac: str, pattern: bytes) -> bool:
        """Queue a light as the device does: behind the images, and counted like one. False: unknown label."""
        known = self.known.get(mac)
        if known is None:
            return False
        image_hash = pattern[:8].hex() + "0" * 16
        due = self._mono_ms + self.settings.attempt_ms
        known.queue.append(Queued(b"", image_hash, None, self.settings.attempts, due, light=pattern))
        self._tell(known)
        return True

    def set_silent(self, mac: str, *, silent: bool) -> None:
        """Take a label out of reach, or bring it back. Raises KeyError for no such label."""
        self.tags[mac].silent = silent

    def lucky(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return percent > 0 and int.from_bytes(self._rng.bytes(2), "big") % 100 < percent

    # Inside.

    def _at(self, mono_ms: int, what: str | _Transfer | _Drawing) -> None:
        self._order += 1
        heapq.heappush(self._agenda, (mono_ms, self._order, what))

    def _tell(self, known: Known) -> None:
        known.record = msgspec.structs.replace(known.record, pending=len(known.queue))
        self._news.append(TagNews(tags=(known.record,)))

    def _save(self) -> None:
        self._saved = {mac: msgspec.structs.replace(known.record, pending=0) for mac, known in self.known.items()}

    def _check_in(self, tag: Tag) -> None:
        wait_ms = self.settings.check_in_ms
        if self.up and not tag.silent and not self.lucky(self.faults.missed_check_in_percent):
            wait_ms = self._serve(tag)
        self._at(self._mono_ms + wait_ms, tag.mac)

    def _serve(self, tag: Tag) -> int:
        """A label asks whether there is something for it; returns how long it sleeps then."""
        known = self.known.get(tag.mac)
        if known is None:
            known = self.known[tag.mac] = Known(record=TagRecord(mac=tag.mac))
        now_s = self._now_ms // 1000
        record = msgspec.structs.replace(
            known.record,
            lastseen=now_s,
            nextcheckin=now_s + max(self.settings.check_in_ms // 1000, 60),
            lqi=200,
            rssi=tag.rssi,
            temperature=21,
            battery_mv=tag.battery_mv,
            capabilities=HAS_LED,
            hardware_type=tag.kind.hardware_type,
            wakeup_reason=0xFC if tag.first_boot else 0,
            channel=11,
            version=tag.version,
        )
        if tag.first_boot and not known.queue:
            record = msgspec.structs.replace(record, hash=NO_IMAGE_HASH, nextupdate=0)
        tag.first_boot = False
        known.record = record
        self._tell(known)
        if not known.queue or self.faults.radio_full:
            return self.settings.check_in_ms
        item = known.queue[0]
        if item.planes is None:
            self._light_up(tag, item.light)
        elif item.image_hash == tag.stored_hash:
            self._complete(tag.mac)
        elif self._radio_free_mono_ms > self._mono_ms:
            return min(self._radio_free_mono_ms - self._mono_ms + self.settings.transfer_ms, self.settings.check_in_ms)
        else:
            self._begin_transfer(tag, item)
        return min(MORE_IN_QUEUE_MS, self.settings.check_in_ms) if len(known.queue) > 1 else self.settings.check_in_ms

    def _light_up(self, tag: Tag, pattern: bytes) -> None:
        """A command rides on the answer to the check-in; the label then says "transfer complete" as after an image."""
        try:
            tag.light = read_pattern(pattern)
        except PatternRefused:
            tag.light = None
        tag.light_since_ms = self._now_ms
        self._complete(tag.mac)

    def _begin_transfer(self, tag: Tag, item: Queued) -> None:
        blocks = -(-len(item.file) // BLOCK_BYTES)
        self._news.append(Upload(src=tag.mac, current=1, total=blocks))
        self._radio_free_mono_ms = self._mono_ms + self.settings.transfer_ms
        if not self.lucky(self.faults.failed_transfer_percent):
            self._at(self._radio_free_mono_ms, _Transfer(tag.mac, item))

    def _transferred(self, transfer: _Transfer) -> None:
        tag, item = self.tags[transfer.mac], transfer.item
        if tag.silent or not self.up or item.planes is None:
            return
        tag.stored_hash = item.image_hash
        tell_late = self.settings.clean
        drawn_mono_ms = self._mono_ms + self.settings.refresh_ms
        self._at(drawn_mono_ms, _Drawing(tag.mac, item.image_hash, item.planes, tell_late))
        if not tell_late and not self.lucky(self.faults.lost_complete_percent):
            self._complete(tag.mac)
            if self.lucky(self.faults.duplicate_complete_percent):
                self._complete(tag.mac)

    def _drawn(self, drawing: _Drawing) -> None:
        self.tags[drawing.mac].show(drawing.image_hash, drawing.planes, self._now_ms)
        if drawing.tell and self.up:
            self._complete(drawing.mac)

    def _complete(self, mac: str) -> None:
        """A label says "transfer complete", which names no image: the first of the queue is credited."""
        known = self.known.get(mac)
        self._news.append(LogNews(text=f"{mac} reports xfer complete\r\n"))
        if known is None:
            return
        if known.queue:
            item = known.queue.popleft()
            image_hash = item.image_hash
            if item.planes is not None:
                known.current_file = item.file
        else:
            # The real device copies memory that was never set.
            image_hash = self._rng.bytes(8).hex() + "0" * 16
        known.record = msgspec.structs.replace(
            known.record,
            hash=image_hash,
            updatecount=known.record.updatecount + 1,
            updatelast=self._now_ms // 1000,
            wakeup_reason=0,
        )
        self._tell(known)

    def _make_planes(self) -> None:
        made = 0
        for mac, known in self.known.items():
            ready = known.record.rssi != 0 and known.record.nextcheckin - self._now_ms // 1000 < RENDER_AHEAD_SECONDS
            if known.staged is None or not ready:
                continue
            jpeg, known.staged = known.staged, None
            known.record = msgspec.structs.replace(known.record, nextupdate=NEVER_SECONDS)
            self._queue(self.tags[mac], known, jpeg)
            made += 1
            if made == RENDERED_PER_STEP:
                self._next_render_mono_ms = self._mono_ms
                return

    def _queue(self, tag: Tag, known: Known, jpeg: bytes) -> None:
        try:
            planes = planes_of_jpeg(tag.kind, jpeg)
        except ImageRefused as error:
            self._news.append(ErrorNews(text=str(error)))
            return
        compressed = tag.version >= tag.kind.zlib_from
        file = zlib_file(tag.kind, planes) if compressed else planes.raw_file
        image_hash = file_hash(file)
        if image_hash == known.record.hash:
            self._news.append(LogNews(text="new image is the same as current image. not updating tag."))
        else:
            if self.settings.clean:
                known.queue.clear()
            first_attempt = self._mono_ms + self.settings.attempt_ms
            known.queue.append(Queued(file, image_hash, planes, self.settings.attempts, first_attempt))
        self._tell(known)

    def _count_attempts(self) -> None:
        for mac, known in self.known.items():
            if not known.queue or known.queue[0].next_attempt_mono_ms > self._mono_ms:
                continue
            item = known.queue[0]
            if item.attempts_left > 1:
                due = item.next_attempt_mono_ms + self.settings.attempt_ms
                known.queue[0] = replace(item, attempts_left=item.attempts_left - 1, next_attempt_mono_ms=due)
                continue
            known.queue.clear()
            self._news.append(ErrorNews(text=timeout_text(mac)))
            self._tell(known)
