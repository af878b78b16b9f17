"""What a reader says it can do: parameters of GET_READER_CAPABILITIES_RESPONSE (LLRP 1.0.1, sections 9.2 and 16.2)."""

from __future__ import annotations

from typing import ClassVar

from protocols.llrp.wire import S16, U8, U16, U32, Flag, Parameter, Text, U8s, U32s


class GeneralDeviceCapabilities(Parameter, frozen=True, kw_only=True):
    """`flags`: bit 15 antenna properties can be set, bit 14 it has a UTC clock. `manufacturer`: IANA enterprise number."""

    number: ClassVar[int] = 137
    antennas_max: U16
    flags: U16
    manufacturer: U32
    model: U32
    firmware: Text


class ReceiveSensitivityTableEntry(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 139
    index: U16
    db_above_most_sensitive: S16


class PerAntennaAirProtocol(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 140
    antenna: U16
    protocols: U8s


class GpioCapabilities(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 141
    inputs: U16
    outputs: U16


class LlrpCapabilities(Parameter, frozen=True, kw_only=True):
    """`flags` from the top: RF survey, buffer warning, client request, state aware singulation, holding of reports."""

    number: ClassVar[int] = 142
    flags: U8
    priority_max: U8
    client_request_timeout_ms: U16
    rospecs_max: U32
    specs_per_rospec_max: U32
    inventory_specs_per_aispec_max: U32
    accessspecs_max: U32
    opspecs_per_accessspec_max: U32


class RegulatoryCapabilities(Parameter, frozen=True, kw_only=True):
    """`country`: ISO 3166 numeric. `standard`: 1 US FCC part 15, 2 ETSI EN 302 208, ..."""

    number: ClassVar[int] = 143
    country: U16
    standard: U16


class UhfBandCapabilities(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 144


class TransmitPowerLevelTableEntry(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 145
    index: U16
    power_cdbm: S16


class FrequencyInformation(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 146
    hopping: Flag


class FrequencyHopTable(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 147
    table_id: U8
    reserved: U8 = 0
    frequencies_khz: U32s


class FixedFrequencyTable(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 148
    frequencies_khz: U32s


class PerAntennaReceiveSensitivityRange(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 149
    antenna: U16
    index_min: U16
    index_max: U16


class C1g2LlrpCapabilities(Parameter, frozen=True, kw_only=True):
    """`flags` from the top: block erase, block write, block permalock, recommissioning, UMI, XPC."""

    number: ClassVar[int] = 327
    flags: U8
    select_filters_max: U16


class C1g2UhfRfModeTable(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 328


class C1g2UhfRfModeTableEntry(Parameter, frozen=True, kw_only=True):
    """One way to talk to tags. Times in nanoseconds, `bdr` in bits a second, `pie` in thousandths."""

    number: ClassVar[int] = 329
    mode_id: U32
    flags: U8
    m: U8
    forward_modulation: U8
    spectral_mask: U8
    bdr: U32
    pie: U32
    tari_min_ns: U32
    tari_max_ns: U32
    tari_step_ns: U32


class C1g2InventoryCommand(Parameter, frozen=True, kw_only=True):
    """How tags are singulated; holds filters, an RF control and a singulation control."""

    number: ClassVar[int] = 330
    state_aware: Flag


class C1g2RfControl(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 335
    mode_index: U16
    tari_ns: U16


class C1g2SingulationControl(Parameter, frozen=True, kw_only=True):
    """`session`: Gen2 session 0 to 3 in the two top bits."""

    number: ClassVar[int] = 336
    session: U8
    population: U16
    transit_time_ms: U32


class C1g2EpcMemorySelector(Parameter, frozen=True, kw_only=True):
    """`flags` from the top: tell the CRC, tell the PC word, tell the XPC words (LLRP 1.1)."""

    number: ClassVar[int] = 348
    flags: U8


class MaximumReceiveSensitivity(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1."""

    number: ClassVar[int] = 363
    dbm: S16


class RfSurveyFrequencyCapabilities(Parameter, frozen=True, kw_only=True):
    """The band a survey can listen to."""

    number: ClassVar[int] = 365
    from_khz: U32
    to_khz: U32


PARAMETERS: tuple[type[Parameter], ...] = (
    GeneralDeviceCapabilities, ReceiveSensitivityTableEntry, PerAntennaAirProtocol, GpioCapabilities, LlrpCapabilities,
    RegulatoryCapabilities, UhfBandCapabilities, TransmitPowerLevelTableEntry, FrequencyInformation, FrequencyHopTable,
    FixedFrequencyTable, PerAntennaReceiveSensitivityRange, C1g2LlrpCapabilities, C1g2UhfRfModeTable,
    C1g2UhfRfModeTableEntry, C1g2InventoryCommand, C1g2RfControl, C1g2SingulationControl, C1g2EpcMemorySelector,
    MaximumReceiveSensitivity, RfSurveyFrequencyCapabilities,
)  # fmt: skip
