"""The store's own certificate and the authority it trusts, ready for both lines."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

_CONTEXT_TAG = 0xA0
_UTC_TIME = 0x17


class CredentialsUnusable(Exception):
    """A certificate or key file cannot be used; the text names it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM files: HQ's authority, this store's certificate and its key."""

    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """A client context that trusts only HQ's authority and shows our certificate. Raises `CredentialsUnusable`."""
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_verify_locations(cafile=self.ca)
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            files = f"{self.ca}, {self.certificate}, {self.key}"
            raise CredentialsUnusable(f"the credentials for headquarters cannot be used ({error}): {files}") from error
        return context

    def expires_ms(self) -> int | None:
        """When our certificate ends (wall clock, ms); None when that cannot be read. HQ warns people before."""
        try:
            return expiry_ms(ssl.PEM_cert_to_DER_cert(_first_pem(self.certificate.read_text(encoding="ascii"))))
        except (OSError, ValueError, IndexError):
            return None


def _first_pem(text: str) -> str:
    end = "-----END CERTIFICATE-----"
    return text[: text.index(end) + len(end)].strip()


def expiry_ms(der: bytes) -> int:
    """`notAfter` of a DER certificate (RFC 5280 section 4.1). Raises ValueError or IndexError for anything else."""
    certificate, _ = _value(der, 0)
    body, _ = _value(certificate, 0)
    at = 0
    if body[0] == _CONTEXT_TAG:
        _, at = _value(body, 0)
    for _skipped in ("serialNumber", "signature", "issuer"):
        _, at = _value(body, at)
    validity, _ = _value(body, at)
    _not_before, at = _value(validity, 0)
    text, _ = _value(validity, at)
    pattern = "%y%m%d%H%M%SZ" if validity[at] == _UTC_TIME else "%Y%m%d%H%M%SZ"
    moment = datetime.datetime.strptime(text.decode("ascii"), pattern).replace(tzinfo=datetime.UTC)
    return int(moment.timestamp()) * 1000


def _value(data: bytes, at: int) -> tuple[bytes, int]:
    """The content of the DER element at `at`, and where the next one begins."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise ValueError("DER: cut short")
    return data[start : start + length], start + length
