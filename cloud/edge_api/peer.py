"""Who is at the other end of the TLS connection: the client certificate's common name and serial, put into the scope."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

SCOPE_KEY = "tallystick.peer"


@dataclass(frozen=True, slots=True)
class Peer:
    """A client whose certificate HQ's authority signed. `serial`: hexadecimal, small letters, no leading zero."""

    name: str
    serial: str


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """The peer of a connection; empty strings without a certificate (the TLS layer admits no such connection)."""
    certificate = transport.get_extra_info("peercert") or {}
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return Peer(str(value), str(certificate.get("serialNumber", "")).lower().lstrip("0"))
    return Peer("", "")


class StoreProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with the peer in the scope of every request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A TLS handshake is complete."""
        super().connection_made(transport)
        self.app = with_peer(self.app, peer_of(transport))


def with_peer(app: ASGI3Application, peer: Peer) -> ASGI3Application:
    """The app, told who asks."""

    async def told(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        cast("dict[str, object]", scope)[SCOPE_KEY] = peer
        await app(scope, receive, send)

    return told
