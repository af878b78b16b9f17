"""The till's WebSocket: commands in, answers and pushed states out, one screen per connection."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from edge.checkout.till import Till
from edge.local_api.problems import Refused
from edge.local_api.tills import check_request
from protocols.contract.till import TillMessage, TillPush, encoder, request_decoder

UNREADABLE = 1007
MESSAGE_BYTES_MAX = 16 * 1024
PUSH_PAUSE_SECONDS = 0.03
"""Changes that come faster (a scale in motion) are pushed together."""


class TillSocket:
    """One connected screen."""

    def __init__(self, socket: WebSocket, till: Till) -> None:
        self._socket = socket
        self._till = till
        self._sent_revision = -1

    async def serve(self) -> None:
        """Serve the screen until it goes away. A command it sent is carried out even so."""
        await self._socket.accept()
        self._till.screen_came()
        pusher = asyncio.create_task(self._push(), name=f"push to till {self._till.setup.till_id}")
        try:
            await self._answer()
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError when the line breaks while a message is being sent.
            return
        finally:
            self._till.screen_left()
            pusher.cancel()
            await asyncio.wait({pusher})

    async def _answer(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                if len(text) > MESSAGE_BYTES_MAX:
                    raise Refused(413, "too_large", "The message is too large.")
                request = check_request(request_decoder.decode(text))
            except (msgspec.MsgspecError, Refused) as error:
                await self._socket.close(UNREADABLE, str(error)[:120])
                return
            answer = await self._till.ask(request)
            self._sent_revision = max(self._sent_revision, answer.state.revision)
            await self._send(answer)

    async def _push(self) -> None:
        try:
            await self._send(TillPush(state=self._till.state()))
            while True:
                state = await self._till.changed_since(self._sent_revision)
                if state.revision > self._sent_revision:
                    self._sent_revision = state.revision
                    await self._send(TillPush(state=state))
                await asyncio.sleep(PUSH_PAUSE_SECONDS)
        except (WebSocketDisconnect, RuntimeError):
            return

    async def _send(self, message: TillMessage) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.send_text(encoder.encode(message).decode())
