"""Commands that take goods back, and how a return stands."""

from __future__ import annotations

import msgspec

from protocols.contract.till_basket import Approval


class ReturnWanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a sold line come back. `reason`: one of the store's return reasons, which decides where the goods go."""

    line_no: int
    quantity: int = 1
    reason: str = "unwanted"
    """`unwanted` (sellable), `damaged`, `faulty` (to the supplier), `wrong_item`, `expired`."""


class FindReceipt(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="find_receipt"):
    """Show a sale by its receipt number (scanned or typed), with what may still come back. An empty one puts the sale shown
    away again. A receipt of another store is `store/number`, as in its barcode."""

    receipt: str


class ReturnLines(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="return_lines"):
    """Put lines of a found sale into the basket as goods coming back; with goods going out it is an exchange."""

    sale_id: str
    lines: tuple[ReturnWanted, ...]
    policy: str = "prorate"
    """`prorate` (rule R8) or `reprice` (rule R9)."""
    why: str = ""
    approval: Approval | None = None


class ReturnItem(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="return_item"):
    """Goods without a receipt: at the lowest price of the last days, behind a right and a limit."""

    code: str
    quantity: int = 1
    reason: str = "unwanted"
    why: str = ""
    approval: Approval | None = None


class DropReturn(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="drop_return"):
    """Take a line coming back out of the basket again."""

    return_no: int


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """A line coming back in the open basket."""

    return_no: int
    receipt: str
    """Empty: without a receipt."""
    item_id: str
    name: str
    name_zh: str = ""
    quantity: int
    grams: int | None = None
    reason: str
    refund_minor: int
    policy: str = "prorate"
    """`prorate`, `reprice`, `no_receipt`: what it really pays by, when another was asked for and could not be."""
    unverified: bool = False
    """Headquarters could not be asked what was returned elsewhere."""
    not_repriced: str = ""
    """Why it pays its stored shares though `reprice` was asked for: `no_offers`, `bundle_missing`, `by_hand` (something was
    taken off by hand), `priced_otherwise` (the sale cannot be priced again as it was), `item_unknown`, `tax_exclusive`."""


class FoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a found sale."""

    line_no: int
    item_id: str
    name: str
    quantity: int
    grams: int | None = None
    net_minor: int
    returnable: int
    """Units that may still come back; a weighed line is one unit."""
    refund_each_minor: tuple[int, ...] = ()
    """What the next units pay, in the order they come back (PRORATE)."""
    name_zh: str = ""


class FoundSale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale found for a return."""

    sale_id: str
    receipt: str
    closed_at_ms: int
    total_minor: int
    lines: tuple[FoundLine, ...]
    offline: bool = False
    """Sold elsewhere and headquarters could not be asked: what was returned elsewhere is not known."""
    window_ends_ms: int | None = None
    """None: goods of it may come back at any time."""
    store_id: str = ""
    """Where it was sold."""
    repriceable: bool = False
    """It was sold with offers: `reprice` may pay something else than `prorate`."""
