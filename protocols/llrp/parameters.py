"""Parameters of LLRP 1.0.1 and 1.1 that configure a reader and its ROSpecs (sections 11 and 13), and what is kept raw.

One struct each, its fields in wire order. A parameter no table has is kept raw, so that nothing is lost and everything is
written again as it was read. To know one more: add its struct and its name in the `PARAMETERS` of its module.
"""

from __future__ import annotations

import enum
from typing import ClassVar

from protocols.llrp.wire import S16, U8, U16, U32, Flag, Parameter, Rest, U8s, U16s

CUSTOM = 1023


class RawParameter(Parameter, frozen=True, kw_only=True):
    """A parameter of a type this table does not have, as it came."""

    kind: int
    data: bytes


class RawRest(Parameter, frozen=True, kw_only=True):
    """An unknown short (TV) parameter: its length is not on the wire, so the rest of its surrounding is kept with it."""

    data: bytes


class CustomParameter(Parameter, frozen=True, kw_only=True):
    """A maker's own: vendor is an IANA enterprise number (25882 Impinj, 161 Motorola/Zebra)."""

    number: ClassVar[int] = CUSTOM
    vendor: U32
    subtype: U32
    data: Rest


# Reader configuration.


class LlrpConfigurationState(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 217
    value: U32


class Identification(Parameter, frozen=True, kw_only=True):
    """`id_type`: 0 MAC address, 1 EPC."""

    number: ClassVar[int] = 218
    id_type: U8
    reader_id: U8s


class GpoWriteData(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 219
    port: U16
    high: Flag


class KeepaliveSpec(Parameter, frozen=True, kw_only=True):
    """`trigger`: 0 none, 1 every so many milliseconds."""

    number: ClassVar[int] = 220
    trigger: U8
    milliseconds: U32


class AntennaProperties(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 221
    connected: Flag
    antenna: U16
    gain_cdbi: S16


class AntennaConfiguration(Parameter, frozen=True, kw_only=True):
    """Holds RfReceiver, RfTransmitter and an air protocol's command. Antenna 0: all."""

    number: ClassVar[int] = 222
    antenna: U16


class RfReceiver(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 223
    sensitivity: U16


class RfTransmitter(Parameter, frozen=True, kw_only=True):
    """`power` is an index into the reader's TransmitPowerLevelTable."""

    number: ClassVar[int] = 224
    hop_table: U16
    channel: U16
    power: U16


class GpiPortCurrentState(Parameter, frozen=True, kw_only=True):
    """`state`: 0 low, 1 high, 2 unknown."""

    number: ClassVar[int] = 225
    port: U16
    enabled: Flag
    state: U8


class EventsAndReports(Parameter, frozen=True, kw_only=True):
    """`hold`: after a reconnect, keep everything back until ENABLE_EVENTS_AND_REPORTS."""

    number: ClassVar[int] = 226
    hold: Flag


class RoReportSpec(Parameter, frozen=True, kw_only=True):
    """`trigger`: 0 none, 1 every N tags or at the end of an AISpec, 2 every N tags or at the end of the ROSpec.

    LLRP 1.1 counts time too: 3, 4 every N seconds and 5, 6 every N milliseconds, likewise.
    """

    number: ClassVar[int] = 237
    trigger: U8
    every_tags: U16


class Tell(enum.IntFlag):
    """Bits of a TagReportContentSelector."""

    ROSPEC_ID = 0x8000
    SPEC_INDEX = 0x4000
    INVENTORY_PARAMETER_SPEC_ID = 0x2000
    ANTENNA = 0x1000
    CHANNEL = 0x0800
    PEAK_RSSI = 0x0400
    FIRST_SEEN = 0x0200
    LAST_SEEN = 0x0100
    SEEN_COUNT = 0x0080
    ACCESSSPEC_ID = 0x0040


class TagReportContentSelector(Parameter, frozen=True, kw_only=True):
    """What a tag report tells beside the EPC, as `Tell` bits."""

    number: ClassVar[int] = 238
    tell: U16


class AccessReportSpec(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 239
    trigger: U8


class ReaderEventNotificationSpec(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 244


class Notify(enum.IntEnum):
    """Kinds of events that can be switched on."""

    HOPPING = 0
    GPI = 1
    ROSPEC = 2
    BUFFER_WARNING = 3
    EXCEPTION = 4
    RF_SURVEY = 5
    AISPEC = 6
    AISPEC_WITH_DETAILS = 7
    ANTENNA = 8
    SPEC_LOOP = 9
    """LLRP 1.1."""


class EventNotificationState(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 245
    event: U16
    on: Flag


# ROSpecs: what the reader shall do.


class RoSpec(Parameter, frozen=True, kw_only=True):
    """`state`: 0 disabled, 1 inactive, 2 active. Holds a boundary, AISpecs and perhaps a RoReportSpec."""

    number: ClassVar[int] = 177
    rospec_id: U32
    priority: U8 = 0
    state: U8 = 0


class RoBoundarySpec(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 178


class RoSpecStartTrigger(Parameter, frozen=True, kw_only=True):
    """0 none (START_ROSPEC), 1 at once, 2 periodic, 3 GPI."""

    number: ClassVar[int] = 179
    trigger: U8


class PeriodicTriggerValue(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 180
    offset_ms: U32
    period_ms: U32


class GpiTriggerValue(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 181
    port: U16
    high: Flag
    timeout_ms: U32


class RoSpecStopTrigger(Parameter, frozen=True, kw_only=True):
    """0 none, 1 after a duration, 2 GPI."""

    number: ClassVar[int] = 182
    trigger: U8
    duration_ms: U32 = 0


class AiSpec(Parameter, frozen=True, kw_only=True):
    """Antennas to use, a stop trigger, what to look for. Antenna 0: all."""

    number: ClassVar[int] = 183
    antennas: U16s


class AiSpecStopTrigger(Parameter, frozen=True, kw_only=True):
    """0 none, 1 after a duration, 2 GPI, 3 tag observation."""

    number: ClassVar[int] = 184
    trigger: U8
    duration_ms: U32 = 0


class TagObservationTrigger(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 185
    trigger: U8
    reserved: U8 = 0
    tags: U16
    attempts: U16
    interval_ms: U16
    timeout_ms: U32


class InventoryParameterSpec(Parameter, frozen=True, kw_only=True):
    """`protocol` 1: EPC class 1 generation 2."""

    number: ClassVar[int] = 186
    spec_id: U16
    protocol: U8 = 1


class RfSurveySpec(Parameter, frozen=True, kw_only=True):
    """Listen to a band of frequencies with one antenna; holds a stop trigger."""

    number: ClassVar[int] = 187
    antenna: U16
    from_khz: U32
    to_khz: U32


class RfSurveySpecStopTrigger(Parameter, frozen=True, kw_only=True):
    """0 none, 1 after a duration, 2 after `rounds` of the whole band."""

    number: ClassVar[int] = 188
    trigger: U8
    duration_ms: U32 = 0
    rounds: U32 = 0


class LoopSpec(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1: run all specs of a ROSpec so many times; 0: until it is stopped."""

    number: ClassVar[int] = 355
    loops: U32 = 0


PARAMETERS: tuple[type[Parameter], ...] = (
    CustomParameter, LlrpConfigurationState, Identification, GpoWriteData, KeepaliveSpec, AntennaProperties,
    AntennaConfiguration, RfReceiver, RfTransmitter, GpiPortCurrentState, EventsAndReports, RoReportSpec,
    TagReportContentSelector, AccessReportSpec, ReaderEventNotificationSpec, EventNotificationState, RoSpec,
    RoBoundarySpec, RoSpecStartTrigger, PeriodicTriggerValue, GpiTriggerValue, RoSpecStopTrigger, AiSpec,
    AiSpecStopTrigger, TagObservationTrigger, InventoryParameterSpec, RfSurveySpec, RfSurveySpecStopTrigger, LoopSpec,
)  # fmt: skip
