"""Routes of members: list, one, add and change, and the chain's policy."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.members import service, store
from cloud.members.domain import Member, Policy, card_uid, digits_of
from cloud.members.schemas import MemberBody, MemberPage, MemberView, MemberWritten, PolicyBody
from cloud.users.domain import Right
from cloud.web.access import Asking, MembersWriter, Reader, ValueWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_members import PHONE_TAIL_DIGITS

router = APIRouter(prefix="/api/v1", tags=["members"])
Once = Annotated[Repeat, Depends(repeat_of)]


def _whole(asking: Asking) -> bool:
    return asking.person.may(Right.MEMBERS_WRITE)


def _noted(member: Member | None) -> dict[str, object] | None:
    """What the audit trail keeps: that a phone number changed, never the number."""
    if member is None:
        return None
    kept = asdict(member)
    del kept["phone"], kept["points"], kept["points_at_ms"]
    return kept


@router.get("/members")
async def list_members(
    asking: Reader,
    text: Annotated[str, Query(max_length=60)] = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> MemberPage:
    """Members at home in your stores. `text`: part of a name, a code, a card, a phone number or its last four digits."""
    async with asking.read() as tx:
        rows = await store.list_members(tx, text.strip(), text_cursor(after), limit)
    views = [MemberView.of(row, whole=_whole(asking)) for row in rows]
    return MemberPage(rows=views, next=encode_cursor(rows[-1].member_id) if len(rows) == limit else None)


@router.get("/stores/{store_id}/members/{member_id}")
async def get_member(store_id: str, member_id: str, asking: Reader) -> MemberView:
    """One member at home in a store."""
    async with asking.read() as tx:
        found = await service.get(tx, store_id, member_id)
    return MemberView.of(found, whole=_whole(asking))


@router.put("/stores/{store_id}/members/{member_id}", response_model=MemberWritten)
async def put_member(store_id: str, member_id: str, body: MemberBody, asking: MembersWriter, once: Once) -> Response:
    """Add or change a member at home in a store; tills learn of it within seconds."""
    phone = digits_of(body.phone or "")
    member = Member(
        member_id=member_id,
        store_id=store_id,
        name=body.name.strip(),
        phone=phone,
        phone_tail=phone[-PHONE_TAIL_DIGITS:],
        code=body.code.strip() or member_id,
        cards=list(dict.fromkeys(uid for uid in map(card_uid, body.cards) if uid)),
        tier=body.tier.strip(),
        groups=list(dict.fromkeys(body.groups)),
        birthday=body.birthday,
        note=body.note.strip(),
        consent_messages=body.consent_messages,
        consent_profile=body.consent_profile,
        active=body.active,
        joined_at_ms=asking.now_ms,
        changed_at_ms=asking.now_ms,
    )

    async def use_case(tx: Connection) -> Done[MemberWritten]:
        change = await service.put(tx, member, keep_phone=body.phone is None)
        verb = "added" if change.before is None else "changed"
        entry = Entry(f"member.{verb}", member_id, (store_id,), "", _noted(change.before), _noted(change.after))
        return Done(MemberWritten(member_id=member_id), entry)

    return await write(asking, once, use_case)


@router.get("/member-policy")
async def get_policy(asking: Reader) -> PolicyBody:
    """How far stores may go with what they know of members."""
    async with asking.read() as tx:
        found = await store.policy(tx)
    return PolicyBody(**{name: value for name, value in asdict(found).items() if name != "salt"})


@router.put("/member-policy", response_model=PolicyBody)
async def put_policy(body: PolicyBody, asking: ValueWriter, once: Once) -> Response:
    """Change it for every store."""

    async def use_case(tx: Connection) -> Done[PolicyBody]:
        before = await service.put_policy(tx, Policy(salt="", **body.model_dump()))
        return Done(body, Entry("member.policy_changed", "chain", before=replace(before, salt=""), after=body.model_dump()))

    return await write(asking, once, use_case)
