"""The access point's desk: uploads become files in the queue, once a second, when the label is about to ask."""

from __future__ import annotations

import heapq

from protocols.esl.image import ImageRefused, file_hash
from protocols.esl.oepl_events import SAME_IMAGE, ErrorNews, LogNews
from protocols.esl.oepl_records import NEVER_SECONDS, names_a_file
from protocols.esl.tag_types import TAG_TYPES
from simulators.oepl_ap.pictures import PictureMaker
from simulators.oepl_ap.records import Known, Queued
from simulators.oepl_ap.state import ApState

RENDERED_PER_STEP = 12
RENDER_AHEAD_SECONDS = 300
"""A picture is made only when the label is expected to check in within this time."""
UNKNOWN_TYPE_SECONDS = 300
IMAGE_MODES = frozenset({0, 22, 23, 24, 25})


class Desk:
    """Work waiting to be drawn. What is not due costs nothing."""

    def __init__(self, ap: ApState) -> None:
        self._ap = ap
        self._ready: dict[str, None] = {}
        self._later: list[tuple[int, str]] = []
        self._pictures = PictureMaker()

    def clear(self) -> None:
        """Power off."""
        self._ready.clear()
        self._later.clear()

    def stage(self, mac: str) -> None:
        """A label shall be drawn."""
        self._ready.pop(mac, None)
        self._ready[mac] = None

    def draw_some(self) -> bool:
        """Draw what is due; True: there is more to draw at once."""
        ap = self._ap
        if not ap.running or self.asleep():
            return False
        while self._later and self._later[0][0] <= ap.now_seconds:
            self._ready[heapq.heappop(self._later)[1]] = None
        for _ in range(RENDERED_PER_STEP):
            if not self._ready:
                return False
            mac = next(iter(self._ready))
            del self._ready[mac]
            known = ap.known.get(mac)
            if known is not None and known.record.nextupdate <= ap.now_seconds:
                self._draw_or_wait(known)
        return bool(self._ready)

    def asleep(self) -> bool:
        """Whether the hours are those of `sleeptime1` to `sleeptime2`, when nothing is drawn."""
        ap = self._ap
        start, end = ap.number("sleeptime1"), ap.number("sleeptime2")
        hour = (ap.now_seconds + ap.settings.utc_offset_minutes * 60) // 3_600 % 24
        if start == end:
            return False
        return start <= hour < end if start < end else hour >= start or hour < end

    def _draw_or_wait(self, known: Known) -> None:
        ap, record = self._ap, known.record
        due = record.nextcheckin - RENDER_AHEAD_SECONDS
        if record.rssi == 0:
            return  # Never heard: its first check-in stages it again.
        if due >= ap.now_seconds and not self._watched():
            heapq.heappush(self._later, (due + 1, record.mac))
            return
        if record.hardware_type not in TAG_TYPES:
            ap.say(ErrorNews(text=f"No definition found for tag type {record.hardware_type}"))
            known.change(nextupdate=ap.now_seconds + UNKNOWN_TYPE_SECONDS)
            heapq.heappush(self._later, (ap.now_seconds + UNKNOWN_TYPE_SECONDS, record.mac))
            return
        known.change(nextupdate=NEVER_SECONDS)
        if record.content_mode in IMAGE_MODES:
            self._draw(known)

    def _watched(self) -> bool:
        ap = self._ap
        return ap.traps.awake_while_watched and ap.listeners > 0 and ap.number("stopsleep") == 1

    def _draw(self, known: Known) -> None:
        ap = self._ap
        jpeg, known.staged = known.staged, None
        if jpeg is None:
            self._resend(known)
            return
        kind = TAG_TYPES[known.record.hardware_type]
        try:
            made = self._pictures.make(kind, known.record.version, jpeg)
        except ImageRefused as error:
            ap.say(ErrorNews(text=str(error)))
            return
        self._queue(known, Queued(made.file, made.image_hash, made.planes))

    def _resend(self, known: Known) -> None:
        """The upload named is not there (any more): the file the label had last is sent again, unless the record says it has
        it."""
        ap = self._ap
        if not known.current_file or not ap.traps.resends_last_file or not names_a_file(known.record):
            return
        tag = ap.tags.get(known.record.mac)
        if tag is None:
            return
        planes = self._pictures.read(tag.kind, tag.version, known.current_file)
        self._queue(known, Queued(known.current_file, file_hash(known.current_file), planes))

    def _queue(self, known: Known, item: Queued) -> None:
        if item.image_hash == known.record.hash:
            self._ap.say(LogNews(text=SAME_IMAGE))
            self._ap.tell(known)
        else:
            self._ap.enqueue(known, item)
