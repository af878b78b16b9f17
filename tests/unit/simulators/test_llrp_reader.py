"""The simulated reader: ROSpecs live as the standard says, reports obey their triggers, the buffer is bounded."""

from __future__ import annotations

import pytest

from protocols.clock import SeededRandom
from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message
from protocols.llrp.event_parameters import (
    LlrpStatus,
    ReaderEventNotificationData,
    ReportBufferOverflow,
    RoSpecEvent,
    Status,
)
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    EventNotificationState,
    Notify,
    PeriodicTriggerValue,
    ReaderEventNotificationSpec,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagObservationTrigger,
)
from protocols.llrp.reader import ReaderSession
from protocols.llrp.wire import Message, Parameter, find
from simulators.llrp_reader import device
from simulators.llrp_reader.air import TAGS_MAX, Air, Direction, Tag, door_antennas
from simulators.llrp_reader.device import LlrpReader
from simulators.llrp_reader.rospecs import ACTIVE, DISABLED, INACTIVE, ROSPECS_MAX, RoSpecBook

TAGS = [Tag(number.to_bytes(12, "big")) for number in range(1, 6)]


def spec(
    number: int = 1,
    *,
    start: int = 0,
    stop_ms: int = 0,
    inventory: AiSpecStopTrigger | None = None,
    report: RoReportSpec | None = None,
    period_ms: int = 0,
) -> RoSpec:
    value = (PeriodicTriggerValue(offset_ms=100, period_ms=period_ms),) if period_ms else ()
    boundary = RoBoundarySpec(
        parts=(
            RoSpecStartTrigger(trigger=start, parts=value),
            RoSpecStopTrigger(trigger=1 if stop_ms else 0, duration_ms=stop_ms),
        )
    )
    parts: tuple[Parameter, ...] = (inventory or AiSpecStopTrigger(trigger=0),)
    return RoSpec(rospec_id=number, parts=(boundary, AiSpec(antennas=(0,), parts=parts), *([report] if report else [])))


def state(book: RoSpecBook, number: int = 1) -> int:
    return book.specs[number].state


def test_a_rospec_is_added_enabled_started_stopped_disabled_deleted() -> None:
    book = RoSpecBook()
    assert book.start(1, 0).code == Status.M_FIELD
    assert book.add(spec()).code == 0
    assert state(book) == DISABLED
    assert book.start(1, 0).code == Status.M_FIELD, "not while it is disabled"
    assert book.enable(1, 0).code == 0
    assert state(book) == INACTIVE
    assert book.start(1, 0).code == 0
    assert state(book) == ACTIVE
    assert book.stop(1).code == 0
    assert book.stop(1).code == Status.M_FIELD
    assert book.disable(0).code == 0
    assert state(book) == DISABLED
    assert book.delete(0).code == 0
    assert book.specs == {}
    assert book.delete(7).code == Status.M_FIELD
    assert book.delete(0).code == 0, "all of none"


def test_what_a_reader_refuses() -> None:
    book = RoSpecBook()
    assert book.add(None).code == Status.M_MISSING_PARAMETER
    assert book.add(spec(0)).code == Status.M_PARAMETER
    assert book.add(spec(start=3)).code == Status.M_PARAMETER
    assert book.add(RoSpec(rospec_id=1)).code == Status.M_MISSING_PARAMETER
    for number in range(1, ROSPECS_MAX + 1):
        assert book.add(spec(number)).code == 0
    assert book.add(spec(1)).code == Status.M_FIELD
    assert book.add(spec(99)).code == Status.M_OVERFLOW_PARAMETER
    book.enable(0, 0)
    book.start(1, 0)
    assert book.start(2, 0).code == Status.R_DEVICE


def test_start_triggers_act_by_themselves() -> None:
    book = RoSpecBook()
    book.add(spec(start=1, stop_ms=200))
    book.enable(1, 0)
    assert book.advance(0)[1] is book.specs[1]
    assert book.advance(199) == (None, None)
    ended, started = book.advance(200)
    assert ended is started is book.specs[1], "immediate: again at once"
    book = RoSpecBook()
    book.add(spec(start=2, stop_ms=50, period_ms=1_000))
    book.enable(1, 0)
    assert book.advance(99) == (None, None)
    assert book.advance(100)[1] is not None
    assert book.advance(150)[0] is not None
    assert book.advance(1_099) == (None, None)
    assert book.advance(1_100)[1] is not None


class Line:
    """A client that speaks plain messages to a reader."""

    def __init__(self) -> None:
        self.reader = LlrpReader(Air(door_antennas(4), SeededRandom(1), 0))
        self.reader.air.stand(TAGS, 600)
        self.reader.attach(0)
        self.framer = Framer()
        self.now_ms = 0

    def ask(self, *requests: Message) -> list[Message]:
        client = ReaderSession()
        for request in requests:
            client.send(request)
        self.reader.receive(client.take_output(), self.now_ms)
        return self.hear()

    def run(self, milliseconds: int) -> list[Message]:
        for _ in range(0, milliseconds, 20):
            self.now_ms += 20
            self.reader.tick(self.now_ms)
        return self.hear()

    def hear(self) -> list[Message]:
        session = self.reader.session
        data = b"" if session is None else session.take_output()
        return [decode_message(frame) for frame in self.framer.feed(data)]

    def inventory(self, given: RoSpec) -> None:
        events = tuple(EventNotificationState(event=kind, on=True) for kind in (Notify.ROSPEC, Notify.BUFFER_WARNING))
        self.ask(
            m.SetReaderConfig(parts=(ReaderEventNotificationSpec(parts=events),)),
            m.AddRoSpec(parts=(given,)),
            m.EnableRoSpec(rospec_id=given.rospec_id),
            m.StartRoSpec(rospec_id=given.rospec_id),
        )


def reports(found: list[Message]) -> list[m.RoAccessReport]:
    return [each for each in found if isinstance(each, m.RoAccessReport)]


def events(found: list[Message]) -> list[Parameter]:
    kinds = [each for each in found if isinstance(each, m.ReaderEventNotification)]
    datas = [find(each.parts, ReaderEventNotificationData) for each in kinds]
    return [part for data in datas if data is not None for part in data.parts[1:]]


def test_every_n_tags_make_a_report() -> None:
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=4)))
    sizes = [len(each.parts) for each in reports(line.run(1_000))]
    assert sizes
    assert set(sizes) == {4}


def test_an_inventory_that_ends_after_so_many_tags_reports_then() -> None:
    line = Line()
    stop = AiSpecStopTrigger(
        trigger=3, parts=(TagObservationTrigger(trigger=0, tags=3, attempts=0, interval_ms=0, timeout_ms=0),)
    )
    line.inventory(spec(inventory=stop, report=RoReportSpec(trigger=1, every_tags=0)))
    found = line.run(1_000)
    assert len(reports(found)) == 1
    assert [each.event for each in events(found) if isinstance(each, RoSpecEvent)] == [1]
    assert line.reader.book.active is None


def test_reports_on_demand_only() -> None:
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=0, every_tags=0)))
    assert reports(line.run(1_000)) == []
    (report,) = reports(line.ask(m.GetReport()))
    assert len(report.parts) == len(TAGS) * 4, "one row a tag and antenna"


def test_a_reader_without_a_client_keeps_a_bounded_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "BUFFER_TAGS_MAX", 50)
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=1)))
    line.reader.detach()
    line.run(5_000)
    line.reader.attach(line.now_ms)
    line.framer = Framer()
    found = line.run(20)
    assert 50 <= sum(len(each.parts) for each in reports(found)) <= 60
    assert ReportBufferOverflow() not in events(found), "nobody was there to hear it"


def test_requests_it_does_not_know_are_answered_with_an_error() -> None:
    line = Line()
    (answer,) = line.ask(m.GetSupportedVersion(message_id=9))[1:]
    assert isinstance(answer, m.ErrorMessage)
    status = find(answer.parts, LlrpStatus)
    assert status is not None
    assert (answer.message_id, status.code) == (9, Status.M_UNSUPPORTED_MESSAGE)


def test_the_same_seed_hears_the_same() -> None:
    def hear(seed: int) -> list[tuple[int, int, int]]:
        air = Air(door_antennas(2), SeededRandom(seed), 0)
        air.push(TAGS, Direction.IN, 0)
        return [(each.antenna, each.rssi_dbm, each.at_ms) for each in air.listen(9_000, (0,))]

    assert hear(1) == hear(1) != hear(2)


def test_the_air_is_bounded() -> None:
    air = Air(door_antennas(2), SeededRandom(1), 0)
    with pytest.raises(ValueError, match=str(TAGS_MAX)):
        air.push(TAGS * (TAGS_MAX // 4), Direction.IN, 0)
    with pytest.raises(ValueError, match="speed"):
        air.push(TAGS, Direction.IN, 0, speed_mm_per_s=0)
