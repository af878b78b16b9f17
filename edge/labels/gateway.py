"""The port to whatever brings images to labels: an access point, a cloud, a radio of our own."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class Delivery(enum.Enum):
    """What became of an upload."""

    QUEUED = "queued"
    REFUSED = "refused"
    """Busy, unreachable or the answer was lost: it may or may not have arrived."""
    UNKNOWN_LABEL = "unknown_label"


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """One image to put on one label. `clear_first`: take older images out of the access point's queue before."""

    label_id: str
    job_id: str
    picture: bytes
    image_hash: str
    clear_first: bool


class LabelGateway(Protocol):
    """An access point as the lane sees it."""

    async def ready(self) -> None:
        """Wait until the access point answers."""

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Upload one image; never raises for what a device or a line can do."""


@runtime_checkable
class Withdraws(Protocol):
    """A gateway that holds a queue of its own and can empty it. One that cannot is waited for."""

    async def withdraw(self, label_id: str) -> Delivery:
        """Take whatever waits for a label out of the queue: it is served elsewhere now.

        QUEUED: it was taken out, or nothing was there. Only a record without anything pending proves it. Never raises for
        what a device or a line can do.
        """


@runtime_checkable
class KeepsFiles(Protocol):
    """A gateway whose device keeps the last file of each label and may send it again, unasked. It tells of each label when
    it cannot (`LabelSeen.may_send_again`)."""

    keeps_files: bool
