"""Take n, pay m."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class NForM(Promotion, frozen=True, kw_only=True, tag="n_for_m"):
    """Of each `take` units of the scope the cheapest are free; `pay` are paid."""

    take: int
    pay: int
