"""The kinds of promotions as a person chooses them: icon, what they begin with, and which numbers they ask for."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.promotions.kinds.amount_off import AmountOff
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.kinds.flash_price import FlashPrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.mix_and_match import MixAndMatch
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope, Slot, Tier

MONEY, PERCENT, COUNT, FLAG = "money", "percent", "count", "flag"


@dataclass(frozen=True)
class Kind:
    """`numbers`: (field, shape) a form asks for; tiers, slots and gift goods have parts of the form of their own."""

    kind: type[Promotion]
    icon: str
    numbers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """As the rule's JSON says it."""
        return str(self.kind.__struct_config__.tag)


KINDS = (
    Kind(PercentOff, "percent", (("off_bp", PERCENT),)),
    Kind(AmountOff, "remove_circle_outline", (("off_minor", MONEY),)),
    Kind(FlashPrice, "bolt", (("price_minor", MONEY),)),
    Kind(NthItem, "filter_2", (("nth", COUNT), ("off_bp", PERCENT))),
    Kind(NForM, "exposure_plus_1", (("take", COUNT), ("pay", COUNT))),
    Kind(MixAndMatch, "shuffle", (("count", COUNT), ("off_bp", PERCENT), ("off_minor", MONEY), ("or_more", FLAG))),
    Kind(GroupPrice, "workspaces", (("count", COUNT), ("price_minor", MONEY))),
    Kind(BundlePrice, "view_module"),
    Kind(Threshold, "stairs", (("repeating", FLAG), ("times_max", COUNT))),
    Kind(Gift, "redeem", (("reach_minor", MONEY), ("buy_units", COUNT), ("gift_units", COUNT))),
    Kind(
        Coupon,
        "confirmation_number",
        (("off_minor", MONEY), ("off_bp", PERCENT), ("cap_minor", MONEY), ("reach_minor", MONEY)),
    ),
    Kind(DepositEnlargement, "savings", (("fold_bp", PERCENT),)),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def first_rule(kind: Kind, promotion_id: str, name: str, starts_ms: int, unit: int) -> Promotion:
    """A draft to begin with. `unit`: one main unit of the currency in minor units."""
    common = {"promotion_id": promotion_id, "revision": 1, "name": name, "starts_ms": starts_ms}
    numbers: dict[str, object] = {
        "percent_off": {"off_bp": 1_000},
        "amount_off": {"off_minor": unit},
        "flash_price": {"price_minor": unit, "limit_per_sale": 2},
        "nth_item": {"nth": 2, "off_bp": 5_000},
        "n_for_m": {"take": 3, "pay": 2},
        "mix_and_match": {"count": 3, "off_bp": 1_000},
        "group_price": {"count": 3, "price_minor": 10 * unit},
        "bundle": {"slots": (Slot(scope=Scope(), share_minor=5 * unit), Slot(scope=Scope(), share_minor=3 * unit))},
        "threshold": {"tiers": (Tier(reach_minor=300 * unit, off_minor=40 * unit),)},
        "gift": {"gift_items": (), "reach_minor": 50 * unit},
        "coupon": {"off_minor": 5 * unit, "reach_minor": 30 * unit, "limit_per_sale": 1},
        "deposit": {"fold_bp": 20_000},
    }[kind.name]  # type: ignore[assignment]
    return kind.kind(**common, **numbers)  # type: ignore[arg-type]
