"""The web of a label cloud: requests by HTTPS. It moves bytes and knows no label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import httpx

from protocols.esl.aims import ANSWER_BYTES_MAX, CloudRequest

CONNECT_SECONDS = 5.0


class NoCloud(Exception):
    """The request or its answer got lost; in plain words."""


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """An HTTP answer."""

    status: int
    body: bytes


class CloudLink(Protocol):
    """One connection to a cloud."""

    async def ask(self, request: CloudRequest) -> CloudAnswer:
        """One request. Raises `NoCloud`; the caller sets the deadline."""

    async def close(self) -> None:
        """Let go of it; never raises."""


class WebCloudLink:
    """The real one."""

    def __init__(self, url: str, *, answer_seconds: float) -> None:
        limits = httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(base_url=url, timeout=limits, trust_env=False)

    async def ask(self, request: CloudRequest) -> CloudAnswer:
        """See `CloudLink`; with a limit on the answer."""
        headers = {"accept": "application/json"}
        if request.body:
            headers["content-type"] = "application/json"
        if request.token:
            headers["authorization"] = f"Bearer {request.token}"
        call = self._client.stream(request.method, request.target, content=request.body or None, headers=headers)
        try:
            async with call as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES_MAX:
                        raise NoCloud(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
                return CloudAnswer(response.status_code, bytes(body))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoCloud(str(error)) from error

    async def close(self) -> None:
        """See `CloudLink`."""
        await self._client.aclose()


def open_cloud(url: str, answer_seconds: float) -> CloudLink:
    """The cloud's web; nothing is sent yet."""
    return WebCloudLink(url, answer_seconds=answer_seconds)
