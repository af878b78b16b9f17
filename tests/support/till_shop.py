"""A shop for whole days at the till: offers, people with and without rights, a scale, a printer, a card terminal."""

from __future__ import annotations

import msgspec

from deploy.processes import free_port
from protocols.contract import rights
from protocols.contract.feed_members import MemberPolicyRow, MemberRow, member_key
from protocols.contract.feed_rows import FeedRow, PromotionRow, StaffRow
from protocols.promotions.bundle import encode_promotion
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Tier
from tests.support.goods import ANN, BOB, EVE, PIN_HASH, assortment

FULL_MINOR, OFF_MINOR = 2_000, 300
"""20.00 - 3.00, an offer on the whole basket."""
MEMBER_CODE, MEMBER_NAME = "MEM-2004", "Ms. Li"
SALT = "salt"
CUSTOMER_MS = 400
"""How long a customer takes at the terminal."""


def offers() -> list[Promotion]:
    """What the day's baskets are priced with."""
    tier = Tier(reach_minor=FULL_MINOR, off_minor=OFF_MINOR)
    return [Threshold(promotion_id="full-20", revision=1, name="20 - 3", name_zh="满20减3", starts_ms=0, tiers=(tier,))]


def day_rows() -> list[FeedRow]:
    """The assortment, with offers and a member; Ann may everything, Bob sells, Eve sticks labels."""
    people = {
        ANN: StaffRow(staff_id=ANN, name="Ann", pin_hash=PIN_HASH, rights=tuple(sorted(rights.RIGHTS))),
        BOB: StaffRow(staff_id=BOB, name="Bob", pin_hash=PIN_HASH, rights=(rights.TILL,)),
        EVE: StaffRow(staff_id=EVE, name="Eve", pin_hash=PIN_HASH, rights=(rights.LABELS,)),
    }
    rows: list[FeedRow] = [row for row in assortment() if not isinstance(row, StaffRow)]
    rows += people.values()
    rows.append(MemberPolicyRow(salt=SALT))
    rows.append(
        MemberRow(
            member_id="m-1",
            name=MEMBER_NAME,
            phone_tail="8807",
            keys=(member_key(SALT, MEMBER_CODE),),
            tier="gold",
            note="Likes a paper bag",
            points=1_240,
            active=True,
        )
    )
    rows += [
        PromotionRow(promotion_id=each.promotion_id, revision=1, rule=msgspec.Raw(encode_promotion(each)))
        for each in offers()
    ]
    return rows


def bench_toml() -> str:
    """The devices of till 1."""
    return (
        "seed = 5\nport = 0\n"
        '[[tills]]\nid = "1"\nscale = "scale-1"\nprinter = "printer-1"\nterminal = "terminal-1"\n'
        f'[[scales]]\nid = "scale-1"\nkind = "mt_sics"\ntcp_port = {free_port()}\n'
        f'[[printers]]\nid = "printer-1"\nport = {free_port()}\n'
        f'[[payment_terminals]]\nid = "terminal-1"\nport = {free_port()}\nslow_ms = {CUSTOMER_MS}\n'
    )
