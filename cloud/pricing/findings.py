"""What a second person must see before a change of prices is published. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of a change that a guard rail caught; `code` is stable: `big_change`, `below_cost`."""

    item_id: str
    code: str
    detail: str
