"""The nth item at a reduced price."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class NthItem(Promotion, frozen=True, kw_only=True, tag="nth_item"):
    """Of each `nth` units of the scope the cheapest costs `off_bp` less: second at half price is nth 2, off 5,000."""

    nth: int
    off_bp: int
