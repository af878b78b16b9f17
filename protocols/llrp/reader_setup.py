"""What a store asks of a reader, as LLRP parameters: configuration and the one endless ROSpec. And what a reader can do."""

from __future__ import annotations

import msgspec

from protocols.llrp.capabilities import (
    C1g2InventoryCommand,
    C1g2SingulationControl,
    FrequencyInformation,
    GeneralDeviceCapabilities,
    LlrpCapabilities,
    RegulatoryCapabilities,
    TransmitPowerLevelTableEntry,
    UhfBandCapabilities,
)
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    AntennaConfiguration,
    EventNotificationState,
    EventsAndReports,
    InventoryParameterSpec,
    KeepaliveSpec,
    Notify,
    ReaderEventNotificationSpec,
    RfTransmitter,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagReportContentSelector,
    Tell,
)
from protocols.llrp.wire import Message, Parameter, find, find_all

ROSPEC_ID = 1
TAGS_EXPECTED = 32
"""A first guess for the reader's anti-collision; it adapts."""
EVERY_N_TAGS_OR_END_OF_ROSPEC = 2
_CAN_HOLD_REPORTS = 0x08
_TOLD = Tell.ANTENNA | Tell.PEAK_RSSI | Tell.FIRST_SEEN | Tell.LAST_SEEN | Tell.SEEN_COUNT


class InventorySetup(msgspec.Struct, frozen=True, kw_only=True):
    """What the store wants of a reader."""

    antennas: tuple[int, ...] = (0,)
    """Antenna numbers from 1; (0,): all of the reader's."""
    report_every_tags: int = 1
    """1: every read at once, the best for a portal. More: fewer and larger reports, and a flush every `flush_ms`."""
    flush_ms: int = 500
    keepalive_ms: int = 5_000
    answer_within_ms: int = 5_000
    power_cdbm: int | None = None
    """Transmit power in hundredths of a dBm: the strongest level of the reader not above it. None: as the reader is set."""
    gen2_session: int = 0
    """0: a tag answers in every round, which a portal needs to see it move. 1 to 3: it keeps quiet for a while."""
    carry_forward: bool = True


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth knowing of a reader."""

    manufacturer: int = 0
    model: int = 0
    firmware: str = ""
    antennas_max: int = 0
    holds_reports: bool = False
    hopping: bool = True
    power_levels_cdbm: tuple[tuple[int, int], ...] = ()
    """(index, hundredths of a dBm)."""


def read_capabilities(answer: Message) -> Capabilities:
    """From a GET_READER_CAPABILITIES_RESPONSE; what it does not say stays at its default."""
    general = find(answer.parts, GeneralDeviceCapabilities)
    protocol = find(answer.parts, LlrpCapabilities)
    regulatory = find(answer.parts, RegulatoryCapabilities)
    band = None if regulatory is None else find(regulatory.parts, UhfBandCapabilities)
    levels = [] if band is None else find_all(band.parts, TransmitPowerLevelTableEntry)
    frequencies = None if band is None else find(band.parts, FrequencyInformation)
    return Capabilities(
        manufacturer=0 if general is None else general.manufacturer,
        model=0 if general is None else general.model,
        firmware="" if general is None else general.firmware,
        antennas_max=0 if general is None else general.antennas_max,
        holds_reports=protocol is not None and bool(protocol.flags & _CAN_HOLD_REPORTS),
        hopping=frequencies is None or frequencies.hopping,
        power_levels_cdbm=tuple((level.index, level.power_cdbm) for level in levels),
    )


def configuration(setup: InventorySetup, capabilities: Capabilities) -> tuple[Parameter, ...]:
    """The parameters of SET_READER_CONFIG."""
    wanted = (Notify.ROSPEC, Notify.BUFFER_WARNING, Notify.EXCEPTION, Notify.ANTENNA)
    states = tuple(EventNotificationState(event=event, on=True) for event in wanted)
    parts: list[Parameter] = [ReaderEventNotificationSpec(parts=states)]
    parts.append(KeepaliveSpec(trigger=1, milliseconds=setup.keepalive_ms))
    if capabilities.holds_reports:
        parts.append(EventsAndReports(hold=True))
    return tuple(parts)


def rospec(setup: InventorySetup, capabilities: Capabilities) -> RoSpec:
    """One inventory on all wanted antennas that runs from START_ROSPEC until it is deleted."""
    singulation = C1g2SingulationControl(session=setup.gen2_session << 6, population=TAGS_EXPECTED, transit_time_ms=0)
    command = C1g2InventoryCommand(state_aware=False, parts=(singulation,))
    radio = (*_transmitter(setup, capabilities), command)
    antennas = tuple(AntennaConfiguration(antenna=antenna, parts=radio) for antenna in setup.antennas)
    inventory = AiSpec(
        antennas=setup.antennas,
        parts=(AiSpecStopTrigger(trigger=0), InventoryParameterSpec(spec_id=1, parts=antennas)),
    )
    report = RoReportSpec(
        trigger=EVERY_N_TAGS_OR_END_OF_ROSPEC,
        every_tags=setup.report_every_tags,
        parts=(TagReportContentSelector(tell=_TOLD),),
    )
    boundary = RoBoundarySpec(parts=(RoSpecStartTrigger(trigger=0), RoSpecStopTrigger(trigger=0)))
    return RoSpec(rospec_id=ROSPEC_ID, parts=(boundary, inventory, report))


def _transmitter(setup: InventorySetup, capabilities: Capabilities) -> tuple[Parameter, ...]:
    if setup.power_cdbm is None or not capabilities.power_levels_cdbm:
        return ()
    by_power = sorted(capabilities.power_levels_cdbm, key=lambda level: level[1])
    allowed = [level for level in by_power if level[1] <= setup.power_cdbm] or by_power[:1]
    hop_table, channel = (1, 0) if capabilities.hopping else (0, 1)
    return (RfTransmitter(hop_table=hop_table, channel=channel, power=allowed[-1][0]),)
