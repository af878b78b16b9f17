"""Promotions for the demo, one of each that is easy to understand, through the subjects' own use cases.

Eight ways to pay less on the demo's goods: spend and save, second at half price, three for two, a breakfast together, a
member price from a price book, a flash price, a coupon and a gift.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.demo_goods import DEMO_ZONE
from cloud.pricing import revisions
from cloud.pricing import service as pricing
from cloud.pricing.domain import WantedPrice
from cloud.pricing.price_books import Book
from cloud.pricing.revisions import Author as PriceAuthor
from cloud.promotions import publishing, service, store
from cloud.promotions.domain import State
from cloud.promotions.store import Author
from protocols.contract.feed_rows import price_feed
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.flash_price import FlashPrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope, Slot, Tier

Q = load_queries(__file__, "demo_promotions.sql")
AUTHOR, SECOND = "demo", "demo-approver"
DAY_MS = 86_400_000
DAYS = 60
MEMBERS = "members"
MEMBER_BOOK = "members-north"
MEMBER_ITEMS = 12
MEMBER_PERCENT = 90


async def seed(tx: Connection, *, now_ms: int) -> list[str]:
    """Publish those of the demo's promotions that are not there yet, in the demo's zone; returns their ids."""
    made: list[str] = []
    for promotion in _promotions(now_ms, await _cheap_items(tx)):
        if await store.get(tx, promotion.promotion_id) is None:
            await _publish(tx, promotion, now_ms)
            made.append(promotion.promotion_id)
    if await _member_prices(tx, now_ms):
        made.append(MEMBER_BOOK)
    return made


def _promotions(now_ms: int, items: Sequence[tuple[str, int]]) -> tuple[Promotion, ...]:
    starts_ms, ends_ms = now_ms - now_ms % 1_000, now_ms - now_ms % 1_000 + DAYS * DAY_MS
    flash_item, flash_minor = items[0]
    return (
        Threshold(
            promotion_id="full-30-4", revision=1, name="Spend 30, save 4", name_zh="满30减4", starts_ms=starts_ms,
            tiers=(Tier(reach_minor=3_000, off_minor=400), Tier(reach_minor=6_000, off_minor=1_000)),
        ),
        NthItem(
            promotion_id="second-half", revision=1, name="Bread: second at half price", name_zh="面包第二件半价",
            starts_ms=starts_ms, scope=Scope(categories=("bakery",)), nth=2, off_bp=5_000,
        ),
        NForM(
            promotion_id="three-for-two", revision=1, name="Sweets: 3 for 2", name_zh="糖果三件付二", starts_ms=starts_ms,
            scope=Scope(categories=("sweets",)), take=3, pay=2,
        ),
        BundlePrice(
            promotion_id="breakfast", revision=1, name="Breakfast: bread, dairy and a drink", name_zh="早餐：面包+乳品+饮料",
            starts_ms=starts_ms, ends_ms=ends_ms,
            slots=(
                Slot(scope=Scope(categories=("bakery",)), share_minor=120),
                Slot(scope=Scope(categories=("dairy",)), share_minor=90),
                Slot(scope=Scope(categories=("drinks",)), share_minor=90),
            ),
        ),
        FlashPrice(
            promotion_id="flash", revision=1, name="Flash price, 2 a sale", name_zh="限时价，每单限2件", starts_ms=starts_ms,
            ends_ms=ends_ms, scope=Scope(items=(flash_item,)), price_minor=flash_minor * 7 // 10, limit_per_sale=2,
        ),
        Coupon(
            promotion_id="welcome-5", revision=1, name="Welcome: 5 off from 25", name_zh="新人券：满25减5",
            starts_ms=starts_ms, off_minor=500, reach_minor=2_500, limit_per_sale=1, limit_per_member=1,
        ),
        Gift(
            promotion_id="gift-40", revision=1, name="From 40: a small gift", name_zh="满40送小礼", starts_ms=starts_ms,
            gift_items=tuple(item for item, _ in items[1:4]), reach_minor=4_000,
        ),
    )  # fmt: skip


async def _publish(tx: Connection, promotion: Promotion, now_ms: int) -> None:
    author = Author(AUTHOR, now_ms)
    await service.create(tx, promotion, DEMO_ZONE.zone, "demo", author)
    await service.check(tx, promotion.promotion_id, author)
    row = await service.need(tx, promotion.promotion_id)
    if row.state == State.CHECKED and row.approve_count:
        await service.ask(tx, promotion.promotion_id, author)
        await service.decide(tx, promotion.promotion_id, Author(SECOND, now_ms), "demo", approve=True)
    await publishing.publish(tx, promotion.promotion_id, (), author)


async def _cheap_items(tx: Connection) -> list[tuple[str, int]]:
    """(item, price) of pieces in the demo's zone, the cheapest first."""
    rows = await tx.execute(Q["cheap_items"], {"zone": DEMO_ZONE.zone, "limit": MEMBER_ITEMS + 4})
    return [(str(row[0]), int(row[1])) for row in await rows.fetchall()]


async def _member_prices(tx: Connection, now_ms: int) -> bool:
    """A book of the zone for members: some goods a tenth cheaper. False when it is there already."""
    if await revisions.get_book(tx, MEMBER_BOOK) is not None:
        return False
    author = PriceAuthor(AUTHOR, now_ms)
    feed_id = price_feed(DEMO_ZONE.zone)
    book = Book(MEMBER_BOOK, feed_id, "Members", DEMO_ZONE.zone, customer_group=MEMBERS, priority=10)
    await pricing.add_book(tx, book, author)
    wanted = [
        WantedPrice(item, price_minor * MEMBER_PERCENT // 100, None, None, "members")
        for item, price_minor in await _cheap_items(tx)
    ]
    await pricing.change_book(tx, MEMBER_BOOK, wanted, author)
    return True
