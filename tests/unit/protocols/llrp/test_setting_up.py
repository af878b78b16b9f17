"""From the greeting to the inventory with readers of all kinds: what they lack is done without, what is needed is said."""

from __future__ import annotations

import pytest

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.client import AntennaChanged, ClockTold, InputChanged, ReaderRuns, ReaderSaid
from protocols.llrp.codec import decode_parameters, encode_message, encode_parameter
from protocols.llrp.errors import NoAnswer, ReaderClosed, RequestRefused
from protocols.llrp.event_parameters import (
    ConnectionCloseEvent,
    FieldError,
    GpiEvent,
    LlrpStatus,
    ParameterError,
    RoSpecEvent,
)
from protocols.llrp.framer import pieces
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    AntennaConfiguration,
    AntennaProperties,
    CustomParameter,
    EventNotificationState,
    GpiPortCurrentState,
    GpoWriteData,
    InventoryParameterSpec,
    Notify,
    PeriodicTriggerValue,
    ReaderEventNotificationSpec,
    RfTransmitter,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
)
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reader_setup import Capabilities, Extra, InventorySetup, Start, rospec
from protocols.llrp.reads import ReportReader, TagRecord
from protocols.llrp.wire import find, find_all
from tests.support.llrp_by_hand import ByHand

SETUP = InventorySetup(answer_within_ms=2_000, keepalive_ms=1_000)


def setup(**more: object) -> InventorySetup:
    return InventorySetup(answer_within_ms=2_000, keepalive_ms=1_000, **more)  # type: ignore[arg-type]


def said(hand: ByHand) -> list[str]:
    return [event.kind for event in hand.events if isinstance(event, ReaderSaid)]


# Versions.


def test_a_reader_of_today_is_spoken_to_in_1_1() -> None:
    hand = ByHand(setup(version_max=2)).greet()
    assert hand.kinds()[:3] == [m.GetSupportedVersion, m.SetProtocolVersion, m.GetReaderCapabilities]
    assert hand.client.version == 2
    assert set(hand.versions) == {2}
    assert hand.client.running


def test_a_reader_that_refuses_the_question_is_spoken_to_in_1_0_1() -> None:
    hand = ByHand(setup(version_max=2))
    hand.refuse(m.GetSupportedVersion, 110, "version")
    hand.greet()
    assert hand.client.version == 1
    assert hand.versions[0] == 2
    assert set(hand.versions[1:]) == {1}
    assert said(hand) == ["version"]
    assert hand.client.running


def test_a_reader_that_does_not_answer_the_question_costs_its_time_and_no_more() -> None:
    hand = ByHand(setup(version_max=2))
    hand.silence(m.GetSupportedVersion)
    hand.greet()
    assert hand.client.negotiating, "a driver whose reader hangs up now does not ask again"
    hand.reader.keepalive()
    hand.run(1_000)
    hand.reader.keepalive()
    hand.run(1_001)
    assert hand.client.running
    assert not hand.client.negotiating


def test_a_reader_that_knows_only_1_0_1_is_not_told_another() -> None:
    hand = ByHand(setup(version_max=2))
    hand.answers[m.GetSupportedVersion] = lambda request: hand.reader.send(
        m.GetSupportedVersionResponse(current=1, highest=1, message_id=request.message_id)
    )
    hand.greet()
    assert m.SetProtocolVersion not in hand.kinds()
    assert hand.client.version == 1


# Makers.


def test_an_impinj_reader_gives_up_dead_clients_and_tells_what_it_can() -> None:
    hand = ByHand(setup(extras=Extra.PHASE | Extra.TID, search_mode=2), manufacturer=v.IMPINJ).greet()
    configured = next(each for each in hand.asked if isinstance(each, m.SetReaderConfig))
    assert v.find_own(configured.parts, v.ImpinjLinkMonitor) == v.ImpinjLinkMonitor(mode=1, threshold=3)
    added = next(each for each in hand.asked if isinstance(each, m.AddRoSpec))
    spec = find(added.parts, RoSpec)
    assert spec is not None
    report = find(spec.parts, RoReportSpec)
    assert report is not None
    selector = v.find_own(report.parts, v.ImpinjContentSelector)
    assert selector is not None
    assert [v.read_own(part) for part in find_all(selector.parts, CustomParameter)] == [
        v.ImpinjEnableTid(mode=1),
        v.ImpinjEnablePhase(mode=1),
    ]
    assert encode_message(added).count(v.ImpinjSearchMode.own_head + b"\x00\x02") == 1


@pytest.mark.parametrize("refused", [m.CustomMessage, m.SetReaderConfig])
def test_a_reader_that_refuses_its_makers_own_is_used_without(refused: type[m.Message]) -> None:
    hand = ByHand(setup(extras=Extra.PHASE), manufacturer=v.IMPINJ)
    hand.refuse(refused)
    if refused is m.SetReaderConfig:

        def with_own_refused(request: m.Message) -> None:
            if find(request.parts, CustomParameter) is not None:
                hand.reader.answer(request, LlrpStatus(code=107))
            else:
                hand.reader.answer(request)

        hand.answers[m.SetReaderConfig] = with_own_refused
    hand.greet()
    assert hand.client.running
    assert said(hand) == ["makers_own"]
    added = next(each for each in hand.asked if isinstance(each, m.AddRoSpec))
    assert v.ImpinjContentSelector.own_head not in encode_message(added)


def test_a_zebra_reader_is_asked_for_the_phase_and_no_other_maker_is() -> None:
    for manufacturer, expected in ((v.ZEBRA, 1), (9, 0)):
        hand = ByHand(setup(extras=Extra.PHASE | Extra.DOPPLER), manufacturer=manufacturer).greet()
        added = next(each for each in hand.asked if isinstance(each, m.AddRoSpec))
        assert encode_message(added).count(v.ZebraContentSelector.own_head) == expected
        assert m.CustomMessage not in hand.kinds()


# What is needed.


def test_a_reader_without_access_operations_is_used_all_the_same() -> None:
    hand = ByHand()
    hand.refuse(m.DeleteAccessSpec)
    assert hand.greet().client.running


def test_a_power_the_reader_refuses_is_said_with_its_place() -> None:
    hand = ByHand()
    fault = ParameterError(parameter=222, code=200, parts=(ParameterError(
        parameter=224, code=201, parts=(FieldError(field=0, code=301),)),))  # fmt: skip
    hand.answers[m.AddRoSpec] = lambda request: hand.reader.answer(request, LlrpStatus(code=100, parts=(fault,)))
    with pytest.raises(RequestRefused) as refused:
        hand.greet()
    assert (refused.value.request, refused.value.path) == ("AddRoSpec", "parameter 222 / parameter 224 / field 0")


@pytest.mark.parametrize("silent", [m.GetReaderCapabilities, m.SetReaderConfig, m.AddRoSpec, m.StartRoSpec])
def test_a_needed_answer_that_does_not_come_ends_the_connection(silent: type[m.Message]) -> None:
    hand = ByHand()
    hand.silence(silent)
    hand.greet()
    hand.reader.keepalive()
    hand.run(1_500)
    with pytest.raises(NoAnswer, match=silent.__name__):
        hand.run(501)


def test_tags_told_before_the_farewell_are_heard_before_it() -> None:
    hand = ByHand().greet()
    hand.reader.report([write_tag(TagRecord(bytes(12), 1, -50, 1, 2), 0xFFFF)])
    hand.reader.notify((ConnectionCloseEvent(),), 1)
    events = hand.client.receive(hand.reader.take_output(), 1)
    assert len(events) == 1
    assert hand.client.has_more
    with pytest.raises(ReaderClosed):
        hand.client.tick(2)
    with pytest.raises(ReaderClosed):
        hand.client.more(2)


def test_a_reader_without_a_wall_clock_tells_its_uptime() -> None:
    hand = ByHand()
    hand.reader.send_raw(bytes.fromhex("043f000000200000000100f600160081000c0000000000000007" + "010000060000"))
    hand.run()
    assert ClockTold(7, uptime=True) in hand.events


def test_a_message_of_the_readers_own_is_no_answer_because_of_its_number() -> None:
    hand = ByHand()
    hand.silence(m.GetReaderCapabilities)
    hand.greet()
    message_id = hand.asked[-1].message_id
    hand.heard(lambda: hand.reader.send(m.RawMessage(kind=500, data=b"", message_id=message_id)))
    assert said(hand) == ["unasked"]
    hand.tell_capabilities(1)(hand.asked[-1])
    assert hand.run().client.running


def test_words_that_are_no_utf_8_are_kept_on_the_wire_and_readable_for_people() -> None:
    wire = bytes.fromhex("00fc0009" + "0003" + "dc6265")
    (exception,) = decode_parameters(wire, 0, len(wire))
    assert encode_parameter(exception) == wire
    hand = ByHand().greet()
    hand.notify(exception)
    (told,) = [event for event in hand.events if isinstance(event, ReaderSaid)]
    assert told.text == "the reader reports a fault: ?be"


# Inputs, outputs, antennas.


def test_inputs_are_told_at_once_and_without_their_bouncing() -> None:
    hand = ByHand(setup(inputs=(1, 2), debounce_ms=50)).greet()
    configured = next(each for each in hand.asked if isinstance(each, m.SetReaderConfig))
    assert [pin.port for pin in find_all(configured.parts, GpiPortCurrentState)] == [1, 2]
    events = find(configured.parts, ReaderEventNotificationSpec)
    assert events is not None
    assert EventNotificationState(event=Notify.GPI, on=True) in events.parts
    assert hand.notify(GpiEvent(port=1, high=True)) == [InputChanged(1, True)]
    for high in (False, True, False, True, False):
        assert hand.notify(GpiEvent(port=1, high=high)) == []
    assert hand.client.deadline_ms() == 50
    assert hand.heard(lambda: hand.run(50)) == [InputChanged(1, False)], "where it ended up"
    assert hand.heard(lambda: hand.run(60)) == []
    assert hand.notify(GpiEvent(port=1, high=True), GpiEvent(port=2, high=True)) == [
        InputChanged(1, True),
        InputChanged(2, True),
    ]


def test_how_inputs_and_antennas_are_at_the_start_is_asked() -> None:
    hand = ByHand(setup(inputs=(1, 3), antennas=(1, 2)))
    pins = tuple(GpiPortCurrentState(port=port, enabled=True, state=state) for port, state in ((1, 1), (2, 1), (3, 2)))
    antennas = tuple(AntennaProperties(antenna=port, connected=port == 1, gain_cdbi=0) for port in (1, 2, 3))
    hand.answers[m.GetReaderConfig] = lambda request: hand.reader.answer(request, parts=(*antennas, *pins))
    hand.greet()
    assert [each for each in hand.events if isinstance(each, InputChanged)] == [InputChanged(1, True)]
    assert AntennaChanged(2, connected=False) in hand.events
    assert AntennaChanged(3, connected=False) not in hand.events, "nobody uses it"


def test_outputs_are_switched_and_a_refusal_is_said() -> None:
    hand = ByHand().greet()
    hand.client.set_outputs({2: True, 1: False}, 0)
    hand.run()
    assert hand.asked[-1].parts == (GpoWriteData(port=1, high=False), GpoWriteData(port=2, high=True))
    hand.refuse(m.SetReaderConfig)
    hand.client.set_outputs({9: True}, 0)
    hand.run()
    assert said(hand) == ["output"]
    assert hand.client.running
    hand.client.set_outputs({}, 0)
    assert hand.client.take_output() == b""


# The ROSpec.


def boundary(**more: object) -> tuple[RoSpecStartTrigger, RoSpecStopTrigger]:
    spec = rospec(setup(**more), Capabilities())
    found = find(spec.parts, RoBoundarySpec)
    assert found is not None
    start, stop = find(found.parts, RoSpecStartTrigger), find(found.parts, RoSpecStopTrigger)
    assert start is not None
    assert stop is not None
    return start, stop


def test_triggers() -> None:
    start, stop = boundary()
    assert (start.trigger, stop.trigger) == (0, 0)
    start, stop = boundary(start=Start.IMMEDIATE)
    assert (start.trigger, stop.trigger) == (1, 0)
    start, stop = boundary(start=Start.PERIODIC, period_ms=60_000, run_ms=5_000)
    assert start.parts == (PeriodicTriggerValue(offset_ms=0, period_ms=60_000),)
    assert (start.trigger, stop.trigger, stop.duration_ms) == (2, 1, 5_000)
    start, stop = boundary(start=Start.INPUT, start_input=3)
    assert (start.trigger, stop.trigger) == (3, 2)
    assert b"\x00\x03\x80" in encode_message(m.AddRoSpec(parts=(start,)))
    start, stop = boundary(start=Start.INPUT, run_ms=700)
    assert (stop.trigger, stop.duration_ms) == (1, 700)


@pytest.mark.parametrize("start", [Start.IMMEDIATE, Start.PERIODIC, Start.INPUT])
def test_an_inventory_with_a_trigger_of_its_own_is_only_enabled(start: Start) -> None:
    hand = ByHand(setup(start=start, period_ms=100, run_ms=50)).greet()
    assert m.StartRoSpec not in hand.kinds()
    assert hand.client.running
    assert sum(isinstance(event, ReaderRuns) for event in hand.events) == 1
    assert hand.notify(RoSpecEvent(event=1, rospec_id=1)) == [], "its end is no fault"


def test_antennas_have_their_own_power_in_dbm_and_the_radio_never_stops_to_count() -> None:
    levels = tuple((index, 1_000 + 100 * index) for index in range(1, 21))
    wanted = setup(antennas=(1, 2, 3), power_cdbm=2_000, antenna_power_cdbm=((2, 2_550), (3, 500)), gen2_session=2)
    spec = rospec(wanted, Capabilities(power_levels_cdbm=levels, hop_table=3))
    inventory = find(spec.parts, AiSpec)
    assert inventory is not None
    stop, parameters = find(inventory.parts, AiSpecStopTrigger), find(inventory.parts, InventoryParameterSpec)
    assert stop == AiSpecStopTrigger(trigger=0)
    assert parameters is not None
    powers = {}
    for antenna in find_all(parameters.parts, AntennaConfiguration):
        transmitter = find(antenna.parts, RfTransmitter)
        assert transmitter is not None
        assert (transmitter.hop_table, transmitter.channel) == (3, 0)
        powers[antenna.antenna] = dict(levels)[transmitter.power]
    assert powers == {1: 2_000, 2: 2_500, 3: 1_100}, "never above what is asked, unless the reader has nothing weaker"


# Long reports.


def test_a_long_report_is_read_in_pieces_that_say_the_same() -> None:
    records = [TagRecord(number.to_bytes(12, "big"), 1, -50, number, number + 1, 1, 96, 1) for number in range(3_000)]
    session = ReaderSession()
    session.report(write_tag(record, 0xFFFF) for record in records)
    frame = session.take_output()
    parts = list(pieces(frame, 16_384))
    assert len(parts) > 5
    assert max(map(len, parts)) < 17_000
    assert [record for part in parts for record in ReportReader().read(part[10:])] == records
    hand = ByHand().greet()
    first = hand.client.receive(frame, 1, at_once=False)
    assert len(first) == 1
    found = list(first[0].records)  # type: ignore[union-attr]
    while hand.client.has_more:
        for event in hand.client.more(1):
            found += event.records  # type: ignore[union-attr]
    assert found == records
    assert [each for event in ByHand().greet().client.receive(frame, 1) for each in event.records] == records  # type: ignore[union-attr]


def test_a_long_report_that_makes_no_sense_at_its_end_costs_that_end() -> None:
    session = ReaderSession()
    session.report([write_tag(TagRecord(bytes(12), 1, -50, 1, 2), 0xFFFF)] * 2_000 + [b"\x00\xf0\xff\xff"])
    hand = ByHand().greet()
    events = hand.client.receive(session.take_output(), 1)
    assert sum(len(event.records) for event in events if hasattr(event, "records")) == 2_000
    assert (hand.client.bad_messages, hand.client.unreadable_tags) == (0, 1)
