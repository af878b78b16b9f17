"""The labels that wait for one access point, the most urgent first. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from edge.labels.plan import Urgency


@dataclass(frozen=True, slots=True)
class Waiting:
    """One label. `again`: its newest image goes once more even if the content is unchanged."""

    urgency: Urgency
    order: int
    again: bool


class WaitingLine:
    """Bounded by the labels of the store: each waits at most once."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: dict[str, Waiting] = {}
        self._order = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, label_id: str) -> bool:
        return label_id in self._waiting

    def push(self, label_id: str, urgency: Urgency, *, again: bool) -> None:
        """Wait; a label that waits already keeps the better of its two places."""
        known = self._waiting.get(label_id)
        if known is not None:
            again = again or known.again
            if known.urgency <= urgency:
                self._waiting[label_id] = Waiting(known.urgency, known.order, again)
                return
        self._order += 1
        self._waiting[label_id] = Waiting(urgency, self._order, again)
        heapq.heappush(self._heap, (int(urgency), self._order, label_id))

    def pop(self) -> tuple[str, Waiting] | None:
        """Whose turn it is."""
        while self._heap:
            _, order, label_id = heapq.heappop(self._heap)
            known = self._waiting.get(label_id)
            if known is not None and known.order == order:
                del self._waiting[label_id]
                return label_id, known
        return None

    def take(self, label_id: str) -> Waiting | None:
        """Leave the line."""
        return self._waiting.pop(label_id, None)

    def ids(self) -> Iterator[str]:
        """Everybody, in no order."""
        return iter(self._waiting)
