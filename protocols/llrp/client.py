"""The store's side of an LLRP connection: sets a reader up for an endless inventory and hands on what it reads. No I/O.

Steps: connection event -> capabilities -> configuration (keepalive, events, held reports) -> held reports let go -> old
ROSpecs deleted -> ours added, enabled, started -> reports for ever. Requests are joined to their answers by message id.
Times are milliseconds of any clock that never goes back. One object per connection: nothing outlives it.

The ROSpec never ends by itself (null stop trigger) and the reports are cut by the ROReportSpec: a stop trigger that counts
tags would stop and restart the radio all the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message, encode_message, message_id_of, number_of
from protocols.llrp.errors import (
    Malformed,
    NoAnswer,
    ReaderClosed,
    ReaderRefuses,
    ReaderSilent,
    RequestRefused,
)
from protocols.llrp.event_parameters import (
    AntennaEvent,
    ConnectionAttemptEvent,
    ConnectionCloseEvent,
    FieldError,
    LlrpStatus,
    ParameterError,
    ReaderEventNotificationData,
    ReaderException,
    ReportBufferOverflow,
    ReportBufferWarning,
    RoSpecEvent,
    Status,
    Uptime,
    UtcTimestamp,
)
from protocols.llrp.framer import MESSAGE_BYTES_MAX, Framer
from protocols.llrp.reader_setup import ROSPEC_ID, Capabilities, InventorySetup, configuration, read_capabilities, rospec
from protocols.llrp.reads import ReportReader, TagRecord
from protocols.llrp.wire import Message, find, find_all

SILENT_INTERVALS = 2
"""A reader that says nothing for this many keepalive intervals is gone."""


class ReaderRuns(msgspec.Struct, frozen=True):
    """The inventory is running."""

    capabilities: Capabilities


class ClockTold(msgspec.Struct, frozen=True):
    """The reader's clock at this moment, as its greeting says it; told before any tag, and before what it held back."""

    microseconds: int


class TagsReported(msgspec.Struct, frozen=True):
    """Tags, in the order of the report."""

    records: list[TagRecord]


class AntennaChanged(msgspec.Struct, frozen=True):
    """An antenna was plugged in or fell off."""

    antenna: int
    connected: bool


class ReaderSaid(msgspec.Struct, frozen=True):
    """Something a person may want to know; the connection goes on. `kind` is stable, `text` is for people."""

    kind: str
    text: str


Event = ReaderRuns | ClockTold | TagsReported | AntennaChanged | ReaderSaid


@dataclass(frozen=True, slots=True)
class _Asked:
    request: Message
    until_ms: int
    then: Callable[[Message, int], list[Event]]


class ClientSession:
    """`receive(bytes)` -> events, `take_output()` -> bytes to send, `tick(now)` at `deadline_ms`. Errors end the connection.

    Raises LlrpError subclasses (not Malformed: a single bad message becomes a ReaderSaid).
    """

    def __init__(self, setup: InventorySetup, now_ms: int, *, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._setup = setup
        self._framer = Framer(message_bytes_max)
        self._reports = ReportReader(carry_forward=setup.carry_forward)
        self._output = bytearray()
        self._last_id = 0
        self._asked: _Asked | None = None
        self._greeted = False
        self._greeting_until_ms = now_ms + setup.answer_within_ms
        self._heard_ms = now_ms
        self._flush_at_ms: int | None = None
        self._capabilities = Capabilities()
        self.running = False
        """Whether the inventory runs."""
        self.closed = False
        """Whether the reader has answered our farewell."""
        self.bad_messages = 0
        """Messages whose inside made no sense, since the start."""

    @property
    def unreadable_tags(self) -> int:
        """Tags in reports that made no sense, since the start."""
        return self._reports.unreadable_tags

    def take_output(self) -> bytes:
        """What is to be sent now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def deadline_ms(self) -> int:
        """When `tick` must be called at the latest."""
        times = [self._silent_at_ms()]
        if not self._greeted:
            times.append(self._greeting_until_ms)
        if self._asked is not None:
            times.append(self._asked.until_ms)
        if self._flush_at_ms is not None:
            times.append(self._flush_at_ms)
        return min(times)

    def tick(self, now_ms: int) -> None:
        """See what is overdue. Raises NoAnswer, ReaderSilent."""
        if not self._greeted and now_ms >= self._greeting_until_ms:
            raise NoAnswer("it accepts the connection but does not greet: is that an LLRP reader?")
        if self._asked is not None and now_ms >= self._asked.until_ms:
            raise NoAnswer(f"the reader does not answer {type(self._asked.request).__name__}")
        if now_ms >= self._silent_at_ms():
            silent_ms = now_ms - self._heard_ms
            raise ReaderSilent(f"the reader has said nothing for {silent_ms / 1000:.1f} s; keepalives were asked for")
        if self._flush_at_ms is not None and now_ms >= self._flush_at_ms:
            self._send(m.GetReport(message_id=self._next_id()))
            self._flush_at_ms = now_ms + self._setup.flush_ms

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """Take bytes in any pieces. Raises FramingLost, ReaderRefuses, RequestRefused, ReaderClosed."""
        self._heard_ms = now_ms
        events: list[Event] = []
        for frame in self._framer.feed(data):
            try:
                events.extend(self._take(frame, now_ms))
            except Malformed as error:
                self.bad_messages += 1
                events.append(ReaderSaid("bad_message", f"a message of type {number_of(frame)} cannot be read: {error}"))
                self._answer_lost(frame)
        if not events:
            self._framer.feed(b"")
        return events

    def close(self, now_ms: int) -> None:
        """Say goodbye; `closed` turns true once the reader has answered."""
        self._flush_at_ms = None
        if self._greeted:
            self._ask(m.CloseConnection(), self._when_closed, now_ms)

    # Hearing.

    def _take(self, frame: bytes, now_ms: int) -> list[Event]:
        number = number_of(frame)
        if number == m.RoAccessReport.number:
            unreadable = self._reports.unreadable_tags
            records = self._reports.read(frame[m.HEADER_BYTES :])
            events: list[Event] = [TagsReported(records)] if records else []
            if self._reports.unreadable_tags > unreadable:
                events.append(ReaderSaid("bad_tag", f"{self._reports.unreadable_tags - unreadable} tags cannot be read"))
            return events
        if number == m.Keepalive.number:
            self._send(m.KeepaliveAck(message_id=message_id_of(frame)))
            return []
        message = decode_message(frame)
        if isinstance(message, m.ReaderEventNotification):
            return self._events(message, now_ms)
        return self._answer(message, now_ms)

    def _events(self, message: m.ReaderEventNotification, now_ms: int) -> list[Event]:
        found: list[Event] = []
        for data in find_all(message.parts, ReaderEventNotificationData):
            for part in data.parts:
                match part:
                    case ConnectionAttemptEvent():
                        found.extend(self._attempt(part.status, data, now_ms))
                    case ConnectionCloseEvent():
                        if self._asked is None or not isinstance(self._asked.request, m.CloseConnection):
                            raise ReaderClosed("the reader closes the connection")
                    case AntennaEvent():
                        found.append(AntennaChanged(part.antenna, connected=part.event == 1))
                    case RoSpecEvent(event=1, rospec_id=rospec_id) if rospec_id == ROSPEC_ID and self.running:
                        found.append(ReaderSaid("rospec_ended", "the reader ended the inventory; it is started again"))
                        self._start(now_ms)
                    case ReaderException():
                        found.append(ReaderSaid("exception", f"the reader reports a fault: {part.words}"))
                    case ReportBufferWarning():
                        found.append(ReaderSaid("buffer", f"the reader's buffer is {part.percent} % full"))
                    case ReportBufferOverflow():
                        found.append(ReaderSaid("overflow", "the reader's buffer overflowed: reads are lost"))
                    case _:
                        pass
        return found

    def _attempt(self, status: int, data: ReaderEventNotificationData, now_ms: int) -> list[Event]:
        if status == 4:
            return [ReaderSaid("other_client", "somebody else tried to connect to the reader")]
        if status != 0:
            why = "another client has it" if status in {1, 2} else f"status {status}"
            raise ReaderRefuses(status, f"the reader refuses the connection: {why}")
        if not self._greeted:
            self._greeted = True
            self._ask(m.GetReaderCapabilities(), self._when_capable, now_ms)
        told = find(data.parts, UtcTimestamp) or find(data.parts, Uptime)
        return [] if told is None else [ClockTold(told.microseconds)]

    # Asking, one step after the other.

    def _when_capable(self, answer: Message, now_ms: int) -> list[Event]:
        self._capabilities = read_capabilities(answer)
        parts = configuration(self._setup, self._capabilities)
        self._ask(m.SetReaderConfig(parts=parts), self._when_configured, now_ms)
        return []

    def _when_configured(self, _answer: Message, now_ms: int) -> list[Event]:
        self._send(m.EnableEventsAndReports(message_id=self._next_id()))
        self._ask(m.DeleteRoSpec(rospec_id=0), self._when_deleted, now_ms)
        return []

    def _when_deleted(self, _answer: Message, now_ms: int) -> list[Event]:
        self._ask(m.AddRoSpec(parts=(rospec(self._setup, self._capabilities),)), self._when_added, now_ms)
        return []

    def _when_added(self, _answer: Message, now_ms: int) -> list[Event]:
        self._ask(m.EnableRoSpec(rospec_id=ROSPEC_ID), self._when_enabled, now_ms)
        return []

    def _when_enabled(self, _answer: Message, now_ms: int) -> list[Event]:
        self._start(now_ms)
        return []

    def _start(self, now_ms: int) -> None:
        self.running = False
        self._ask(m.StartRoSpec(rospec_id=ROSPEC_ID), self._when_started, now_ms)

    def _when_started(self, _answer: Message, now_ms: int) -> list[Event]:
        self.running = True
        if self._setup.report_every_tags > 1:
            self._flush_at_ms = now_ms + self._setup.flush_ms
        return [ReaderRuns(self._capabilities)]

    def _when_closed(self, _answer: Message, _now_ms: int) -> list[Event]:
        self.closed = True
        return []

    def _ask(self, request: Message, then: Callable[[Message, int], list[Event]], now_ms: int) -> None:
        request = msgspec.structs.replace(request, message_id=self._next_id())
        self._asked = _Asked(request, now_ms + self._setup.answer_within_ms, then)
        self._send(request)

    def _answer(self, message: Message, now_ms: int) -> list[Event]:
        asked = self._asked
        if asked is None or message.message_id != asked.request.message_id:
            number = message.kind if isinstance(message, m.RawMessage) else message.number
            return [ReaderSaid("unasked", f"a message of type {number} that nobody asked for")]
        status = find(message.parts, LlrpStatus)
        expected = m.ANSWER_TO[type(asked.request)]
        if status is not None and status.code != Status.SUCCESS:
            raise RequestRefused(type(asked.request).__name__, status.code, status.description, _path(status))
        if not isinstance(message, expected):
            raise RequestRefused(type(asked.request).__name__, -1, f"answered by a {type(message).__name__}", "")
        self._asked = None
        return asked.then(message, now_ms)

    def _answer_lost(self, frame: bytes) -> None:
        """An answer that cannot be read is no answer, and waiting for another one would be in vain."""
        asked = self._asked
        if asked is not None and message_id_of(frame) == asked.request.message_id and number_of(frame) < m.GetReport.number:
            raise NoAnswer(f"the reader's answer to {type(asked.request).__name__} cannot be read")

    def _send(self, message: Message) -> None:
        self._output += encode_message(message)

    def _next_id(self) -> int:
        self._last_id = self._last_id % 0xFFFFFFFF + 1
        return self._last_id

    def _silent_at_ms(self) -> int:
        return self._heard_ms + SILENT_INTERVALS * self._setup.keepalive_ms


def _path(status: LlrpStatus) -> str:
    """`parameter 222 / parameter 224 / field 2`: where in the request the fault is."""
    steps: list[str] = []
    part: LlrpStatus | ParameterError | None = status
    while part is not None:
        field, inner = find(part.parts, FieldError), find(part.parts, ParameterError)
        if field is not None:
            steps.append(f"field {field.field}")
        if inner is not None:
            steps.append(f"parameter {inner.parameter}")
        part = inner
    return " / ".join(steps)
