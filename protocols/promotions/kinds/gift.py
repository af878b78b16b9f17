"""A gift with the purchase."""

from __future__ import annotations

from typing import ClassVar

from protocols.promotions.rules import Layer, Promotion


class Gift(Promotion, frozen=True, kw_only=True, tag="gift"):
    """A unit of `gift_items` in the basket is free when the scope reaches `reach_minor`, or for each `buy_units` of it.

    One of the two is not 0. `gift_units` is how many are free when the amount is reached. What is given does not count
    toward its own condition. When the condition is met and no gift lies in the basket, the answer has a hint.
    """

    layer: ClassVar[Layer] = Layer.UNIT

    gift_items: tuple[str, ...]
    reach_minor: int = 0
    buy_units: int = 0
    gift_units: int = 1
