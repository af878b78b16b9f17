"""From an item and what its code said to a line of the basket: price, quantity or weight."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Item, Zone
from edge.checkout import basket as baskets
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session
from edge.checkout.weighing import weigh
from protocols.contract.values import divide_half_up
from protocols.gs1.scan import Scanned

LABEL_CODE = "label_code"
"""The `price_reason` of a price printed on the pack: it wins over the shelf's."""
CONTAINER, BAG, GOODS = "container", "bag", "goods"

_CURRENCIES = {
    "156": "CNY", "208": "DKK", "344": "HKD", "392": "JPY", "578": "NOK", "752": "SEK", "756": "CHF", "826": "GBP",
    "840": "USD", "975": "BGN", "978": "EUR", "985": "PLN", "203": "CZK", "348": "HUF", "946": "RON",
}  # fmt: skip
"""ISO 4217 numbers that a label may carry."""


@dataclass(frozen=True, slots=True)
class ShelfPrice:
    """What an item costs this customer now. Per piece, or per kilogram when weighed."""

    unit_price_minor: int
    everybody_minor: int
    list_price_minor: int
    revision: int
    reason: str
    label_revision: int | None


def shelf_price(desk: Desk, item_id: str, name: str, groups: tuple[str, ...]) -> ShelfPrice:
    """The lowest of the price in force, what a label may be showing (invariant 2), and the customer's groups' prices (R3).

    Raises `Refusal`: no_price.
    """
    source = desk.reader()
    now_ms = lookup.pricing_now_ms(source, desk.clock)
    price = lookup.price_in_force(source, item_id, now_ms)
    if price is None:
        raise Refusal("no_price", name=name)
    shown = desk.labels.lowest_for(item_id)
    lower = shown if shown is not None and shown.price_minor < price.price_minor else None
    everybody_minor = price.price_minor if lower is None else lower.price_minor
    own = [lookup.group_price_in_force(source, item_id, now_ms, group) for group in groups]
    best = min(
        (each for each in own if each is not None and each.customer_group), key=lambda each: each.price_minor, default=None
    )
    if best is not None and best.price_minor < everybody_minor:
        return ShelfPrice(best.price_minor, everybody_minor, price.price_minor, best.revision, "member", None)
    reason, label_revision = ("list", None) if lower is None else ("lower_label", lower.revision)
    return ShelfPrice(everybody_minor, everybody_minor, price.price_minor, price.revision, reason, label_revision)


def line_of(desk: Desk, session: Session, basket: Basket, item: Item, scanned: Scanned, quantity: int) -> BasketLine:
    """The line a scan adds; it has no number yet. Raises `Refusal`."""
    if not item.active:
        raise Refusal("item_inactive", name=item.name)
    price = shelf_price(desk, item.item_id, item.name, _groups(basket))
    if item.tax_rate_bp is None:
        raise Refusal("no_tax_class", name=item.name)
    line = BasketLine(
        line_no=0,
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        gtin=scanned.gtin,
        weighed=item.weighed,
        tax_class=item.tax_class,
        tax_rate_bp=item.tax_rate_bp,
        quantity=1,
        grams=None,
        unit_price_minor=price.unit_price_minor,
        list_price_minor=price.list_price_minor,
        price_revision=price.revision,
        price_reason=price.reason,
        label_revision=price.label_revision,
        style_id=item.style_id,
        category=item.category,
        brand=item.brand,
        everybody_minor=price.everybody_minor if price.reason == "member" else None,
        line_kind=BAG if item.bag else GOODS,
        open_to_offers=not item.bag,
        batch=scanned.batch,
        serial=scanned.serial,
        expires="" if scanned.expires is None else scanned.expires.isoformat(),
    )
    label_minor = None if scanned.price is None else _label_minor(scanned, desk.zone())
    if item.weighed:
        return _weighed(desk, session, basket, item, scanned, line, label_minor, quantity)
    return _counted(item, scanned, line, label_minor, quantity)


def container_of(desk: Desk, item: Item, line: BasketLine) -> BasketLine | None:
    """The container that comes with a line, when the item has one."""
    if not item.deposit_item_id:
        return None
    container = lookup.item_by_id(desk.reader(), item.deposit_item_id)
    if container is None or not container.active or container.tax_rate_bp is None:
        raise Refusal("no_container", name=item.name)
    price = shelf_price(desk, container.item_id, container.name, ())
    return BasketLine(
        line_no=0,
        item_id=container.item_id,
        name=container.name,
        name_zh=container.name_zh,
        gtin="",
        weighed=False,
        tax_class=container.tax_class,
        tax_rate_bp=container.tax_rate_bp,
        quantity=line.quantity,
        grams=None,
        unit_price_minor=price.unit_price_minor,
        list_price_minor=price.list_price_minor,
        price_revision=price.revision,
        price_reason=price.reason,
        label_revision=price.label_revision,
        style_id=container.style_id,
        category=container.category,
        brand=container.brand,
        line_kind=CONTAINER,
        open_to_offers=False,
    )


def _groups(basket: Basket) -> tuple[str, ...]:
    return () if basket.member is None else basket.member.groups


def _counted(item: Item, scanned: Scanned, line: BasketLine, label_minor: int | None, quantity: int) -> BasketLine:
    pieces = quantity * item.pack_quantity * (scanned.pieces or 1)
    if not 1 <= pieces <= baskets.QUANTITY_MAX or quantity < 1 or (scanned.serial and pieces > 1):
        raise Refusal("quantity_invalid", most=1 if scanned.serial else baskets.QUANTITY_MAX)
    line = msgspec.structs.replace(line, quantity=pieces)
    if label_minor is None:
        return line
    return msgspec.structs.replace(
        line,
        quantity=quantity,
        unit_price_minor=label_minor,
        list_price_minor=label_minor,
        everybody_minor=None,
        price_reason=LABEL_CODE,
        label_revision=None,
    )


def _weighed(
    desk: Desk,
    session: Session,
    basket: Basket,
    item: Item,
    scanned: Scanned,
    line: BasketLine,
    label_minor: int | None,
    quantity: int,
) -> BasketLine:
    if quantity != 1:
        raise Refusal("weighed_quantity")
    if label_minor is None and scanned.grams is None:
        grams, tare = weigh(desk, session, item, basket.tare_grams)
        return msgspec.structs.replace(line, grams=grams, tare_grams=tare)
    if label_minor is None:
        return msgspec.structs.replace(line, grams=scanned.grams)
    grams = scanned.grams or 0
    if not grams and line.list_price_minor:
        # The label tells the price alone: the weight follows from the shelf's price, for the stock.
        grams = divide_half_up(label_minor * 1000, line.list_price_minor)
    return msgspec.structs.replace(
        line,
        grams=max(1, grams),
        fixed_minor=label_minor,
        everybody_minor=None,
        price_reason=LABEL_CODE,
        label_revision=None,
    )


def _label_minor(scanned: Scanned, zone: Zone) -> int:
    """The price on a label in the zone's minor units."""
    assert scanned.price is not None
    if scanned.currency and _CURRENCIES.get(scanned.currency) != zone.currency:
        raise Refusal("label_currency", currency=zone.currency)
    value, decimals = scanned.price
    shift = zone.minor_digits - decimals
    amount_minor = value * int(10**shift) if shift >= 0 else divide_half_up(value, int(10**-shift))
    if not 0 < amount_minor <= baskets.TOTAL_MINOR_MAX:
        raise Refusal("amount_invalid", amount=amount_minor)
    return amount_minor
