"""The web of whoever takes payments: one request, one answer. It moves bytes and knows no payment.

What matters is whether a byte may have left: only a connection that never came about says that nobody saw the request.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

CONNECT_SECONDS = 5.0
ANSWER_BYTES_MAX = 262_144


class NoAnswer(Exception):
    """No answer, in plain words. `sent`: the other side may have the request."""

    def __init__(self, why: str, *, sent: bool = True) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class WebPlace:
    """Where and how. Certificate and key: the shop's own, for what the other side wants them for; files in PEM.

    `ca_file`: who signs the other side's certificate; None: the system's authorities.
    """

    url: str
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    check_name: bool = True
    """A terminal's certificate often bears its serial number, not its address."""


class PaymentWeb(Protocol):
    """A way to ask."""

    async def post(self, path: str, body: bytes, content_type: str, seconds: float) -> bytes:
        """The body of the answer, whatever its status. Raises `NoAnswer`."""

    async def close(self) -> None:
        """Let go of it; never raises."""


class HttpPaymentWeb:
    """The real one. A connection is never used for two requests: a request that is over cannot come late."""

    def __init__(self, place: WebPlace) -> None:
        """Raises OSError or `ssl.SSLError` for files that cannot be used."""
        self._place = place
        # Made once: reading the system's authorities takes longer than a payment.
        self._tls = _tls(place) if place.url.startswith("https://") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def post(self, path: str, body: bytes, content_type: str, seconds: float) -> bytes:
        """See `PaymentWeb`."""
        limits = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        client = httpx.AsyncClient(base_url=self._place.url, timeout=limits, trust_env=False, verify=self._tls)
        headers = {"content-type": content_type, "connection": "close"}
        try:
            async with client, client.stream("POST", path, content=body, headers=headers) as response:
                answer = bytearray()
                async for chunk in response.aiter_bytes():
                    answer += chunk
                    if len(answer) > ANSWER_BYTES_MAX:
                        raise NoAnswer(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
                return bytes(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NoAnswer(f"no connection to {self._place.url}", sent=False) from error
        except httpx.TimeoutException as error:
            raise NoAnswer("no answer in time") from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoAnswer(f"the connection broke ({type(error).__name__})") from error

    async def close(self) -> None:
        """Nothing is kept open."""


def _tls(place: WebPlace) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if place.ca_file is None else str(place.ca_file))
    context.check_hostname = place.check_name
    if place.certificate_file is not None:
        context.load_cert_chain(str(place.certificate_file), None if place.key_file is None else str(place.key_file))
    return context
