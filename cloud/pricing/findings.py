"""What a second person must see before a change of prices is published. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of a change that a guard rail of its zone caught. Money in minor units of the zone."""

    item_id: str
    code: str
    """Stable: `big_change`, `below_cost`."""
    detail: str
    limit_minor: int
    """The price before, or the cost."""
    price_minor: int
