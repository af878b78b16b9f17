"""What the stock pages read of the API, and what they send."""

from __future__ import annotations

import msgspec


class Held(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str = ""
    stores: int = 1
    places: dict[str, int] = {}
    coming_thousandths: int = 0


HeldList = list[Held]


class HeldPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Held]
    next: str | None = None


class ItemByPlace(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    name: str = ""
    places: dict[str, int] = {}
    total_thousandths: int = 0


class ItemsByPlace(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[ItemByPlace]
    next: str | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    place: str
    batch: str = ""
    expires: str = ""
    on_hand_thousandths: int


class BatchPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Batch]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    reason: str
    reference: str = ""
    place: str
    quantity_thousandths: int
    at_ms: int
    batch: str = ""
    staff_id: str = ""


class MovePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Move]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    transfer_id: str = ""
    state: str
    received_ms: int | None = None
    line_count: int = 0
    differences: int = 0


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Delivery]


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    name: str = ""
    batch: str = ""
    expires: str = ""
    promised_thousandths: int
    came_thousandths: int | None = None


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    item_id: str
    quantity_thousandths: int
    batch: str = ""
    expires: str = ""


class NoticeBody(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    sender: str
    expected_ms: int
    lines: list[NoticeLine]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    transfer_id: str
    from_store_id: str
    to_store_id: str
    at_ms: int
    received_ms: int | None = None
    sent_thousandths: int = 0
    came_thousandths: int = 0
    differences: int = 0


class TransferPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Transfer]


class RecallInStore(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    name: str
    applied_ms: int | None = None
    online: bool = False
    on_hand_thousandths: int = 0
    quarantine_thousandths: int = 0
    sold_thousandths: int = 0
    sold_unknown_thousandths: int = 0


class RecallInStores(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[RecallInStore]


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    reservation_id: str
    order_id: str
    name: str = ""
    due_ms: int
    until_ms: int
    cancelled_ms: int | None = None
    state: str
    why: str = ""
    wanted_thousandths: int = 0
    held_thousandths: int = 0


class ReservationPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Reservation]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    proposal_id: str
    item_id: str
    name: str = ""
    batch: str = ""
    expires: str = ""
    quantity_thousandths: int
    off_bp: int
    currency: str = ""
    list_price_minor: int | None = None
    proposed_minor: int | None = None
    decided_minor: int | None = None
    state: str


class ProposalPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Proposal]


class AcceptBody(msgspec.Struct, frozen=True, kw_only=True):
    price_minor: int | None = None


class DeclineBody(msgspec.Struct, frozen=True, kw_only=True):
    reason: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    days_left: int
    off_bp: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    negative_stock: str = "allow"
    variance_pieces_max: int = 5
    variance_minor_max: int = 5_000
    write_off_minor_max: int = 10_000
    blind_counts: bool = True
    expiry_warn_days: int = 3
    markdown_steps: list[Step] = []
    size_gap_keys: list[str] = []


class LevelRules(msgspec.Struct, frozen=True, kw_only=True):
    level: str
    level_id: str
    rules: Rules
    changed_by: str = ""
    changed_ms: int = 0


class Minimum(msgspec.Struct, frozen=True, kw_only=True):
    level: str
    level_id: str
    item_id: str
    name: str = ""
    minimum_thousandths: int


class MinimumPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Minimum]


class MinimumBody(msgspec.Struct, frozen=True, kw_only=True):
    minimum_thousandths: int


class TagsBody(msgspec.Struct, frozen=True, kw_only=True):
    company_prefix_digits: int


class TagsGiven(msgspec.Struct, frozen=True, kw_only=True):
    tags: int
