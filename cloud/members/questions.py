"""The till's question for a member. Any store may serve any member; it learns what a till needs, and no phone number."""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.members import store
from cloud.members.domain import row_of
from protocols.contract.feed_members import MEMBER_CODE_LENGTH_MAX
from protocols.contract.questions import CHOICES_MAX, Answer, FindMember, MembersFound


async def find_member(tx: Connection, store_id: str, asked: FindMember, now_ms: int) -> Answer:
    """Who it may be; several when a phone tail is shared."""
    if not asked.member_id and not 0 < len(asked.code.strip()) <= MEMBER_CODE_LENGTH_MAX:
        return MembersFound()
    found = await store.find(tx, store_id, asked.code, asked.member_id, CHOICES_MAX + 1)
    salt = (await store.policy(tx)).salt
    rows = [row_of(member, await store.coupons_of(tx, member.member_id, now_ms), salt) for member in found[:CHOICES_MAX]]
    return MembersFound(members=tuple(rows), more=len(found) > CHOICES_MAX)
