"""The reader's side of one connection, whose answers a test chooses; everything else is answered with success."""

from __future__ import annotations

from collections.abc import Callable

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.capabilities import GeneralDeviceCapabilities, GpioCapabilities, LlrpCapabilities
from protocols.llrp.client import ClientSession, Event
from protocols.llrp.event_parameters import LlrpStatus, Status
from protocols.llrp.reader import ReaderSession
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.wire import Message, Parameter

Answer = Callable[[Message], None]


class ByHand:
    """`answers` by request type; `asked` is every request in order."""

    def __init__(self, setup: InventorySetup | None = None, *, manufacturer: int = 1) -> None:
        self.now_ms = 0
        self.client = ClientSession(setup or InventorySetup(answer_within_ms=2_000, keepalive_ms=1_000), 0)
        self.reader = ReaderSession()
        self.asked: list[Message] = []
        self.events: list[Event] = []
        self.versions: list[int] = []
        self.answers: dict[type[Message], Answer] = {m.GetReaderCapabilities: self.tell_capabilities(manufacturer)}

    def tell_capabilities(self, manufacturer: int) -> Answer:
        """The reader is of this maker."""
        pins = GpioCapabilities(inputs=4, outputs=4)
        general = GeneralDeviceCapabilities(
            antennas_max=2, flags=0, manufacturer=manufacturer, model=1, firmware="1", parts=(pins,)
        )
        protocol = LlrpCapabilities(
            flags=0x08, priority_max=0, client_request_timeout_ms=0, rospecs_max=1, specs_per_rospec_max=1,
            inventory_specs_per_aispec_max=1, accessspecs_max=1, opspecs_per_accessspec_max=4,
        )  # fmt: skip
        return lambda request: self.reader.answer(request, parts=(general, protocol))

    def refuse(self, kind: type[Message], code: int = Status.M_UNSUPPORTED_MESSAGE, words: str = "no") -> None:
        """Answer such requests with an ERROR_MESSAGE from now on."""
        self.answers[kind] = lambda request: self.reader.refuse_message(request.message_id, Status(code), words)

    def silence(self, kind: type[Message]) -> None:
        """Do not answer such requests from now on."""
        self.answers[kind] = lambda _request: None

    def greet(self) -> ByHand:
        """Say that the connection is accepted, and answer all that follows."""
        self.reader.greet(0, 0)
        return self.run()

    def notify(self, *events: Parameter) -> list[Event]:
        """Tell events and answer all that follows; returns what the client says."""
        return self.heard(lambda: self.reader.notify(events, 1))

    def heard(self, act: Callable[[], None]) -> list[Event]:
        """What the client says of what the reader does in `act`."""
        before = len(self.events)
        act()
        self.run()
        return self.events[before:]

    def run(self, milliseconds: int = 0) -> ByHand:
        """Let time pass and carry everything both have to say."""
        self.now_ms += milliseconds
        self.events += self.client.tick(self.now_ms)
        while True:
            out, back = self.client.take_output(), self.reader.take_output()
            if not out and not back:
                return self
            if out:
                self.versions += [out[0] >> 2 & 7]
            for request in self.reader.receive(out):
                self.asked.append(request)
                self._answer(request)
            if back:
                self.events += self.client.receive(back, self.now_ms)

    def _answer(self, request: Message) -> None:
        if type(request) in self.answers:
            self.answers[type(request)](request)
        elif isinstance(request, m.CustomMessage):
            self.reader.send(v.impinj_extensions_answer(request, LlrpStatus(code=0)))
        elif isinstance(request, m.GetSupportedVersion):
            answer = m.GetSupportedVersionResponse(current=1, highest=2, message_id=request.message_id)
            self.reader.send(answer)
        elif type(request) in m.ANSWER_TO:
            self.reader.answer(request)

    def kinds(self) -> list[type[Message]]:
        """The types of all requests."""
        return [type(request) for request in self.asked]
