"""What the simulated reader says of itself: its profile as the parameters of GET_READER_CAPABILITIES_RESPONSE."""

from __future__ import annotations

from protocols.llrp.capabilities import (
    C1g2LlrpCapabilities,
    C1g2UhfRfModeTable,
    C1g2UhfRfModeTableEntry,
    FixedFrequencyTable,
    FrequencyHopTable,
    FrequencyInformation,
    GeneralDeviceCapabilities,
    GpioCapabilities,
    LlrpCapabilities,
    PerAntennaAirProtocol,
    PerAntennaReceiveSensitivityRange,
    ReceiveSensitivityTableEntry,
    RegulatoryCapabilities,
    RfSurveyFrequencyCapabilities,
    TransmitPowerLevelTableEntry,
    UhfBandCapabilities,
)
from protocols.llrp.vendors import ImpinjDetailedVersion, as_custom
from protocols.llrp.wire import Parameter
from simulators.llrp_reader.profiles import VERSION_1_1, Extensions, Mode, Profile

ALL, GENERAL, LLRP, REGULATORY, AIR_PROTOCOL = range(5)
HAS_CLOCK = 0x4000
BUFFER_WARNING, HOLDING = 0x40, 0x08
SURVEYS, CLIENT_REQUESTS, STATE_AWARE = 0x80, 0x20, 0x10
BLOCK_OPERATIONS = 0xC0


def capabilities(
    what: int, profile: Profile, antenna_count: int, *, version: int = 1, lies: bool = False
) -> tuple[Parameter, ...]:
    """The parameters for a requested part (0: all). `lies`: the mode table tells link frequencies as data rates."""
    sections: dict[int, Parameter] = {
        GENERAL: _general(profile, antenna_count, version),
        LLRP: _protocol(profile),
        REGULATORY: RegulatoryCapabilities(
            country=profile.country, standard=profile.standard, parts=(_band(profile, lies=lies),)
        ),
        AIR_PROTOCOL: C1g2LlrpCapabilities(flags=BLOCK_OPERATIONS, select_filters_max=profile.filters_max),
    }
    own: tuple[Parameter, ...] = ()
    if profile.extensions is Extensions.IMPINJ:
        detailed = ImpinjDetailedVersion(
            model="Simulated", serial_number="370-00-00-0001", software=profile.firmware, firmware=profile.firmware,
            fpga="1", pcba="1",
        )  # fmt: skip
        own = (as_custom(detailed),)
    return (*sections.values(), *own) if what == ALL else tuple(part for key, part in sections.items() if key == what)


def _general(profile: Profile, antenna_count: int, version: int) -> GeneralDeviceCapabilities:
    antennas = range(1, antenna_count + 1)
    levels = len(profile.sensitivities_db)
    sensitivities: tuple[Parameter, ...] = tuple(
        ReceiveSensitivityTableEntry(index=index, db_above_most_sensitive=db)
        for index, db in enumerate(profile.sensitivities_db, start=1)
    )
    ranges: tuple[Parameter, ...] = tuple(
        PerAntennaReceiveSensitivityRange(antenna=number, index_min=1, index_max=levels) for number in antennas
    )
    return GeneralDeviceCapabilities(
        antennas_max=antenna_count,
        flags=HAS_CLOCK,
        manufacturer=profile.manufacturer,
        model=profile.model,
        firmware=profile.firmware,
        parts=(
            *sensitivities,
            *(ranges if version < VERSION_1_1 or profile.manufacturer == 0 else ()),
            GpioCapabilities(inputs=profile.inputs, outputs=profile.outputs),
            *(PerAntennaAirProtocol(antenna=number, protocols=(1,)) for number in antennas),
        ),
    )


def _protocol(profile: Profile) -> LlrpCapabilities:
    flags = BUFFER_WARNING | HOLDING
    flags |= SURVEYS if profile.surveys else 0
    flags |= CLIENT_REQUESTS if profile.client_requests else 0
    flags |= STATE_AWARE if profile.state_aware else 0
    return LlrpCapabilities(
        flags=flags,
        priority_max=profile.priority_max,
        client_request_timeout_ms=500 if profile.client_requests else 0,
        rospecs_max=profile.rospecs_max,
        specs_per_rospec_max=profile.specs_per_rospec_max,
        inventory_specs_per_aispec_max=1,
        accessspecs_max=profile.accessspecs_max,
        opspecs_per_accessspec_max=profile.opspecs_max,
    )


def _band(profile: Profile, *, lies: bool) -> UhfBandCapabilities:
    table: Parameter = (
        FrequencyHopTable(table_id=1, frequencies_khz=profile.frequencies_khz)
        if profile.hopping
        else FixedFrequencyTable(frequencies_khz=profile.frequencies_khz)
    )
    levels: list[Parameter] = [
        TransmitPowerLevelTableEntry(index=index, power_cdbm=profile.power_cdbm(index) or 0)
        for index in range(1, profile.power_levels + 1)
    ]
    survey: tuple[Parameter, ...] = ()
    if profile.surveys:
        first, last = profile.frequencies_khz[0], profile.frequencies_khz[-1]
        survey = (RfSurveyFrequencyCapabilities(from_khz=first, to_khz=last),)
    modes = C1g2UhfRfModeTable(parts=tuple(_mode(each, lies=lies) for each in profile.modes))
    frequencies = FrequencyInformation(hopping=profile.hopping, parts=(table,))
    return UhfBandCapabilities(parts=(*levels, frequencies, modes, *survey))


def _mode(mode: Mode, *, lies: bool) -> C1g2UhfRfModeTableEntry:
    return C1g2UhfRfModeTableEntry(
        mode_id=mode.mode_id, flags=0, m={1: 0, 2: 1, 4: 2, 8: 3}[mode.m], forward_modulation=1, spectral_mask=2,
        bdr=mode.bdr * (mode.m if lies else 1), pie=1_500, tari_min_ns=12_500, tari_max_ns=25_000, tari_step_ns=0,
    )  # fmt: skip
