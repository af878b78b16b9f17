"""What the broker is told of each device: the newest word per device, so that a slow line has nothing to queue."""

from __future__ import annotations

import msgspec

from edge.surroundings import DeviceBoard
from protocols.contract.till import DeviceView
from protocols.device_events import DeviceState
from protocols.sync.messages import DeviceAvailability, encode_message
from protocols.sync.topics import device_topic

DEVICES_MAX = 500
"""As many are told; the rest of a larger store is known to headquarters through its facts alone."""
QUIET_SECONDS = 1.0
"""Between two rounds of news: a flapping device costs one message a second at most."""

_AVAILABLE = {DeviceState.READY.value, DeviceState.DEGRADED.value}


class Availability:
    """`changed` gives topics with what to retain there. Every line begins with everything."""

    def __init__(self, store_id: str, shards: int) -> None:
        self.board: DeviceBoard | None = None
        """Set once the devices are put together; None: a store without."""
        self._store_id = store_id
        self._boot_id = ""
        self._shards = shards
        self._told: dict[str, bytes] = {}

    def begin(self, boot_id: str) -> None:
        """A new line: nothing of what was told before counts. `boot_id`: as in the `state` of this line."""
        self._boot_id = boot_id
        self._told.clear()

    def changed(self) -> list[tuple[str, bytes]]:
        """What differs from what was told last; it counts as told from now on."""
        views = () if self.board is None else self.board.views()[:DEVICES_MAX]
        now = {device_topic(self._store_id, view.device_id, self._shards): self._word(view) for view in views}
        gone = {topic: b"" for topic, word in self._told.items() if word and topic not in now}
        found = [(topic, word) for topic, word in (now | gone).items() if self._told.get(topic) != word]
        self._told = now
        return found

    def _word(self, view: DeviceView) -> bytes:
        return encode_message(
            DeviceAvailability(
                store_id=self._store_id,
                boot_id=self._boot_id,
                available=view.state in _AVAILABLE,
                **msgspec.structs.asdict(view),
            )
        )
