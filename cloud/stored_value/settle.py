"""What facts say of stored value becomes movements: once each, whatever order stores report in.

Ingest notes in `value_due` what there is to book, in the transaction that takes the fact; here each is booked in a
transaction of its own, with its mark in `value_booked`. A sale always stands: what was not there any more is a clash
on a list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from cloud.db.pool import Connection, Database, Scope
from cloud.db.queries import load_queries
from cloud.stored_value import ledger
from cloud.stored_value.domain import Account, Place, Reservation, What, Why
from cloud.stored_value.ledger import NewAccount
from protocols.contract.questions import ValueKind, split_card_reference

Q = load_queries(__file__, "settle.sql")

AT_ONCE = 100
TRIES_MAX = 20
"""A return whose sale has not come yet is tried again so often, ever more rarely (an hour at most); then it is booked."""
WAIT_MS_MAX = 3_600_000
MONTH_MS = 2_629_800_000


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to book."""

    n: int
    store_id: str
    what: str
    ref: str
    part: int
    coupon_id: str
    tries: int


class TooEarly(Exception):
    """What it refers to has not arrived: try again later."""


async def settle_some(database: Database, now_ms: int) -> int:
    """Book what is due; how many."""
    async with database.transaction(Scope.everything(), reading=True) as tx:
        rows = await (await tx.execute(Q["due"], {"now_ms": now_ms, "limit": AT_ONCE})).fetchall()
    for row in rows:
        due = Due(*row)
        try:
            async with database.transaction(Scope.everything()) as tx:
                await book(tx, due, now_ms)
        except TooEarly:
            wait_ms = min(WAIT_MS_MAX, 1000 * 2**due.tries)
            async with database.transaction(Scope.everything()) as tx:
                await tx.execute(Q["later"], {"n": due.n, "not_before_ms": now_ms + wait_ms})
    return len(rows)


async def book(tx: Connection, due: Due, now_ms: int) -> None:
    """Book one, unless somebody else does or did. Raises `TooEarly`."""
    if await (await tx.execute(Q["claim"], {"n": due.n})).fetchone() is None:
        return
    mark = {"store_id": due.store_id, "what": due.what, "ref": due.ref, "part": due.part, "coupon_id": due.coupon_id}
    if await (await tx.execute(Q["book"], mark)).fetchone() is not None:
        await BOOKINGS[due.what](tx, due, now_ms)
    await tx.execute(Q["done"], {"n": due.n})


async def _tender(tx: Connection, due: Due, now_ms: int) -> None:
    row = await _row(tx, "tender", due)
    if row is None:
        raise TooEarly
    kind, amount_minor, units, reference, attempt_id, member_id, training = row
    if training:
        return
    value_kind = ValueKind(str(kind))
    amount = int(units if value_kind is ValueKind.POINTS else amount_minor)
    key = str(member_id or "") if value_kind is ValueKind.POINTS else split_card_reference(str(reference))[0]
    held = await ledger.by_attempt(tx, due.store_id, str(attempt_id)) if attempt_id else None
    account = await (ledger.lock(tx, value_kind, key) if held is None else ledger.lock_id(tx, held.account_id))
    if amount > 0:
        await _spend(tx, due, value_kind, account, held, amount, now_ms, member_id=str(member_id or ""))
    elif amount < 0:
        await _give_back(tx, due, value_kind, key, -amount, now_ms)


async def _give_back(tx: Connection, due: Due, kind: ValueKind, key: str, amount: int, now_ms: int) -> None:
    """A part of a tender was given back before the sale closed: into the lots the sale took it from."""
    place = Place(now_ms, due.store_id, due.ref, "given back")
    if kind is ValueKind.POINTS:
        account = await ledger.lock(tx, kind, key)
        if account is not None:
            await ledger.restore(tx, account, amount, place)
        return
    cards = await (await tx.execute(Q["cards_of_sale"], {"store_id": due.store_id, "sale_id": due.ref})).fetchall()
    for (account_id,) in cards:
        card = await ledger.lock_id(tx, str(account_id))
        if card is not None and amount:
            amount = await ledger.restore(tx, card, amount, place)


async def _coupon(tx: Connection, due: Due, now_ms: int) -> None:
    row = await _row(tx, "coupon", due)
    if row is None:
        raise TooEarly
    coupon_id, reservation_id, training = row
    if training:
        return
    account = await ledger.lock_id(tx, str(coupon_id))
    held = await ledger.by_id(tx, str(reservation_id)) if reservation_id else None
    if held is not None and held.account_id != coupon_id:
        held = None
    await _spend(tx, due, ValueKind.COUPON, account, held, 1, now_ms)


async def _spend(
    tx: Connection,
    due: Due,
    kind: ValueKind,
    account: Account | None,
    held: Reservation | None,
    amount: int,
    now_ms: int,
    *,
    member_id: str = "",
) -> None:
    place = Place(now_ms, due.store_id, due.ref)
    if account is None:
        await _clash(tx, due, kind, None, amount, amount, Why.UNKNOWN, now_ms, member_id)
        return
    if held is not None:  # as it is under the account's lock
        held = await ledger.by_id(tx, held.reservation_id)
    aside = held if held is not None and held.state == "held" else None
    short = await ledger.consume(tx, account, aside, amount, place)
    if short:
        why = Why.USED_BEFORE if kind is ValueKind.COUPON else Why.OVERDRAWN
        await _clash(tx, due, kind, account, amount, short, why, now_ms, member_id)


async def _clash(
    tx: Connection,
    due: Due,
    kind: ValueKind,
    account: Account | None,
    amount: int,
    short: int,
    why: Why,
    now_ms: int,
    member_id: str,
) -> None:
    values = {
        "store_id": due.store_id,
        "sale_id": due.ref,
        "kind": kind,
        "account_id": due.coupon_id if account is None else account.account_id,
        "tail": "" if account is None else account.tail,
        "member_id": (account.member_id if account is not None else None) or member_id,
        "amount": amount,
        "short": short,
        "why": why,
        "now_ms": now_ms,
    }
    await tx.execute(Q["clash"], values)


async def _card(tx: Connection, due: Due, now_ms: int) -> None:
    """A gift card was sold, or loaded again."""
    row = await _row(tx, "card", due)
    if row is None:
        raise TooEarly
    reference, net_minor, currency, training = row
    key, tail = split_card_reference(str(reference))
    amount = int(net_minor)
    if training or not key or amount <= 0:
        return
    known = await ledger.lock(tx, ValueKind.GIFT_CARD, key)
    new = NewAccount(ValueKind.GIFT_CARD, key, tail, currency=str(currency))
    account = known or await ledger.open_account(tx, new, now_ms)
    what = What.ISSUE if known is None else What.LOAD
    place = Place(now_ms, due.store_id, due.ref)
    await ledger.add_lot(tx, account, amount, place, what=what, origin=f"card/{due.store_id}/{due.ref}/{due.part}")


async def _earned(tx: Connection, due: Due, now_ms: int) -> None:
    """Points for what was paid; and the store is one the member shops in."""
    row = await _row(tx, "earned", due)
    if row is None:
        return  # a member headquarters does not know
    member_id, points, closed_at_ms, training = row
    if training:
        return
    visit = {"store_id": due.store_id, "member_id": member_id, "at_ms": closed_at_ms}
    first = await (await tx.execute(Q["visited"], visit)).fetchone()
    if first is not None and first[0]:
        await tx.execute(Q["tell_stores"], {"member_id": member_id})
    if int(points) <= 0:
        return
    account = await ledger.open_account(tx, NewAccount(ValueKind.POINTS, str(member_id), member_id=str(member_id)), now_ms)
    policy = await (await tx.execute(Q["points_months"])).fetchone()
    months = 0 if policy is None else int(policy[0])
    await ledger.add_lot(
        tx,
        account,
        int(points),
        Place(now_ms, due.store_id, due.ref),
        what=What.ISSUE,
        origin=f"sale/{due.store_id}/{due.ref}",
        expires_ms=int(closed_at_ms) + months * MONTH_MS if months else None,
    )


async def _refund(tx: Connection, due: Due, now_ms: int) -> None:
    """Money goes back to the gift cards the sale was paid with; what does not fit there becomes a lot of its own."""
    row = await _row(tx, "refund", due)
    if row is None:
        raise TooEarly
    amount_minor, reference, attempt_id, sold_store_id, sale_id, currency = row
    left = int(amount_minor)
    sold = {"store_id": str(sold_store_id or due.store_id), "sale_id": str(sale_id)}
    if sale_id and await _waits(tx, sold, due):
        raise TooEarly
    cards = await (await tx.execute(Q["cards_of_sale"], sold)).fetchall() if sale_id else []
    accounts = [found for card in cards if (found := await ledger.lock_id(tx, str(card[0]))) is not None]
    paid = await ledger.by_attempt(tx, sold["store_id"], str(attempt_id)) if attempt_id else None
    key, tail = split_card_reference(str(reference))
    meant = "" if paid is None else paid.account_id
    accounts.sort(key=lambda card: (card.account_id != meant, card.key != key))  # the card of that tender first
    for account in accounts:
        left = await ledger.restore(tx, account, left, Place(now_ms, sold["store_id"], sold["sale_id"], due.ref))
    if left <= 0:
        return
    if key:
        new = NewAccount(ValueKind.GIFT_CARD, key, tail, currency=str(currency))
        account = await ledger.open_account(tx, new, now_ms)
    elif accounts:
        account = accounts[0]
    else:
        await _clash(tx, due, ValueKind.GIFT_CARD, None, int(amount_minor), left, Why.UNKNOWN, now_ms, "")
        return
    place = Place(now_ms, due.store_id, due.ref)
    await ledger.add_lot(tx, account, left, place, what=What.LOAD, origin=f"return/{due.store_id}/{due.ref}")


async def _returned(tx: Connection, due: Due, now_ms: int) -> None:
    """Points earned are taken back, points spent go back into their lots (rule R12)."""
    row = await _row(tx, "returned", due)
    if row is None:
        raise TooEarly
    member_id, taken_back, given_back, sold_store_id, sale_id, sale_known = row
    sold = {"store_id": str(sold_store_id or due.store_id), "sale_id": str(sale_id)}
    early = (sale_id and not sale_known) or await _waits(tx, sold, due)
    if early and due.tries < TRIES_MAX:
        raise TooEarly
    if not member_id:
        return
    account = await ledger.open_account(tx, NewAccount(ValueKind.POINTS, str(member_id), member_id=str(member_id)), now_ms)
    if int(given_back) > 0:
        place = Place(now_ms, sold["store_id"], sold["sale_id"], due.ref)
        left = await ledger.restore(tx, account, int(given_back), place)
        if left:
            place = Place(now_ms, due.store_id, due.ref)
            await ledger.add_lot(tx, account, left, place, what=What.ADJUST, origin=f"return/{due.store_id}/{due.ref}")
    if int(taken_back) > 0:
        account = await ledger.lock_id(tx, account.account_id) or account
        origin = f"sale/{sold['store_id']}/{sold['sale_id']}"
        await ledger.take_back(tx, account, int(taken_back), Place(now_ms, due.store_id, due.ref), origin=origin)


async def _waits(tx: Connection, sold: dict[str, str], due: Due) -> bool:
    """Whether the sale's own bookings are still to come."""
    if due.tries >= TRIES_MAX:
        return False
    return await (await tx.execute(Q["waits_for"], sold)).fetchone() is not None


async def _row(tx: Connection, query: str, due: Due) -> tuple[Any, ...] | None:
    values = {"store_id": due.store_id, "ref": due.ref, "part": due.part, "coupon_id": due.coupon_id}
    return await (await tx.execute(Q[query], values)).fetchone()


Booking: TypeAlias = Callable[[Connection, Due, int], Awaitable[None]]

BOOKINGS: dict[str, Booking] = {
    "tender": _tender,
    "coupon": _coupon,
    "card": _card,
    "earned": _earned,
    "refund": _refund,
    "returned": _returned,
}
