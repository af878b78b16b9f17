"""Spend x, save y (满减)."""

from __future__ import annotations

from typing import ClassVar

from protocols.promotions.rules import Layer, Promotion, Tier


class Threshold(Promotion, frozen=True, kw_only=True, tag="threshold"):
    """The highest tier reached by the nets of the scope after offers on units (rule R5).

    `repeating`: the single tier counts again for each full multiple (每满), at most `times_max` times (0: no cap).
    """

    layer: ClassVar[Layer] = Layer.BASKET

    tiers: tuple[Tier, ...]
    repeating: bool = False
    times_max: int = 0
