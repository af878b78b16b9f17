"""A short visit to a port that may be a reader: who is it, and is it free? Nothing in it is changed. Pure."""

from __future__ import annotations

import msgspec

from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message, number_of
from protocols.llrp.errors import FramingLost, LlrpError, Malformed
from protocols.llrp.event_parameters import ConnectionAttemptEvent, ReaderEventNotificationData
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import Identification
from protocols.llrp.reader_setup import Capabilities, read_capabilities
from protocols.llrp.requests import Requests
from protocols.llrp.wire import Message, find

IDENTIFICATION = 1
WITHIN_MS = 2_000


class Visited(msgspec.Struct, frozen=True):
    """What the reader told. `taken`: another client has it, so it told nothing else."""

    taken: bool = False
    capabilities: Capabilities = Capabilities()
    reader_id: str = ""
    """Its MAC address or EPC, in hex; empty: not told."""


class Visit:
    """`receive(bytes)` until `done`; `found` is None when that is no LLRP reader."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._requests = Requests(WITHIN_MS)
        self.found: Visited | None = None
        self.done = False

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return self._requests.take_output()

    def receive(self, data: bytes) -> None:
        """Bytes from whatever is there. What makes no sense ends the visit."""
        try:
            for frame in self._framer.feed(data):
                self._take(frame)
        except (FramingLost, Malformed):
            self.done = True

    def _take(self, frame: bytes) -> None:
        if number_of(frame) not in {m.ReaderEventNotification.number, m.RoAccessReport.number}:
            self._requests.answer(decode_message(frame), 0)
            return
        if number_of(frame) == m.ReaderEventNotification.number:
            data = find(decode_message(frame).parts, ReaderEventNotificationData)
            attempt = None if data is None else find(data.parts, ConnectionAttemptEvent)
            if attempt is not None and self.found is None:
                self._greeted(attempt.status)

    def _greeted(self, status: int) -> None:
        self.found = Visited(taken=status != 0)
        if status != 0:
            self.done = True
            return
        self._requests.ask(m.GetReaderCapabilities(), self._when_capable, self._when_refused, 0)

    def _when_capable(self, answer: Message | None, now_ms: int) -> None:
        self.found = Visited(capabilities=read_capabilities(answer))
        asked = m.GetReaderConfig(what=IDENTIFICATION)
        self._requests.ask(asked, self._when_identified, self._when_refused, now_ms)

    def _when_identified(self, answer: Message | None, now_ms: int) -> None:
        identification = None if answer is None else find(answer.parts, Identification)
        if identification is not None and self.found is not None:
            self.found = msgspec.structs.replace(self.found, reader_id=bytes(identification.reader_id).hex())
        self._part(now_ms)

    def _when_refused(self, _error: LlrpError, now_ms: int) -> None:
        self._part(now_ms)

    def _part(self, now_ms: int) -> None:
        """CLOSE_CONNECTION, so that the reader is free at once for who comes next."""
        self._requests.ask(m.CloseConnection(), self._when_parted, self._when_not_parted, now_ms)

    def _when_parted(self, _answer: Message | None, _now_ms: int) -> None:
        self.done = True

    def _when_not_parted(self, _error: LlrpError, _now_ms: int) -> None:
        self.done = True
