"""Who a code means: asked of headquarters, else looked up in what the box knows, as long as that may be believed."""

from __future__ import annotations

from dataclasses import dataclass

from edge.catalogue import lookup
from edge.checkout.basket import BasketMember
from edge.checkout.desk import Desk
from edge.members import cache
from edge.store_db.journal import business_date
from protocols.contract.feed_members import MemberRow
from protocols.contract.questions import CHOICES_MAX, FindMember, MembersFound


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was found. `fresh`: headquarters said so now; `believed`: good enough for prices and points."""

    rows: tuple[MemberRow, ...]
    fresh: bool
    believed: bool
    more: bool = False


async def look_up(desk: Desk, code: str, member_id: str) -> LookUp:
    """Members by code, card UID, phone number or its tail; or the one with this id."""
    question = FindMember(question_id=desk.ids.new(), code=code, member_id=member_id)
    answer = await desk.headquarters.ask(question)
    if isinstance(answer, MembersFound):
        return LookUp(answer.members, fresh=True, believed=True, more=answer.more)
    source = desk.reader()
    rules = cache.policy(source, desk.store_id)
    if member_id:
        one = cache.member(source, desk.store_id, member_id)
        rows = [] if one is None else [one]
    else:
        rows = cache.find(source, desk.store_id, rules.salt, code, CHOICES_MAX + 1)
    believed = cache.believed(source, rules, desk.clock.now_ms())
    return LookUp(tuple(rows[:CHOICES_MAX]), fresh=False, believed=believed, more=len(rows) > CHOICES_MAX)


def today(desk: Desk) -> str:
    """The store's business date, ISO."""
    return business_date(desk.clock.now_ms(), lookup.time_zone(desk.reader()))


def basket_member(desk: Desk, row: MemberRow, found: LookUp) -> BasketMember:
    """The customer as a basket keeps them. What may not be believed any more gives no price and no points to spend."""
    return BasketMember(
        member_id=row.member_id,
        name=row.name,
        phone_tail=row.phone_tail,
        tier=row.tier,
        groups=row.groups if found.believed else (),
        points=row.points if found.believed else 0,
        points_as_of_ms=row.points_as_of_ms,
        fresh=found.fresh,
        believed=found.believed,
        note=row.note,
        birthday=bool(row.birthday) and row.birthday == today(desk)[5:],
    )
