"""The simulated reader itself: one client at a time, ROSpecs, configuration, reports, events, keepalives, faults. Pure.

Bytes in by `receive`, bytes out by the session's `take_output`, time by `tick`. Serving it over TCP is `server`.
"""

from __future__ import annotations

import msgspec

from protocols.llrp import messages as m
from protocols.llrp.codec import encode_message
from protocols.llrp.event_parameters import (
    AiSpecEvent,
    AntennaEvent,
    LlrpStatus,
    ReportBufferOverflow,
    ReportBufferWarning,
    RoSpecEvent,
    Status,
)
from protocols.llrp.parameters import (
    EventNotificationState,
    EventsAndReports,
    KeepaliveSpec,
    Notify,
    ReaderEventNotificationSpec,
    RoSpec,
    Tell,
)
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reads import TagRecord
from protocols.llrp.tag_parameters import SingulationDetails
from protocols.llrp.wire import Message, Parameter, find, find_all
from simulators.llrp_reader import abilities
from simulators.llrp_reader.air import Air, Tag
from simulators.llrp_reader.rospecs import OK, ROSPECS_MAX, RoSpecBook, RoSpecLife

BUFFER_TAGS_MAX = 10_000
"""Tags kept for a client that is away. Policy when reached: the newest are lost, and an overflow is told."""
WARN_AT_PERCENT = 90
REPORT_TAGS_MAX = 500
ACCEPTED, CLIENT_EXISTS, ANOTHER_TRIED = 0, 2, 4


class ReaderFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with the reader; change the fields while it runs. The default is a good reader."""

    silent: bool = False
    """Sends nothing any more, the connection stays open."""
    no_keepalive: bool = False
    """Keepalives stop, everything else goes on."""
    cut_next_report: bool = False
    """Half of the next report, then the connection ends. Heals itself."""
    singulation_events: bool = False
    """Every report is followed by an AISpecEvent with singulation details."""
    unknown_messages: bool = False
    """Every report is led by a message of type 500."""
    clock_off_ms: int = 0
    """The reader's clock is so far off."""
    refuse: bool = False
    """New connections are refused: "a client-initiated connection already exists"."""
    slow_ms: int = 0
    """Everything is sent so much later."""
    split: bool = False
    """Everything is sent one byte at a time."""
    omit_repeated: bool = False
    """A field equal to the one sent last is left out, as LLRP allows."""


class LlrpReader:
    """The device. `air` is its surroundings."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.faults = ReaderFaults()
        self.book = RoSpecBook()
        self.session: ReaderSession | None = None
        self.drop_after_output = False
        """The connection ends once what is in the session's output was sent."""
        self.tags_reported = 0
        self._events_on: set[int] = set()
        self._keepalive_ms = 0
        self._keepalive_at_ms = 0
        self._hold = False
        self._held = False
        self._seen: dict[tuple[Tag, int], TagRecord] = {}
        self._buffer: list[TagRecord] = []
        self._warned = False
        self._last_sent: TagRecord | None = None
        self._ran_last: RoSpecLife | None = None
        """Says how the tags of a ROSpec that was deleted are still to be told."""

    # Connections.

    def attach(self, now_ms: int) -> ReaderSession | None:
        """A client connects; None: it was refused (see `refusal`)."""
        if self.session is not None:
            self.session.greet(ANOTHER_TRIED, self._clock_us(now_ms))
            return None
        if self.faults.refuse:
            return None
        self.session = ReaderSession()
        self.drop_after_output = False
        self._held = self._hold
        self._last_sent = None
        self._keepalive_at_ms = now_ms + self._keepalive_ms
        self.session.greet(ACCEPTED, self._clock_us(now_ms))
        return self.session

    def refusal(self, now_ms: int) -> bytes:
        """What a client hears that was not accepted."""
        session = ReaderSession()
        session.greet(CLIENT_EXISTS, self._clock_us(now_ms))
        return session.take_output()

    def detach(self) -> None:
        """The client is gone; ROSpecs and configuration stay."""
        self.session = None
        self._held = self._hold

    def reboot(self) -> None:
        """Everything is forgotten, as after a power cut."""
        self.book = RoSpecBook()
        self.session = None
        self._events_on, self._keepalive_ms, self._hold, self._held = set(), 0, False, False
        self._seen.clear()
        self._buffer.clear()

    def antenna(self, number: int, *, connected: bool, now_ms: int) -> None:
        """Pull an antenna's cable, or put it back (told only; the air stays as it is)."""
        self._notify(Notify.ANTENNA, AntennaEvent(event=int(connected), antenna=number), now_ms)

    # Requests.

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes from the client. Raises FramingLost."""
        if self.session is not None:
            for request in self.session.receive(data):
                self._serve(self.session, request, now_ms)

    def _serve(self, session: ReaderSession, request: Message, now_ms: int) -> None:
        match request:
            case m.GetReaderCapabilities():
                told = abilities.capabilities(request.what, len(self.air.antennas), ROSPECS_MAX)
                session.answer(request, parts=told)
            case m.GetReaderConfig():
                session.answer(request, parts=abilities.configuration(len(self.air.antennas)))
            case m.SetReaderConfig():
                self._configure(request, now_ms)
                session.answer(request)
            case m.GetRoSpecs():
                specs = [msgspec.structs.replace(life.spec, state=life.state) for life in self.book.specs.values()]
                session.answer(request, parts=tuple(specs))
            case m.AddRoSpec() | m.DeleteRoSpec() | m.EnableRoSpec() | m.DisableRoSpec() | m.StartRoSpec() | m.StopRoSpec():
                session.answer(request, self._command(request, now_ms))
            case m.EnableEventsAndReports():
                self._held = False
                self._send_reports()
            case m.GetReport():
                self._flush()
                self._send_reports()
            case m.CloseConnection():
                session.answer(request)
                self.drop_after_output = True
            case m.DeleteAccessSpec() | m.GetAccessSpecs():
                session.answer(request)
            case m.KeepaliveAck():
                pass
            case _:
                words = f"{type(request).__name__} is not supported"
                session.refuse_message(request.message_id, Status.M_UNSUPPORTED_MESSAGE, words)

    def _command(self, request: Message, now_ms: int) -> LlrpStatus:
        before = self.book.active
        match request:
            case m.AddRoSpec():
                status = self.book.add(find(request.parts, RoSpec))
            case m.DeleteRoSpec():
                status = self.book.delete(request.rospec_id)
            case m.EnableRoSpec():
                status = self.book.enable(request.rospec_id, now_ms)
            case m.DisableRoSpec():
                status = self.book.disable(request.rospec_id)
            case m.StartRoSpec():
                status = self.book.start(request.rospec_id, now_ms)
            case m.StopRoSpec():
                status = self.book.stop(request.rospec_id)
            case _:
                status = OK
        after = self.book.active
        if after is not before:
            self._changed(before, after, now_ms)
        return status

    def _configure(self, request: m.SetReaderConfig, now_ms: int) -> None:
        if request.reset:
            self._events_on, self._keepalive_ms, self._hold = set(), 0, False
        notifications = find(request.parts, ReaderEventNotificationSpec)
        for state in () if notifications is None else find_all(notifications.parts, EventNotificationState):
            (self._events_on.add if state.on else self._events_on.discard)(state.event)
        keepalive = find(request.parts, KeepaliveSpec)
        if keepalive is not None:
            self._keepalive_ms = keepalive.milliseconds if keepalive.trigger else 0
            self._keepalive_at_ms = now_ms + self._keepalive_ms
        held = find(request.parts, EventsAndReports)
        if held is not None:
            self._hold = held.hold

    # Time.

    def tick(self, now_ms: int) -> None:
        """Let the time pass: triggers, reads, reports, keepalives."""
        ended, started = self.book.advance(now_ms)
        if ended is not None or started is not None:
            self._changed(ended, started, now_ms)
        life = self.book.active
        if life is None:
            self.air.skip(now_ms)
        else:
            self._read(life, now_ms)
        if self.session is not None and self._keepalive_ms and now_ms >= self._keepalive_at_ms:
            self._keepalive_at_ms = now_ms + self._keepalive_ms
            if not self.faults.no_keepalive:
                self.session.keepalive()

    def _read(self, life: RoSpecLife, now_ms: int) -> None:
        report, self._ran_last = life.report, life
        for heard in self.air.listen(now_ms, life.antennas):
            seen_us = self._clock_us(heard.at_ms)
            key = (heard.tag, heard.antenna)
            known = self._seen.get(key)
            self._seen[key] = TagRecord(
                epc=heard.tag.epc,
                epc_bits=heard.tag.bits,
                antenna=heard.antenna,
                rssi_dbm=heard.rssi_dbm if known is None else max(heard.rssi_dbm, known.rssi_dbm or heard.rssi_dbm),
                first_seen_us=seen_us if known is None else known.first_seen_us,
                last_seen_us=seen_us,
                count=1 if known is None else known.count + 1,
            )
            life.tags_seen += 1
            if report.trigger and report.every_tags and len(self._seen) >= report.every_tags:
                self._flush()
        self._send_reports(now_ms)

    def _changed(self, ended: RoSpecLife | None, started: RoSpecLife | None, now_ms: int) -> None:
        if ended is not None:
            self._notify(Notify.ROSPEC, RoSpecEvent(event=1, rospec_id=ended.spec.rospec_id), now_ms)
            if ended.report.trigger:
                self._flush()
            self._send_reports(now_ms)
        if started is not None:
            self._notify(Notify.ROSPEC, RoSpecEvent(event=0, rospec_id=started.spec.rospec_id), now_ms)
            self.air.skip(now_ms)

    # Reports.

    def _flush(self) -> None:
        """What was accumulated becomes rows of a report."""
        room = BUFFER_TAGS_MAX - len(self._buffer)
        rows = list(self._seen.values())
        self._seen.clear()
        self._buffer.extend(rows[:room])
        if len(rows) > room:
            self._tell_buffer(ReportBufferOverflow())
        elif len(self._buffer) * 100 >= BUFFER_TAGS_MAX * WARN_AT_PERCENT and not self._warned:
            self._warned = True
            self._tell_buffer(ReportBufferWarning(percent=WARN_AT_PERCENT))

    def _tell_buffer(self, event: Parameter) -> None:
        if self.session is not None and Notify.BUFFER_WARNING in self._events_on:
            self.session.notify((event,), 0)

    def _send_reports(self, now_ms: int = 0) -> None:
        session, life = self.session, self.book.active or self._ran_last
        if session is None or life is None or self._held or self.faults.silent:
            return
        bits, rospec_id, every = life.tell, life.spec.rospec_id, life.report.every_tags or REPORT_TAGS_MAX
        while self._buffer and not self.drop_after_output:
            rows, self._buffer = self._buffer[:every], self._buffer[every:]
            self._send_one(session, rows, bits, rospec_id, now_ms)
        self._warned = self._warned and bool(self._buffer)

    def _send_one(self, session: ReaderSession, rows: list[TagRecord], tell: int, rospec_id: int, now_ms: int) -> None:
        faults = self.faults
        if faults.unknown_messages:
            session.send_raw(encode_message(m.RawMessage(kind=500, data=b"what is this")))
        tags = []
        for row in rows:
            tags.append(write_tag(row, self._without_repeated(row, tell) if faults.omit_repeated else tell, rospec_id))
            self._last_sent = row
        if faults.cut_next_report:
            faults.cut_next_report = False
            writer = ReaderSession()
            writer.report(tags)
            whole = writer.take_output()
            session.send_raw(whole[: len(whole) // 2])
            self.drop_after_output = True
            return
        session.report(tags)
        self.tags_reported += len(rows)
        if faults.singulation_events:
            details = SingulationDetails(collision_slots=3, empty_slots=5)
            event = AiSpecEvent(event=0, rospec_id=rospec_id, spec_index=1, parts=(details,))
            session.notify((event,), self._clock_us(now_ms))

    def _without_repeated(self, row: TagRecord, tell: int) -> int:
        last = self._last_sent
        if last is None:
            return tell
        fields = (
            (Tell.ANTENNA, row.antenna == last.antenna),
            (Tell.PEAK_RSSI, row.rssi_dbm == last.rssi_dbm),
            (Tell.FIRST_SEEN, row.first_seen_us == last.first_seen_us),
            (Tell.LAST_SEEN, row.last_seen_us == last.last_seen_us),
            (Tell.SEEN_COUNT, row.count == last.count),
        )
        for bit, same in fields:
            tell &= ~bit if same else 0xFFFF
        return tell

    def _notify(self, kind: Notify, event: Parameter, now_ms: int) -> None:
        if self.session is not None and kind in self._events_on and not self._held:
            self.session.notify((event,), self._clock_us(now_ms))

    def _clock_us(self, now_ms: int) -> int:
        return max(0, (now_ms + self.faults.clock_off_ms) * 1000)
