"""What a label says of how much is in a piece, and what a kilogram or litre of it costs."""

from __future__ import annotations

from protocols.contract.values import ContentUnit
from protocols.labels.content import UnitPrice
from protocols.prices.unit_price import unit_price

_LARGE = {ContentUnit.GRAM: "kg", ContentUnit.MILLILITRE: "l"}


def content_text(quantity: int, unit: ContentUnit) -> str:
    """How much is in it, as printed: `500 g`, `1.5 l`, `12 pc`; empty when it is not told."""
    if not quantity or unit is ContentUnit.NONE:
        return ""
    large = _LARGE.get(unit)
    if large is None or quantity < 1000:
        return f"{quantity} {unit.value}"
    whole, rest = divmod(quantity, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + f" {large}"


def printed_unit_price(price_minor: int, quantity: int, unit: ContentUnit) -> UnitPrice | None:
    """The unit price as a label prints it; None when there is none to show (`protocols.prices.unit_price`)."""
    found = unit_price(price_minor, quantity, unit)
    return None if found is None else UnitPrice(found.price_minor, found.base.value)
