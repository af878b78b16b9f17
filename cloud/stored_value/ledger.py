"""The ledger: every change of an account is a movement, written with the lot it changes, under the account's lock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.stored_value.domain import RESERVATION_MS, Account, Lot, Place, Reservation, What, free_to_spend, spread
from protocols.contract.questions import ValueKind, account_id_of

Q = load_queries(__file__, "ledger.sql")
NOWHERE = Place(0)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with."""

    kind: ValueKind
    key: str
    tail: str = ""
    member_id: str | None = None
    currency: str = ""
    promotion_id: str = ""
    batch_id: str = ""
    valid_from_ms: int = 0

    @property
    def account_id(self) -> str:
        """The same for the same number, so that two who open it at once open one."""
        return account_id_of(self.kind, self.key)


async def lock(tx: Connection, kind: ValueKind, key: str) -> Account | None:
    """The account of a number, locked until the transaction ends."""
    async with tx.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute(Q["lock_by_key"], {"kind": kind, "key": key})
        return await cursor.fetchone()


async def lock_id(tx: Connection, account_id: str) -> Account | None:
    """An account, locked until the transaction ends."""
    async with tx.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute(Q["lock_by_id"], {"account_id": account_id})
        return await cursor.fetchone()


async def open_account(tx: Connection, new: NewAccount, now_ms: int) -> Account:
    """The account of a number, made when there is none; locked."""
    values = {
        "account_id": new.account_id,
        "kind": new.kind,
        "key": new.key,
        "tail": new.tail,
        "member_id": new.member_id,
        "currency": new.currency,
        "promotion_id": new.promotion_id,
        "batch_id": new.batch_id,
        "valid_from_ms": new.valid_from_ms,
        "now_ms": now_ms,
    }
    await tx.execute(Q["open_account"], values)
    account = await lock(tx, new.kind, new.key)
    assert account is not None
    return account


async def lots_of(tx: Connection, account: Account) -> list[Lot]:
    """Lots with something in them, the one that ends soonest first."""
    async with tx.cursor(row_factory=class_row(Lot)) as cursor:
        await cursor.execute(Q["lots"], {"account_id": account.account_id})
        return await cursor.fetchall()


async def add_lot(
    tx: Connection, account: Account, amount: int, place: Place, *, what: What, origin: str, expires_ms: int | None = None
) -> None:
    """Put a lot in. What the account owes is settled from it first."""
    values = {"account_id": account.account_id, "amount": amount, "expires_ms": expires_ms, "origin": origin}
    row = await (await tx.execute(Q["add_lot"], {**values, "now_ms": place.now_ms})).fetchone()
    assert row is not None
    await _note(tx, account, int(row[0]), what, amount, place=place)
    settled = min(amount, account.owed)
    if settled:
        await _move(tx, account, int(row[0]), What.SETTLE, -settled, place=place)
        await _owe(tx, account, What.SETTLE, settled, place)
    await _changed(tx, account, place)


async def reserve(tx: Connection, account: Account, wanted: Reservation, place: Place) -> Reservation | int:
    """Set the whole amount aside, or return what is free when that is less. Ended reservations give way first."""
    await release_lapsed(tx, account, place.now_ms)
    lots = await lots_of(tx, account)
    free = free_to_spend(account, lots, place.now_ms)
    if free < wanted.amount:
        return free
    values = {
        "reservation_id": wanted.reservation_id,
        "account_id": account.account_id,
        "store_id": wanted.store_id,
        "attempt_id": wanted.attempt_id,
        "sale_id": wanted.sale_id,
        "till_id": wanted.till_id,
        "amount": wanted.amount,
        "expires_ms": wanted.expires_ms,
        "now_ms": place.now_ms,
    }
    await tx.execute(Q["add_reservation"], values)
    for lot, part in spread(lots, wanted.amount, place.now_ms):
        await _move(tx, account, lot.lot_id, What.RESERVE, -part, part, wanted.reservation_id, place)
    await _changed(tx, account, place)
    return wanted


def reservation_id_of(store_id: str, attempt_id: str) -> str:
    """The same for the same attempt."""
    return hashlib.sha256(f"{store_id}/{attempt_id}".encode()).hexdigest()[:24]


def expiry_of(now_ms: int) -> int:
    """Until when something reserved now stays aside."""
    return now_ms + RESERVATION_MS


async def by_attempt(tx: Connection, store_id: str, attempt_id: str) -> Reservation | None:
    """What was reserved for an attempt of a store."""
    async with tx.cursor(row_factory=class_row(Reservation)) as cursor:
        await cursor.execute(Q["by_attempt"], {"store_id": store_id, "attempt_id": attempt_id})
        return await cursor.fetchone()


async def by_id(tx: Connection, reservation_id: str) -> Reservation | None:
    """A reservation."""
    async with tx.cursor(row_factory=class_row(Reservation)) as cursor:
        await cursor.execute(Q["by_reservation"], {"reservation_id": reservation_id})
        return await cursor.fetchone()


async def is_held(tx: Connection, account: Account) -> bool:
    """Whether anything of the account is set aside."""
    row = await (await tx.execute(Q["held_of"], {"account_id": account.account_id})).fetchone()
    return row is not None and int(row[0]) > 0


async def release(tx: Connection, account: Account, held: Reservation, place: Place, *, state: str = "released") -> int:
    """Give what is still aside back to its lots. The account is locked by the caller."""
    given = 0
    for lot_id, part in await _held_parts(tx, held.reservation_id):
        await _move(tx, account, lot_id, What.RELEASE, part, -part, held.reservation_id, place)
        given += part
    await tx.execute(Q["end_reservation"], {"reservation_id": held.reservation_id, "state": state})
    await _changed(tx, account, place)
    return given


async def release_lapsed(tx: Connection, account: Account, now_ms: int) -> None:
    """Let reservations go whose time is over."""
    async with tx.cursor(row_factory=class_row(Reservation)) as cursor:
        await cursor.execute(Q["lapsed"], {"account_id": account.account_id, "now_ms": now_ms})
        lapsed = await cursor.fetchall()
    for held in lapsed:
        place = Place(now_ms, held.store_id, held.sale_id, "not used in time")
        await release(tx, account, held, place, state="expired")


async def consume(tx: Connection, account: Account, held: Reservation | None, amount: int, place: Place) -> int:
    """Spend `amount` for a sale: first what was set aside for it, then what is free. Returns what was not there."""
    left = amount
    if held is not None:
        for lot_id, part in await _held_parts(tx, held.reservation_id):
            spent = min(left, part)
            if spent:
                await _move(tx, account, lot_id, What.CONSUME, 0, -spent, held.reservation_id, place)
            if part > spent:
                rest = part - spent
                await _move(tx, account, lot_id, What.RELEASE, rest, -rest, held.reservation_id, place)
            left -= spent
        await tx.execute(Q["end_reservation"], {"reservation_id": held.reservation_id, "state": "consumed"})
    for lot, part in spread(await lots_of(tx, account), left, place.now_ms):
        await _move(tx, account, lot.lot_id, What.CONSUME, -part, place=place)
        left -= part
    await _changed(tx, account, place)
    return left


async def restore(tx: Connection, account: Account, amount: int, place: Place) -> int:
    """Give back what a sale (`place`) took, into the lots it came from; they end when they always did. Returns what the sale
    had not taken."""
    values = {"account_id": account.account_id, "store_id": place.store_id, "sale_id": place.sale_id}
    left = amount
    for lot_id, taken in await (await tx.execute(Q["consumed_parts"], values)).fetchall():
        part = min(left, int(taken))
        if part:
            await _move(tx, account, int(lot_id), What.RESTORE, part, place=place)
            left -= part
    await _changed(tx, account, place)
    return left


async def take_back(tx: Connection, account: Account, amount: int, place: Place, *, origin: str = "") -> None:
    """Take value away that should not be there any more: from the lot of `origin` first; what is spent already is owed."""
    left = amount
    lots = await lots_of(tx, account)
    first = [lot for lot in lots if origin and lot.origin == origin]
    others = [lot for lot in lots if lot not in first]
    for lot, part in [*spread(first, left, place.now_ms)]:
        await _move(tx, account, lot.lot_id, What.ADJUST, -part, place=place)
        left -= part
    for lot, part in spread(others, left, place.now_ms):
        await _move(tx, account, lot.lot_id, What.ADJUST, -part, place=place)
        left -= part
    if left:
        await _owe(tx, account, What.OWE, -left, place)
    await _changed(tx, account, place)


async def expire(tx: Connection, account: Account, now_ms: int) -> None:
    """Take out what has ended, reservations first."""
    await release_lapsed(tx, account, now_ms)
    for lot in await lots_of(tx, account):
        if lot.free and lot.expires_ms is not None and lot.expires_ms <= now_ms:
            await _move(tx, account, lot.lot_id, What.EXPIRE, -lot.free, place=Place(now_ms))
    await _changed(tx, account, Place(now_ms))


async def accounts_to_tidy(tx: Connection, now_ms: int, limit: int) -> list[str]:
    """Accounts with reservations or lots that have ended."""
    found: list[str] = []
    for name in ("lapsed_anywhere", "ended_lots"):
        rows = await (await tx.execute(Q[name], {"now_ms": now_ms, "limit": limit})).fetchall()
        found += [str(row[0]) for row in rows]
    return list(dict.fromkeys(found))


async def _held_parts(tx: Connection, reservation_id: str) -> list[tuple[int, int]]:
    rows = await (await tx.execute(Q["held_parts"], {"reservation_id": reservation_id})).fetchall()
    return [(int(lot_id), int(part)) for lot_id, part in rows]


async def _owe(tx: Connection, account: Account, what: What, free_delta: int, place: Place) -> None:
    await tx.execute(Q["move_owed"], {"account_id": account.account_id, "free_delta": free_delta})
    await _note(tx, account, None, what, free_delta, place=place)


async def _move(
    tx: Connection,
    account: Account,
    lot_id: int,
    what: What,
    free_delta: int,
    held_delta: int = 0,
    reservation_id: str = "",
    place: Place = NOWHERE,
) -> None:
    await tx.execute(Q["move_lot"], {"lot_id": lot_id, "free_delta": free_delta, "held_delta": held_delta})
    await _note(tx, account, lot_id, what, free_delta, held_delta, reservation_id, place)


async def _note(
    tx: Connection,
    account: Account,
    lot_id: int | None,
    what: What,
    free_delta: int,
    held_delta: int = 0,
    reservation_id: str = "",
    place: Place = NOWHERE,
) -> None:
    values = {
        "account_id": account.account_id,
        "lot_id": lot_id,
        "what": what,
        "free_delta": free_delta,
        "held_delta": held_delta,
        "reservation_id": reservation_id,
        "store_id": place.store_id,
        "sale_id": place.sale_id,
        "reason": place.reason,
        "now_ms": place.now_ms,
    }
    await tx.execute(Q["note"], values)


async def _changed(tx: Connection, account: Account, place: Place) -> None:
    """A member's points are kept beside their name, and told to the stores that know them."""
    if account.kind == ValueKind.POINTS:
        values = {"account_id": account.account_id, "member_id": account.key, "now_ms": place.now_ms}
        await tx.execute(Q["tell_member"], values)
