"""What a store asks of a reader, as LLRP parameters: its configuration and the one ROSpec. And what a reader can do."""

from __future__ import annotations

import enum

import msgspec

from protocols.llrp import vendors as v
from protocols.llrp.capabilities import (
    C1g2InventoryCommand,
    C1g2RfControl,
    C1g2SingulationControl,
    FrequencyHopTable,
    FrequencyInformation,
    GeneralDeviceCapabilities,
    GpioCapabilities,
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
    GpiPortCurrentState,
    GpiTriggerValue,
    InventoryParameterSpec,
    KeepaliveSpec,
    Notify,
    PeriodicTriggerValue,
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
from protocols.llrp.wire import Message, Parameter, find, find_all, readable

ROSPEC_ID = 1
TAGS_EXPECTED = 32
"""A first guess for the reader's anti-collision; it adapts."""
EVERY_N_TAGS_OR_END_OF_ROSPEC = 2
LINK_MONITOR_THRESHOLD = 3
"""An Impinj reader gives a client up that left so many keepalives unanswered: it would refuse us after a power cut here."""
_CAN_HOLD_REPORTS = 0x08
_TOLD = Tell.ANTENNA | Tell.PEAK_RSSI | Tell.FIRST_SEEN | Tell.LAST_SEEN | Tell.SEEN_COUNT


class Start(enum.IntEnum):
    """When the reader reads. The numbers are those of the ROSpecStartTrigger."""

    ALWAYS = 0
    """From our START_ROSPEC until the connection's end; started again when the reader ends it."""
    IMMEDIATE = 1
    """As ALWAYS, started by the reader itself, also after it was restarted without us."""
    PERIODIC = 2
    """Every `period_ms` for `run_ms`."""
    INPUT = 3
    """While an input is high (or for `run_ms` from then on)."""


class Extra(enum.Flag):
    """What a maker's own parameters tell more of a tag. A reader that cannot tell it is not asked."""

    PHASE = enum.auto()
    EXACT_RSSI = enum.auto()
    DOPPLER = enum.auto()
    TID = enum.auto()


NO_EXTRAS = Extra(0)


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
    antenna_power_cdbm: tuple[tuple[int, int], ...] = ()
    """(antenna, hundredths of a dBm) for antennas that differ."""
    gen2_session: int = 0
    """0: a tag answers in every round, which a portal needs to see it move. 1 to 3: it keeps quiet for a while."""
    tags_expected: int = TAGS_EXPECTED
    rf_mode: int | None = None
    """A mode of the reader's own table. None: as the reader is set."""
    search_mode: int | None = None
    """Impinj's (see `ImpinjSearchMode`); other readers are not asked."""
    start: Start = Start.ALWAYS
    period_ms: int = 0
    run_ms: int = 0
    start_input: int = 1
    inputs: tuple[int, ...] = ()
    """Inputs (light beams) whose changes are wanted."""
    debounce_ms: int = 50
    extras: Extra = NO_EXTRAS
    carry_forward: bool = True
    version_max: int = 1
    """1: speak LLRP 1.0.1 and ask nothing. 2: ask for LLRP 1.1 first, and be content with 1.0.1."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth knowing of a reader."""

    manufacturer: int = 0
    model: int = 0
    firmware: str = ""
    antennas_max: int = 0
    inputs: int = 0
    outputs: int = 0
    holds_reports: bool = False
    hopping: bool = True
    hop_table: int = 1
    power_levels_cdbm: tuple[tuple[int, int], ...] = ()
    """(index, hundredths of a dBm)."""
    makers_own: bool = False
    """The reader granted its maker's own parameters."""


def read_capabilities(answer: Message | None) -> Capabilities:
    """From a GET_READER_CAPABILITIES_RESPONSE; what it does not say, or cannot be read, stays at its default."""
    parts = () if answer is None else answer.parts
    general = find(parts, GeneralDeviceCapabilities) or GeneralDeviceCapabilities(
        antennas_max=0, flags=0, manufacturer=0, model=0, firmware=""
    )
    pins = find(general.parts, GpioCapabilities)
    protocol = find(parts, LlrpCapabilities)
    regulatory = find(parts, RegulatoryCapabilities)
    band = None if regulatory is None else find(regulatory.parts, UhfBandCapabilities)
    levels = [] if band is None else find_all(band.parts, TransmitPowerLevelTableEntry)
    frequencies = None if band is None else find(band.parts, FrequencyInformation)
    hops = None if frequencies is None else find(frequencies.parts, FrequencyHopTable)
    return Capabilities(
        manufacturer=general.manufacturer,
        model=general.model,
        firmware=readable(general.firmware),
        antennas_max=general.antennas_max,
        inputs=0 if pins is None else pins.inputs,
        outputs=0 if pins is None else pins.outputs,
        holds_reports=protocol is not None and bool(protocol.flags & _CAN_HOLD_REPORTS),
        hopping=frequencies is None or frequencies.hopping,
        hop_table=1 if hops is None else hops.table_id,
        power_levels_cdbm=tuple((level.index, level.power_cdbm) for level in levels),
    )


def configuration(setup: InventorySetup, capabilities: Capabilities) -> tuple[Parameter, ...]:
    """The parameters of SET_READER_CONFIG."""
    wanted = [Notify.ROSPEC, Notify.BUFFER_WARNING, Notify.EXCEPTION, Notify.ANTENNA]
    if setup.inputs or setup.start is Start.INPUT:
        wanted.append(Notify.GPI)
    states = tuple(EventNotificationState(event=event, on=True) for event in wanted)
    parts: list[Parameter] = [ReaderEventNotificationSpec(parts=states)]
    parts.append(KeepaliveSpec(trigger=1, milliseconds=setup.keepalive_ms))
    started_by = {setup.start_input} if setup.start is Start.INPUT else set()
    parts.extend(GpiPortCurrentState(port=port, enabled=True, state=2) for port in sorted({*setup.inputs, *started_by}))
    if capabilities.holds_reports:
        parts.append(EventsAndReports(hold=True))
    if capabilities.makers_own and capabilities.manufacturer == v.IMPINJ:
        parts.append(v.as_custom(v.ImpinjLinkMonitor(mode=1, threshold=LINK_MONITOR_THRESHOLD)))
    return tuple(parts)


def rospec(setup: InventorySetup, capabilities: Capabilities) -> RoSpec:
    """One inventory on all wanted antennas. Its AISpec never stops by itself: the reports are cut by the RoReportSpec, for a
    stop trigger that counts tags would stop and restart the radio all the time."""
    antennas = tuple(
        AntennaConfiguration(antenna=antenna, parts=_radio(setup, capabilities, antenna))
        for antenna in _antennas_told(setup, capabilities)
    )
    inventory = AiSpec(
        antennas=setup.antennas,
        parts=(AiSpecStopTrigger(trigger=0), InventoryParameterSpec(spec_id=1, parts=antennas)),
    )
    report = RoReportSpec(
        trigger=EVERY_N_TAGS_OR_END_OF_ROSPEC,
        every_tags=setup.report_every_tags,
        parts=(TagReportContentSelector(tell=_told(setup)), *_own_selector(setup.extras, capabilities)),
    )
    return RoSpec(rospec_id=ROSPEC_ID, parts=(RoBoundarySpec(parts=_triggers(setup)), inventory, report))


def _antennas_told(setup: InventorySetup, capabilities: Capabilities) -> tuple[int, ...]:
    """All antennas by their numbers when some of them differ."""
    if setup.antennas != (0,) or not setup.antenna_power_cdbm:
        return setup.antennas
    return tuple(range(1, capabilities.antennas_max + 1)) or (0,)


def _told(setup: InventorySetup) -> int:
    """Phases are compared within one channel: it is told with them."""
    return _TOLD | Tell.CHANNEL if setup.extras & Extra.PHASE else _TOLD


def _triggers(setup: InventorySetup) -> tuple[Parameter, ...]:
    start_with: tuple[Parameter, ...] = ()
    stop: Parameter = RoSpecStopTrigger(trigger=0)
    if setup.start is Start.PERIODIC:
        start_with = (PeriodicTriggerValue(offset_ms=0, period_ms=setup.period_ms),)
    if setup.start is Start.INPUT:
        start_with = (GpiTriggerValue(port=setup.start_input, high=True, timeout_ms=0),)
        lowered = GpiTriggerValue(port=setup.start_input, high=False, timeout_ms=0)
        stop = RoSpecStopTrigger(trigger=2, parts=(lowered,))
    if setup.run_ms and setup.start in {Start.PERIODIC, Start.INPUT}:
        stop = RoSpecStopTrigger(trigger=1, duration_ms=setup.run_ms)
    return (RoSpecStartTrigger(trigger=setup.start, parts=start_with), stop)


def _radio(setup: InventorySetup, capabilities: Capabilities, antenna: int) -> tuple[Parameter, ...]:
    control: list[Parameter] = []
    if setup.rf_mode is not None:
        control.append(C1g2RfControl(mode_index=setup.rf_mode, tari_ns=0))
    control.append(
        C1g2SingulationControl(session=setup.gen2_session << 6, population=setup.tags_expected, transit_time_ms=0)
    )
    if setup.search_mode is not None and capabilities.makers_own and capabilities.manufacturer == v.IMPINJ:
        control.append(v.as_custom(v.ImpinjSearchMode(mode=setup.search_mode)))
    power_cdbm = dict(setup.antenna_power_cdbm).get(antenna, setup.power_cdbm)
    return (*_transmitter(power_cdbm, capabilities), C1g2InventoryCommand(state_aware=False, parts=tuple(control)))


def _transmitter(power_cdbm: int | None, capabilities: Capabilities) -> tuple[Parameter, ...]:
    if power_cdbm is None or not capabilities.power_levels_cdbm:
        return ()
    by_power = sorted(capabilities.power_levels_cdbm, key=lambda level: level[1])
    allowed = [level for level in by_power if level[1] <= power_cdbm] or by_power[:1]
    hop_table, channel = (capabilities.hop_table, 0) if capabilities.hopping else (0, 1)
    return (RfTransmitter(hop_table=hop_table, channel=channel, power=allowed[-1][0]),)


def _own_selector(extras: Extra, capabilities: Capabilities) -> tuple[Parameter, ...]:
    if not extras:
        return ()
    if capabilities.manufacturer == v.ZEBRA and extras & Extra.PHASE:
        return (v.as_custom(v.ZebraContentSelector(flags=v.ZEBRA_TELL_PHASE)),)
    if capabilities.manufacturer != v.IMPINJ or not capabilities.makers_own:
        return ()
    wanted: list[v.OwnParameter] = []
    if extras & Extra.TID:
        wanted.append(v.ImpinjEnableTid(mode=1))
    if extras & Extra.PHASE:
        wanted.append(v.ImpinjEnablePhase(mode=1))
    if extras & Extra.EXACT_RSSI:
        wanted.append(v.ImpinjEnablePeakRssi(mode=1))
    if extras & Extra.DOPPLER:
        wanted.append(v.ImpinjEnableDoppler(mode=1))
    return (v.as_custom(v.ImpinjContentSelector(parts=tuple(map(v.as_custom, wanted)))),)
