"""Envelopes of the Terminal API: one `SaleToPOIRequest` or `SaleToPOIResponse` with a header and one body. Both roles.

Amounts are decimal numbers on the wire and minor units everywhere else; they never pass through a float. Keys that are not
here are passed over.
"""

from __future__ import annotations

import base64
import hashlib
from decimal import Decimal
from typing import TypeVar

import msgspec

PROTOCOL_VERSION = "3.0"
BYTES_MAX = 262_144


class NexoError(ValueError):
    """Not a message of this protocol. The text names the place, never a value."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=None):
    pass


class MessageHeader(_Part, frozen=True, kw_only=True, omit_defaults=False):
    """Who says what to whom. `ServiceID` (at most 10 characters) names the request: sent twice, it is one request."""

    MessageClass: str
    MessageCategory: str
    MessageType: str
    SaleID: str
    POIID: str
    ServiceID: str
    ProtocolVersion: str = PROTOCOL_VERSION


class TransactionIdentification(_Part, frozen=True, kw_only=True):
    TransactionID: str
    TimeStamp: str


class SaleData(_Part, frozen=True, kw_only=True):
    SaleTransactionID: TransactionIdentification


class AmountsReq(_Part, frozen=True, kw_only=True):
    Currency: str
    RequestedAmount: Decimal


class PaymentTransaction(_Part, frozen=True, kw_only=True):
    AmountsReq: AmountsReq


class PaymentRequest(_Part, frozen=True, kw_only=True):
    SaleData: SaleData
    PaymentTransaction: PaymentTransaction


class OriginalPOITransaction(_Part, frozen=True, kw_only=True):
    POITransactionID: TransactionIdentification


class ReversalRequest(_Part, frozen=True, kw_only=True):
    OriginalPOITransaction: OriginalPOITransaction
    ReversalReason: str
    SaleData: SaleData
    ReversedAmount: Decimal | None = None


class MessageReference(_Part, frozen=True, kw_only=True):
    MessageCategory: str = ""
    SaleID: str = ""
    ServiceID: str = ""


class TransactionStatusRequest(_Part, frozen=True, kw_only=True):
    MessageReference: MessageReference
    ReceiptReprintFlag: bool = False
    DocumentQualifier: tuple[str, ...] = ()


class AbortRequest(_Part, frozen=True, kw_only=True):
    AbortReason: str
    MessageReference: MessageReference


class DiagnosisRequest(_Part, frozen=True, kw_only=True):
    HostDiagnosisFlag: bool = False


class Response(_Part, frozen=True, kw_only=True):
    """`Success`, `Partial` or `Failure` with its reason."""

    Result: str
    ErrorCondition: str = ""
    AdditionalResponse: str = ""


class POIData(_Part, frozen=True, kw_only=True):
    POITransactionID: TransactionIdentification | None = None


class AmountsResp(_Part, frozen=True, kw_only=True):
    AuthorizedAmount: Decimal | None = None
    Currency: str = ""


class CardData(_Part, frozen=True, kw_only=True):
    MaskedPan: str = ""
    PaymentBrand: str = ""


class PaymentInstrumentData(_Part, frozen=True, kw_only=True):
    CardData: CardData | None = None


class PaymentResult(_Part, frozen=True, kw_only=True):
    AmountsResp: AmountsResp | None = None
    PaymentInstrumentData: PaymentInstrumentData | None = None


class OutputText(_Part, frozen=True, kw_only=True):
    Text: str = ""
    EndOfLineFlag: bool = True


class OutputContent(_Part, frozen=True, kw_only=True):
    OutputFormat: str = "Text"
    OutputText: tuple[OutputText, ...] = ()


class PaymentReceipt(_Part, frozen=True, kw_only=True):
    DocumentQualifier: str = ""
    OutputContent: OutputContent | None = None


class PaymentResponse(_Part, frozen=True, kw_only=True):
    Response: Response
    POIData: POIData | None = None
    PaymentResult: PaymentResult | None = None
    PaymentReceipt: tuple[PaymentReceipt, ...] = ()


class ReversalResponse(_Part, frozen=True, kw_only=True):
    Response: Response
    POIData: POIData | None = None
    ReversedAmount: Decimal | None = None
    PaymentReceipt: tuple[PaymentReceipt, ...] = ()


class RepeatedResponseMessageBody(_Part, frozen=True, kw_only=True):
    PaymentResponse: PaymentResponse | None = None
    ReversalResponse: ReversalResponse | None = None


class RepeatedMessageResponse(_Part, frozen=True, kw_only=True):
    RepeatedResponseMessageBody: RepeatedResponseMessageBody


class TransactionStatusResponse(_Part, frozen=True, kw_only=True):
    Response: Response
    RepeatedMessageResponse: RepeatedMessageResponse | None = None


class DiagnosisResponse(_Part, frozen=True, kw_only=True):
    Response: Response


class SaleToPOIRequest(_Part, frozen=True, kw_only=True):
    """What the till says: exactly one body."""

    MessageHeader: MessageHeader
    PaymentRequest: PaymentRequest | None = None
    ReversalRequest: ReversalRequest | None = None
    TransactionStatusRequest: TransactionStatusRequest | None = None
    AbortRequest: AbortRequest | None = None
    DiagnosisRequest: DiagnosisRequest | None = None


class SaleToPOIResponse(_Part, frozen=True, kw_only=True):
    """What the terminal answers; an abort is answered with nothing."""

    MessageHeader: MessageHeader
    PaymentResponse: PaymentResponse | None = None
    ReversalResponse: ReversalResponse | None = None
    TransactionStatusResponse: TransactionStatusResponse | None = None
    DiagnosisResponse: DiagnosisResponse | None = None


class _Asked(_Part, frozen=True, kw_only=True):
    SaleToPOIRequest: SaleToPOIRequest


class _Answered(_Part, frozen=True, kw_only=True):
    SaleToPOIResponse: SaleToPOIResponse


Whole = TypeVar("Whole")

_encoder = msgspec.json.Encoder(decimal_format="number")
_asked = msgspec.json.Decoder(_Asked)
_answered = msgspec.json.Decoder(_Answered)


def encode_request(request: SaleToPOIRequest) -> bytes:
    """One request."""
    return _encoder.encode(_Asked(SaleToPOIRequest=request))


def encode_response(response: SaleToPOIResponse) -> bytes:
    """One answer."""
    return _encoder.encode(_Answered(SaleToPOIResponse=response))


def decode_request(data: bytes) -> SaleToPOIRequest:
    """The terminal's side. Raises `NexoError`."""
    return _decode(_asked, data).SaleToPOIRequest


def decode_response(data: bytes) -> SaleToPOIResponse:
    """The till's side. Raises `NexoError`."""
    return _decode(_answered, data).SaleToPOIResponse


def _decode(decoder: msgspec.json.Decoder[Whole], data: bytes) -> Whole:
    if len(data) > BYTES_MAX:
        raise NexoError(f"a message of more than {BYTES_MAX} bytes")
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NexoError("not a message of the terminal") from error


def service_id(attempt_id: str) -> str:
    """The attempt's name at the terminal: ten characters, the same whenever it is asked for."""
    return base64.b32encode(hashlib.sha256(attempt_id.encode()).digest())[:10].decode()


_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3, "JOD": 3, "OMR": 3}


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """1234 EUR as 12.34."""
    return Decimal(amount_minor).scaleb(-_DIGITS.get(currency, 2))


def to_minor(amount: Decimal, currency: str) -> int:
    """12.34 EUR as 1234. Raises `NexoError` for parts of a minor unit and for what is no amount."""
    if not amount.is_finite() or abs(amount) >= 10**12:
        raise NexoError("not an amount")
    scaled = amount.scaleb(_DIGITS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise NexoError("an amount with parts of a minor unit")
    return int(scaled)
