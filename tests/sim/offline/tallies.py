"""What the weeks came to, counted beside the box and not by it: headquarters must say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

METHODS = ("cash", "card", "gift_card")


@dataclass
class Tallies:
    """Grows while the store sells. Money in minor units; tenders with change and refunds apart."""

    sale_ids: list[str] = field(default_factory=list)
    return_receipts: list[str] = field(default_factory=list)
    total_minor: int = 0
    saved_minor: int = 0
    refunded_minor: int = 0
    tenders_minor: Counter[str] = field(default_factory=Counter)
    refunds_minor: Counter[str] = field(default_factory=Counter)
    points: int = 0
    voids: int = 0
    abandoned: int = 0
    holds: int = 0
    z_reports: int = 0
    member_sales: int = 0
    promotion_sales: int = 0
    declined_cards: int = 0
    refused_gift_cards: int = 0
    cards_minor: Counter[str] = field(default_factory=Counter)
    """What should be left on each gift card, by its number."""

    def figures(self) -> dict[str, int]:
        """For the last line."""
        return {
            "sales": len(self.sale_ids),
            "returns": len(self.return_receipts),
            "total_minor": self.total_minor,
            "saved_minor": self.saved_minor,
            "refunded_minor": self.refunded_minor,
            **{f"{kind}_minor": self.tenders_minor[kind] for kind in METHODS},
            "member_sales": self.member_sales,
            "promotion_sales": self.promotion_sales,
            "points": self.points,
            "voids": self.voids,
            "abandoned": self.abandoned,
            "holds": self.holds,
            "z_reports": self.z_reports,
            "declined_cards": self.declined_cards,
            "refused_gift_cards": self.refused_gift_cards,
            "gift_cards": len(self.cards_minor),
        }
