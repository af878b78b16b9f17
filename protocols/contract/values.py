"""Small values every part shares. Money, weight and quantity are integers (design invariant 5).

Units: money in minor units of the zone's currency (cents, fen), weight in grams, stock quantity in thousandths of the
stock unit (a piece or a kilogram; so one gram is one thousandth), time in milliseconds since 1970 UTC, tax rates in
basis points (1900 = 19 %).
"""

from __future__ import annotations

import enum
from typing import NewType

StoreId = NewType("StoreId", str)
TillId = NewType("TillId", str)
StaffId = NewType("StaffId", str)
ItemId = NewType("ItemId", str)
LabelId = NewType("LabelId", str)
DeviceId = NewType("DeviceId", str)
FeedId = NewType("FeedId", str)
Gtin = NewType("Gtin", str)

THOUSANDTHS = 1000


class Stream(enum.StrEnum):
    """The three journal streams of a store. `txn` never sheds; `ops` may shed its oldest but records the gap."""

    TXN = "txn"
    OPS = "ops"
    BULK = "bulk"


class ClockQuality(enum.StrEnum):
    """How far the store's wall clock can be trusted when a fact was stamped."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNSYNCED = "unsynced"


class Place(enum.StrEnum):
    """Where stock stands inside a store."""

    SALES_FLOOR = "sales_floor"
    BACK_ROOM = "back_room"
    FITTING_ROOM = "fitting_room"
    TRANSIT = "transit"
    """Received on paper, or promised by another store, and not unpacked yet: not for sale."""
    QUARANTINE = "quarantine"
    """Held back: recalled, damaged, waiting for a decision. Not for sale."""


class TaxMode(enum.StrEnum):
    """Whether shelf prices of a zone contain tax."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class PriceLaw(enum.StrEnum):
    """Whose rule a comparison price ("was") must obey: the lowest price of the last 30 days (Directive 98/6/EC, article 6a),
    or the lowest price really paid in the same premises in the last 7 days (SAMR order 56, article 16)."""

    NONE = "none"
    EU = "eu"
    CN = "cn"


class PriceKind(enum.StrEnum):
    """What a price is to a customer: the usual one, an announced reduction, or goods sold off."""

    REGULAR = "regular"
    PROMOTION = "promotion"
    MARKDOWN = "markdown"


class ContentUnit(enum.StrEnum):
    """The unit of what one piece holds."""

    NONE = ""
    GRAM = "g"
    MILLILITRE = "ml"
    CENTIMETRE = "cm"
    PIECE = "pc"


class EvidenceLevel(enum.StrEnum):
    """What a label acknowledgement proves: stored on the access point, held by the tag, or seen displayed."""

    QUEUED = "queued"
    TRANSFERRED = "transferred"
    SHOWN = "shown"


class RoundingMethod(enum.StrEnum):
    """How a cash total becomes a multiple of the smallest coin."""

    HALF_UP = "half_up"
    DOWN = "down"
    """In the customer's favour: the fen (or the jiao) is dropped."""
    UP = "up"


class RoundingScope(enum.StrEnum):
    """What is rounded."""

    CASH = "cash"
    """Only what is paid in cash."""
    DOCUMENT = "document"
    """The sum of the sale, whatever pays it."""


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide two integers, ties away from zero: the one rounding function of the house (rule R1).

    Refunds mirror sales exactly because the sign is handled outside the rounding.
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def weighed_price_minor(grams: int, price_per_kg_minor: int) -> int:
    """Price of a weighed line: grams x price per kg / 1000, rounded once (rule R2)."""
    return divide_half_up(grams * price_per_kg_minor, 1000)


def share_largest_remainder(total: int, weights: list[int]) -> list[int]:
    """Split `total` in proportion to `weights`; shares sum to `total`, ties go to the earlier weight (rule R7).

    Weights are non-negative. When all are zero the first share takes everything.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    sign = 1 if total >= 0 else -1
    magnitude = abs(total)
    floors = [magnitude * weight // whole for weight in weights]
    remainders = [magnitude * weight % whole for weight in weights]
    left = magnitude - sum(floors)
    order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in order[:left]:
        floors[index] += 1
    return [sign * share for share in floors]


def inclusive_tax_minor(gross_minor: int, rate_bp: int) -> int:
    """Tax contained in a gross amount at `rate_bp` basis points (rule R13)."""
    return divide_half_up(gross_minor * rate_bp, 10_000 + rate_bp)


def exclusive_tax_minor(net_minor: int, rate_bp: int) -> int:
    """Tax to add to a net amount at `rate_bp` basis points (rule R13)."""
    return divide_half_up(net_minor * rate_bp, 10_000)
