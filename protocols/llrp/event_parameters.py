"""Parameters of answers and events: status codes, timestamps, what a reader tells by itself (LLRP 1.0.1, 14.1, 14.3)."""

from __future__ import annotations

import enum
from typing import ClassVar

from protocols.llrp.wire import U8, U16, U32, U64, Flag, Parameter, Text

# Time and status.


class UtcTimestamp(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 128
    microseconds: U64


class Uptime(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 129
    microseconds: U64


class Status(enum.IntEnum):
    """LLRP status codes (section 14.1)."""

    SUCCESS = 0
    M_PARAMETER = 100
    M_FIELD = 101
    M_UNEXPECTED_PARAMETER = 102
    M_MISSING_PARAMETER = 103
    M_DUPLICATE_PARAMETER = 104
    M_OVERFLOW_PARAMETER = 105
    M_OVERFLOW_FIELD = 106
    M_UNKNOWN_PARAMETER = 107
    M_UNKNOWN_FIELD = 108
    M_UNSUPPORTED_MESSAGE = 109
    M_UNSUPPORTED_VERSION = 110
    M_UNSUPPORTED_PARAMETER = 111
    M_UNEXPECTED_MESSAGE = 112
    """LLRP 1.1."""
    P_PARAMETER = 200
    P_FIELD = 201
    P_UNEXPECTED_PARAMETER = 202
    P_MISSING_PARAMETER = 203
    P_DUPLICATE_PARAMETER = 204
    P_OVERFLOW_PARAMETER = 205
    P_OVERFLOW_FIELD = 206
    P_UNKNOWN_PARAMETER = 207
    P_UNKNOWN_FIELD = 208
    P_UNSUPPORTED_PARAMETER = 209
    A_INVALID = 300
    A_OUT_OF_RANGE = 301
    R_DEVICE = 401


class LlrpStatus(Parameter, frozen=True, kw_only=True):
    """How a request went; may hold a FieldError and a ParameterError."""

    number: ClassVar[int] = 287
    code: U16
    description: Text = ""


class FieldError(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 288
    field: U16
    code: U16


class ParameterError(Parameter, frozen=True, kw_only=True):
    """The fault is inside a parameter of this type; may hold a FieldError and a further ParameterError."""

    number: ClassVar[int] = 289
    parameter: U16
    code: U16


# Reader events.


class ReaderEventNotificationData(Parameter, frozen=True, kw_only=True):
    """A timestamp and one or more events."""

    number: ClassVar[int] = 246


class HoppingEvent(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 247
    hop_table: U16
    next_channel: U16


class GpiEvent(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 248
    port: U16
    high: Flag


class RoSpecEvent(Parameter, frozen=True, kw_only=True):
    """`event`: 0 started, 1 ended, 2 preempted by another."""

    number: ClassVar[int] = 249
    event: U8
    rospec_id: U32
    preempting_id: U32 = 0


class ReportBufferWarning(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 250
    percent: U8


class ReportBufferOverflow(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 251


class ReaderException(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 252
    words: Text


class RfSurveyEvent(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 253
    event: U8
    rospec_id: U32
    spec_index: U16


class AiSpecEvent(Parameter, frozen=True, kw_only=True):
    """An AISpec ended; may hold SingulationDetails."""

    number: ClassVar[int] = 254
    event: U8
    rospec_id: U32
    spec_index: U16


class AntennaEvent(Parameter, frozen=True, kw_only=True):
    """`event`: 0 disconnected, 1 connected."""

    number: ClassVar[int] = 255
    event: U8
    antenna: U16


class ConnectionAttemptEvent(Parameter, frozen=True, kw_only=True):
    """0 accepted, 1 or 2 another connection has the reader, 3 other, 4 somebody else tried."""

    number: ClassVar[int] = 256
    status: U16


class ConnectionCloseEvent(Parameter, frozen=True, kw_only=True):
    number: ClassVar[int] = 257


class SpecLoopEvent(Parameter, frozen=True, kw_only=True):
    """LLRP 1.1: a ROSpec with a LoopSpec begins its next loop."""

    number: ClassVar[int] = 356
    rospec_id: U32
    loops: U32


PARAMETERS: tuple[type[Parameter], ...] = (
    UtcTimestamp, Uptime, LlrpStatus, FieldError, ParameterError, ReaderEventNotificationData, HoppingEvent, GpiEvent,
    RoSpecEvent, ReportBufferWarning, ReportBufferOverflow, ReaderException, RfSurveyEvent, AiSpecEvent, AntennaEvent,
    ConnectionAttemptEvent, ConnectionCloseEvent, SpecLoopEvent,
)  # fmt: skip
