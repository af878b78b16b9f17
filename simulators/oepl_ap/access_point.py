"""The access point and its labels as one machine that moves only in `step`: no socket, no clock of its own.

What it does is the real device's, traps included (`simulators.oepl_ap.settings.Traps` names them, `clean` leaves them out).
A step costs what is due in it, however many labels there are.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocols.clock import RandomSource
from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_events import REBOOTING, ErrorNews, News, System
from protocols.esl.oepl_leds import STOP, Flashes, LedPattern, write_pattern
from protocols.esl.oepl_records import NEVER_SECONDS, WAKEUP_FIRST_BOOT
from protocols.esl.tag_types import TAG_TYPES
from simulators.oepl_ap.air import Air
from simulators.oepl_ap.desk import Desk
from simulators.oepl_ap.records import Known, Queued, has_low_battery, is_timed_out, saved
from simulators.oepl_ap.settings import ApFaults, ApSettings, Traps
from simulators.oepl_ap.state import ApState
from simulators.oepl_ap.tag import Tag, blank

__all__ = ["AccessPoint", "ApFaults", "ApSettings", "Known", "Traps"]

SYSTEM_EVERY_MS = 5_000
COUNTS_EVERY_MS = 60_000
UPLOADED = '{"filename":"/temp/upload.jpg","timetolive":"0","dither":"1","delete":"1"}'
"""What an upload leaves in the record: the file to draw, which is deleted then."""
NIGHT_HOUR, NIGHT_MINUTE = 3, 56
UP_BEFORE_NIGHT_MS = 2 * 3_600_000
LIGHTS = {
    "ledflash": LedPattern(
        (Flashes(0x3C, 3, 1, 10), Flashes(0xE4, 3, 5, 10), Flashes(0x03, 3, 10, 10)), rounds=3, brightness=9
    ),
    "ledflash_long": LedPattern((Flashes(0xE4, 3, 3, 50),), rounds=61, brightness=2),
    "ledflash_stop": STOP,
}
"""The patterns behind commands of `/tag_cmd`."""


class Shelf:
    """Hands that carry labels about."""

    def __init__(self, state: ApState, air: Air) -> None:
        self._state = state
        self._air = air

    def switch_on_again(self, mac: str) -> None:
        """Change a label's battery: it has forgotten everything. Raises KeyError for no such label."""
        tag = self._state.tags[mac]
        self._air.restart_tag(tag)
        self._state.visit(tag, self._state.mono_ms)

    def take_away(self, mac: str) -> Tag:
        """Carry a label out of this access point's reach, for `bring`. Raises KeyError for no such label."""
        return self._state.tags.pop(mac)

    def bring(self, tag: Tag) -> None:
        """A label is in reach now and asks at once."""
        self._state.tags[tag.mac] = tag
        self._state.visit(tag, self._state.mono_ms)


class AccessPoint:
    """See the module. All times in milliseconds; `mono_ms` never jumps, `now_ms` is the wall clock."""

    def __init__(self, settings: ApSettings, rng: RandomSource) -> None:
        self.settings = settings
        self.state = ApState(settings, rng)
        self.tags = self.state.tags
        self.known = self.state.known
        self.config = self.state.config
        self._desk = Desk(self.state)
        self._air = Air(self.state, self._desk)
        self.shelf = Shelf(self.state, self._air)
        self._saved: dict[str, Known] = {}
        self._next_render_mono_ms = 0
        self._next_save_mono_ms = 0
        self._next_system_mono_ms = 0
        self._next_counts_mono_ms = 0
        self._stop_mono_ms: int | None = None
        self.wants_restart = False
        """It goes down by itself now (at night, or crashed): whoever runs it restarts it."""
        for number in range(settings.label_count):
            mac = f"{settings.first_mac + number:016X}"
            self.state.tags[mac] = Tag(
                mac, TAG_TYPES[settings.hardware_type], settings.tag_version, wakeup_reason=WAKEUP_FIRST_BOOT
            )

    @property
    def faults(self) -> ApFaults:
        """What goes wrong at present."""
        return self.state.faults

    @faults.setter
    def faults(self, faults: ApFaults) -> None:
        self.state.faults = faults

    @property
    def up(self) -> bool:
        """Whether it has power and runs."""
        return self.state.up

    # Power.

    def power_on(self, mono_ms: int, now_ms: int) -> None:
        """Start, with the database saved last. The first start ever: labels check in one by one and become known."""
        ap = self.state
        ap.mono_ms, ap.now_ms = mono_ms, now_ms
        ap.up, ap.stopped, self.wants_restart, self._stop_mono_ms = True, False, False, None
        ap.started_mono_ms = self._next_render_mono_ms = self._next_system_mono_ms = self._next_counts_mono_ms = mono_ms
        self._next_save_mono_ms = mono_ms + self.settings.save_ms
        ap.radio.clear()
        self._desk.clear()
        if ap.traps.saves_seldom or ap.traps.loses_queue_on_restart:
            known_then = {mac: self._revived(known, ap.known.get(mac)) for mac, known in self._saved.items()}
            ap.known.clear()
            ap.known.update(known_then)
        for mac, known in ap.known.items():
            ap.offer(known)
            if known.record.nextupdate <= ap.now_seconds or known.staged is not None:
                self._desk.stage(mac)
        if ap.first_mono_ms() is None:
            for number, tag in enumerate(ap.tags.values()):
                tag.show(NO_IMAGE_HASH, blank(tag.kind), now_ms)
                ap.visit(tag, mono_ms + number * self.settings.check_in_ms // max(len(ap.tags), 1))

    def reboot(self) -> None:
        """An orderly restart: the database is saved, undelivered images are lost. Call `power_on` later."""
        if not self.up:
            return
        self.state.say(ErrorNews(text=REBOOTING))
        for known in self.state.known.values():
            if known.queue:
                known.change(nextupdate=0)
        self._save()
        self.state.up = False

    def cut_power(self) -> None:
        """As `reboot`, but nothing is saved."""
        self.state.take_news()
        if not self.state.traps.saves_seldom:
            self._save()
        self.state.up = False

    # Time.

    def step(self, mono_ms: int, now_ms: int) -> None:
        """Do everything that is due, each thing at its own instant."""
        ap = self.state
        while (due := ap.next_due(mono_ms)) is not None:
            ap.mono_ms, ap.now_ms = due[0], now_ms - (mono_ms - due[0])
            self._air.carry(due[1])
        ap.mono_ms, ap.now_ms = mono_ms, now_ms
        if not ap.up:
            return
        if mono_ms >= self._next_render_mono_ms:
            more = self._desk.draw_some()
            self._next_render_mono_ms = mono_ms + (0 if more else self.settings.render_ms)
            self._air.give_up()
        if mono_ms >= self._next_save_mono_ms:
            self._next_save_mono_ms = mono_ms + self.settings.save_ms
            self._save()
        if mono_ms >= self._next_system_mono_ms:
            self._next_system_mono_ms = mono_ms + SYSTEM_EVERY_MS
            self._look_at_the_night()
            ap.say(self.system(counted=mono_ms >= self._next_counts_mono_ms))
        if self._stop_mono_ms is not None and mono_ms >= self._stop_mono_ms:
            self.wants_restart = True

    def due_ms(self) -> int:
        """When `step` has something to do next (monotonic); now, when there is news or it wants to restart."""
        ap = self.state
        if ap.has_news or self.wants_restart:
            return ap.mono_ms
        own = min(self._next_render_mono_ms, self._next_save_mono_ms, self._next_system_mono_ms)
        if self._stop_mono_ms is not None:
            own = min(own, self._stop_mono_ms)
        agenda = ap.first_mono_ms()
        if agenda is None:
            return own
        return min(own, agenda) if ap.up else agenda

    def take_news(self) -> list[News]:
        """What the WebSocket must say since the last call, in order."""
        return self.state.take_news()

    def system(self, *, counted: bool = False) -> System:
        """The `sys` message; `counted`: with the numbers it works out once a minute."""
        ap = self.state
        late: int | UnsetType = UNSET
        low: int | UnsetType = UNSET
        if counted:
            self._next_counts_mono_ms = ap.mono_ms + COUNTS_EVERY_MS
            records = [known.record for known in ap.known.values()]
            late = sum(is_timed_out(each, ap.now_seconds, ap.number("maxsleep")) for each in records)
            low = sum(map(has_low_battery, records))
        return System(
            currtime=ap.now_seconds,
            recordcount=len(ap.known),
            apstate=1,
            runstate=2 if ap.running else 0 if ap.stopped else 3,
            littlefsfree=30_000 if ap.faults.flash_full else 700_000,
            uptime=(ap.mono_ms - ap.started_mono_ms) // 1000,
            lowbattcount=low,
            timeoutcount=late,
        )

    # Requests.

    def upload(self, mac: str, jpeg: bytes, *, content_mode: int = 24) -> bool:
        """Store a picture for a label; False: unknown label. It replaces one not yet made into planes."""
        ap = self.state
        known = ap.known.get(mac)
        if known is None:
            return False
        if not ap.faults.flash_full:
            known.staged = jpeg
            self._desk.stage(mac)
        known.change(nextupdate=0, content_mode=content_mode, modecfgjson=UPLOADED)
        ap.tell(known)
        return True

    def clear(self, mac: str) -> bool:
        """Empty a label's queue; False: unknown label. A transfer on the air goes on to its next block."""
        known = self.state.known.get(mac)
        if known is None:
            return False
        if not self.state.traps.keeps_older_images:
            known.staged = None
        self.state.radio.let_go(mac)
        self.state.empty(known)
        return True

    def forget(self, mac: str) -> bool:
        """Delete the record; the label is known again at its next check-in."""
        self.state.radio.let_go(mac)
        return self.state.known.pop(mac, None) is not None

    def refresh(self, mac: str) -> bool:
        """Forget what the label holds, so that the next image is sent even if it is the same."""
        known = self.state.known.get(mac)
        if known is None:
            return False
        known.change(hash=NO_IMAGE_HASH, nextupdate=0)
        self._desk.stage(mac)
        self.state.tell(known)
        return True

    def command(self, mac: str, command: str) -> bool:
        """Queue a command as the device does: behind the images, and counted like one. False: unknown label."""
        if command in LIGHTS:
            return self.flash(mac, write_pattern(LIGHTS[command]) if LIGHTS[command].on else bytes(12))
        known = self.state.known.get(mac)
        if known is None:
            return False
        if command == "deepsleep":
            known.sleeps_for_ever = True
            known.change(nextcheckin=NEVER_SECONDS)
        self.state.enqueue(known, Queued(b"", NO_IMAGE_HASH, command=command))
        return True

    def flash(self, mac: str, pattern: bytes) -> bool:
        """Queue a light. False: unknown label."""
        known = self.state.known.get(mac)
        if known is None:
            return False
        self.state.enqueue(known, Queued(b"", pattern[:8].hex() + "0" * 16, command="led", light=pattern))
        return True

    def stage(self, mac: str) -> None:
        """A label shall be drawn again."""
        self._desk.stage(mac)

    # Hands on the shelf.

    def set_silent(self, mac: str, *, silent: bool) -> None:
        """Take a label out of reach, or bring it back. Raises KeyError for no such label."""
        tag = self.state.tags[mac]
        tag.silent = silent
        if not silent and tag.misses:
            tag.misses = 0
            self.state.visit(tag, self.state.mono_ms + self.settings.check_in_ms)

    def crash(self) -> None:
        """Restart at once, with nothing saved."""
        self.cut_power()
        self.wants_restart = True

    # Inside.

    def _save(self) -> None:
        ap = self.state
        self._saved = (
            dict(ap.known) if not ap.traps.loses_queue_on_restart else {m: k.on_disk() for m, k in ap.known.items()}
        )

    def _revived(self, known: Known, latest: Known | None) -> Known:
        """As the database was saved. Files are written when a transfer ends: they are newer than the database."""
        known = known.on_disk() if self.state.traps.loses_queue_on_restart else known
        if latest is not None:
            known.current_file = latest.current_file
        known.record = saved(known.record, self.state.now_seconds)
        known.change(pending=len(known.queue))
        return known

    def _look_at_the_night(self) -> None:
        ap = self.state
        if not ap.traps.reboots_at_night or ap.number("nightlyreboot") != 1 or self._stop_mono_ms is not None:
            return
        minute = (ap.now_seconds // 60 + self.settings.utc_offset_minutes) % 1_440
        if minute == NIGHT_HOUR * 60 + NIGHT_MINUTE and ap.mono_ms - ap.started_mono_ms > UP_BEFORE_NIGHT_MS:
            ap.say(ErrorNews(text=REBOOTING))
            ap.stopped = True
            self._stop_mono_ms = ap.mono_ms + self.settings.stop_ms
