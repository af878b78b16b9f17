"""The Terminal API: envelopes as they are on the wire, amounts without floats, outcomes, and the sealed envelope."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.payment.nexo import messages as nexo
from protocols.payment.nexo import reading
from protocols.payment.nexo.messages import NexoError
from protocols.payment.nexo.sealing import derive, seal, unseal
from protocols.payment.port import Approved, Cancelled, Declined, NotSent, Pending, Unknown

HEADER = nexo.MessageHeader(
    MessageClass="Service", MessageCategory="Payment", MessageType="Request", SaleID="till-1", POIID="V400m-1",
    ServiceID="0207111104",
)  # fmt: skip
REQUEST = (
    b'{"SaleToPOIRequest":{"MessageHeader":{"MessageClass":"Service","MessageCategory":"Payment","MessageType":"Request",'
    b'"SaleID":"till-1","POIID":"V400m-1","ServiceID":"0207111104","ProtocolVersion":"3.0"},"PaymentRequest":{"SaleData":'
    b'{"SaleTransactionID":{"TransactionID":"27908","TimeStamp":"2026-03-07T10:11:04Z"}},"PaymentTransaction":{"AmountsReq":'
    b'{"Currency":"EUR","RequestedAmount":10.99}}}}}'
)
ANSWER = (
    b'{"SaleToPOIResponse":{"PaymentResponse":{"POIData":{"POIReconciliationID":"1000","POITransactionID":{"TransactionID":'
    b'"BV0q001643892070000.VK6DRSLLRCQ2RN82","TimeStamp":"2026-03-07T10:11:09Z"}},"PaymentReceipt":[{"DocumentQualifier":'
    b'"CashierReceipt","OutputContent":{"OutputFormat":"Text","OutputText":[{"Text":"name=SHOP"}]}},{"DocumentQualifier":'
    b'"CustomerReceipt","OutputContent":{"OutputFormat":"Text","OutputText":[{"EndOfLineFlag":true,"Text":'
    b'"key=amount&name=Total&value=EUR+10.99"},{"Text":"key=pan&name=Card&value=4111+1111+1111+1111"}]}}],"PaymentResult":'
    b'{"AmountsResp":{"AuthorizedAmount":10.99,"Currency":"EUR"},"PaymentInstrumentData":{"CardData":{"MaskedPan":'
    b'"411111 **** 1111","PaymentBrand":"visa"}}},"Response":{"Result":"Success","AdditionalResponse":"x=y"}},'
    b'"MessageHeader":'
    b'{"ProtocolVersion":"3.0","SaleID":"till-1","MessageClass":"Service","MessageCategory":"Payment","ServiceID":"0207111104",'
    b'"POIID":"V400m-1","MessageType":"Response"}}}'
)


def test_a_payment_request_is_this_text() -> None:
    payment = nexo.PaymentRequest(
        SaleData=nexo.SaleData(
            SaleTransactionID=nexo.TransactionIdentification(TransactionID="27908", TimeStamp="2026-03-07T10:11:04Z")
        ),
        PaymentTransaction=nexo.PaymentTransaction(
            AmountsReq=nexo.AmountsReq(Currency="EUR", RequestedAmount=nexo.to_decimal(1_099, "EUR"))
        ),
    )
    request = nexo.SaleToPOIRequest(MessageHeader=HEADER, PaymentRequest=payment)
    assert msgspec.json.decode(nexo.encode_request(request)) == msgspec.json.decode(REQUEST)
    assert b'"RequestedAmount":10.99' in nexo.encode_request(request)
    assert nexo.decode_request(REQUEST) == request


def test_an_approval_with_more_than_we_know() -> None:
    answer = nexo.decode_response(ANSWER)
    assert answer.PaymentResponse is not None
    outcome = reading.payment_outcome(answer.PaymentResponse, 1_099, "EUR")
    assert outcome == Approved(
        1_099,
        "BV0q001643892070000.VK6DRSLLRCQ2RN82@2026-03-07T10:11:09Z",
        "1111",
        slip=("Total EUR 10.99", "Card **** **** **** 1111"),
    )
    assert reading.split_reference(outcome.reference) == ("BV0q001643892070000.VK6DRSLLRCQ2RN82", "2026-03-07T10:11:09Z")
    assert nexo.decode_response(nexo.encode_response(answer)) == answer


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Refusal", Declined),
        ("WrongPIN", Declined),
        ("Cancel", Cancelled),
        ("Aborted", Cancelled),
        ("Busy", NotSent),
        ("InProgress", Pending),
        ("UnreachableHost", Unknown),
        ("", Unknown),
    ],
)
def test_refusals(condition: str, expected: type) -> None:
    response = nexo.Response(Result="Failure", ErrorCondition=condition)
    assert isinstance(reading.payment_outcome(nexo.PaymentResponse(Response=response), 5, "EUR"), expected)


def test_enquiries() -> None:
    def status(condition: str) -> nexo.TransactionStatusResponse:
        return nexo.TransactionStatusResponse(Response=nexo.Response(Result="Failure", ErrorCondition=condition))

    assert reading.status_outcome(status("InProgress"), 5, "EUR") == Pending()
    assert reading.status_outcome(status("NotFound"), 5, "EUR") is None
    assert isinstance(reading.status_outcome(status("MessageFormat"), 5, "EUR"), Unknown)
    assert isinstance(
        reading.status_outcome(nexo.TransactionStatusResponse(Response=nexo.Response(Result="Success")), 5, "EUR"), Unknown
    )


@given(st.integers(0, 10**11), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_amounts_never_lose_a_unit(amount_minor: int, currency: str) -> None:
    assert nexo.to_minor(nexo.to_decimal(amount_minor, currency), currency) == amount_minor


@pytest.mark.parametrize("amount", ["10.995", "NaN", "1e30", "Infinity"])
def test_what_is_no_amount(amount: str) -> None:
    with pytest.raises(NexoError):
        nexo.to_minor(Decimal(amount), "EUR")


@settings(max_examples=40)
@given(st.uuids())
def test_an_attempt_has_one_name_of_ten_characters(attempt: object) -> None:
    name = nexo.service_id(str(attempt))
    assert name == nexo.service_id(str(attempt))
    assert len(name) == 10
    assert name.isalnum()


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data: bytes) -> None:
    for read in (nexo.decode_request, nexo.decode_response, lambda body: unseal(body, "SaleToPOIResponse", KEY)):
        with pytest.raises(NexoError):
            read(data)


KEY = derive("correct horse", "key-1", 1)


def test_a_sealed_envelope() -> None:
    assert "correct" not in repr(KEY)
    assert KEY.hmac_key.hex() not in repr(KEY)
    sealed = seal(REQUEST, HEADER, "SaleToPOIRequest", KEY, bytes(range(16)))
    outside = msgspec.json.decode(sealed)["SaleToPOIRequest"]
    assert set(outside) == {"MessageHeader", "NexoBlob", "SecurityTrailer"}
    assert outside["SecurityTrailer"]["AdyenCryptoVersion"] == 1
    assert b"10.99" not in sealed
    assert unseal(sealed, "SaleToPOIRequest", KEY) == REQUEST
    for other in (derive("wrong", "key-1", 1), derive("correct horse ", "key-1", 1)):
        with pytest.raises(NexoError, match="passphrase"):
            unseal(sealed, "SaleToPOIRequest", other)
    with pytest.raises(NexoError):
        unseal(sealed, "SaleToPOIResponse", KEY)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_spoilt_sealed_envelope_is_never_another_message(at: int, flip: int) -> None:
    sealed = bytearray(seal(REQUEST, HEADER, "SaleToPOIRequest", KEY, bytes(16)))
    sealed[at % len(sealed)] ^= flip
    try:
        assert unseal(bytes(sealed), "SaleToPOIRequest", KEY) == REQUEST
    except NexoError:
        return
