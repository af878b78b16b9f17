"""Any so many of a scope, reduced together."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class MixAndMatch(Promotion, frozen=True, kw_only=True, tag="mix_and_match"):
    """Any `count` units of the scope: `off_bp` off each, or `off_minor` off together (one of the two is not 0).

    `or_more`: `count` units or any number above get the percentage, instead of full groups only.
    """

    count: int
    off_bp: int = 0
    off_minor: int = 0
    or_more: bool = False
