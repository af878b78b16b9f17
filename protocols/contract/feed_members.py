"""Rows of the feed `store/{store}/member`: whom a store may know while the line to headquarters is down, and how far it may
trust that.

No phone number and no card UID lies in a store: only salted hashes to look them up by, and the last digits.
"""

from __future__ import annotations

import hashlib

import msgspec

MEMBERS_PER_STORE_MAX = 20_000
PHONE_TAIL_DIGITS = 4
MEMBER_CODE_LENGTH_MAX = 64


def member_key(salt: str, code: str) -> str:
    """What stands for a member's code, card UID or whole phone number: the first 32 hexadecimal digits of a salted SHA-256.
    Blanks, hyphens and colons are left out, letters are capital."""
    plain = "".join(char for char in code if char not in " -:").upper()
    return hashlib.sha256(f"tallystick/member/{salt}/{plain}".encode()).hexdigest()[:32]


class HeldCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A single-use coupon a member holds."""

    coupon_id: str
    promotion_id: str
    tail: str = ""
    valid_from_ms: int = 0
    valid_to_ms: int | None = None


class MemberRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="member"):
    """A member, as far as a till needs them."""

    member_id: str
    name: str
    """As the member wants to be addressed."""
    phone_tail: str = ""
    keys: tuple[str, ...] = ()
    """`member_key` of the code, every card, and the whole phone number."""
    tier: str = ""
    groups: tuple[str, ...] = ()
    """Customer groups of price books."""
    birthday: str = ""
    """`MM-DD`; empty: not told."""
    note: str = ""
    """For the cashier."""
    points: int = 0
    points_as_of_ms: int = 0
    coupons: tuple[HeldCoupon, ...] = ()
    active: bool = True

    def key(self) -> str:
        return f"member/{self.member_id}"


class ValueAllowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a store may take of one kind while headquarters cannot be asked. 0: nothing."""

    value_kind: str
    """`gift_card`, `points`, `coupon`."""
    per_transaction: int = 0
    """Minor units, points, or coupons in one sale."""
    per_account_day: int = 0
    """Of one card, member or coupon in a business day."""
    per_outage: int = 0
    """Of all together, until headquarters answers again."""


class MemberPolicyRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="member_policy"):
    """How far a store may go with what it knows of members and stored value."""

    salt: str
    """Of `member_key`."""
    believe_seconds: int = 86_400
    """How old the feed may be for member prices and points while headquarters cannot be asked."""
    points_per_unit: int = 100
    """Points for one whole currency unit when points pay; 0: points do not pay."""
    points_step: int = 1
    """Points are spent in multiples of this."""
    allowances: tuple[ValueAllowance, ...] = ()

    def key(self) -> str:
        return "member_policy"

    def allowance(self, value_kind: str) -> ValueAllowance:
        """The limits of a kind; nothing when none are set."""
        found = next((each for each in self.allowances if each.value_kind == value_kind), None)
        return found if found is not None else ValueAllowance(value_kind=value_kind)
