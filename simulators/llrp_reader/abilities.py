"""What the simulated reader says of itself: a European four-antenna reader of no maker."""

from __future__ import annotations

from protocols.llrp.capabilities import (
    C1g2LlrpCapabilities,
    C1g2UhfRfModeTable,
    C1g2UhfRfModeTableEntry,
    FixedFrequencyTable,
    FrequencyInformation,
    GeneralDeviceCapabilities,
    GpioCapabilities,
    LlrpCapabilities,
    PerAntennaAirProtocol,
    PerAntennaReceiveSensitivityRange,
    ReceiveSensitivityTableEntry,
    RegulatoryCapabilities,
    TransmitPowerLevelTableEntry,
    UhfBandCapabilities,
)
from protocols.llrp.parameters import AntennaProperties, Identification, LlrpConfigurationState
from protocols.llrp.wire import Parameter

ALL, GENERAL, LLRP, REGULATORY, AIR_PROTOCOL = range(5)
MANUFACTURER = 0
FIRMWARE = "simulated 1.0"
POWER_FIRST_CDBM, POWER_STEP_CDBM, POWER_LEVELS = 1_000, 100, 21
HOLDS_REPORTS_AND_WARNS = 0x48


def capabilities(what: int, antenna_count: int, rospecs_max: int) -> tuple[Parameter, ...]:
    """The parameters of GET_READER_CAPABILITIES_RESPONSE for a requested part (0: all)."""
    antennas = range(1, antenna_count + 1)
    general = GeneralDeviceCapabilities(
        antennas_max=antenna_count,
        flags=0x4000,
        manufacturer=MANUFACTURER,
        model=1,
        firmware=FIRMWARE,
        parts=(
            ReceiveSensitivityTableEntry(index=1, db_above_most_sensitive=0),
            *(PerAntennaReceiveSensitivityRange(antenna=number, index_min=1, index_max=1) for number in antennas),
            GpioCapabilities(inputs=0, outputs=0),
            *(PerAntennaAirProtocol(antenna=number, protocols=(1,)) for number in antennas),
        ),
    )
    protocol = LlrpCapabilities(
        flags=HOLDS_REPORTS_AND_WARNS,
        priority_max=0,
        client_request_timeout_ms=0,
        rospecs_max=rospecs_max,
        specs_per_rospec_max=1,
        inventory_specs_per_aispec_max=1,
        accessspecs_max=0,
        opspecs_per_accessspec_max=0,
    )
    powers = [(index, POWER_FIRST_CDBM + POWER_STEP_CDBM * (index - 1)) for index in range(1, POWER_LEVELS + 1)]
    mode = C1g2UhfRfModeTableEntry(
        mode_id=0, flags=0, m=2, forward_modulation=1, spectral_mask=2, bdr=250_000, pie=1_500,
        tari_min_ns=12_500, tari_max_ns=25_000, tari_step_ns=0,
    )  # fmt: skip
    band = UhfBandCapabilities(
        parts=(
            *(TransmitPowerLevelTableEntry(index=index, power_cdbm=power) for index, power in powers),
            FrequencyInformation(
                hopping=False, parts=(FixedFrequencyTable(frequencies_khz=(865_700, 866_300, 866_900, 867_500)),)
            ),
            C1g2UhfRfModeTable(parts=(mode,)),
        )
    )
    regulatory = RegulatoryCapabilities(country=276, standard=2, parts=(band,))
    sections: dict[int, Parameter] = {
        GENERAL: general,
        LLRP: protocol,
        REGULATORY: regulatory,
        AIR_PROTOCOL: C1g2LlrpCapabilities(flags=0, select_filters_max=2),
    }
    return tuple(sections.values()) if what == ALL else tuple(part for key, part in sections.items() if key == what)


def configuration(antenna_count: int) -> tuple[Parameter, ...]:
    """What GET_READER_CONFIG_RESPONSE always holds."""
    return (
        Identification(id_type=0, reader_id=(0x02, 0, 0, 0, 0, 1)),
        *(AntennaProperties(connected=True, antenna=number, gain_cdbi=600) for number in range(1, antenna_count + 1)),
        LlrpConfigurationState(value=1),
    )
