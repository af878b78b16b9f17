"""What the promotion engine says of a basket, in the words of a till: what applied, what did not and why, what to add."""

from __future__ import annotations

from collections.abc import Mapping

from edge.checkout.reasons import reason
from edge.checkout.receipts import money
from protocols.contract.reason import Reason
from protocols.contract.till_basket import HintView, NotAppliedView, OfferView
from protocols.promotions.bundle import Bundle
from protocols.promotions.rules import Promotion
from protocols.promotions.values import Hint, NotApplied, Priced

OFFERS_SHOWN_MAX = 40
"""Of each kind of line on the screen; the rest is in the trace that headquarters can compute again."""


def offer_views(answer: Priced, declined: tuple[str, ...], bundle: Bundle) -> tuple[OfferView, ...]:
    """Offers that took something off, and those the customer declined (so that they can be taken after all)."""
    names = _named(bundle)
    applied = [
        OfferView(
            promotion_id=offer.promotion_id,
            name=offer.name,
            name_zh=offer.name_zh,
            times=offer.times,
            saved_minor=offer.saved_minor,
        )
        for offer in answer.applied
    ]
    refused = [
        OfferView(
            promotion_id=each, name=names[each].name, name_zh=names[each].name_zh, times=0, saved_minor=0, declined=True
        )
        for each in declined
        if each in names
    ]
    return (*applied, *refused)[:OFFERS_SHOWN_MAX]


def hint_views(answer: Priced, bundle: Bundle) -> tuple[HintView, ...]:
    """Add so much, save so much."""
    names = _named(bundle)
    return tuple(_hint(hint, names[hint.promotion_id]) for hint in answer.hints if hint.promotion_id in names)[
        :OFFERS_SHOWN_MAX
    ]


def not_applied_views(answer: Priced, bundle: Bundle, minor_digits: int) -> tuple[NotAppliedView, ...]:
    """Offers that touch the basket and took nothing off."""
    names = _named(bundle)
    return tuple(
        NotAppliedView(
            promotion_id=each.promotion_id,
            name=names[each.promotion_id].name,
            name_zh=names[each.promotion_id].name_zh,
            reason=_why(each, names, minor_digits),
        )
        for each in answer.considered
        if each.promotion_id in names
    )[:OFFERS_SHOWN_MAX]


def _named(bundle: Bundle) -> Mapping[str, Promotion]:
    return {promotion.promotion_id: promotion for promotion in bundle.promotions}


def _hint(hint: Hint, promotion: Promotion) -> HintView:
    return HintView(
        promotion_id=hint.promotion_id,
        name=promotion.name,
        name_zh=promotion.name_zh,
        add_minor=hint.add_minor,
        add_units=hint.add_units,
        save_minor=hint.save_minor,
    )


def _why(each: NotApplied, names: Mapping[str, Promotion], minor_digits: int) -> Reason:
    params = dict(each.params)
    numbers = {
        name: money(value, minor_digits) if name.endswith("_minor") and isinstance(value, int) else str(value)
        for name, value in params.items()
    }
    if each.code == "short_amount" and params.get("off_bp"):
        return reason("offer_short_amount_share", percent=_percent(int(params["off_bp"])), **numbers)
    if each.code == "short_amount" and "off_minor" not in numbers:
        return reason("offer_short_of", **numbers)
    if each.code == "excluded":
        other = names.get(str(params.get("by", "")))
        return reason("offer_excluded", by=str(params.get("by", "")) if other is None else other.name)
    return reason(f"offer_{each.code}", **numbers)


def _percent(share_bp: int) -> str:
    whole, part = divmod(share_bp, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".")
