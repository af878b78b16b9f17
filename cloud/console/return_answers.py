"""What the API answers of return clashes and invoices, as the console reads it."""

from __future__ import annotations

import msgspec


class ReturnClash(msgspec.Struct, frozen=True, kw_only=True):
    sold_store_id: str
    sale_id: str
    line_no: int
    item_id: str
    name: str
    sold: int | None = None
    returned: int
    refund_minor: int
    at_ms: int
    returns: tuple[str, ...] = ()


class ReturnClashes(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[ReturnClash, ...] = ()
    cut: bool = False


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    sale_id: str
    buyer_name: str
    asked_at_ms: int
    state: str
    currency: str = ""
    amount_minor: int | None = None
    number: str = ""
    detail: str = ""
    red_letters: int = 0


class RequestedPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Requested, ...] = ()
    cut: bool = False


class InvoiceBody(msgspec.Struct, frozen=True, kw_only=True):
    receipt: str
    buyer_name: str
    buyer_tax_number: str = ""
    deliver_to: str = ""
