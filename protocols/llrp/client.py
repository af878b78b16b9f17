"""The store's side of an LLRP connection: sets a reader up for an endless inventory and hands on what it reads. No I/O.

Steps: connection event -> version (if 1.1 is wanted) -> capabilities -> maker's own parameters (Impinj) -> configuration
(keepalive, events, held reports, inputs) -> held reports let go -> old ROSpecs and AccessSpecs deleted -> our ROSpec added,
enabled, started -> inputs and antennas asked -> reports for ever. Requests are joined to their answers by message id. Times
are milliseconds of any clock that never goes back. One object per connection: nothing outlives it.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocols.llrp import messages as m
from protocols.llrp.access import AccessOrder, epc_of
from protocols.llrp.access_parameters import ClientRequestResponse
from protocols.llrp.codec import decode_message, message_id_of, number_of
from protocols.llrp.errors import LlrpError, Malformed, NoAnswer, ReaderClosed, ReaderRefuses, ReaderSilent
from protocols.llrp.event_parameters import (
    AntennaEvent,
    ConnectionAttemptEvent,
    ConnectionCloseEvent,
    GpiEvent,
    ReaderEventNotificationData,
    ReaderException,
    ReportBufferOverflow,
    ReportBufferWarning,
    RoSpecEvent,
    Uptime,
    UtcTimestamp,
)
from protocols.llrp.events import (
    AccessDone,
    AntennaChanged,
    ClockTold,
    Event,
    InputChanged,
    ReaderRuns,
    ReaderSaid,
    TagsReported,
)
from protocols.llrp.framer import MESSAGE_BYTES_MAX, Incoming
from protocols.llrp.inputs import Debounce
from protocols.llrp.orders import Orders
from protocols.llrp.parameters import AntennaProperties, GpiPortCurrentState, GpoWriteData
from protocols.llrp.reader_setup import ROSPEC_ID, InventorySetup, Start
from protocols.llrp.reads import ReportReader
from protocols.llrp.requests import Requests
from protocols.llrp.setting_up import SettingUp
from protocols.llrp.tag_parameters import AccessSpecId, EpcData, TagReportData
from protocols.llrp.wire import Message, Parameter, find, find_all, readable

__all__ = [
    "AccessDone", "AntennaChanged", "ClientSession", "ClockTold", "Event", "InputChanged", "ReaderRuns", "ReaderSaid",
    "TagsReported",
]  # fmt: skip

SILENT_INTERVALS = 2
"""A reader that says nothing for this many keepalive intervals is gone."""
PIECE_BYTES = 16_384
"""A long report is read in pieces of about this size (400 tags), so that one connection never holds up the others."""
OTHER_TRIED = 4


class ClientSession:
    """`receive(bytes)` -> events, `take_output()` -> bytes to send, `tick(now)` at `deadline_ms`. Errors end the connection.

    Raises LlrpError subclasses (not Malformed: a single bad message becomes a ReaderSaid).
    """

    def __init__(self, setup: InventorySetup, now_ms: int, *, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._setup = setup
        self._incoming = Incoming(PIECE_BYTES, message_bytes_max)
        self._reports = ReportReader(carry_forward=setup.carry_forward)
        self._events: list[Event] = []
        self._requests = Requests(setup.answer_within_ms)
        self._debounce = Debounce(setup.debounce_ms)
        self._setting_up = SettingUp(setup, self._requests, self._say, self._when_running, self._found)
        self._orders = Orders(self._requests, lambda outcome: self._events.append(AccessDone(outcome)))
        self._greeted = False
        self._greeting_until_ms = now_ms + setup.answer_within_ms
        self._heard_ms = now_ms
        self._flush_at_ms: int | None = None
        self._closing = False
        self._broken: LlrpError | None = None
        """Why the connection ends, once what was heard before it has been told."""
        self.running = False
        """Whether the inventory runs (or waits for its trigger)."""
        self.closed = False
        """Whether the reader has answered our farewell."""
        self.bad_messages = 0
        """Messages whose inside made no sense, since the start."""
        self.keepalives = 0
        self.last_keepalive_ms: int | None = None
        self.buffer_percent = 0
        """How full the reader's buffer was when it last warned; 100: it overflowed. 0 once a report came."""

    @property
    def unreadable_tags(self) -> int:
        """Tags in reports that made no sense, since the start."""
        return self._reports.unreadable_tags

    @property
    def version(self) -> int:
        """1: LLRP 1.0.1, 2: LLRP 1.1."""
        return self._requests.version

    @property
    def negotiating(self) -> bool:
        """Whether the reader was asked for its version and has not answered: some only hang up then."""
        return self._requests.waits_for(m.GetSupportedVersion) or self._requests.waits_for(m.SetProtocolVersion)

    @property
    def has_more(self) -> bool:
        """Whether `more` has something to read, or to raise."""
        return bool(self._incoming) or self._broken is not None

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return self._requests.take_output()

    def deadline_ms(self) -> int:
        """When `tick` must be called at the latest."""
        times = [self._silent_at_ms()]
        if not self._greeted:
            times.append(self._greeting_until_ms)
        others = (self._requests.deadline_ms, self._flush_at_ms, self._debounce.deadline_ms, self._orders.deadline_ms)
        times.extend(time for time in others if time is not None)
        return min(times)

    def tick(self, now_ms: int) -> list[Event]:
        """See what is overdue. Raises NoAnswer, ReaderSilent, and what ended the connection before."""
        if self._broken is not None:
            raise self._broken
        if not self._greeted and now_ms >= self._greeting_until_ms:
            raise NoAnswer("it accepts the connection but does not greet: is that an LLRP reader?")
        self._requests.overdue(now_ms)
        if now_ms >= self._silent_at_ms():
            silent_ms = now_ms - self._heard_ms
            raise ReaderSilent(f"the reader has said nothing for {silent_ms / 1000:.1f} s; keepalives were asked for")
        if self._flush_at_ms is not None and now_ms >= self._flush_at_ms:
            self._requests.send(m.GetReport())
            self._flush_at_ms = now_ms + self._setup.flush_ms
        self._events.extend(InputChanged(port, high) for port, high in self._debounce.settle(now_ms))
        self._orders.tick(now_ms)
        return self._take_events()

    def receive(self, data: bytes, now_ms: int, *, at_once: bool = True) -> list[Event]:
        """Take bytes in any pieces. Raises FramingLost, ReaderRefuses, RequestRefused, ReaderClosed.

        `at_once` False: only a first piece is read, the rest by `more`, with others being served in between.
        """
        self._heard_ms = now_ms
        self._incoming.feed(data)
        events = self.more(now_ms)
        while at_once and self._incoming and self._broken is None:
            events += self.more(now_ms)
        return events

    def more(self, now_ms: int) -> list[Event]:
        """Read on in what was received, about `PIECE_BYTES` of it. Raises as `receive`, after what came before was told."""
        if self._broken is not None:
            raise self._broken
        try:
            self._read_on(now_ms)
        except LlrpError as error:
            self._incoming.clear()
            self._broken = error
            if not self._events:
                raise
        return self._take_events()

    def _read_on(self, now_ms: int) -> None:
        taken = 0
        while self._incoming and taken < PIECE_BYTES:
            frame = self._incoming.take()
            taken += len(frame)
            if not frame:
                continue
            try:
                self._take(frame, now_ms)
            except Malformed as error:
                self.bad_messages += 1
                self._say("bad_message", f"a message of type {number_of(frame)} cannot be read: {error}")
                if number_of(frame) < m.GetReport.number or number_of(frame) == m.ErrorMessage.number:
                    self._requests.unreadable(message_id_of(frame), now_ms)

    def close(self, now_ms: int) -> None:
        """Say goodbye; `closed` turns true once the reader has answered."""
        self._flush_at_ms = None
        if self._greeted:
            self._closing = True
            self._requests.ask(m.CloseConnection(), self._when_closed, self._when_not_closed, now_ms)

    def set_outputs(self, levels: Mapping[int, bool], now_ms: int) -> None:
        """Switch general-purpose outputs (a siren, a light). A reader that refuses says so by a ReaderSaid."""
        parts = tuple(GpoWriteData(port=port, high=high) for port, high in sorted(levels.items()))
        if parts:
            asked = m.SetReaderConfig(parts=parts)
            self._requests.ask(asked, lambda _answer, _now_ms: None, self._when_output_refused, now_ms)

    def order(self, order: AccessOrder, now_ms: int) -> int:
        """Carry out an order to a tag; an AccessDone with the returned id follows. Raises ValueError when too many wait."""
        return self._orders.add(order, now_ms, ready=self.running)

    # Hearing.

    def _take(self, frame: bytes, now_ms: int) -> None:
        number = number_of(frame)
        if number == m.RoAccessReport.number:
            self._take_report(frame, now_ms)
        elif number == m.Keepalive.number:
            self.keepalives += 1
            self.last_keepalive_ms = now_ms
            self._requests.reply(m.KeepaliveAck(message_id=message_id_of(frame)))
        elif number == m.ReaderEventNotification.number:
            self._take_event(decode_message(frame), now_ms)
        elif number == m.ClientRequestOp.number:
            self._take_question(decode_message(frame), now_ms)
        else:
            message = decode_message(frame)
            if not self._requests.answer(message, now_ms):
                self._say("unasked", f"a message of type {number} that nobody asked for")

    def _take_report(self, frame: bytes, now_ms: int) -> None:
        unreadable = self._reports.unreadable_tags
        records = self._reports.read(frame[m.HEADER_BYTES :])
        if records:
            self.buffer_percent = 0
            self._events.append(TagsReported(records))
        if self._reports.unreadable_tags > unreadable:
            self._say("bad_tag", f"{self._reports.unreadable_tags - unreadable} tags cannot be read")
        if self._orders.may_be_in(frame):
            self._orders.reported(decode_message(frame).parts, now_ms)

    def _take_question(self, message: Message, now_ms: int) -> None:
        """What to do with a tag? It is always answered: the reader waits, and the tag before its antenna goes by."""
        tag = find(message.parts, TagReportData)
        epc = None if tag is None else epc_of(tag)
        parts: tuple[Parameter, ...] = ()
        if tag is not None and epc is not None:
            spec = find(tag.parts, AccessSpecId)
            operations = self._orders.asked_about(epc, now_ms)
            accessspec_id = 0 if spec is None else spec.accessspec_id
            parts = (ClientRequestResponse(accessspec_id=accessspec_id, parts=(EpcData(epc=epc), *operations)),)
        self._requests.reply(m.ClientRequestOpResponse(message_id=message.message_id, parts=parts))

    def _take_event(self, message: Message, now_ms: int) -> None:
        for data in find_all(message.parts, ReaderEventNotificationData):
            for part in data.parts:
                match part:
                    case ConnectionAttemptEvent():
                        self._attempt(part.status, data, now_ms)
                    case ConnectionCloseEvent():
                        if not self._closing:
                            raise ReaderClosed("the reader closes the connection")
                    case AntennaEvent():
                        self._events.append(AntennaChanged(part.antenna, connected=part.event == 1))
                    case GpiEvent():
                        self._input(part.port, part.high, now_ms)
                    case RoSpecEvent(event=1, rospec_id=rospec_id) if rospec_id == ROSPEC_ID and self.running:
                        self._ended(now_ms)
                    case ReaderException():
                        self._say("exception", f"the reader reports a fault: {readable(part.words)}")
                    case ReportBufferWarning():
                        self.buffer_percent = part.percent
                        self._say("buffer", f"the reader's buffer is {part.percent} % full")
                    case ReportBufferOverflow():
                        self.buffer_percent = 100
                        self._say("overflow", "the reader's buffer overflowed: reads are lost")
                    case _:
                        pass

    def _attempt(self, status: int, data: ReaderEventNotificationData, now_ms: int) -> None:
        if status == OTHER_TRIED:
            self._say("other_client", "somebody else tried to connect to the reader")
            return
        if status != 0:
            why = "another client has it" if status in {1, 2} else f"status {status}"
            raise ReaderRefuses(status, f"the reader refuses the connection: {why}")
        wall, uptime = find(data.parts, UtcTimestamp), find(data.parts, Uptime)
        told = wall or uptime
        if told is not None:
            self._events.append(ClockTold(told.microseconds, uptime=wall is None))
        if not self._greeted:
            self._greeted = True
            self._setting_up.begin(now_ms)

    def _input(self, port: int, high: bool, now_ms: int) -> None:
        if self._debounce.take(port, high, now_ms):
            self._events.append(InputChanged(port, high))

    def _ended(self, now_ms: int) -> None:
        if self._setup.start is Start.ALWAYS:
            self._say("rospec_ended", "the reader ended the inventory; it is started again")
            self.running = False
            self._setting_up.start(now_ms)

    # What requests lead to.

    def _when_running(self, now_ms: int) -> None:
        self.running = True
        if self._setup.report_every_tags > 1:
            self._flush_at_ms = now_ms + self._setup.flush_ms
        self._events.append(ReaderRuns(self._setting_up.capabilities))
        self._orders.begin(now_ms)

    def _when_closed(self, _answer: Message | None, _now_ms: int) -> None:
        self.closed = True

    def _when_not_closed(self, _error: LlrpError, _now_ms: int) -> None:
        self.closed = True

    def _when_output_refused(self, error: LlrpError, _now_ms: int) -> None:
        self._say("output", f"an output could not be switched: {error}")

    def _found(self, parts: tuple[Parameter, ...], now_ms: int) -> None:
        """How antennas and inputs are at the start."""
        wanted = set(self._setup.antennas)
        for antenna in find_all(parts, AntennaProperties):
            if antenna.antenna in wanted and not antenna.connected:
                self._events.append(AntennaChanged(antenna.antenna, connected=False))
        for pin in find_all(parts, GpiPortCurrentState):
            if pin.port in self._setup.inputs and pin.state in {0, 1}:
                self._input(pin.port, pin.state == 1, now_ms)

    def _say(self, kind: str, text: str) -> None:
        self._events.append(ReaderSaid(kind, text))

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _silent_at_ms(self) -> int:
        return self._heard_ms + SILENT_INTERVALS * self._setup.keepalive_ms
