"""What the parts of an access point share: its labels, its beliefs about them, the agenda and the news."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from protocols.clock import RandomSource
from protocols.esl.image import Planes
from protocols.esl.oepl_events import News, TagNews
from simulators.oepl_ap.radio import Radio
from simulators.oepl_ap.records import Known, Queued
from simulators.oepl_ap.settings import ApFaults, ApSettings
from simulators.oepl_ap.tag import Tag

CONFIG = {
    "channel": "0", "subghzchannel": "0", "alias": "", "led": "255", "tft": "255", "language": "0", "maxsleep": "10",
    "stopsleep": "1", "preview": "1", "nightlyreboot": "1", "lock": "0", "wifipower": "34",
    "timezone": "CET-1CEST,M3.5.0,M10.5.0/3", "sleeptime1": "0", "sleeptime2": "0", "ble": "0",
    "repo": "OpenEPaperLink/OpenEPaperLink", "env": "ESP32_S3_C6", "discovery": "0", "showtimestamp": "0",
}  # fmt: skip
"""`apconfig.json` of a new device, in its order."""
TEXTS = frozenset({"alias", "timezone", "repo", "env"})
"""The others are numbers of eight bits."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A label asks for something; void when the label planned another visit since."""

    mac: str
    visit: int


@dataclass(frozen=True, slots=True)
class Block:
    """A label asks for the next block of a transfer, or (when all are there) says that it is complete."""

    mac: str
    item: Queued
    number: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel is ready. `tell`: only now does the label report."""

    mac: str
    image_hash: str
    planes: Planes
    item: Queued
    tell: bool


class ApState:
    """Shared by desk, air and the access point itself; each method keeps one promise."""

    def __init__(self, settings: ApSettings, rng: RandomSource) -> None:
        self.settings = settings
        self.traps = settings.in_force
        self.faults = ApFaults()
        self.config = CONFIG | {"alias": settings.ap_id}
        self.variables: dict[str, str] = {}
        self.tags: dict[str, Tag] = {}
        self.known: dict[str, Known] = {}
        slots = settings.radio_slots if self.traps.few_radio_slots else 1 << 30
        self.radio = Radio(slots, settings.attempts * settings.attempt_ms)
        self.rng = rng
        self.listeners = 0
        """Open WebSockets."""
        self.up = False
        self.stopped = False
        """Before a restart it knows of: it listens to nothing, uploads are refused."""
        self.mono_ms = 0
        self.now_ms = 0
        self.clock_offset_ms = 0
        """How far its own clock is from the right time."""
        self.started_mono_ms = 0
        self._news: list[News] = []
        self._agenda: list[tuple[int, int, CheckIn | Block | Drawn]] = []
        self._order = 0

    @property
    def now_seconds(self) -> int:
        """Its own clock."""
        return (self.now_ms + self.clock_offset_ms) // 1000

    @property
    def running(self) -> bool:
        """Runstate 2: it draws and takes uploads."""
        return self.up and not self.stopped and self.mono_ms - self.started_mono_ms >= self.settings.boot_ms

    def number(self, key: str) -> int:
        """A setting as a number."""
        text = self.config.get(key, "0")
        return int(text) if text.isdigit() else 0

    def lucky(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return percent > 0 and int.from_bytes(self.rng.bytes(2), "big") % 100 < percent

    # News.

    def say(self, news: News) -> None:
        """Something for every WebSocket."""
        self._news.append(news)

    def tell(self, known: Known) -> None:
        """The record of a label, with the length of its queue."""
        if known.record.pending != len(known.queue):
            known.change(pending=len(known.queue))
        self._news.append(TagNews(tags=(known.record,)))

    def take_news(self) -> list[News]:
        """What was said since the last call, in order."""
        news, self._news = self._news, []
        return news

    @property
    def has_news(self) -> bool:
        """Whether something waits to be told."""
        return bool(self._news)

    # Agenda.

    def at(self, mono_ms: int, what: CheckIn | Block | Drawn) -> None:
        """Do something then."""
        self._order += 1
        heapq.heappush(self._agenda, (mono_ms, self._order, what))

    def visit(self, tag: Tag, mono_ms: int) -> None:
        """A label asks next at that instant; what it had planned before is void."""
        tag.visit += 1
        self.at(mono_ms, CheckIn(tag.mac, tag.visit))

    def next_due(self, mono_ms: int) -> tuple[int, CheckIn | Block | Drawn] | None:
        """The next thing due by then and its instant, taken off the agenda."""
        if self._agenda and self._agenda[0][0] <= mono_ms:
            due_mono_ms, _, what = heapq.heappop(self._agenda)
            return due_mono_ms, what
        return None

    def first_mono_ms(self) -> int | None:
        """When the agenda goes on."""
        return self._agenda[0][0] if self._agenda else None

    # Queues.

    def enqueue(self, known: Known, item: Queued) -> None:
        """One more thing for a label; the radio takes the first of the queue."""
        if item.planes is not None and not self.traps.keeps_older_images:
            kept = [each for each in known.queue if each.planes is None]
            known.queue.clear()
            known.queue.extend(kept)
        known.queue.append(item)
        self.offer(known)
        self.tell(known)

    def offer(self, known: Known) -> None:
        """Give the radio the first of a label's queue; when it takes nothing, the label waits silently."""
        if known.queue and not self.faults.radio_full and not known.served_elsewhere:
            self.radio.offer(known.record.mac, known.queue[0], self.mono_ms)

    def empty(self, known: Known) -> None:
        """Nothing is queued for a label any more."""
        known.queue.clear()
        self.tell(known)
