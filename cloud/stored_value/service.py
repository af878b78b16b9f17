"""Use cases of people at headquarters: issue, correct, block, and settle a clash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.refusals import Conflict, Invalid, Missing
from cloud.stored_value import ledger, store
from cloud.stored_value.domain import CODE_LENGTH, Account, Place, What, check_amount, check_batch, code_of
from cloud.stored_value.ledger import NewAccount
from cloud.stored_value.store import AllowanceRow
from cloud.web.in_scope import need_store
from protocols.clock import RandomSource
from protocols.contract.questions import ValueKind, account_id_of, value_key, value_tail

NUMBER_LENGTH_MIN, NUMBER_LENGTH_MAX = 8, 64


@dataclass(frozen=True)
class NewCard:
    """A gift card issued at headquarters. `number` empty: one is drawn."""

    number: str
    amount_minor: int
    currency: str
    expires_ms: int | None
    reason: str


@dataclass(frozen=True)
class NewCoupons:
    """Coupons of one promotion: one for each member, or `count` for bearers."""

    promotion_id: str
    count: int
    member_ids: Sequence[str]
    valid_from_ms: int
    valid_to_ms: int | None
    reason: str


@dataclass(frozen=True)
class Coupon:
    """A coupon just made; its code is never shown again."""

    coupon_id: str
    code: str
    member_id: str


async def issue_card(tx: Connection, new: NewCard, rng: RandomSource, now_ms: int) -> tuple[Account, str]:
    """A new gift card with money on it, and its number. Raises `Invalid`, `Conflict` (it was issued before)."""
    check_amount("amount_minor", new.amount_minor)
    number = new.number.strip() or code_of(rng.bytes(CODE_LENGTH))
    if not NUMBER_LENGTH_MIN <= len(number) <= NUMBER_LENGTH_MAX:
        raise Invalid.field("number", "too short or too long", f"{NUMBER_LENGTH_MIN} to {NUMBER_LENGTH_MAX} characters.")
    key = value_key(ValueKind.GIFT_CARD, number)
    if await ledger.lock(tx, ValueKind.GIFT_CARD, key) is not None:
        raise Conflict("card_known", "This gift card was issued before.", "Load it with an adjustment instead.")
    account = await ledger.open_account(
        tx, NewAccount(ValueKind.GIFT_CARD, key, value_tail(number), currency=new.currency), now_ms
    )
    place = Place(now_ms, reason=new.reason)
    await ledger.add_lot(
        tx, account, new.amount_minor, place, what=What.ISSUE, origin="hq/issued", expires_ms=new.expires_ms
    )
    return account, number


async def issue_coupons(tx: Connection, new: NewCoupons, batch_id: str, rng: RandomSource, now_ms: int) -> list[Coupon]:
    """A batch of coupons. Raises `Invalid`, `Missing` (a member)."""
    check_batch(new.promotion_id, new.count, new.member_ids, new.valid_from_ms, new.valid_to_ms)
    members = list(new.member_ids) or [""] * new.count
    unknown = await (await tx.execute(store.Q["unknown_members"], {"member_ids": members})).fetchall()
    if unknown:
        names = ", ".join(str(row[0]) for row in unknown)
        raise Missing("no_member", f"There are no members {names}.", "See the list of members.")
    codes = [code_of(rng.bytes(CODE_LENGTH)) for _ in members]
    keys = [value_key(ValueKind.COUPON, code) for code in codes]
    ids = [account_id_of(ValueKind.COUPON, key) for key in keys]
    values = {
        "account_ids": ids,
        "keys": keys,
        "tails": [value_tail(code) for code in codes],
        "member_ids": members,
        "promotion_id": new.promotion_id,
        "batch_id": batch_id,
        "valid_from_ms": new.valid_from_ms,
        "expires_ms": new.valid_to_ms,
        "origin": f"hq/{batch_id}",
        "reason": new.reason,
        "now_ms": now_ms,
    }
    for name in ("add_coupons", "add_coupon_lots", "note_coupons", "tell_members"):
        await tx.execute(store.Q[name], values)
    return [Coupon(*each) for each in zip(ids, codes, members, strict=True)]


async def adjust(tx: Connection, account_id: str, amount: int, reason: str, now_ms: int) -> Account:
    """Add to an account by hand, or take away (negative); what is spent already is owed. Raises `Invalid`, `Missing`."""
    account = await _need(tx, account_id)
    if account.kind == ValueKind.COUPON:
        raise Conflict("coupon_adjusted", "A coupon is there or it is not.", "Issue another one, or block it.")
    if not reason.strip():
        raise Invalid.field("reason", "empty", "Say why.")
    check_amount("amount", abs(amount))
    place = Place(now_ms, reason=reason.strip())
    if amount > 0:
        await ledger.add_lot(tx, account, amount, place, what=What.ADJUST, origin="hq/adjusted")
    else:
        await ledger.take_back(tx, account, -amount, place)
    return account


async def block(tx: Connection, account_id: str, *, blocked: bool) -> Account:
    """Block it or let it be used again. Raises `Missing`."""
    account = await _need(tx, account_id)
    await tx.execute(store.Q["block"], {"account_id": account_id, "blocked": blocked})
    if account.member_id is not None:
        await tx.execute(store.Q["tell_members"], {"member_ids": [account.member_id]})
    return account


async def settle_clash(tx: Connection, store_id: str, clash_id: int, how: str, person: str, now_ms: int) -> str:
    """Somebody has looked at it; returns the sale. Raises `Missing`, `Invalid`."""
    await need_store(tx, store_id)
    if not how.strip():
        raise Invalid.field("how", "empty", "Say what was done.")
    values = {"store_id": store_id, "clash_id": clash_id, "how": how.strip(), "person": person, "now_ms": now_ms}
    row = await (await tx.execute(store.Q["settle_clash"], values)).fetchone()
    if row is None:
        raise Missing("no_clash", f"There is no open clash {clash_id} in '{store_id}'.", "See the list of clashes.")
    return str(row[0])


async def put_allowance(tx: Connection, row: AllowanceRow) -> None:
    """Set how much a store may take alone. Raises `Invalid`, `Missing`."""
    if row.store_id:
        await need_store(tx, row.store_id)
    if min(row.per_transaction, row.per_account_day, row.per_outage) < 0:
        raise Invalid.field("per_transaction", "below zero", "0 or more; 0 takes nothing.")
    await store.put_allowance(tx, row)


async def _need(tx: Connection, account_id: str) -> Account:
    account = await ledger.lock_id(tx, account_id)
    if account is None:
        raise Missing("no_account", f"There is no account '{account_id}'.", "See the list of stored value.")
    return account
