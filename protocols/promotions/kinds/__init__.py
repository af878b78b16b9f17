"""Every kind of promotion: one module and one line. A kind not listed here is refused, by its id and with the reason."""

from __future__ import annotations

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
from protocols.promotions.rules import Promotion

KINDS: tuple[type[Promotion], ...] = (
    PercentOff,
    AmountOff,
    FlashPrice,
    NthItem,
    NForM,
    MixAndMatch,
    GroupPrice,
    BundlePrice,
    Threshold,
    Gift,
    Coupon,
    DepositEnlargement,
)
