"""Any so many of a scope for one price."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class GroupPrice(Promotion, frozen=True, kw_only=True, tag="group_price"):
    """Any `count` units of the scope cost `price_minor` together."""

    count: int
    price_minor: int
