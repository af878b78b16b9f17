"""Questions of tills about stored value: reserve, release, balance (contract: `protocols/contract/questions.py`).

A till asks with what it scanned, so a store learns only of cards and coupons that are in front of it, and of members by id.
"""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.stored_value import ledger
from cloud.stored_value.domain import Account, Place, Reservation, free_to_spend
from protocols.contract.questions import (
    Answer,
    AskBalance,
    Balance,
    CouponReserved,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ReserveValue,
    ValueKind,
    ValueReleased,
    ValueReserved,
)


async def reserve_value(tx: Connection, store_id: str, asked: ReserveValue, now_ms: int) -> Answer:
    """Set money of a card or points aside for a payment attempt; the same attempt is given the same again."""
    if asked.amount <= 0 or asked.value_kind is ValueKind.COUPON:
        return QuestionRefused(code="value_unknown", text="Ask for an amount of a gift card or of points.")
    key = asked.member_id if asked.value_kind is ValueKind.POINTS else asked.key
    account = await ledger.lock(tx, asked.value_kind, key)
    if account is None:
        return _unknown()
    if account.blocked:
        return QuestionRefused(code="value_blocked", text="It is blocked.")
    if asked.value_kind is ValueKind.GIFT_CARD and account.currency != asked.currency:
        return QuestionRefused(code="value_currency", params={"currency": account.currency})
    known = await ledger.by_attempt(tx, store_id, asked.attempt_id)
    if known is not None:
        return await _again(tx, account, known, now_ms)
    wanted = _wanted(account, store_id, asked.attempt_id, asked.sale_id, asked.till_id, asked.amount, now_ms)
    given = await ledger.reserve(tx, account, wanted, _place(store_id, asked.sale_id, now_ms))
    if isinstance(given, int):
        return QuestionRefused(code="value_short", text="Not enough is left.", params={"balance": str(given)})
    return await _reserved(tx, account, given, now_ms)


async def reserve_coupon(tx: Connection, store_id: str, asked: ReserveCoupon, now_ms: int) -> Answer:
    """Set a coupon aside for a sale."""
    if asked.coupon_id:
        account = await ledger.lock_id(tx, asked.coupon_id)
    else:
        account = await ledger.lock(tx, ValueKind.COUPON, asked.key)
    if account is None or account.kind != ValueKind.COUPON:
        return _unknown()
    if account.blocked:
        return QuestionRefused(code="value_blocked", text="It is blocked.")
    if account.member_id is not None and account.member_id != asked.member_id:
        return QuestionRefused(code="coupon_of_another", text="The coupon belongs to a member.")
    if account.valid_from_ms > now_ms:
        return QuestionRefused(code="coupon_early", text="The coupon is not valid yet.")
    known = await ledger.by_attempt(tx, store_id, asked.attempt_id)
    if known is not None and known.state == "held":
        return _coupon(account, known)
    attempt_id = asked.attempt_id if known is None else f"{asked.attempt_id}/{asked.question_id}"
    wanted = _wanted(account, store_id, attempt_id, asked.sale_id, asked.till_id, 1, now_ms)
    given = await ledger.reserve(tx, account, wanted, _place(store_id, asked.sale_id, now_ms))
    if isinstance(given, int):
        return await _no_coupon(tx, account, now_ms)
    return _coupon(account, given)


async def release_value(tx: Connection, store_id: str, asked: ReleaseValue, now_ms: int) -> Answer:
    """Give back what was set aside for an attempt. Of two at once the lock of the account lets one do it."""
    found = await ledger.by_id(tx, asked.reservation_id) if asked.reservation_id else None
    found = found or await ledger.by_attempt(tx, store_id, asked.attempt_id)
    if found is None or found.store_id != store_id:
        return ValueReleased(released=0)
    account = await ledger.lock_id(tx, found.account_id)
    held = await ledger.by_id(tx, found.reservation_id)
    if account is None or held is None or held.state != "held":
        return ValueReleased(released=0)
    return ValueReleased(released=await ledger.release(tx, account, held, _place(store_id, held.sale_id, now_ms)))


async def balance(tx: Connection, store_id: str, asked: AskBalance, now_ms: int) -> Answer:  # noqa: ARG001 - any store may ask
    """What may be spent of a card or of points."""
    key = asked.member_id if asked.value_kind is ValueKind.POINTS else asked.key
    account = await ledger.lock(tx, asked.value_kind, key)
    if account is None:
        return _unknown()
    if account.blocked:
        return QuestionRefused(code="value_blocked", text="It is blocked.")
    await ledger.release_lapsed(tx, account, now_ms)
    lots = await ledger.lots_of(tx, account)
    ends = [lot.expires_ms for lot in lots if lot.expires_ms is not None and lot.spendable(now_ms)]
    return Balance(
        free=free_to_spend(account, lots, now_ms),
        currency=account.currency,
        tail=account.tail,
        expires_ms=min(ends, default=None),
    )


def _unknown() -> QuestionRefused:
    return QuestionRefused(code="value_unknown", text="There is none such.")


def _place(store_id: str, sale_id: str, now_ms: int) -> Place:
    return Place(now_ms, store_id, sale_id)


def _wanted(
    account: Account, store_id: str, attempt_id: str, sale_id: str, till_id: str, amount: int, now_ms: int
) -> Reservation:
    return Reservation(
        reservation_id=ledger.reservation_id_of(store_id, attempt_id),
        account_id=account.account_id,
        store_id=store_id,
        attempt_id=attempt_id,
        sale_id=sale_id,
        till_id=till_id,
        amount=amount,
        state="held",
        expires_ms=ledger.expiry_of(now_ms),
    )


async def _again(tx: Connection, account: Account, known: Reservation, now_ms: int) -> Answer:
    if known.account_id != account.account_id or known.state != "held":
        return QuestionRefused(code="attempt_over", text="This attempt has ended.")
    return await _reserved(tx, account, known, now_ms)


async def _reserved(tx: Connection, account: Account, held: Reservation, now_ms: int) -> ValueReserved:
    left = free_to_spend(account, await ledger.lots_of(tx, account), now_ms)
    return ValueReserved(
        reservation_id=held.reservation_id,
        amount=held.amount,
        left=left,
        tail=account.tail,
        expires_ms=held.expires_ms,
    )


def _coupon(account: Account, held: Reservation) -> CouponReserved:
    return CouponReserved(
        reservation_id=held.reservation_id,
        coupon_id=account.account_id,
        promotion_id=account.promotion_id,
        tail=account.tail,
        expires_ms=held.expires_ms,
    )


async def _no_coupon(tx: Connection, account: Account, now_ms: int) -> QuestionRefused:
    """Why: somebody else is about to use it, it has ended, or it was used."""
    if await ledger.is_held(tx, account):
        return QuestionRefused(code="coupon_taken", text="The coupon is set aside for another sale.")
    ended = any(lot.free and not lot.spendable(now_ms) for lot in await ledger.lots_of(tx, account))
    code = "value_expired" if ended else "coupon_used"
    return QuestionRefused(code=code, text="The coupon has ended." if ended else "The coupon was used.")
