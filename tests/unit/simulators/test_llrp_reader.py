"""The simulated reader's ROSpecs: their life as a table, every trigger, reports that obey theirs, a bounded buffer."""

from __future__ import annotations

import pytest

from protocols.clock import SeededRandom
from protocols.llrp import messages as m
from protocols.llrp.event_parameters import (
    AiSpecEvent,
    ReportBufferOverflow,
    ReportBufferWarning,
    RoSpecEvent,
    SpecLoopEvent,
    Status,
)
from protocols.llrp.parameters import (
    AiSpecStopTrigger,
    EventsAndReports,
    GpiTriggerValue,
    LoopSpec,
    Notify,
    PeriodicTriggerValue,
    RfSurveySpec,
    RfSurveySpecStopTrigger,
    RoReportSpec,
    RoSpec,
    RoSpecStopTrigger,
    TagObservationTrigger,
    Tell,
)
from protocols.llrp.tag_parameters import FrequencyRssiLevelEntry, RfSurveyReportData, SingulationDetails, TagReportData
from protocols.llrp.wire import Message, find, find_all
from simulators.llrp_reader.air import TAGS_MAX, Air, Direction, door_antennas
from simulators.llrp_reader.profiles import IMPINJ_LIKE, PLAIN
from simulators.llrp_reader.rospecs import ACTIVE, DISABLED, INACTIVE
from tests.support.llrp_line import TAGS, Line, events, reports, spec, tags_of, told

GONE = None
REQUESTS = {
    "add": m.AddRoSpec(parts=(spec(),)),
    "enable": m.EnableRoSpec(rospec_id=1),
    "start": m.StartRoSpec(rospec_id=1),
    "stop": m.StopRoSpec(rospec_id=1),
    "disable": m.DisableRoSpec(rospec_id=1),
    "delete": m.DeleteRoSpec(rospec_id=1),
}
REACHED: dict[int | None, tuple[str, ...]] = {
    GONE: (),
    DISABLED: ("add",),
    INACTIVE: ("add", "enable"),
    ACTIVE: ("add", "enable", "start"),
}
LIFE: dict[int | None, dict[str, tuple[int, int | None]]] = {
    GONE: {
        "add": (0, DISABLED), "enable": (101, GONE), "start": (101, GONE), "stop": (101, GONE),
        "disable": (101, GONE), "delete": (101, GONE),
    },
    DISABLED: {
        "add": (101, DISABLED), "enable": (0, INACTIVE), "start": (101, DISABLED), "stop": (101, DISABLED),
        "disable": (0, DISABLED), "delete": (0, GONE),
    },
    INACTIVE: {
        "add": (101, INACTIVE), "enable": (0, INACTIVE), "start": (0, ACTIVE), "stop": (101, INACTIVE),
        "disable": (0, DISABLED), "delete": (0, GONE),
    },
    ACTIVE: {
        "add": (101, ACTIVE), "enable": (0, ACTIVE), "start": (0, ACTIVE), "stop": (0, INACTIVE),
        "disable": (0, DISABLED), "delete": (0, GONE),
    },
}  # fmt: skip
"""State -> request -> (status, state after)."""


def state(line: Line, number: int = 1) -> int | None:
    """As GET_ROSPECS tells it."""
    told_specs = find_all(line.one(m.GetRoSpecs(), m.GetRoSpecsResponse).parts, RoSpec)
    return next((each.state for each in told_specs if each.rospec_id == number), GONE)


@pytest.mark.parametrize(("before", "request_name"), [(before, name) for before in LIFE for name in REQUESTS])
def test_the_life_of_a_rospec_is_this_table(before: int | None, request_name: str) -> None:
    line = Line()
    for step in REACHED[before]:
        assert line.status(REQUESTS[step]).code == Status.SUCCESS
    assert state(line) == before
    code, after = LIFE[before][request_name]
    assert (line.status(REQUESTS[request_name]).code, state(line)) == (code, after)


def test_zero_means_all_of_them() -> None:
    line = Line()
    for number in (1, 2, 3):
        line.status(m.AddRoSpec(parts=(spec(number),)))
    assert line.status(m.EnableRoSpec(rospec_id=0)).code == 0
    assert [state(line, number) for number in (1, 2, 3)] == [INACTIVE] * 3
    assert line.status(m.DisableRoSpec(rospec_id=0)).code == 0
    assert [state(line, number) for number in (1, 2, 3)] == [DISABLED] * 3
    assert line.status(m.DeleteRoSpec(rospec_id=0)).code == 0
    assert line.status(m.DeleteRoSpec(rospec_id=0)).code == 0, "all of none"


def test_a_reader_holds_only_so_many() -> None:
    line = Line()
    for number in range(1, PLAIN.rospecs_max + 1):
        assert line.status(m.AddRoSpec(parts=(spec(number),))).code == 0
    assert line.status(m.AddRoSpec(parts=(spec(99),))).code == Status.M_OVERFLOW_PARAMETER
    small = Line(profile=IMPINJ_LIKE)
    assert small.status(m.AddRoSpec(parts=(spec(1),))).code == 0
    assert small.status(m.AddRoSpec(parts=(spec(2),))).code == Status.M_OVERFLOW_PARAMETER


def rospec_events(found: list[Message]) -> list[tuple[int, int, int]]:
    return [(each.rospec_id, each.event, each.preempting_id) for each in events(found) if isinstance(each, RoSpecEvent)]


# Start and stop triggers.


def test_an_immediate_one_begins_by_itself_and_again_after_its_duration() -> None:
    line = Line()
    line.inventory(spec(start=1, stop_ms=200), start=False)
    assert rospec_events(line.run(700)) == [(1, event, 0) for event in (0, 1, 0, 1, 0, 1, 0)]
    line.status(m.StopRoSpec(rospec_id=1))
    assert state(line) == INACTIVE
    assert rospec_events(line.run(500)) == [], "stopped by hand it stays so"


def test_a_periodic_one_begins_after_its_offset_and_every_period() -> None:
    line = Line()
    period = PeriodicTriggerValue(offset_ms=100, period_ms=1_000)
    line.inventory(spec(start=2, start_parts=(period,), stop_ms=60), start=False)
    assert rospec_events(line.run(80)) == []
    assert rospec_events(line.run(920)) == [(1, 0, 0), (1, 1, 0)]
    assert rospec_events(line.run(1_000)) == [(1, 0, 0), (1, 1, 0)]


def gpi(port: int = 2, *, high: bool = True, timeout_ms: int = 0) -> GpiTriggerValue:
    return GpiTriggerValue(port=port, high=high, timeout_ms=timeout_ms)


def test_an_input_starts_and_another_level_stops_it() -> None:
    line = Line()
    stop = RoSpecStopTrigger(trigger=2, parts=(gpi(high=False),))
    line.inventory(spec(start=3, start_parts=(gpi(),), stop=stop), start=False)
    line.reader.input(1, high=True, now_ms=line.now_ms)
    assert rospec_events(line.run(40)) == [], "another input"
    line.reader.input(2, high=True, now_ms=line.now_ms)
    assert rospec_events(line.hear()) == [(1, 0, 0)]
    assert rospec_events(line.run(200)) == []
    line.reader.input(2, high=False, now_ms=line.now_ms)
    assert rospec_events(line.hear()) == [(1, 1, 0)]


def test_a_stop_by_input_has_a_timeout() -> None:
    line = Line()
    line.inventory(spec(stop=RoSpecStopTrigger(trigger=2, parts=(gpi(timeout_ms=300),))))
    assert rospec_events(line.run(280)) == []
    assert rospec_events(line.run(40)) == [(1, 1, 0)]


def test_a_more_important_one_preempts_and_a_less_important_one_waits() -> None:
    line = Line()
    line.inventory(spec(1, priority=3))
    line.inventory(spec(2, priority=5), start=False)
    assert line.status(m.StartRoSpec(rospec_id=2)).code == Status.R_DEVICE
    assert rospec_events(line.inventory(spec(3, priority=1))) == [(1, 2, 3), (3, 0, 0)]
    assert [state(line, number) for number in (1, 2, 3)] == [INACTIVE, INACTIVE, ACTIVE]


# AISpec stop triggers.


def observation(
    kind: int, *, tags: int = 0, attempts: int = 0, silence_ms: int = 0, timeout_ms: int = 0
) -> AiSpecStopTrigger:
    value = TagObservationTrigger(trigger=kind, tags=tags, attempts=attempts, interval_ms=silence_ms, timeout_ms=timeout_ms)
    return AiSpecStopTrigger(trigger=3, parts=(value,))


def ended_at(line: Line, given: RoSpec, within_ms: int = 5_000) -> int:
    line.inventory(given)
    for _ in range(0, within_ms, 20):
        if rospec_events(line.run(20)):
            return line.now_ms
    return -1


def test_an_aispec_ends_after_its_duration() -> None:
    assert ended_at(Line(), spec(inventory=AiSpecStopTrigger(trigger=1, duration_ms=300))) == 300


def test_an_aispec_ends_at_the_very_tag_and_reports_then() -> None:
    line = Line()
    line.inventory(spec(inventory=observation(0, tags=3), report=RoReportSpec(trigger=1, every_tags=0)))
    found = line.run(1_000)
    (report,) = reports(found)
    assert len(report.parts) == 3
    assert [(type(each), each.event) for each in events(found) if isinstance(each, RoSpecEvent | AiSpecEvent)] == [
        (AiSpecEvent, 0),
        (RoSpecEvent, 1),
    ]


def test_an_aispec_ends_after_so_many_rounds_of_all_antennas() -> None:
    assert ended_at(Line(), spec(inventory=observation(2, attempts=3))) in range(3 * 100, 3 * 100 + 40)


def test_an_aispec_ends_in_silence() -> None:
    line = Line(tags=())
    assert ended_at(line, spec(inventory=observation(1, silence_ms=400))) in range(400, 440)


def test_every_wait_for_tags_has_a_timeout() -> None:
    assert ended_at(Line(tags=()), spec(inventory=observation(0, tags=3, timeout_ms=700))) in range(700, 740)


def test_new_tags_count_only_in_version_1_1() -> None:
    line = Line()
    assert line.status(m.AddRoSpec(parts=(spec(inventory=observation(3, tags=9)),))).code == Status.M_PARAMETER
    line.ask(m.SetProtocolVersion(version=2))
    line.version = 2
    assert ended_at(line, spec(inventory=observation(3, tags=len(TAGS)))) > 0
    assert ended_at(line, spec(2, inventory=observation(4, silence_ms=500))) > 0


def test_an_input_ends_an_aispec() -> None:
    line = Line()
    line.inventory(spec(inventory=AiSpecStopTrigger(trigger=2, parts=(gpi(),))))
    assert rospec_events(line.run(200)) == []
    line.reader.input(2, high=True, now_ms=line.now_ms)
    assert rospec_events(line.run(40)) == [(1, 1, 0)]


def test_aispecs_run_one_after_the_other_and_a_loop_runs_them_again() -> None:
    line = Line()
    line.want(Notify.SPEC_LOOP)
    second = spec(antennas=(1,), inventory=AiSpecStopTrigger(trigger=1, duration_ms=200)).parts[1]
    given = spec(
        antennas=(3,),
        inventory=AiSpecStopTrigger(trigger=1, duration_ms=200),
        more=(second, LoopSpec(loops=2)),
        report=told(1, 0, Tell.ANTENNA | Tell.SPEC_INDEX),
    )
    line.inventory(given)
    found = line.run(1_200)
    ends = [each.spec_index for each in events(found) if isinstance(each, AiSpecEvent)]
    assert ends == [1, 2, 1, 2]
    assert [each.loops for each in events(found) if isinstance(each, SpecLoopEvent)] == [1]
    assert rospec_events(found) == [(1, 1, 0)]
    assert len(reports(found)) == 4
    assert {tuple(type(part).__name__ for part in tag.parts) for tag in tags_of(found)} == {
        ("Epc96", "SpecIndex", "AntennaId")
    }


def test_a_survey_tells_how_loud_the_band_is() -> None:
    line = Line()
    line.want(Notify.RF_SURVEY)
    survey = RfSurveySpec(
        antenna=1, from_khz=865_000, to_khz=868_000, parts=(RfSurveySpecStopTrigger(trigger=1, duration_ms=100),)
    )
    given = spec(more=(survey,), inventory=AiSpecStopTrigger(trigger=1, duration_ms=50))
    line.inventory(given)
    found = line.run(300)
    (data,) = [part for report in reports(found) for part in find_all(report.parts, RfSurveyReportData)]
    assert [each.khz for each in find_all(data.parts, FrequencyRssiLevelEntry)] == list(PLAIN.frequencies_khz)


def test_singulation_details_are_told_when_wanted() -> None:
    line = Line()
    line.want(Notify.AISPEC_WITH_DETAILS)
    line.inventory(spec(inventory=AiSpecStopTrigger(trigger=1, duration_ms=300)))
    (event,) = [each for each in events(line.run(400)) if isinstance(each, AiSpecEvent)]
    details = find(event.parts, SingulationDetails)
    assert details is not None
    assert details.empty_slots > 0


# Reports.


def test_every_n_tags_make_a_report() -> None:
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=4)))
    sizes = [len(each.parts) for each in reports(line.run(1_000))]
    assert sizes
    assert set(sizes) == {4}


def test_reports_on_demand_only() -> None:
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=0, every_tags=0)))
    assert reports(line.run(1_000)) == []
    (report,) = reports(line.ask(m.GetReport()))
    assert len(report.parts) == len(TAGS) * 4, "one row a tag and antenna"
    assert reports(line.ask(m.GetReport())) == [], "told once"


def test_at_the_end_of_the_rospec_and_never_before() -> None:
    line = Line()
    line.inventory(spec(stop_ms=900, report=RoReportSpec(trigger=2, every_tags=0)))
    assert reports(line.run(880)) == []
    assert len(reports(line.run(40))) == 1


def test_every_so_many_milliseconds_in_version_1_1() -> None:
    line = Line()
    timed = spec(report=RoReportSpec(trigger=6, every_tags=250))
    assert line.status(m.AddRoSpec(parts=(timed,))).code == Status.M_PARAMETER
    line.ask(m.SetProtocolVersion(version=2))
    line.version = 2
    line.inventory(timed)
    assert len(reports(line.run(1_020))) == 4


SELECTED = [
    (Tell(0), "Epc96"),
    (Tell.ROSPEC_ID, "Epc96 RoSpecId"),
    (Tell.SPEC_INDEX, "Epc96 SpecIndex"),
    (Tell.INVENTORY_PARAMETER_SPEC_ID, "Epc96 InventoryParameterSpecId"),
    (Tell.ANTENNA, "Epc96 AntennaId"),
    (Tell.CHANNEL, "Epc96 ChannelIndex"),
    (Tell.PEAK_RSSI, "Epc96 PeakRssi"),
    (Tell.FIRST_SEEN, "Epc96 FirstSeenUtc"),
    (Tell.LAST_SEEN, "Epc96 LastSeenUtc"),
    (Tell.SEEN_COUNT, "Epc96 TagSeenCount"),
    (Tell.ACCESSSPEC_ID, "Epc96"),
    (Tell.ANTENNA | Tell.PEAK_RSSI | Tell.SEEN_COUNT, "Epc96 AntennaId PeakRssi TagSeenCount"),
]


@pytest.mark.parametrize(("tell", "names"), SELECTED)
def test_a_tag_report_holds_exactly_what_was_selected(tell: Tell, names: str) -> None:
    line = Line()
    line.inventory(spec(report=told(2, 1, tell)))
    found = tags_of(line.run(500))
    assert found
    assert {" ".join(type(part).__name__ for part in tag.parts) for tag in found} == {names}


def test_reads_are_joined_unless_the_antenna_is_told() -> None:
    line = Line()
    line.inventory(spec(report=told(0, 0, Tell.SEEN_COUNT)))
    line.run(1_000)
    (report,) = reports(line.ask(m.GetReport()))
    assert len(report.parts) == len(TAGS)


def test_a_report_spec_of_the_configuration_serves_rospecs_without_one() -> None:
    line = Line()
    assert line.status(m.SetReaderConfig(parts=(told(2, 1, Tell.ANTENNA),))).code == 0
    line.inventory(spec())
    found = line.run(300)
    assert {len(report.parts) for report in reports(found)} == {1}
    assert {" ".join(type(part).__name__ for part in tag.parts) for tag in tags_of(found)} == {"Epc96 AntennaId"}


# Buffer, hold.


def test_a_reader_without_a_client_keeps_a_bounded_buffer_and_warns_first() -> None:
    line = Line()
    line.reader.faults.buffer_tags = 50
    line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=1)))
    line.reader.faults.no_reports = True
    found = [each for each in events(line.run(5_000)) if isinstance(each, ReportBufferWarning | ReportBufferOverflow)]
    assert found[0] == ReportBufferWarning(percent=90)
    assert found.count(ReportBufferWarning(percent=90)) == 1
    assert ReportBufferOverflow() in found
    line.reader.faults.no_reports = False
    assert 50 <= len(tags_of(line.run(20))) <= 60


def test_held_reports_and_events_wait_for_the_client_to_be_ready() -> None:
    line = Line()
    line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=1)))
    line.status(m.SetReaderConfig(parts=(EventsAndReports(hold=True),)))
    assert tags_of(line.run(300)), "not before the next connection"
    line.reader.detach()
    line.run(300)
    line.reconnect()
    held = line.run(300)
    line.status(m.StopRoSpec(rospec_id=1))
    assert (tags_of(held), rospec_events(held)) == ([], [])
    found = line.ask(m.EnableEventsAndReports())
    assert rospec_events(found) == [(1, 1, 0)]
    assert len(tags_of(found)) > 10, "also what was read while nobody was there"


def test_the_same_seed_and_the_same_times_give_the_same_bytes() -> None:
    def said(seed: int) -> bytes:
        line = Line(seed=seed)
        line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=3)))
        line.reader.air.push(TAGS, Direction.IN, line.now_ms)
        line.run(3_000)
        return line.said

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_how_often_the_clock_is_looked_at_changes_no_read() -> None:
    def tags(step_ms: int) -> list[TagReportData]:
        line = Line()
        line.inventory(spec(report=RoReportSpec(trigger=2, every_tags=3)))
        for now_ms in range(step_ms, 3_000 + step_ms, step_ms):
            line.reader.tick(now_ms)
        return tags_of(line.hear())

    assert tags(20) == tags(500) != []


def test_the_air_is_bounded() -> None:
    air = Air(door_antennas(2), SeededRandom(1), 0)
    with pytest.raises(ValueError, match=str(TAGS_MAX)):
        air.push(TAGS * (TAGS_MAX // 4), Direction.IN, 0)
    with pytest.raises(ValueError, match="speed"):
        air.push(TAGS, Direction.IN, 0, speed_mm_per_s=0)
