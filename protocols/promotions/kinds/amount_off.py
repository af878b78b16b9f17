"""A fixed amount off each unit."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class AmountOff(Promotion, frozen=True, kw_only=True, tag="amount_off"):
    """Each unit of the scope costs `off_minor` less, never below 0."""

    off_minor: int
