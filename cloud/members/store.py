"""SQL of members."""

from __future__ import annotations

from dataclasses import asdict

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.members.domain import COUPONS_TOLD_MAX, Member, Policy, card_uid, digits_of, is_tail
from protocols.contract.feed_members import HeldCoupon, ValueAllowance

Q = load_queries(__file__, "members.sql")


async def put(tx: Connection, member: Member) -> None:
    """Add or replace; points stay as they are."""
    await tx.execute(Q["put_member"], asdict(member))


async def get(tx: Connection, member_id: str) -> Member | None:
    """One member within scope."""
    async with tx.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(Q["get_member"], {"member_id": member_id})
        return await cursor.fetchone()


async def list_members(tx: Connection, text: str, after: str, limit: int) -> list[Member]:
    """By id; `text`: part of a name, a code, a phone number or its tail."""
    async with tx.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(Q["list_members"], {"text": text, "after": after, "limit": limit})
        return await cursor.fetchall()


async def taken(tx: Connection, member: Member) -> tuple[str, str] | None:
    """(member, field) of somebody else who has the same code, phone or card. Needs the scope of the whole chain."""
    values = {"member_id": member.member_id, "code": member.code, "phone": member.phone, "cards": member.cards}
    row = await (await tx.execute(Q["taken"], values)).fetchone()
    if row is None:
        return None
    return str(row[0]), "code" if row[1] else "phone" if row[2] else "cards"


async def find(tx: Connection, store_id: str, code: str, member_id: str, limit: int) -> list[Member]:
    """Members a till may mean; those at home in the store first."""
    values = {
        "member_id": member_id,
        "code": code.strip(),
        "card": card_uid(code),
        "phone": digits_of(code),
        "tail": code if is_tail(code) else "",
        "store_id": store_id,
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(Q["find"], values)
        return await cursor.fetchall()


async def coupons_of(tx: Connection, member_id: str, now_ms: int) -> list[HeldCoupon]:
    """Coupons the member may still use, those that end soonest first."""
    values = {"member_id": member_id, "now_ms": now_ms, "limit": COUPONS_TOLD_MAX}
    rows = await (await tx.execute(Q["coupons_of"], values)).fetchall()
    return [
        HeldCoupon(coupon_id=coupon_id, promotion_id=promotion_id, tail=tail, valid_from_ms=begins_ms, valid_to_ms=ends_ms)
        for coupon_id, promotion_id, tail, begins_ms, ends_ms in rows
    ]


async def policy(tx: Connection) -> Policy:
    """The chain's policy."""
    async with tx.cursor(row_factory=class_row(Policy)) as cursor:
        await cursor.execute(Q["policy"])
        found = await cursor.fetchone()
    assert found is not None
    return found


async def put_policy(tx: Connection, changed: Policy) -> None:
    """Change it; the salt stays."""
    await tx.execute(Q["put_policy"], asdict(changed))


async def allowances(tx: Connection, store_id: str) -> list[ValueAllowance]:
    """What a store may take alone: its own limits, else those of every store."""
    rows = await (await tx.execute(Q["allowances"], {"store_id": store_id})).fetchall()
    return [
        ValueAllowance(value_kind=kind, per_transaction=one, per_account_day=day, per_outage=outage)
        for kind, one, day, outage in rows
    ]
