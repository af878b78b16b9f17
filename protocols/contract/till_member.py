"""Commands about the customer at the till: member, coupons, gift cards."""

from __future__ import annotations

import msgspec

from protocols.contract.reason import Reason
from protocols.contract.till_basket import Approval


class SetMember(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set_member"):
    """A member by code, card UID, or the last digits of the phone number."""

    code: str
    member_id: str = ""
    """The chosen one, when several share the digits."""


class ClearMember(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="clear_member"):
    pass


class AddCoupon(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="add_coupon"):
    code: str


class DropCoupon(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="drop_coupon"):
    code: str
    """The code as scanned, or `CouponView.coupon_id`."""


class SellGiftCard(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sell_gift_card"):
    """A line that loads a gift card when the sale closes."""

    code: str
    amount_minor: int
    approval: Approval | None = None


class AskGiftCard(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ask_gift_card"):
    """What is left on a gift card: `TillState.card` until the next command."""

    code: str


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A gift card that was asked about. `expires_ms`: when the first part of it ends."""

    tail: str
    balance_minor: int
    expires_ms: int | None = None


class CouponView(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    """Masked."""
    name: str
    name_zh: str = ""
    used: bool
    """The best basket uses it."""
    reserved: bool
    """Held at headquarters for this sale; False: offline, within the allowance."""
    reason: Reason | None = None
    coupon_id: str = ""
    """For `DropCoupon`."""


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """What the cashier should know of the customer."""

    member_id: str
    name: str
    """As the member wants to be addressed; never the full phone number."""
    phone_tail: str = ""
    tier: str = ""
    groups: tuple[str, ...] = ()
    points: int = 0
    points_as_of_ms: int = 0
    fresh: bool = True
    """False: from the box's cache, headquarters could not be asked."""
    note: str = ""
    points_to_earn: int = 0
    birthday: bool = False
    believed: bool = True
    """False: the cache is too old; no member price, no points to spend."""


class MemberChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several members who share what was typed."""

    member_id: str
    name: str
    phone_tail: str = ""
