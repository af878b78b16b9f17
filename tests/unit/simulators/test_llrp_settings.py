"""The simulated reader's settings: set all or nothing, told part by part, wrong ones refused where the fault is."""

from __future__ import annotations

import pytest

from protocols.llrp import messages as m
from protocols.llrp.capabilities import (
    C1g2InventoryCommand,
    C1g2RfControl,
    C1g2SingulationControl,
    C1g2UhfRfModeTable,
    C1g2UhfRfModeTableEntry,
    GeneralDeviceCapabilities,
    GpioCapabilities,
    LlrpCapabilities,
    RegulatoryCapabilities,
    TransmitPowerLevelTableEntry,
    UhfBandCapabilities,
)
from protocols.llrp.event_parameters import AntennaEvent, FieldError, GpiEvent, LlrpStatus, ParameterError, Status
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    AntennaConfiguration,
    AntennaProperties,
    CustomParameter,
    EventNotificationState,
    EventsAndReports,
    GpiPortCurrentState,
    GpoWriteData,
    InventoryParameterSpec,
    KeepaliveSpec,
    LlrpConfigurationState,
    Notify,
    RawParameter,
    ReaderEventNotificationSpec,
    RfReceiver,
    RfTransmitter,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    Tell,
)
from protocols.llrp.selection import Bank, C1g2Filter, C1g2StateUnawareFilterAction, C1g2TagInventoryMask
from protocols.llrp.tag_parameters import Epc96
from protocols.llrp.vendors import (
    IMPINJ,
    ImpinjContentSelector,
    ImpinjDetailedVersion,
    ImpinjEnablePeakRssi,
    ImpinjEnablePhase,
    ImpinjEnableTid,
    ImpinjLinkMonitor,
    ImpinjPeakRssi,
    ImpinjPhase,
    ImpinjSearchMode,
    ImpinjTid,
    ZebraContentSelector,
    ZebraPhase,
    as_custom,
    find_own,
    impinj_enable_extensions,
)
from protocols.llrp.wire import BitString, Parameter, find, find_all
from simulators.llrp_reader.profiles import IMPINJ_LIKE, PLAIN, PROFILES, ZEBRA_LIKE, Profile
from tests.support.llrp_line import TAGS, Line, events, spec, tags_of, told


def where(status: LlrpStatus) -> str:
    """`178/182:0` means field 0 of parameter 182 in parameter 178; a path without a field ends in the parameter's status."""
    steps: list[str] = []
    part: LlrpStatus | ParameterError = status
    while (inner := find(part.parts, ParameterError)) is not None:
        steps.append(str(inner.parameter))
        part = inner
    field = find(part.parts, FieldError)
    end = f":{field.field}" if field is not None else f"!{part.code}" if steps else ""
    return "/".join(steps) + end


def boundary(start: RoSpecStartTrigger | None = None, stop: RoSpecStopTrigger | None = None) -> RoBoundarySpec:
    return RoBoundarySpec(parts=(start or RoSpecStartTrigger(trigger=0), stop or RoSpecStopTrigger(trigger=0)))


def with_radio(*parts: Parameter) -> RoSpec:
    return spec(radio=parts)


FILTER = C1g2Filter(
    parts=(
        C1g2TagInventoryMask(bank=1, pointer=32, mask=BitString(8, b"\x30")),
        C1g2StateUnawareFilterAction(action=0),
    )
)
POWER = RfTransmitter(hop_table=0, channel=1, power=1)
BAD_ROSPECS = [
    (RoSpec(rospec_id=0), 100, "177:0"),
    (RoSpec(rospec_id=1, state=1), 100, "177:2"),
    (spec(priority=PLAIN.priority_max + 1), 100, "177:1"),
    (RoSpec(rospec_id=1), 100, "177!203"),
    (RoSpec(rospec_id=1, parts=(boundary(),)), 100, "177!203"),
    (RoSpec(rospec_id=1, parts=(RoBoundarySpec(), AiSpec(antennas=(0,)))), 100, "177/178!203"),
    (spec(start=9), 100, "177/178/179:0"),
    (spec(start=2), 100, "177/178/179!203"),
    (spec(start=3), 100, "177/178/179!203"),
    (spec(stop=RoSpecStopTrigger(trigger=7)), 100, "177/178/182:0"),
    (spec(antennas=(5,)), 100, "177/183:0"),
    (spec(antennas=()), 100, "177/183:0"),
    (RoSpec(rospec_id=1, parts=(boundary(), AiSpec(antennas=(0,)))), 100, "177/183!203"),
    (spec(inventory=AiSpecStopTrigger(trigger=4)), 100, "177/183/184:0"),
    (spec(inventory=AiSpecStopTrigger(trigger=3)), 100, "177/183/184!203"),
    (spec(report=RoReportSpec(trigger=7, every_tags=0)), 100, "177/237:0"),
    (with_radio(RfReceiver(sensitivity=9)), 100, "177/183/186/222/223:0"),
    (with_radio(RfTransmitter(hop_table=0, channel=1, power=99)), 100, "177/183/186/222/224:2"),
    (with_radio(RfTransmitter(hop_table=0, channel=9, power=1)), 100, "177/183/186/222/224:1"),
    (
        with_radio(C1g2InventoryCommand(state_aware=False, parts=(C1g2RfControl(mode_index=77, tari_ns=0),))),
        100,
        "177/183/186/222/330/335:0",
    ),
    (with_radio(C1g2InventoryCommand(state_aware=False, parts=(FILTER,) * 3)), 100, "177/183/186/222/330!205"),
    (with_radio(C1g2InventoryCommand(state_aware=False, parts=(C1g2Filter(),))), 100, "177/183/186/222/330/331!203"),
    (spec(more=(RawParameter(kind=700, data=b""),)), 100, "177/700!202"),
    (spec(more=(CustomParameter(vendor=IMPINJ, subtype=1, data=b""),)), 100, "177/1023!209"),
]


@pytest.mark.parametrize(("given", "code", "path"), BAD_ROSPECS)
def test_a_bad_rospec_is_refused_where_the_fault_is(given: RoSpec, code: int, path: str) -> None:
    line = Line()
    status = line.status(m.AddRoSpec(parts=(given,)))
    assert (status.code, where(status)) == (code, path)
    assert status.description
    assert find_all(line.one(m.GetRoSpecs(), m.GetRoSpecsResponse).parts, RoSpec) == []


def test_a_request_without_its_parameter_is_refused() -> None:
    assert Line().status(m.AddRoSpec()).code == Status.M_MISSING_PARAMETER
    assert Line().status(m.AddAccessSpec()).code == Status.M_MISSING_PARAMETER


KEEPALIVE = KeepaliveSpec(trigger=1, milliseconds=1_000)
BAD_SETTINGS: list[tuple[Parameter, str]] = [
    (KeepaliveSpec(trigger=2, milliseconds=1_000), "220:0"),
    (KeepaliveSpec(trigger=1, milliseconds=0), "220:1"),
    (AntennaConfiguration(antenna=9), "222:0"),
    (AntennaConfiguration(antenna=1, parts=(RfTransmitter(hop_table=0, channel=1, power=0),)), "222/224:2"),
    (AntennaProperties(connected=True, antenna=9, gain_cdbi=0), "221:1"),
    (GpoWriteData(port=5, high=True), "219:0"),
    (GpiPortCurrentState(port=5, enabled=True, state=0), "225:0"),
    (ReaderEventNotificationSpec(parts=(EventNotificationState(event=77, on=True),)), "244/245:0"),
    (RoReportSpec(trigger=9, every_tags=0), "237:0"),
    (RawParameter(kind=701, data=b"?"), "701!202"),
    (RoSpecStartTrigger(trigger=0), "179!202"),
]


@pytest.mark.parametrize(("bad", "path"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_and_the_good_ones_beside_it_are_not_taken(bad: Parameter, path: str) -> None:
    line = Line()
    status = line.status(m.SetReaderConfig(parts=(KEEPALIVE, bad)))
    assert (status.code, where(status)) == (Status.M_PARAMETER, path)
    told_back = find(line.one(m.GetReaderConfig(what=8), m.GetReaderConfigResponse).parts, KeepaliveSpec)
    assert told_back == KeepaliveSpec(trigger=0, milliseconds=0)


def test_settings_are_told_as_they_were_set_and_factory_reset_forgets_them() -> None:
    line = Line()
    report = told(2, 7, Tell.ANTENNA)
    given = (
        KEEPALIVE,
        EventsAndReports(hold=True),
        GpoWriteData(port=2, high=True),
        GpiPortCurrentState(port=3, enabled=False, state=0),
        report,
        AntennaConfiguration(antenna=2, parts=(RfTransmitter(hop_table=0, channel=2, power=5),)),
        ReaderEventNotificationSpec(parts=(EventNotificationState(event=Notify.GPI, on=True),)),
    )
    assert line.status(m.SetReaderConfig(parts=given)).code == 0
    parts = line.one(m.GetReaderConfig(), m.GetReaderConfigResponse).parts
    assert {KEEPALIVE, EventsAndReports(hold=True), report} <= set(parts)
    assert [each.high for each in find_all(parts, GpoWriteData)] == [False, True, False, False]
    assert [each.state for each in find_all(parts, GpiPortCurrentState)] == [0, 0, 2, 0]
    powers = [find(each.parts, RfTransmitter) for each in find_all(parts, AntennaConfiguration)]
    assert [each.power for each in powers if each is not None] == [21, 5, 21, 21]
    assert line.status(m.SetReaderConfig(reset=True)).code == 0
    after = line.one(m.GetReaderConfig(), m.GetReaderConfigResponse).parts
    assert find(after, KeepaliveSpec) == KeepaliveSpec(trigger=0, milliseconds=0)
    assert not any(each.high for each in find_all(after, GpoWriteData))
    states = [find(each, LlrpConfigurationState) for each in (parts, after)]
    assert states[0] != states[1], "a client sees that something changed"


@pytest.mark.parametrize("what", range(1, 12))
def test_one_part_of_the_settings_can_be_asked_for(what: int) -> None:
    parts = Line().one(m.GetReaderConfig(what=what), m.GetReaderConfigResponse).parts[1:]
    assert parts
    assert len({type(part) for part in parts}) == 1


def test_one_antenna_or_port_can_be_asked_for_and_none_that_is_not_there() -> None:
    line = Line()
    (one,) = find_all(line.one(m.GetReaderConfig(what=3, antenna=2), m.GetReaderConfigResponse).parts, AntennaConfiguration)
    assert one.antenna == 2
    for request in (m.GetReaderConfig(antenna=9), m.GetReaderConfig(what=12), m.GetReaderConfig(gpo_port=9)):
        status = line.status(request)
        assert status.code == Status.M_FIELD
        assert find(status.parts, FieldError) is not None


def test_inputs_are_told_and_bounce_when_they_are_bad() -> None:
    line = Line()
    line.want(Notify.GPI)
    line.reader.input(1, high=True, now_ms=5)
    line.reader.input(1, high=True, now_ms=6)
    assert events(line.hear()) == [GpiEvent(port=1, high=True)]
    line.reader.faults.gpi_bounce = True
    line.reader.input(1, high=False, now_ms=9)
    assert [each.high for each in events(line.hear()) if isinstance(each, GpiEvent)] == [False, True] * 3 + [False]
    line.status(m.SetReaderConfig(parts=(GpiPortCurrentState(port=1, enabled=False, state=0),)))
    line.reader.input(1, high=True, now_ms=20)
    assert events(line.hear()) == [], "switched off"
    with pytest.raises(ValueError, match="no input 9"):
        line.reader.input(9, high=True, now_ms=0)


def test_a_pulled_antenna_is_told_and_hears_nothing() -> None:
    line = Line()
    line.want(Notify.ANTENNA)
    line.reader.antenna(3, connected=False, now_ms=0)
    assert events(line.hear()) == [AntennaEvent(event=0, antenna=3)]
    properties = find_all(line.one(m.GetReaderConfig(what=2), m.GetReaderConfigResponse).parts, AntennaProperties)
    assert [each.connected for each in properties] == [True, True, False, True]
    line.inventory(spec(report=told(2, 1, Tell.ANTENNA)))
    heard = {part.antenna for tag in tags_of(line.run(1_000)) for part in tag.parts if hasattr(part, "antenna")}
    assert heard == {1, 2, 4}


def test_keepalives_come_and_an_impinj_like_reader_gives_up_who_does_not_answer() -> None:
    line = Line(profile=IMPINJ_LIKE)
    line.ask(impinj_enable_extensions())
    monitor = as_custom(ImpinjLinkMonitor(mode=1, threshold=3))
    assert line.status(m.SetReaderConfig(parts=(KEEPALIVE, monitor))).code == 0
    assert sum(isinstance(each, m.Keepalive) for each in line.run(2_500)) == 2
    line.ask(m.KeepaliveAck())
    line.run(3_000)
    assert not line.reader.drop_after_output
    line.run(1_500)
    assert line.reader.drop_after_output


# Capabilities and makers.


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_reader_says_what_it_can_do(profile: Profile) -> None:
    line = Line(profile=profile)
    everything = line.one(m.GetReaderCapabilities(), m.GetReaderCapabilitiesResponse).parts
    general, protocol = find(everything, GeneralDeviceCapabilities), find(everything, LlrpCapabilities)
    regulatory = find(everything, RegulatoryCapabilities)
    assert general is not None
    assert protocol is not None
    assert regulatory is not None
    assert (general.manufacturer, general.model, general.antennas_max) == (profile.manufacturer, profile.model, 4)
    assert find(general.parts, GpioCapabilities) == GpioCapabilities(inputs=4, outputs=4)
    assert protocol.rospecs_max == profile.rospecs_max
    (band,) = find_all(regulatory.parts, UhfBandCapabilities)
    levels = find_all(band.parts, TransmitPowerLevelTableEntry)
    assert [each.index for each in levels] == list(range(1, profile.power_levels + 1))
    assert levels[0].power_cdbm == 1_000
    assert (find_own(everything, ImpinjDetailedVersion) is not None) is (profile is IMPINJ_LIKE)
    for what, kind in ((1, GeneralDeviceCapabilities), (2, LlrpCapabilities), (3, RegulatoryCapabilities)):
        (_, one) = line.one(m.GetReaderCapabilities(what=what), m.GetReaderCapabilitiesResponse).parts
        assert isinstance(one, kind)


def rates(line: Line) -> list[int]:
    parts = line.one(m.GetReaderCapabilities(what=3), m.GetReaderCapabilitiesResponse).parts
    regulatory = find(parts, RegulatoryCapabilities)
    assert regulatory is not None
    (band,) = find_all(regulatory.parts, UhfBandCapabilities)
    (table,) = find_all(band.parts, C1g2UhfRfModeTable)
    return [each.bdr for each in find_all(table.parts, C1g2UhfRfModeTableEntry)]


def test_a_mode_table_can_lie() -> None:
    line = Line(profile=IMPINJ_LIKE)
    honest = rates(line)
    line.reader.faults.mode_table_lies = True
    assert [lie // truth for lie, truth in zip(rates(line), honest, strict=True)] == [1, 2, 4, 8, 4, 4, 4]


def test_power_and_filters_can_be_refused_whatever_was_promised() -> None:
    line = Line()
    line.reader.faults.refuse_power = line.reader.faults.refuse_filters = True
    assert where(line.status(m.AddRoSpec(parts=(with_radio(POWER),)))) == "177/183/186/222/224:2"
    filtering = C1g2InventoryCommand(state_aware=False, parts=(FILTER,))
    assert where(line.status(m.AddRoSpec(parts=(with_radio(filtering),)))) == "177/183/186/222/330!205"


def test_impinjs_own_parameters_are_refused_until_they_are_asked_for() -> None:
    selector = as_custom(
        ImpinjContentSelector(
            parts=(
                as_custom(ImpinjEnableTid(mode=1)),
                as_custom(ImpinjEnablePhase(mode=1)),
                as_custom(ImpinjEnablePeakRssi(mode=1)),
            )
        )
    )
    line = Line(profile=IMPINJ_LIKE)
    given = spec(report=told(2, 1, Tell.ANTENNA, own=(selector,)))
    assert where(line.status(m.AddRoSpec(parts=(given,)))) == "177/237/1023!209"
    (answer,) = line.ask(impinj_enable_extensions())
    assert isinstance(answer, m.CustomMessage)
    assert (answer.vendor, answer.subtype) == (IMPINJ, 22)
    line.inventory(given)
    (tag, *_) = tags_of(line.run(300))
    tid, phase, peak = (find_own(tag.parts, kind) for kind in (ImpinjTid, ImpinjPhase, ImpinjPeakRssi))
    assert tid is not None
    assert tid.words[0] == 0xE280
    assert phase is not None
    assert 0 <= phase.angle < 4_096
    assert peak is not None
    assert -8_000 < peak.cdbm < -3_000
    assert Line(profile=ZEBRA_LIKE).status(m.AddRoSpec(parts=(given,))).code == Status.M_PARAMETER


def test_zebras_phase_is_a_signed_half_turn() -> None:
    line = Line(profile=ZEBRA_LIKE)
    selector = as_custom(ZebraContentSelector(flags=0x1000_0000))
    line.inventory(spec(report=told(2, 1, Tell.ANTENNA, own=(selector,))))
    found = [find_own(tag.parts, ZebraPhase) for tag in tags_of(line.run(500))]
    assert found
    assert all(each is not None for each in found)


def test_impinj_reads_again_and_again_unless_told_to_read_once() -> None:
    def reads(*own: Parameter) -> int:
        line = Line(profile=IMPINJ_LIKE)
        line.ask(impinj_enable_extensions())
        singulation = C1g2SingulationControl(session=2 << 6, population=32, transit_time_ms=0)
        command = C1g2InventoryCommand(state_aware=False, parts=(singulation, *own))
        line.inventory(spec(radio=(command,), report=told(2, 1, Tell.ANTENNA)))
        return len(tags_of(line.run(5_000)))

    assert reads(as_custom(ImpinjSearchMode(mode=1))) == len(TAGS)
    assert reads(as_custom(ImpinjSearchMode(mode=2))) > 100
    assert reads() > 100


def test_filters_choose_tags() -> None:
    mask = C1g2TagInventoryMask(bank=Bank.EPC, pointer=32, mask=BitString(96, TAGS[2].epc))
    for action, expected in ((0, {TAGS[2].epc}), (3, {tag.epc for tag in TAGS} - {TAGS[2].epc})):
        line = Line()
        chosen = C1g2Filter(parts=(mask, C1g2StateUnawareFilterAction(action=action)))
        line.inventory(spec(radio=(C1g2InventoryCommand(state_aware=False, parts=(chosen,)),), report=told(2, 1, Tell(0))))
        found = {epc.epc for tag in tags_of(line.run(1_000)) if (epc := find(tag.parts, Epc96)) is not None}
        assert found == expected


def test_less_power_reads_less() -> None:
    def reads(power: int) -> int:
        line = Line(x_mm=2_000)
        line.inventory(spec(radio=(RfTransmitter(hop_table=0, channel=1, power=power),), report=told(2, 1, Tell(0))))
        return len(tags_of(line.run(2_000)))

    assert reads(21) > 2 * reads(14)
    assert reads(1) == 0


# Versions.


def test_a_reader_of_1_1_tells_and_changes_its_version() -> None:
    line = Line()
    told_versions = line.one(m.GetSupportedVersion(), m.GetSupportedVersionResponse)
    assert (told_versions.current, told_versions.highest) == (1, 2)
    assert line.status(m.SetProtocolVersion(version=9)).code == Status.M_UNSUPPORTED_VERSION
    assert line.status(m.SetProtocolVersion(version=2)).code == 0
    (refused,) = line.ask(m.GetRoSpecs(message_id=5))
    assert isinstance(refused, m.ErrorMessage), "the old version is not spoken any more"
    line.version, before = 2, len(line.said)
    assert line.status(m.GetRoSpecs()).code == 0
    assert line.said[before] >> 2 & 7 == 2, "it answers in the new version"
    (odd,) = line.ask(m.AddRoSpecResponse(message_id=6))
    found = find(odd.parts, LlrpStatus)
    assert found is not None
    assert found.code == Status.M_UNEXPECTED_MESSAGE


@pytest.mark.parametrize(("version", "code"), [(1, Status.M_UNSUPPORTED_MESSAGE), (2, Status.M_UNSUPPORTED_VERSION)])
def test_a_reader_of_1_0_1_answers_with_an_error(version: int, code: Status) -> None:
    line = Line(profile=IMPINJ_LIKE)
    line.version = version
    (answer,) = line.ask(m.GetSupportedVersion(message_id=9))
    assert isinstance(answer, m.ErrorMessage)
    status = find(answer.parts, LlrpStatus)
    assert status is not None
    assert (answer.message_id, status.code) == (9, code)


def test_what_it_does_not_know_is_answered_with_an_error() -> None:
    line = Line()
    for odd in (
        m.RawMessage(kind=500, data=b"?", message_id=3),
        m.CustomMessage(vendor=1, subtype=1, data=b"", message_id=3),
    ):
        (answer,) = line.ask(odd)
        status = find(answer.parts, LlrpStatus)
        assert status is not None
        assert (answer.message_id, status.code) == (3, Status.M_UNSUPPORTED_MESSAGE)


def test_every_inventory_spec_is_checked() -> None:
    odd = AiSpec(antennas=(0,), parts=(AiSpecStopTrigger(trigger=0), InventoryParameterSpec(spec_id=1, protocol=2)))
    status = Line().status(m.AddRoSpec(parts=(RoSpec(rospec_id=1, parts=(boundary(), odd)),)))
    assert where(status) == "177/183/186:1"
