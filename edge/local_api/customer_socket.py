"""The customer display's WebSocket: states out, nothing in. It has no rights and changes nothing."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.checkout.customer_view import customer_state
from edge.checkout.till import Till
from protocols.contract.customer_display import CustomerState, encoder

PUSH_PAUSE_SECONDS = 0.06
"""Changes that come faster (a scale in motion) are pushed together."""


class CustomerSocket:
    """One customer's display beside a till."""

    def __init__(self, socket: WebSocket, till: Till) -> None:
        self._socket = socket
        self._till = till

    async def serve(self) -> None:
        """Show the till's basket until the display goes away."""
        await self._socket.accept()
        pusher = asyncio.create_task(self._push(), name=f"push to the customer display of till {self._till.setup.till_id}")
        try:
            while True:
                # Nothing is taken from the display; this only notices that it hung up.
                await self._socket.receive_text()
        except (WebSocketDisconnect, RuntimeError, KeyError):
            # Starlette raises RuntimeError when the line breaks, and KeyError for bytes where text is expected.
            return
        finally:
            pusher.cancel()
            await asyncio.wait({pusher})

    async def _push(self) -> None:
        shown: CustomerState | None = None
        state = self._till.state()
        try:
            while True:
                now = customer_state(state)
                if shown is None or replace(now, revision=shown.revision) != shown:
                    shown = now
                    await self._socket.send_text(encoder.encode(now).decode())
                await asyncio.sleep(PUSH_PAUSE_SECONDS)
                state = await self._till.changed_since(state.revision)
        except (WebSocketDisconnect, RuntimeError):
            return
