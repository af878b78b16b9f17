"""Commands that fill, change, hold and recall a basket, and what a till screen shows of it."""

from __future__ import annotations

import msgspec

from protocols.contract.reason import Reason


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A second person at the till allows what the cashier may not. Checked like a login; the PIN is never kept or told."""

    staff_id: str
    pin: str

    def __repr__(self) -> str:
        return f"Approval(staff_id={self.staff_id!r}, pin=...)"


class Scan(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="scan"):
    """A barcode or a short look-up code, as the scanner sent it (with its AIM symbology identifier when it sends one).
    A weighed item takes its weight from the till's scale."""

    code: str
    quantity: int = 1
    """How often the pack on the barcode is taken."""
    age_confirmed: bool = False
    """The cashier has seen that the customer is old enough."""
    why: str = ""
    """The reason of an override."""
    approval: Approval | None = None
    """For what the scan was refused for, when that may be overridden (expired, recalled, sold before)."""


class AddItem(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="add_item"):
    """An item picked on the screen: by style, colour and size, or from a search."""

    item_id: str
    quantity: int = 1
    age_confirmed: bool = False
    why: str = ""
    approval: Approval | None = None


class AddUnknown(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="add_unknown"):
    """Something the catalogue lacks, sold at a price a person gives: told to the office."""

    code: str
    price_minor: int
    tax_class: str
    why: str = ""
    approval: Approval | None = None


class SetTare(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set_tare"):
    """The container on the scale weighs this much: for the next weighed item alone, unless the item's own tare is more."""

    grams: int


class SetQuantity(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set_quantity"):
    line_no: int
    quantity: int
    approval: Approval | None = None


class VoidLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="void_line"):
    line_no: int
    approval: Approval | None = None


class SetPrice(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set_price"):
    """Another price for a line, per piece or per kilogram. Such a line takes part in no offer."""

    line_no: int
    price_minor: int
    why: str
    approval: Approval | None = None


class DiscountLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="discount_line"):
    """Something off a line by hand: a share in basis points, or an amount; 0 and 0 takes it back."""

    line_no: int
    percent_bp: int = 0
    amount_minor: int = 0
    why: str = ""
    approval: Approval | None = None


class DiscountBasket(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="discount_basket"):
    """Something off the whole basket by hand, after all offers, shared over its lines (rule R7)."""

    percent_bp: int = 0
    amount_minor: int = 0
    why: str = ""
    approval: Approval | None = None


class AbandonSale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="abandon_sale"):
    approval: Approval | None = None


class HoldSale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hold_sale"):
    """Put the basket aside; any till of the store may take it up again."""

    note: str = ""


class RecallSale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="recall_sale"):
    """Take a held basket up. It is priced anew; `TillState.repriced` says what changed."""

    sale_id: str


class ShowTotal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="show_total"):
    """The customer has everything: find the best basket with the full effort, before anybody pays."""


class DeclineOffer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="decline_offer"):
    """The customer does not want an offer (or wants it after all)."""

    promotion_id: str
    declined: bool = True


class SellDeposit(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sell_deposit"):
    """A deposit on goods that come later: a line of its own, and a presale to be settled."""

    item_id: str
    quantity: int
    deposit_minor: int
    note: str = ""


class SettlePresale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="settle_presale"):
    """The goods of a presale are there: they enter the basket, and the deposit counts against them."""

    presale_id: str


class KeepDeposit(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="keep_deposit"):
    """The customer of a presale does not come: the store keeps the deposit, for a reason. Needs the right `refund`."""

    presale_id: str
    why: str
    approval: Approval | None = None


class PickUpOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pick_up_order"):
    """An order made online is handed over: its lines, prices and payments come from the order."""

    order_id: str


class TillLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the screen shows it. `net_minor` is after every discount."""

    line_no: int
    item_id: str
    name: str
    name_zh: str = ""
    gtin: str
    quantity: int
    grams: int | None = None
    unit_price_minor: int
    list_price_minor: int
    price_reason: str = "list"
    net_minor: int
    voided: bool = False
    gross_minor: int = 0
    """Before discounts, at the list price."""
    offers: tuple[str, ...] = ()
    """Names of what took something off."""
    offers_zh: tuple[str, ...] = ()
    tare_grams: int = 0
    batch: str = ""
    serial: str = ""
    expires: str = ""
    """ISO date."""
    line_kind: str = "goods"
    """`goods`, `bag`, `container` (bottle deposit), `gift_card`, `presale`, `unknown`."""
    overrides: tuple[str, ...] = ()
    """What a person allowed: codes of `Override.what`."""
    tags: int = 0
    """How many of its pieces were read by their tags."""
    beyond_stock: bool = False
    """The basket has more of the item than the store's stock records."""


class HeldView(msgspec.Struct, frozen=True, kw_only=True):
    """A basket put aside."""

    sale_id: str
    till_id: str
    cashier_id: str
    note: str = ""
    held_at_ms: int
    units: int
    total_minor: int


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that took something off."""

    promotion_id: str
    name: str
    name_zh: str = ""
    times: int = 1
    saved_minor: int
    declined: bool = False


class HintView(msgspec.Struct, frozen=True, kw_only=True):
    """Add so much, or so many, and so much comes off."""

    promotion_id: str
    name: str
    name_zh: str = ""
    add_minor: int = 0
    add_units: int = 0
    save_minor: int
    item_id: str = ""
    """The gift or the item to add, when it is one."""


class NotAppliedView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that took nothing off, and why, in words."""

    promotion_id: str
    name: str
    name_zh: str = ""
    reason: Reason


class PickChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a style, for the picker."""

    item_id: str
    name: str
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    price_minor: int
    on_hand_thousandths: int | None = None


class Repriced(msgspec.Struct, frozen=True, kw_only=True):
    """What a recalled line cost then and costs now."""

    line_no: int
    name: str
    name_zh: str = ""
    was_minor: int
    is_minor: int
