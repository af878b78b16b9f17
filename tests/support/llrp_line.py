"""A client that speaks plain LLRP messages to a simulated reader in memory, and hears what it says. Virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from protocols.clock import SeededRandom
from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message, encode_message
from protocols.llrp.event_parameters import LlrpStatus, ReaderEventNotificationData
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    AntennaConfiguration,
    EventNotificationState,
    InventoryParameterSpec,
    Notify,
    ReaderEventNotificationSpec,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagReportContentSelector,
)
from protocols.llrp.tag_parameters import TagReportData
from protocols.llrp.wire import Message, Parameter, find, find_all
from simulators.llrp_reader.air import Air, Tag, door_antennas
from simulators.llrp_reader.device import LlrpReader
from simulators.llrp_reader.profiles import PLAIN, Profile
from simulators.llrp_reader.walks import some_tags

TAGS = some_tags(5)
STEP_MS = 20
M = TypeVar("M", bound=Message)


def spec(
    number: int = 1, *, start: int = 0, start_parts: tuple[Parameter, ...] = (), stop_ms: int = 0,
    stop: RoSpecStopTrigger | None = None, inventory: AiSpecStopTrigger | None = None,
    report: RoReportSpec | None = None, priority: int = 0, antennas: tuple[int, ...] = (0,),
    radio: tuple[Parameter, ...] = (), more: tuple[Parameter, ...] = (),
) -> RoSpec:  # fmt: skip
    """A ROSpec with one AISpec and whatever else is given. `radio`: how all antennas are configured."""
    ends = stop or RoSpecStopTrigger(trigger=1 if stop_ms else 0, duration_ms=stop_ms)
    boundary = RoBoundarySpec(parts=(RoSpecStartTrigger(trigger=start, parts=start_parts), ends))
    configured = (AntennaConfiguration(antenna=0, parts=radio),) if radio else ()
    inventories = AiSpec(
        antennas=antennas,
        parts=(inventory or AiSpecStopTrigger(trigger=0), InventoryParameterSpec(spec_id=1, parts=configured)),
    )
    return RoSpec(rospec_id=number, priority=priority, parts=(boundary, inventories, *more, *([report] if report else [])))


def told(trigger: int, every: int, tell: int, *parts: Parameter, own: Sequence[Parameter] = ()) -> RoReportSpec:
    """A RoReportSpec with a selector."""
    return RoReportSpec(trigger=trigger, every_tags=every, parts=(TagReportContentSelector(tell=tell, parts=parts), *own))


class Line:
    """`ask` sends requests and returns what comes back; `run` lets time pass."""

    def __init__(self, *, profile: Profile = PLAIN, seed: int = 1, tags: Sequence[Tag] = TAGS, x_mm: int = 600) -> None:
        self.reader = LlrpReader(Air(door_antennas(4), SeededRandom(seed), 0), profile)
        self.reader.air.stand(tags, x_mm)
        self.now_ms = 0
        self.said = b""
        """Everything the reader said."""
        self.version = 1
        self._framer = Framer()
        self._number = 100
        self.reader.attach(0)
        self.greeting = self.hear()

    def ask(self, *requests: Message) -> list[Message]:
        """Send them together."""
        data = b"".join(encode_message(request, version=self.version) for request in requests)
        self.reader.receive(data, self.now_ms)
        return self.hear()

    def status(self, request: Message) -> LlrpStatus:
        """The status one request is answered with."""
        self._number += 1
        heard = self.ask(_numbered(request, self._number))
        answer = next(each for each in heard if each.message_id == self._number)
        found = find(answer.parts, LlrpStatus)
        assert found is not None
        return found

    def one(self, request: Message, kind: type[M]) -> M:
        """The one answer of that kind."""
        (found,) = [each for each in self.ask(request) if isinstance(each, kind)]
        return found

    def run(self, milliseconds: int) -> list[Message]:
        """Let time pass."""
        for _ in range(0, milliseconds, STEP_MS):
            self.now_ms += STEP_MS
            self.reader.tick(self.now_ms)
        return self.hear()

    def hear(self) -> list[Message]:
        """What the reader said since the last call."""
        session = self.reader.session
        data = b"" if session is None else session.take_output()
        self.said += data
        return [decode_message(frame) for frame in self._framer.feed(data)]

    def reconnect(self) -> list[Message]:
        """The connection is lost and made again."""
        self.reader.detach()
        self._framer = Framer()
        self.reader.attach(self.now_ms)
        return self.hear()

    def want(self, *kinds: Notify) -> None:
        """Switch events on."""
        states = tuple(EventNotificationState(event=kind, on=True) for kind in kinds)
        assert self.status(m.SetReaderConfig(parts=(ReaderEventNotificationSpec(parts=states),))).code == 0

    def inventory(self, given: RoSpec, *, start: bool = True) -> list[Message]:
        """Add, enable and start it."""
        self.want(Notify.ROSPEC, Notify.AISPEC, Notify.BUFFER_WARNING)
        requests: list[Message] = [m.AddRoSpec(parts=(given,)), m.EnableRoSpec(rospec_id=given.rospec_id)]
        if start:
            requests.append(m.StartRoSpec(rospec_id=given.rospec_id))
        return self.ask(*requests)


def _numbered(request: M, number: int) -> M:
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    return type(request)(**{**values, "message_id": number})


def reports(found: Sequence[Message]) -> list[m.RoAccessReport]:
    """The reports among messages."""
    return [each for each in found if isinstance(each, m.RoAccessReport)]


def tags_of(found: Sequence[Message]) -> list[TagReportData]:
    """All tags of all reports."""
    return [tag for report in reports(found) for tag in find_all(report.parts, TagReportData)]


def events(found: Sequence[Message]) -> list[Parameter]:
    """All events, without their times."""
    kinds = [each for each in found if isinstance(each, m.ReaderEventNotification)]
    datas = [find(each.parts, ReaderEventNotificationData) for each in kinds]
    return [part for data in datas if data is not None for part in data.parts[1:]]
