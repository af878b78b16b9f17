"""Client and reader against each other in virtual time: the life of a connection, and each fault peers fall over."""

from __future__ import annotations

import pytest

from protocols.llrp import messages as m
from protocols.llrp.client import AntennaChanged, ClientSession, ReaderRuns, ReaderSaid
from protocols.llrp.codec import decode_message, encode_message
from protocols.llrp.errors import FramingLost, NoAnswer, ReaderClosed, ReaderRefuses, ReaderSilent, RequestRefused
from protocols.llrp.event_parameters import FieldError, LlrpStatus, ParameterError
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import AiSpec, AiSpecStopTrigger, EventsAndReports, RoReportSpec, RoSpec
from protocols.llrp.reader import ReaderSession
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.wire import Message, find
from tests.support.llrp_pair import Pair


def requests(pair: Pair) -> list[Message]:
    framer = Framer()
    return [decode_message(frame) for data in pair.to_reader for frame in framer.feed(data)]


def test_the_order_of_a_connection_and_what_it_asks_for() -> None:
    pair = Pair(InventorySetup(antennas=(1, 2, 3, 4), power_cdbm=2_750, keepalive_ms=1_000))
    pair.run(100)
    asked = requests(pair)
    assert [type(each) for each in asked] == [
        m.GetReaderCapabilities,
        m.SetReaderConfig,
        m.EnableEventsAndReports,
        m.DeleteRoSpec,
        m.DeleteAccessSpec,
        m.AddRoSpec,
        m.EnableRoSpec,
        m.StartRoSpec,
        m.GetReaderConfig,
    ]
    assert len({each.message_id for each in asked}) == len(asked)
    rospec = find(asked[5].parts, RoSpec)
    assert rospec is not None
    inventory, report = find(rospec.parts, AiSpec), find(rospec.parts, RoReportSpec)
    assert inventory is not None
    assert inventory.antennas == (1, 2, 3, 4)
    stop = find(inventory.parts, AiSpecStopTrigger)
    assert stop is not None
    assert stop.trigger == 0, "the radio is never stopped to report"
    assert report is not None
    assert report.every_tags == 1
    assert find(asked[1].parts, EventsAndReports) == EventsAndReports(hold=True)
    assert encode_message(asked[5]).count(b"\x00\xe0\x00\x0a\x00\x00\x00\x01\x00\x12") == 4, "27.00 dBm is level 18 of each"
    assert pair.runs() == 1
    assert pair.client.running


def test_tags_are_reported_with_antenna_loudness_and_times() -> None:
    pair = Pair()
    tags = pair.stand(3)
    pair.run(2_000)
    found = pair.records()
    assert {record.epc for record in found} == {tag.epc for tag in tags}
    assert {record.antenna for record in found} == {1, 2, 3, 4}
    assert all(record.count == 1 and record.epc_bits == 96 for record in found)
    assert all(record.rssi_dbm is not None and -75 < record.rssi_dbm < -30 for record in found)
    times = [record.last_seen_us for record in found]
    assert all(time is not None and 1_000_000_000 <= time <= pair.now_ms * 1000 for time in times)


@pytest.mark.parametrize("split", [1, 7])
def test_any_split_of_the_line_reports_the_same(split: int) -> None:
    whole, pieces = Pair(), Pair(split=split)
    for pair in (whole, pieces):
        pair.stand(3)
        pair.run(1_000)
    assert pieces.records() == whole.records() != []


def test_several_tags_a_report_are_flushed_in_time() -> None:
    pair = Pair(InventorySetup(report_every_tags=100, flush_ms=300, keepalive_ms=1_000))
    pair.stand(2)
    pair.run(2_000)
    assert {record.epc for record in pair.records()} == {tag.epc for tag in pair.stand(2)}
    assert any(record.count > 1 for record in pair.records())
    assert sum(isinstance(each, m.GetReport) for each in requests(pair)) >= 5


def test_keepalives_are_answered_with_their_id_for_as_long_as_the_reader_asks() -> None:
    pair = Pair()
    pair.run(10_500)
    acks = [each for each in requests(pair) if isinstance(each, m.KeepaliveAck)]
    assert len(acks) == 10
    assert len({each.message_id for each in acks}) == 10


def test_a_reader_that_falls_silent_is_noticed_within_two_and_a_half_intervals() -> None:
    pair = Pair()
    pair.run(1_500)
    pair.reader.faults.silent = True
    with pytest.raises(ReaderSilent):
        pair.run(2_500)


def test_keepalives_that_stop_while_reports_go_on_are_no_silence() -> None:
    pair = Pair()
    pair.stand(1)
    pair.reader.faults.no_keepalive = True
    pair.run(5_000)
    assert pair.client.running


def test_after_a_cut_in_the_middle_of_a_report_the_next_connection_reads_on() -> None:
    """sllurp keeps the half message in its buffer and the new connection's handshake drowns in it."""
    pair = Pair()
    pair.stand(5)
    pair.run(300)
    pair.reader.faults.cut_next_report = True
    pair.run(300)
    assert pair.session is None, "the reader dropped the connection"
    before = len(pair.records())
    pair.connect()
    pair.run(500)
    assert pair.runs() == 2
    assert len(pair.records()) > before


def test_what_was_read_while_the_line_was_down_is_held_and_told() -> None:
    pair = Pair()
    pair.run(200)
    pair.break_off()
    tags = pair.stand(4)
    for _ in range(50):
        pair.now_ms += 20
        pair.reader.tick(pair.now_ms)
    pair.reader.air.take_away(tags)
    pair.connect()
    pair.run(500)
    assert {record.epc for record in pair.records()} == {tag.epc for tag in tags}


def test_singulation_details_after_every_report_stop_nothing() -> None:
    """A standard event that ends sllurp's reader thread without a word."""
    pair = Pair()
    pair.reader.faults.singulation_events = True
    pair.stand(2)
    pair.run(1_000)
    assert len(pair.records()) > 10
    assert pair.client.bad_messages == 0


def test_an_unknown_message_before_every_report_costs_no_tag() -> None:
    """In the same segment as the report: sllurp loses the report."""
    clean, noisy = Pair(), Pair()
    noisy.reader.faults.unknown_messages = True
    for pair in (clean, noisy):
        pair.stand(2)
        pair.run(1_000)
    assert noisy.records() == clean.records() != []
    assert all(event.kind == "unasked" for event in noisy.events if isinstance(event, ReaderSaid))


def test_repeated_fields_that_are_left_out_are_carried_forward() -> None:
    clean, lazy = Pair(), Pair()
    lazy.reader.faults.omit_repeated = True
    for pair in (clean, lazy):
        pair.stand(3)
        pair.run(1_000)
    assert lazy.records() == clean.records() != []


def test_a_second_client_is_refused_and_the_first_one_told() -> None:
    pair = Pair()
    pair.run(100)
    assert pair.reader.attach(pair.now_ms) is None
    pair.run(100)
    assert any(isinstance(event, ReaderSaid) and event.kind == "other_client" for event in pair.events)
    assert pair.client.running


def test_a_reader_that_is_taken_refuses_with_its_reason() -> None:
    pair = Pair()
    pair.reader.faults.refuse = True
    pair.break_off()
    with pytest.raises(ReaderRefuses, match="another client") as refused:
        pair.connect()
    assert refused.value.status == 2


def test_an_inventory_the_reader_ends_is_started_again() -> None:
    pair = Pair()
    pair.stand(1)
    pair.run(300)
    pair.reader.receive(encode_message(m.StopRoSpec(rospec_id=1, message_id=77)), pair.now_ms)
    pair.run(300)
    assert pair.runs() == 2
    assert pair.client.running


def test_an_antenna_that_falls_off_is_told() -> None:
    pair = Pair()
    pair.run(100)
    pair.reader.antenna(3, connected=False, now_ms=pair.now_ms)
    pair.run(100)
    assert AntennaChanged(3, connected=False) in pair.events


def test_farewell_is_answered_and_leaves_the_reader_free() -> None:
    pair = Pair()
    pair.run(100)
    pair.client.close(pair.now_ms)
    pair.run(100)
    assert pair.client.closed
    assert pair.reader.session is None


# Against a reader played by hand.


class ByHand:
    """The reader's side of one connection, whose answers a test chooses."""

    def __init__(self) -> None:
        self.client = ClientSession(InventorySetup(answer_within_ms=2_000, keepalive_ms=1_000), 0)
        self.reader = ReaderSession()

    def say(self, now_ms: int = 1) -> list[object]:
        return list(self.client.receive(self.reader.take_output(), now_ms))

    def asked(self) -> Message:
        return self.reader.receive(self.client.take_output())[-1]


def greeted() -> ByHand:
    hand = ByHand()
    hand.reader.greet(0, 0)
    hand.say()
    return hand


def test_a_port_that_does_not_greet_is_no_reader() -> None:
    hand = ByHand()
    hand.client.receive(b"", 1_000)
    with pytest.raises(NoAnswer, match="LLRP"):
        hand.client.tick(2_000)


def test_a_refused_request_names_where_the_fault_is() -> None:
    hand = greeted()
    request = hand.asked()
    fault = ParameterError(parameter=224, code=200, parts=(FieldError(field=2, code=201),))
    hand.reader.answer(request, LlrpStatus(code=100, description="no such power", parts=(fault,)))
    with pytest.raises(RequestRefused) as refused:
        hand.say()
    assert (refused.value.code, refused.value.path) == (100, "parameter 224 / field 2")
    assert "no such power" in str(refused.value)


def test_an_error_message_is_a_refusal_too() -> None:
    hand = greeted()
    request = hand.asked()
    hand.reader.send(m.ErrorMessage(message_id=request.message_id, parts=(LlrpStatus(code=109),)))
    with pytest.raises(RequestRefused, match="109"):
        hand.say()


def test_an_answer_of_another_id_is_none() -> None:
    hand = greeted()
    request = hand.asked()
    hand.reader.send(m.GetReaderCapabilitiesResponse(message_id=request.message_id + 9, parts=(LlrpStatus(code=0),)))
    assert [type(event) for event in hand.say()] == [ReaderSaid]
    hand.client.receive(b"", 1_500)
    with pytest.raises(NoAnswer, match="GetReaderCapabilities"):
        hand.client.tick(2_001)


def test_an_answer_of_another_kind_is_refused() -> None:
    hand = greeted()
    request = hand.asked()
    hand.reader.send(m.StartRoSpecResponse(message_id=request.message_id, parts=(LlrpStatus(code=0),)))
    with pytest.raises(RequestRefused, match="StartRoSpecResponse"):
        hand.say()


def test_an_answer_that_cannot_be_read_costs_what_it_said_and_no_more() -> None:
    hand = greeted()
    request = hand.asked()
    bad = bytes.fromhex("040b") + (13).to_bytes(4, "big") + request.message_id.to_bytes(4, "big") + b"\x01\x1f\x00"
    hand.reader.send_raw(bad)
    assert [event.kind for event in hand.say() if isinstance(event, ReaderSaid)] == ["bad_message"]
    assert isinstance(hand.asked(), m.SetReaderConfig), "the next step shows whether it was a refusal"


def test_a_report_that_makes_no_sense_is_told_and_survived() -> None:
    hand = greeted()
    hand.reader.send_raw(bytes.fromhex("043d0000000d00000001" + "00f000"))
    events = hand.say()
    assert [event.kind for event in events if isinstance(event, ReaderSaid)] == ["bad_message"]
    assert hand.client.bad_messages == 1
    assert isinstance(hand.asked(), m.GetReaderCapabilities)


def test_a_lost_frame_ends_the_connection_after_what_came_before() -> None:
    hand = greeted()
    hand.reader.send_raw(bytes.fromhex("043d0000000300000001"))
    with pytest.raises(FramingLost, match="3 bytes"):
        hand.say()


def test_a_reader_that_says_goodbye_is_gone() -> None:
    hand = greeted()
    hand.reader.part(5)
    with pytest.raises(ReaderClosed):
        hand.say()


def test_an_empty_report_and_an_empty_event_say_nothing() -> None:
    hand = greeted()
    hand.reader.report([])
    hand.reader.notify((), 1)
    assert hand.say() == []


def test_reader_side_answers_what_it_does_not_know() -> None:
    reader = ReaderSession()
    unknown = encode_message(m.RawMessage(kind=500, data=b"", message_id=4))
    cut = bytes.fromhex("0414" + "0000000d" + "00000005" + "00b100")
    assert reader.receive(unknown + cut) == []
    framer = Framer()
    answers = [decode_message(frame) for frame in framer.feed(reader.take_output())]
    assert [type(each) for each in answers] == [m.ErrorMessage, m.ErrorMessage]
    assert [each.message_id for each in answers] == [4, 5]


def test_power_is_left_alone_unless_asked_for_and_capabilities_may_be_bare() -> None:
    hand = greeted()
    asked: list[Message] = []
    while not hand.client.running:
        asked.append(hand.asked())
        hand.reader.answer(asked[-1])
        events = hand.say()
    assert [type(event) for event in events] == [ReaderRuns]
    assert b"\x00\xe0\x00\x0a" not in b"".join(map(encode_message, asked)), "no transmitter is set"
