"""What a terminal's answer says about a payment, as an outcome of the payment port."""

from __future__ import annotations

from urllib.parse import parse_qs

from protocols.payment.nexo.messages import (
    NexoError,
    PaymentReceipt,
    PaymentResponse,
    POIData,
    Response,
    ReversalResponse,
    TransactionStatusResponse,
    to_minor,
)
from protocols.payment.port import Approved, Cancelled, Declined, NotSent, Outcome, Pending, Unknown

SLIP_LINES_MAX = 200
GONE = "NotFound"
_DECLINED = {
    "Refusal": "declined by the bank",
    "WrongPIN": "wrong PIN",
    "InvalidCard": "the card is not valid",
    "PaymentRestriction": "not possible with this card",
    "NotAllowed": "the terminal does not allow this",
    "InsertedCard": "take the card out first",
    "LoggedOut": "the terminal is logged out",
    "MessageFormat": "the terminal did not understand",
    "DeviceOut": "a part of the terminal is missing or faulty (paper?)",
    "UnavailableDevice": "a part of the terminal is missing or faulty",
    "UnavailableService": "the terminal cannot do this",
}
"""Definite: nothing was charged. What is in none of these tables is in doubt."""


def payment_outcome(told: PaymentResponse, asked_minor: int, currency: str) -> Outcome:
    """Of a payment."""
    if told.Response.Result not in {"Success", "Partial"}:
        return refusal(told.Response)
    amounts = None if told.PaymentResult is None else told.PaymentResult.AmountsResp
    amount_minor = asked_minor
    if amounts is not None and amounts.AuthorizedAmount is not None:
        try:
            amount_minor = to_minor(amounts.AuthorizedAmount, amounts.Currency or currency)
        except NexoError as error:
            return Unknown(f"the terminal approved {error}")
    if amount_minor <= 0:
        return Unknown("the terminal approved without an amount")
    return Approved(amount_minor, _reference(told.POIData), _tail(told), slip=slip_of(told.PaymentReceipt))


def reversal_outcome(told: ReversalResponse, asked_minor: int, currency: str) -> Outcome:
    """Of giving back `asked_minor` (positive)."""
    if told.Response.Result != "Success":
        return refusal(told.Response)
    amount_minor = asked_minor
    if told.ReversedAmount is not None:
        try:
            amount_minor = to_minor(told.ReversedAmount, currency)
        except NexoError as error:
            return Unknown(f"the terminal gave back {error}")
    return Approved(-amount_minor, _reference(told.POIData), slip=slip_of(told.PaymentReceipt))


def status_outcome(told: TransactionStatusResponse, asked_minor: int, currency: str) -> Outcome | None:
    """Of an enquiry, for an order of `asked_minor` (negative: giving back); None: the terminal never saw the order."""
    if told.Response.Result != "Success":
        if told.Response.ErrorCondition == "InProgress":
            return Pending()
        return None if told.Response.ErrorCondition == GONE else Unknown(_words(told.Response))
    body = told.RepeatedMessageResponse
    inner = None if body is None else body.RepeatedResponseMessageBody
    if inner is not None and inner.PaymentResponse is not None and asked_minor > 0:
        return payment_outcome(inner.PaymentResponse, asked_minor, currency)
    if inner is not None and inner.ReversalResponse is not None and asked_minor < 0:
        return reversal_outcome(inner.ReversalResponse, -asked_minor, currency)
    return Unknown("the terminal does not say what became of it")


def refusal(response: Response) -> Outcome:
    """Of an answer that is no success."""
    condition = response.ErrorCondition
    if condition in {"Cancel", "Aborted"}:
        return Cancelled()
    if condition == "Busy":
        return NotSent("another customer is at the terminal")
    if condition == "InProgress":
        return Pending()
    return Declined(_DECLINED[condition]) if condition in _DECLINED else Unknown(_words(response))


def slip_of(receipts: tuple[PaymentReceipt, ...]) -> tuple[str, ...]:
    """The customer's copy, line by line. A line is `name=Total&value=EUR+10.00`, or plain text."""
    lines = [
        _line(text.Text)
        for receipt in receipts
        if receipt.DocumentQualifier in {"CustomerReceipt", ""} and receipt.OutputContent is not None
        for text in receipt.OutputContent.OutputText
    ]
    return tuple(lines[:SLIP_LINES_MAX])


def _line(text: str) -> str:
    if "=" not in text:
        return masked(text[:80])
    try:
        fields = parse_qs(text[:400], keep_blank_values=True, max_num_fields=12)
    except ValueError:
        return masked(text[:80])
    shown = " ".join(part for part in (*fields.get("name", ()), *fields.get("value", ())) if part)
    return masked(shown[:80])


def masked(line: str) -> str:
    """A line without any run of 13 or more digits: of a card, its last four."""
    runs, run = [], ""
    for character in f"{line}\0":
        if character.isdigit() or (run and character in " -"):
            run += character
            continue
        runs.append(_hidden(run) + character)
        run = ""
    return "".join(runs)[:-1]


def _hidden(run: str) -> str:
    left = sum(character.isdigit() for character in run)
    if left < 13:
        return run
    out = []
    for character in run:
        if character.isdigit():
            left -= 1
            out.append(character if left < 4 else "*")
        else:
            out.append(character)
    return "".join(out)


def split_reference(reference: str) -> tuple[str, str] | None:
    """(transaction, time) of a reference; None: it is none of ours."""
    transaction, mark, at = reference.partition("@")
    return (transaction, at) if mark and transaction and at else None


def _reference(data: POIData | None) -> str:
    place = None if data is None else data.POITransactionID
    return "" if place is None else f"{place.TransactionID}@{place.TimeStamp}"[:64]


def _tail(told: PaymentResponse) -> str:
    card = None
    if told.PaymentResult is not None and told.PaymentResult.PaymentInstrumentData is not None:
        card = told.PaymentResult.PaymentInstrumentData.CardData
    digits = "" if card is None else card.MaskedPan[-4:]
    return digits if len(digits) == 4 and digits.isdecimal() else ""


def _words(response: Response) -> str:
    return f"the terminal reports an error ({response.ErrorCondition[:32] or 'no reason'})"
