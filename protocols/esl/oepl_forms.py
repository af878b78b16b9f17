"""The plain parts of requests to an OpenEPaperLink access point: the request on the wire, forms, addresses, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from protocols.esl.oepl_records import RecordsRefused, normal_mac

FORM = "application/x-www-form-urlencoded"


class RequestRefused(ValueError):
    """The access point answers this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request on the wire. `target` is path and query."""

    method: str
    target: str
    content_type: str = ""
    body: bytes = b""


def fields_of(text: str | bytes) -> dict[str, str]:
    """The fields of a query or a form, the first of each name."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return {name: values[0] for name, values in parse_qs(plain, keep_blank_values=True).items()}


def mac_of(text: str, status: int, refusal: str) -> str:
    """An address in its normal form, or the access point's answer to a malformed one."""
    try:
        return normal_mac(text)
    except RecordsRefused as error:
        raise RequestRefused(status, refusal) from error


def number_of(text: str) -> int:
    """As C's `atoi`: what is no number is 0."""
    digits = text.strip()
    plain = digits.removeprefix("-")
    return int(digits) if plain.isascii() and plain.isdigit() and len(digits) < 10 else 0
