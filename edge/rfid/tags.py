"""What becomes of a tag when it goes through a door: one decision per passage. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from edge.rfid.portal import Direction

DEBOUNCE_MS = 30_000
"""A tag that left and is seen leaving again so soon is the same leaving."""


class TagState(enum.StrEnum):
    """Where a tag stands. `ARRIVING` and `LEAVING` wait for the fact that tells of them."""

    ARRIVING = "arriving"
    RECEIVED = "received"
    LEAVING = "leaving"
    LEFT = "left"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"


class Why(enum.StrEnum):
    """Why the goods of a tag are unknown."""

    NOTHING = ""
    FOREIGN = "foreign"
    """No SGTIN: somebody else's tag."""
    NO_ITEM = "no_item"
    """No item of the catalogue has the GTIN."""
    BY_WEIGHT = "by_weight"
    """Sold by weight: a tag does not tell how much it is."""


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A row of the table of tags."""

    epc: str
    gtin: str
    item_id: str
    state: TagState
    why: Why
    device_id: str
    seen_at_ms: int
    fact_id: str


def decide(known: KnownTag | None, why: Why, direction: Direction, at_ms: int) -> TagState | None:
    """The new state; None: nothing changes. `why` NOTHING: the tag's item is known.

    A tag is received once: one that comes back after it left, or was there already, is no new receipt.
    """
    state = None if known is None else known.state
    match direction:
        case Direction.IN if state in {None, TagState.UNKNOWN, TagState.UNDECIDED}:
            return TagState.ARRIVING if why is Why.NOTHING else TagState.UNKNOWN
        case Direction.IN if state is TagState.LEFT:
            return TagState.RECEIVED
        case Direction.OUT if known is not None and state is TagState.LEFT and at_ms - known.seen_at_ms < DEBOUNCE_MS:
            return None
        case Direction.OUT if state is not TagState.LEAVING:
            return TagState.LEAVING
        case Direction.UNDECIDED if state is None and why is Why.NOTHING:
            return TagState.UNDECIDED
        case _:
            return None
