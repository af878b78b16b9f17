"""Shelf labels that take a picture at once: the access point of a store that has none on a wire.

Everything before and after it is real: plan, ledger, lane, drawing, confirmation.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from edge.labels.content import RenderedLabel, Renderer, ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from protocols.clock import Clock
from protocols.device_events import DeviceEvent, LabelSeen

ACCESS_POINT = "instant"
HARDWARE_TYPE = 0x01
"""A 2.9" tag, 296 x 128."""
PICTURES_KEPT = 512
"""Policy when reached: the picture asked for longest ago goes."""


class InstantLabels:
    """See `edge.labels.lane.LabelGateway`: each label shows what it is sent and says so. `tell` takes the tag's word."""

    def __init__(self, tell: Callable[[DeviceEvent], Awaitable[None]], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._said: asyncio.Queue[LabelSeen] = asyncio.Queue()

    async def ready(self) -> None:
        """Always."""

    async def deliver(self, order: LabelOrder) -> Delivery:
        """The label holds the picture now; its word follows."""
        now_ms = self._clock.now_ms()
        # Seconds as the first count: a label's count goes on growing after a restart of this process.
        count = max(self._counts.get(order.label_id, 0) + 1, now_ms // 1000)
        self._counts[order.label_id] = count
        self._said.put_nowait(
            LabelSeen(
                device_id=ACCESS_POINT,
                label_id=order.label_id,
                image_hash=order.image_hash,
                update_count=count,
                pending=0,
                last_seen_ms=now_ms,
                hardware_type=HARDWARE_TYPE,
                shown=True,
            )
        )
        return Delivery.QUEUED

    async def run(self) -> None:
        """Tell what the labels say, one after the other, for ever."""
        while True:
            await self._tell(await self._said.get())


class SharedPictures:
    """Draws each picture once for all stores of the process. Safe from any thread."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._pictures: OrderedDict[tuple[ShelfItem | None, int], RenderedLabel] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def render(self, item: ShelfItem | None, label_id: str, hardware_type: int) -> RenderedLabel:
        """See `edge.labels.content.Renderer`."""
        key = (item, hardware_type)
        with self._one_at_a_time:
            found = self._pictures.get(key)
            if found is None:
                found = self._pictures[key] = self._renderer.render(item, label_id, hardware_type)
            self._pictures.move_to_end(key)
            if len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        return found


def label_id_of(number: int) -> str:
    """Eight bytes of a tag's address, as an access point writes it."""
    return f"00000000FEED{number:04X}"
