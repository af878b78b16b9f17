"""Parameters of tag reports (LLRP 1.0.1, section 14.2): the EPC, and short ones for what was measured of the tag."""

from __future__ import annotations

from typing import ClassVar

from protocols.llrp.wire import S8, U16, U32, U64, Bits, Parameter


class AntennaId(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 1
    tv: ClassVar[bool] = True
    antenna: U16


class FirstSeenUtc(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 2
    tv: ClassVar[bool] = True
    microseconds: U64


class FirstSeenUptime(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 3
    tv: ClassVar[bool] = True
    microseconds: U64


class LastSeenUtc(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 4
    tv: ClassVar[bool] = True
    microseconds: U64


class LastSeenUptime(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 5
    tv: ClassVar[bool] = True
    microseconds: U64


class PeakRssi(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 6
    tv: ClassVar[bool] = True
    dbm: S8


class ChannelIndex(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 7
    tv: ClassVar[bool] = True
    channel: U16


class TagSeenCount(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 8
    tv: ClassVar[bool] = True
    count: U16


class RoSpecId(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 9
    tv: ClassVar[bool] = True
    rospec_id: U32


class InventoryParameterSpecId(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 10
    tv: ClassVar[bool] = True
    spec_id: U16


class C1g2Crc(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 11
    tv: ClassVar[bool] = True
    crc: U16


class C1g2Pc(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 12
    tv: ClassVar[bool] = True
    pc: U16


class Epc96(Parameter, frozen=True, kw_only=True):
    """An EPC of exactly 96 bits, as two numbers: high 32 and low 64 bits."""

    number: ClassVar[int] = 13
    tv: ClassVar[bool] = True
    high: U32
    low: U64

    @classmethod
    def of(cls, epc: bytes) -> Epc96:
        """From 12 bytes."""
        return cls(high=int.from_bytes(epc[:4], "big"), low=int.from_bytes(epc[4:], "big"))

    @property
    def epc(self) -> bytes:
        """The 12 bytes."""
        return self.high.to_bytes(4, "big") + self.low.to_bytes(8, "big")


class SpecIndex(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 14
    tv: ClassVar[bool] = True
    index: U16


class ClientRequestOpSpecResult(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 15
    tv: ClassVar[bool] = True
    result: U16


class AccessSpecId(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 16
    tv: ClassVar[bool] = True
    accessspec_id: U32


class OpSpecId(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 17
    tv: ClassVar[bool] = True
    opspec_id: U16


class SingulationDetails(Parameter, frozen=True, kw_only=True):
    """Of an AISpecEvent: how many slots collided and how many stayed empty."""

    number: ClassVar[int] = 18
    tv: ClassVar[bool] = True
    collision_slots: U16
    empty_slots: U16


class XpcW1(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 19
    tv: ClassVar[bool] = True
    word: U16


class XpcW2(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 20
    tv: ClassVar[bool] = True
    word: U16


# Tag reports.


class TagReportData(Parameter, frozen=True, kw_only=True):
    """One tag: an EPC and whatever the report was asked to tell. `protocols.llrp.reads` is the quick way to read it."""

    number: ClassVar[int] = 240


class EpcData(Parameter, frozen=True, kw_only=True):
    """An EPC of any length."""

    number: ClassVar[int] = 241
    epc: Bits


# RF surveys.


class RfSurveyReportData(Parameter, frozen=True, kw_only=True):
    """What a survey heard: a FrequencyRssiLevelEntry for each step of the band."""

    number: ClassVar[int] = 242


class FrequencyRssiLevelEntry(Parameter, frozen=True, kw_only=True):
    """How loud it was around a frequency; holds the time of it."""

    number: ClassVar[int] = 243
    khz: U32
    bandwidth_khz: U32
    average_dbm: S8
    peak_dbm: S8


PARAMETERS: tuple[type[Parameter], ...] = (
    AntennaId, FirstSeenUtc, FirstSeenUptime, LastSeenUtc, LastSeenUptime, PeakRssi, ChannelIndex, TagSeenCount,
    RoSpecId, InventoryParameterSpecId, C1g2Crc, C1g2Pc, Epc96, SpecIndex, ClientRequestOpSpecResult, AccessSpecId,
    OpSpecId, SingulationDetails, XpcW1, XpcW2, TagReportData, EpcData, RfSurveyReportData, FrequencyRssiLevelEntry,
)  # fmt: skip
