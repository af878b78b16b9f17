"""A till screen without a screen: sends commands over the WebSocket, keeps each until answered, asks again by its id.

This is the screen's half of the contract in `protocols/contract/till.py`, as the browser page plays it.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from protocols.contract import till as contract

ANSWER_SECONDS = 3.0
"""How long the screen waits before it asks again."""
RETRY_SECONDS = 0.2


class TillClient:
    """One till of one box, across box restarts. `resent` counts repeated requests."""

    def __init__(self, base_url: str, till_id: str, *, new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self._url = f"{base_url.replace('http', 'ws', 1)}/v1/tills/{till_id}/ws"
        self._origin = base_url
        self._new_id = new_id
        self._socket: ClientConnection | None = None
        self.till_id = till_id
        self.state: contract.TillState | None = None
        self.resent = 0

    async def send(self, command: contract.TillCommand, *, give_up_seconds: float = 120.0) -> contract.TillAnswer:
        """Send one command until it is answered. Raises TimeoutError when the box stays silent for `give_up_seconds`."""
        request = contract.TillRequest(id=self._new_id(), command=command)
        payload = contract.encoder.encode(request).decode()
        async with asyncio.timeout(give_up_seconds):
            first = True
            while True:
                if not first:
                    self.resent += 1
                first = False
                answer = await self._ask_once(request.id, payload)
                if answer is not None:
                    return answer

    async def _ask_once(self, request_id: str, payload: str) -> contract.TillAnswer | None:
        try:
            socket = await self._connected()
            await socket.send(payload)
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    message = contract.message_decoder.decode(await socket.recv())
                    self.state = message.state
                    if isinstance(message, contract.TillAnswer) and message.id == request_id:
                        return message
        except (OSError, TimeoutError, websockets.exceptions.WebSocketException, msgspec.DecodeError):
            await self.close()
            await asyncio.sleep(RETRY_SECONDS)
            return None

    async def _connected(self) -> ClientConnection:
        if self._socket is None:
            self._socket = await websockets.connect(self._url, origin=websockets.Origin(self._origin), open_timeout=5)
        return self._socket

    async def close(self) -> None:
        """Drop the connection; the next command opens a new one."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with contextlib.suppress(OSError, websockets.exceptions.WebSocketException):
                await socket.close()
