"""Pictures that labels show at an instant, all of them at once: a port beside `LabelGateway`, for labels that can."""

from __future__ import annotations

from typing import Protocol

from edge.labels.lane import Delivery, LabelOrder


class LabelInstants(Protocol):
    """An access point whose labels keep an instant."""

    async def deliver_at(self, order: LabelOrder, show_at_ms: int) -> Delivery:
        """Have one image shown at an instant (wall clock) and not before. QUEUED: it will be seen, or given up.

        The image may be on the label before, so the ledger records it as sent before it calls this. A label that cannot be
        reached in time shows it late, never early.
        """
