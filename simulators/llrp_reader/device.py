"""The simulated reader itself: one client at a time, and every request of LLRP 1.0.1 and 1.1 answered. Pure.

Bytes in by `receive`, bytes out by the session's `take_output`, time by `tick`. What it does in between is `running`; what
it says by itself `speaker`; serving it over TCP is `server`.
"""

from __future__ import annotations

import msgspec

from protocols.llrp import messages as m
from protocols.llrp.access_parameters import AccessSpec
from protocols.llrp.event_parameters import AntennaEvent, GpiEvent, LlrpStatus, Status
from protocols.llrp.parameters import Notify, RoSpec
from protocols.llrp.vendors import impinj_extensions_answer, is_enable_extensions
from protocols.llrp.wire import Message, find
from simulators.llrp_reader.abilities import capabilities
from simulators.llrp_reader.accessspecs import AccessBook
from simulators.llrp_reader.air import Air
from simulators.llrp_reader.checks import Checks
from simulators.llrp_reader.config import ReaderConfig
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import PLAIN, VERSION_1_1, Extensions, Profile
from simulators.llrp_reader.refusals import OK, Refused
from simulators.llrp_reader.reports import Times
from simulators.llrp_reader.rospecs import RoSpecBook
from simulators.llrp_reader.running import Running
from simulators.llrp_reader.session import VersionedSession
from simulators.llrp_reader.speaker import Speaker

__all__ = ["LlrpReader", "ReaderFaults"]

ACCEPTED, CLIENT_EXISTS, ANOTHER_TRIED = 0, 2, 4
BOUNCES = 3
_ROSPEC_REQUESTS = (
    m.AddRoSpec | m.DeleteRoSpec | m.EnableRoSpec | m.DisableRoSpec | m.StartRoSpec | m.StopRoSpec
)  # fmt: skip
_ACCESS_REQUESTS = m.AddAccessSpec | m.DeleteAccessSpec | m.EnableAccessSpec | m.DisableAccessSpec


class LlrpReader:
    """The device. `air` is its surroundings."""

    def __init__(self, air: Air, profile: Profile = PLAIN, now_ms: int = 0) -> None:
        self.air = air
        self.profile = profile
        self.faults = ReaderFaults()
        self._times = Times(booted_ms=now_ms)
        self._switch_on(now_ms)

    def _switch_on(self, now_ms: int) -> None:
        """Everything as after a power cut: no specs, factory settings."""
        self._checks = Checks(self.profile, len(self.air.antennas))
        self.config = ReaderConfig(self._checks)
        self.config.connected.update(dict.fromkeys(self.air.unplugged, False))
        self.book = RoSpecBook(self._checks)
        self.access = AccessBook(self._checks)
        self.speaker = Speaker(self.faults, self.config, self._times)
        self.running = Running(
            self.air, self.profile, self.config, self.faults, self.speaker, self.book, self.access, now_ms
        )
        self._keepalive_at_ms = 0
        self._unanswered = 0
        self._ghost = False
        """A client is gone and the reader has not noticed."""

    @property
    def session(self) -> VersionedSession | None:
        """The connection of the client that has it."""
        return self.speaker.session

    @property
    def drop_after_output(self) -> bool:
        """The connection ends once what is in the session's output was sent."""
        return self.speaker.drop_after_output or self.speaker.reset_after_output

    @drop_after_output.setter
    def drop_after_output(self, value: bool) -> None:
        self.speaker.drop_after_output = self.speaker.reset_after_output = value

    @property
    def tags_reported(self) -> int:
        """Tags sent in reports since it was switched on."""
        return self.speaker.tags_reported

    # Connections.

    def attach(self, now_ms: int) -> VersionedSession | None:
        """A client connects; None: it was refused (see `refusal`)."""
        self._tell_times()
        if self.session is not None:
            self.session.greet(ANOTHER_TRIED, self._times.us(now_ms))
            return None
        if self.faults.refuse or (self._ghost and self.faults.keeps_dead_client):
            return None
        self._ghost, self._unanswered = False, 0
        session = VersionedSession(self.profile.highest_version, self._times)
        session.custom_everywhere = self.faults.custom_everywhere
        self._checks.version = session.version
        self._checks.extensions_on = self.profile.extensions is not Extensions.IMPINJ
        self.speaker.take_up(session, hold=self.config.hold)
        self._keepalive_at_ms = now_ms + self.config.keepalive_ms
        session.greet(ACCEPTED, self._times.us(now_ms))
        return session

    def refusal(self, now_ms: int) -> bytes:
        """What a client hears that was not accepted."""
        session = VersionedSession(self.profile.highest_version, self._times)
        session.greet(CLIENT_EXISTS, self._times.us(now_ms))
        return session.take_output()

    def detach(self, *, orderly: bool = False) -> None:
        """The client is gone; specs and configuration stay."""
        self._ghost = self.session is not None and not orderly and self.faults.keeps_dead_client
        self.running.forget()
        self.speaker.take_up(None, hold=self.config.hold)

    def reboot(self, now_ms: int = 0) -> None:
        """Everything is forgotten, as after a power cut."""
        reported = self.tags_reported
        self._times.booted_ms = now_ms
        self._switch_on(now_ms)
        self.speaker.tags_reported = reported

    def say_goodbye(self, now_ms: int) -> None:
        """An orderly end by the reader (ConnectionCloseEvent)."""
        if self.session is not None:
            self.session.part(self._times.us(now_ms))
            self.drop_after_output = True

    # The world.

    def antenna(self, number: int, *, connected: bool, now_ms: int) -> None:
        """Pull an antenna's cable, or put it back. Raises ValueError for an antenna it does not have."""
        if number not in self.config.connected:
            raise ValueError(f"there is no antenna {number}: 1 to {len(self.config.connected)}")
        (self.air.unplugged.discard if connected else self.air.unplugged.add)(number)
        self.config.connected[number] = connected
        self.speaker.notify(Notify.ANTENNA, AntennaEvent(event=int(connected), antenna=number), now_ms)

    def input(self, port: int, *, high: bool, now_ms: int) -> None:
        """A general purpose input changes its level. Raises ValueError for a port it does not have."""
        levels = self.config.input_levels
        if port not in levels:
            raise ValueError(f"there is no input {port}: 1 to {len(levels)}")
        if levels[port] is high:
            return
        self.running.run(now_ms)
        for _ in range(BOUNCES if self.faults.gpi_bounce else 0):
            self._input_is(port, high, now_ms)
            self._input_is(port, not high, now_ms)
        self._input_is(port, high, now_ms)
        self.running.changed(now_ms)

    def _input_is(self, port: int, high: bool, now_ms: int) -> None:
        self.config.input_levels[port] = high
        if port in self.config.inputs_on:
            self.speaker.notify(Notify.GPI, GpiEvent(port=port, high=high), now_ms)
            self.book.input_changed(port, high, now_ms)

    def tick(self, now_ms: int) -> None:
        """Let the time pass: triggers, reads, reports, keepalives."""
        self._tell_times()
        self.running.run(now_ms)
        if not self.config.keepalive_ms or now_ms < self._keepalive_at_ms or not (self.session or self._ghost):
            return
        self._keepalive_at_ms = now_ms + self.config.keepalive_ms
        if self.faults.no_keepalive:
            return
        self._unanswered += 1
        watched = self.config.watched_keepalives
        if watched and self._unanswered > watched:
            self._ghost, self.drop_after_output = False, self.session is not None
        elif self.session is not None:
            self.session.keepalive()

    def _tell_times(self) -> None:
        self._times.off_ms, self._times.uptime = self.faults.clock_off_ms, self.faults.uptime_only
        self._checks.refuse_power, self._checks.refuse_filters = self.faults.refuse_power, self.faults.refuse_filters

    # Requests.

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes from the client. Raises FramingLost."""
        self._tell_times()
        session = self.session
        if session is None:
            return
        session.custom_everywhere = self.faults.custom_everywhere
        for request in session.receive(data):
            if isinstance(request, m.KeepaliveAck):
                self._unanswered = 0
            elif not self.faults.no_answers:
                self._serve(session, request, now_ms)

    def _serve(self, session: VersionedSession, request: Message, now_ms: int) -> None:
        self.running.run(now_ms)
        try:
            self._answer(session, request, now_ms)
        except Refused as refused:
            session.answer(request, refused.status)
        self.running.changed(now_ms)

    def _answer(self, session: VersionedSession, request: Message, now_ms: int) -> None:
        match request:
            case m.GetReaderCapabilities():
                count, lies = len(self.air.antennas), self.faults.mode_table_lies
                told = capabilities(request.what, self.profile, count, version=session.version, lies=lies)
                session.answer(request, parts=told)
            case m.GetReaderConfig():
                session.answer(request, parts=self.config.tell(request))
            case m.SetReaderConfig():
                self.config.set(request)
                self._keepalive_at_ms = now_ms + self.config.keepalive_ms
                self._unanswered = 0
                session.answer(request)
            case m.GetRoSpecs():
                lives = self.book.specs.values()
                session.answer(request, parts=tuple(msgspec.structs.replace(each.spec, state=each.state) for each in lives))
            case m.GetAccessSpecs():
                specs = [msgspec.structs.replace(each.spec, active=each.active) for each in self.access.specs.values()]
                session.answer(request, parts=tuple(specs))
            case _ if isinstance(request, _ROSPEC_REQUESTS):
                session.answer(request, self._rospec(request, now_ms))
            case _ if isinstance(request, _ACCESS_REQUESTS):
                session.answer(request, self._accessspec(request))
            case _:
                self._answer_rest(session, request, now_ms)

    def _answer_rest(self, session: VersionedSession, request: Message, now_ms: int) -> None:
        match request:
            case m.EnableEventsAndReports():
                self.speaker.let_go()
            case m.GetReport():
                self.running.flush(now_ms)
            case m.ClientRequestOpResponse():
                self.running.client_answers(request)
            case m.CloseConnection():
                session.answer(request)
                self.speaker.drop_after_output = True
            case m.GetSupportedVersion() if self.profile.highest_version >= VERSION_1_1:
                current, highest = session.version, self.profile.highest_version
                told = m.GetSupportedVersionResponse(
                    message_id=request.message_id, current=current, highest=highest, parts=(OK,)
                )  # fmt: skip
                session.send(told)
            case m.SetProtocolVersion() if self.profile.highest_version >= VERSION_1_1:
                self._set_version(session, request)
            case m.CustomMessage() if self.profile.extensions is Extensions.IMPINJ and is_enable_extensions(request):
                self._checks.extensions_on = True
                session.send(impinj_extensions_answer(request, OK))
            case _:
                unexpected = session.version >= VERSION_1_1 and type(request) in m.ANSWER_TO.values()
                code = Status.M_UNEXPECTED_MESSAGE if unexpected else Status.M_UNSUPPORTED_MESSAGE
                session.refuse_message(request.message_id, code, f"{type(request).__name__} is not for this reader")

    def _set_version(self, session: VersionedSession, request: m.SetProtocolVersion) -> None:
        if not 1 <= request.version <= self.profile.highest_version:
            words = f"this reader speaks 1 to {self.profile.highest_version}"
            session.answer(request, LlrpStatus(code=Status.M_UNSUPPORTED_VERSION, description=words))
            return
        session.answer(request)
        session.version = self._checks.version = request.version

    def _rospec(self, request: Message, now_ms: int) -> LlrpStatus:
        match request:
            case m.AddRoSpec():
                return self.book.add(find(request.parts, RoSpec))
            case m.DeleteRoSpec():
                return self.book.delete(request.rospec_id, now_ms)
            case m.EnableRoSpec():
                return self.book.enable(request.rospec_id, now_ms)
            case m.DisableRoSpec():
                return self.book.disable(request.rospec_id, now_ms)
            case m.StartRoSpec():
                return self.book.start(request.rospec_id, now_ms)
            case m.StopRoSpec():
                return self.book.stop(request.rospec_id, now_ms)
            case _:
                return OK

    def _accessspec(self, request: Message) -> LlrpStatus:
        match request:
            case m.AddAccessSpec():
                return self.access.add(find(request.parts, AccessSpec))
            case m.DeleteAccessSpec():
                return self.access.delete(request.accessspec_id)
            case m.EnableAccessSpec():
                return self.access.switch(request.accessspec_id, active=True)
            case m.DisableAccessSpec():
                return self.access.switch(request.accessspec_id, active=False)
            case _:
                return OK
