"""Who has not been heard for a while, without looking at everybody. Pure.

Each key stands once in a heap, under the time it was last known to be heard. A key that comes to the top and was heard
since is put back under the newer time: one step a key and quiet period, whatever the number of reads and of keys.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class QuietQueue(Generic[K]):
    """Keys by when they were last heard. A key stands in it once, until it is handed out or no longer known."""

    def __init__(self, last_heard_ms: Callable[[K], int | None]) -> None:
        """`last_heard_ms(key)`: by now; None: the key is no longer of interest."""
        self._last_heard_ms = last_heard_ms
        self._heap: list[tuple[int, int, K]] = []
        self._queued: set[K] = set()
        self._number = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, key: K, heard_ms: int) -> None:
        """Put a key in. One that is there already (it went and came back meanwhile) stays where it is."""
        if key in self._queued:
            return
        self._queued.add(key)
        self._number += 1
        heapq.heappush(self._heap, (heard_ms, self._number, key))

    def quiet_since(self, before_ms: int, most: int | None = None) -> list[K]:
        """Keys last heard before then, the quietest first; they leave the queue. At most `most` of them."""
        found: list[K] = []
        heap = self._heap
        while heap and heap[0][0] < before_ms and (most is None or len(found) < most):
            _, number, key = heap[0]
            heard_ms = self._last_heard_ms(key)
            if heard_ms is None or heard_ms < before_ms:
                heapq.heappop(heap)
                self._queued.discard(key)
                if heard_ms is not None:
                    found.append(key)
            else:
                heapq.heapreplace(heap, (heard_ms, number, key))
        return found
