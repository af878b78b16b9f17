"""What the reader says by itself: events and reports, held back when asked to, spoilt when a fault says so. Pure."""

from __future__ import annotations

import struct

from protocols.llrp import messages as m
from protocols.llrp.codec import encode_message, encode_parameter
from protocols.llrp.event_parameters import AiSpecEvent
from protocols.llrp.parameters import CustomParameter, Notify
from protocols.llrp.tag_parameters import SingulationDetails
from protocols.llrp.wire import Parameter
from simulators.llrp_reader.air import Tag
from simulators.llrp_reader.config import ReaderConfig
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.reports import Quirks, Row, RowWriter, Telling, Times, without_repeated
from simulators.llrp_reader.session import VersionedSession

EVENTS_HELD_MAX = 64
"""Events kept while the client asks to hold them. Policy when reached: the oldest is lost."""
ODD_BITS = (0, 1, 8, 9, 64, 128, 512)
UNWRITTEN = Tag(bytes.fromhex("E2801160600002054C8F5A3B"))
HUGE_BYTES = 520 * 1024
FILLER = encode_parameter(CustomParameter(vendor=99_999, subtype=2, data=bytes(65_000)))


class Speaker:
    """One for the reader's life; `session` changes with the client."""

    def __init__(self, faults: ReaderFaults, config: ReaderConfig, times: Times) -> None:
        self.session: VersionedSession | None = None
        self.held = False
        self.drop_after_output = False
        """The connection ends once what is in the session's output was sent."""
        self.reset_after_output = False
        """Likewise, with a reset."""
        self.tags_reported = 0
        self._faults = faults
        self._config = config
        self._times = times
        self._events: list[tuple[Parameter, int]] = []
        self._last: Row | None = None
        self._odd = 0

    @property
    def may_report(self) -> bool:
        """Whether a report can go out now."""
        ends = self.drop_after_output or self.reset_after_output
        faults = self._faults
        mute = faults.no_reports or faults.silent or faults.stalled
        return self.session is not None and not (self.held or ends or mute)

    def take_up(self, session: VersionedSession | None, *, hold: bool) -> None:
        """Another client, or none."""
        self.session, self.held = session, hold
        self.drop_after_output = self.reset_after_output = False
        self._last = None
        self._events.clear()

    def let_go(self) -> None:
        """ENABLE_EVENTS_AND_REPORTS: what was held is said now."""
        self.held = False
        events, self._events = self._events, []
        for event, at_ms in events:
            self._say(event, at_ms)

    def us(self, at_ms: int) -> int:
        """A time as the reader tells it."""
        return self._times.us(at_ms)

    def question(self, number: int, row: Row) -> bytes:
        """CLIENT_REQUEST_OP: what to do with this tag?"""
        assert self.session is not None
        (tag,) = self._written([row])
        head = m.HEADER_BYTES + len(tag)
        kind = self.session.version << 10 | m.ClientRequestOp.number
        return struct.pack(">HII", kind, head, number) + tag

    def wants(self, kind: Notify) -> bool:
        """Whether the client wants such events."""
        return kind in self._config.events

    def notify(self, kind: Notify, event: Parameter, now_ms: int) -> None:
        """Tell an event, if it is wanted."""
        if self.session is None or not self.wants(kind):
            return
        if self.held:
            self._events = [*self._events[1 - EVENTS_HELD_MAX :], (event, now_ms)]
            return
        self._say(event, now_ms)

    def _say(self, event: Parameter, at_ms: int) -> None:
        if self.session is not None:
            self.session.notify((event,), self._times.us(at_ms))

    def report(self, rows: list[Row], now_ms: int) -> None:
        """One RO_ACCESS_REPORT with these rows."""
        session, faults = self.session, self._faults
        assert session is not None
        if faults.unknown_messages:
            session.send_raw(encode_message(m.RawMessage(kind=500, data=b"what is this")))
        if faults.empty_reports:
            session.report(())
        tags = self._written([*rows, *self._strangers(rows[-1])])
        if faults.huge_reports:
            tags += [FILLER] * (1 + HUGE_BYTES // len(FILLER))
        frame = session.report_frame(tags)
        if faults.cut_next_report or faults.reset_next_report:
            session.send_raw(frame[: len(frame) // 2])
            self.drop_after_output, self.reset_after_output = faults.cut_next_report, faults.reset_next_report
            faults.cut_next_report = faults.reset_next_report = False
            return
        session.send_raw(frame)
        self.tags_reported += len(rows)
        if faults.singulation_events:
            details = SingulationDetails(collision_slots=3, empty_slots=5)
            telling = rows[-1].telling
            event = AiSpecEvent(event=0, rospec_id=telling.rospec_id, spec_index=telling.spec_index, parts=(details,))
            session.notify((event,), self._times.us(now_ms))

    def _written(self, rows: list[Row]) -> list[bytes]:
        faults = self._faults
        quirks = Quirks(
            last_before_first=faults.last_before_first,
            full_count=faults.full_seen_count,
            wrong_pc=faults.wrong_pc,
            unknown_parameters=faults.unknown_parameters,
        )
        writer = RowWriter(self._times, quirks)
        written: list[bytes] = []
        for row in rows:
            tell = row.telling.tell
            written.append(writer.write(row, without_repeated(row, self._last, tell) if faults.omit_repeated else tell))
            self._last = row
        return written

    def _strangers(self, like: Row) -> list[Row]:
        """Tags that are not near at all."""
        tags: list[Tag] = []
        if self._faults.odd_epcs:
            bits = ODD_BITS[self._odd % len(ODD_BITS)]
            self._odd += 1
            data = bytes([0x30] * ((bits + 7) // 8))
            tags.append(Tag(data, bits))
        if self._faults.foreign_epcs:
            tags.append(UNWRITTEN)
        telling = Telling(like.telling.tell, like.telling.rospec_id, like.telling.spec_index)
        return [
            Row(telling, tag, like.antenna, like.rssi_cdbm, like.first_ms, like.last_ms, like.channel, like.khz)
            for tag in tags
        ]
