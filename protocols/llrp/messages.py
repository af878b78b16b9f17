"""The messages of LLRP 1.0.1 and 1.1 (section 17.1): one struct each, what is answered by what, and the header.

To know one more: add its struct and its name in `MESSAGES`.
"""

from __future__ import annotations

from typing import ClassVar

from protocols.llrp.wire import U8, U16, U32, Flag, Message, Rest

HEADER_BYTES = 10
VERSION = 1
"""1: LLRP 1.0.1, 2: LLRP 1.1."""


class RawMessage(Message, frozen=True, kw_only=True):
    """A message of a type this table does not have, as it came."""

    kind: int
    data: bytes


class GetReaderCapabilities(Message, frozen=True, kw_only=True):
    """`what`: 0 all, 1 general, 2 LLRP, 3 regulatory, 4 air protocol."""

    number: ClassVar[int] = 1
    what: U8 = 0


class GetReaderCapabilitiesResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 11


class GetReaderConfig(Message, frozen=True, kw_only=True):
    """`what`: 0 all, 1 identification, 2 antenna properties, 3 antennas ... 11 events and reports. 0 for a number: all."""

    number: ClassVar[int] = 2
    antenna: U16 = 0
    what: U8 = 0
    gpi_port: U16 = 0
    gpo_port: U16 = 0


class GetReaderConfigResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 12


class SetReaderConfig(Message, frozen=True, kw_only=True):
    """`reset`: to factory settings first."""

    number: ClassVar[int] = 3
    reset: Flag = False


class SetReaderConfigResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 13


class CloseConnection(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 14


class CloseConnectionResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 4


class AddRoSpec(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 20


class AddRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 30


class DeleteRoSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 21
    rospec_id: U32


class DeleteRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 31


class StartRoSpec(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 22
    rospec_id: U32


class StartRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 32


class StopRoSpec(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 23
    rospec_id: U32


class StopRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 33


class EnableRoSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 24
    rospec_id: U32


class EnableRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 34


class DisableRoSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 25
    rospec_id: U32


class DisableRoSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 35


class GetRoSpecs(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 26


class GetRoSpecsResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 36


class AddAccessSpec(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 40


class AddAccessSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 50


class DeleteAccessSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 41
    accessspec_id: U32


class DeleteAccessSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 51


class EnableAccessSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 42
    accessspec_id: U32


class EnableAccessSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 52


class DisableAccessSpec(Message, frozen=True, kw_only=True):
    """0: all of them."""

    number: ClassVar[int] = 43
    accessspec_id: U32


class DisableAccessSpecResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 53


class GetAccessSpecs(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 44


class GetAccessSpecsResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 54


class ClientRequestOp(Message, frozen=True, kw_only=True):
    """The reader asks what to do with a tag."""

    number: ClassVar[int] = 45


class ClientRequestOpResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 55


class GetSupportedVersion(Message, frozen=True, kw_only=True):
    """LLRP 1.1 only; a 1.0.1 reader answers with an ErrorMessage."""

    number: ClassVar[int] = 46


class GetSupportedVersionResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 56
    current: U8
    highest: U8


class SetProtocolVersion(Message, frozen=True, kw_only=True):
    """LLRP 1.1 only."""

    number: ClassVar[int] = 47
    version: U8


class SetProtocolVersionResponse(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 57


class GetReport(Message, frozen=True, kw_only=True):
    """Send what you hold; answered by an RoAccessReport without its id."""

    number: ClassVar[int] = 60


class RoAccessReport(Message, frozen=True, kw_only=True):
    """Tags. `protocols.llrp.reads` is the quick way to read it."""

    number: ClassVar[int] = 61


class Keepalive(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 62


class KeepaliveAck(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 72


class ReaderEventNotification(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 63


class EnableEventsAndReports(Message, frozen=True, kw_only=True):
    number: ClassVar[int] = 64


class ErrorMessage(Message, frozen=True, kw_only=True):
    """Answer to what could not be understood."""

    number: ClassVar[int] = 100


class CustomMessage(Message, frozen=True, kw_only=True):
    """A maker's own."""

    number: ClassVar[int] = 1023
    vendor: U32
    subtype: U8
    data: Rest


MESSAGES: tuple[type[Message], ...] = (
    GetReaderCapabilities, GetReaderCapabilitiesResponse, GetReaderConfig, GetReaderConfigResponse, SetReaderConfig,
    SetReaderConfigResponse, CloseConnection, CloseConnectionResponse, AddRoSpec, AddRoSpecResponse, DeleteRoSpec,
    DeleteRoSpecResponse, StartRoSpec, StartRoSpecResponse, StopRoSpec, StopRoSpecResponse, EnableRoSpec,
    EnableRoSpecResponse, DisableRoSpec, DisableRoSpecResponse, GetRoSpecs, GetRoSpecsResponse, AddAccessSpec,
    AddAccessSpecResponse, DeleteAccessSpec, DeleteAccessSpecResponse, EnableAccessSpec, EnableAccessSpecResponse,
    DisableAccessSpec, DisableAccessSpecResponse, GetAccessSpecs, GetAccessSpecsResponse, ClientRequestOp,
    ClientRequestOpResponse, GetSupportedVersion, GetSupportedVersionResponse, SetProtocolVersion,
    SetProtocolVersionResponse, GetReport, RoAccessReport, Keepalive, KeepaliveAck, ReaderEventNotification,
    EnableEventsAndReports, ErrorMessage, CustomMessage,
)  # fmt: skip

ANSWER_TO: dict[type[Message], type[Message]] = {
    GetReaderCapabilities: GetReaderCapabilitiesResponse,
    GetReaderConfig: GetReaderConfigResponse,
    SetReaderConfig: SetReaderConfigResponse,
    CloseConnection: CloseConnectionResponse,
    AddRoSpec: AddRoSpecResponse,
    DeleteRoSpec: DeleteRoSpecResponse,
    StartRoSpec: StartRoSpecResponse,
    StopRoSpec: StopRoSpecResponse,
    EnableRoSpec: EnableRoSpecResponse,
    DisableRoSpec: DisableRoSpecResponse,
    GetRoSpecs: GetRoSpecsResponse,
    AddAccessSpec: AddAccessSpecResponse,
    DeleteAccessSpec: DeleteAccessSpecResponse,
    EnableAccessSpec: EnableAccessSpecResponse,
    DisableAccessSpec: DisableAccessSpecResponse,
    GetAccessSpecs: GetAccessSpecsResponse,
    ClientRequestOp: ClientRequestOpResponse,
    GetSupportedVersion: GetSupportedVersionResponse,
    SetProtocolVersion: SetProtocolVersionResponse,
}
"""Which response a request asks for; every response begins with an LlrpStatus."""
