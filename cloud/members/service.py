"""Use cases of members. The stores are told soon after by the keeper."""

from __future__ import annotations

from dataclasses import dataclass, replace

import psycopg

from cloud.db.pool import Connection
from cloud.members import store
from cloud.members.domain import Member, Policy, check_member, check_policy
from cloud.refusals import Conflict, Missing
from cloud.web.in_scope import need_store


@dataclass(frozen=True)
class MemberChange:
    """A member before (None: new) and after."""

    before: Member | None
    after: Member


async def get(tx: Connection, store_id: str, member_id: str) -> Member:
    """One member at home in a store. Raises `Missing`."""
    await need_store(tx, store_id)
    found = await store.get(tx, member_id)
    if found is None or found.store_id != store_id:
        raise Missing("no_member", f"There is no member '{member_id}' at home in '{store_id}'.", "See the list of members.")
    return found


async def put(tx: Connection, member: Member, *, keep_phone: bool) -> MemberChange:
    """Add or change a member. Raises `Invalid`, `Missing` (store), `Conflict` (a code or phone of somebody else)."""
    await need_store(tx, member.store_id)
    known = await store.get(tx, member.member_id)
    if known is not None:
        phone = (known.phone, known.phone_tail) if keep_phone else (member.phone, member.phone_tail)
        member = replace(member, joined_at_ms=known.joined_at_ms, phone=phone[0], phone_tail=phone[1])
    check_member(member)
    taken = await store.taken(tx, member)
    if taken is not None:
        raise _taken(taken[1])
    try:
        await store.put(tx, member)
    except psycopg.errors.UniqueViolation as error:  # somebody out of scope
        raise _taken("code") from error
    return MemberChange(known, member)


async def put_policy(tx: Connection, changed: Policy) -> Policy:
    """Change the policy; returns the former one. Raises `Invalid`."""
    check_policy(changed)
    before = await store.policy(tx)
    await store.put_policy(tx, changed)
    return before


def _taken(field: str) -> Conflict:
    return Conflict(
        "member_taken", f"Another member has the same {field}.", "Look the other one up, or give a different one."
    )
