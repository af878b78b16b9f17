"""Routes of stored value. Answers with card numbers or coupon codes are never kept for repeats."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.refusals import Missing
from cloud.stored_value import service, store
from cloud.stored_value.schemas import (
    AccountDetail,
    AccountPage,
    AccountView,
    AccountWritten,
    AdjustmentBody,
    AllowanceBody,
    Allowances,
    AllowanceView,
    BatchPage,
    BatchView,
    BlockBody,
    CardBody,
    CardIssued,
    ClashPage,
    ClashView,
    CouponIssued,
    CouponsBody,
    CouponsIssued,
    LedgerCheck,
    MovementView,
    SettledBody,
    WrongView,
)
from cloud.stored_value.service import NewCard, NewCoupons
from cloud.stored_value.store import AllowanceRow
from cloud.web.access import AlarmsWriter, ChainReader, Reader, ValueWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["stored value"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
MOVEMENTS_MAX = 200
BATCHES_MAX = 200
WRONG_MAX = 100


@router.get("/stored-value/accounts")
async def list_accounts(
    asking: ChainReader,
    value_kind: Literal["", "gift_card", "points", "coupon"] = "",
    tail: Annotated[str, Query(max_length=4)] = "",
    member_id: str = "",
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> AccountPage:
    """Gift cards, points and coupons with what is left of them."""
    async with asking.read() as tx:
        rows = await store.accounts(
            tx, kind=value_kind, tail=tail.upper(), member_id=member_id, after=text_cursor(after), limit=limit
        )
    views = [AccountView(**asdict(row)) for row in rows]
    return AccountPage(rows=views, next=encode_cursor(rows[-1].account_id) if len(rows) == limit else None)


@router.get("/stored-value/accounts/{account_id}")
async def get_account(account_id: str, asking: ChainReader) -> AccountDetail:
    """One account with the newest lines of its ledger."""
    async with asking.read() as tx:
        rows = await store.accounts(tx, account_id=account_id, limit=1)
        lines = await store.movements(tx, account_id, MOVEMENTS_MAX)
    if not rows:
        raise Missing("no_account", f"There is no account '{account_id}'.", "See the list of stored value.")
    return AccountDetail(account=AccountView(**asdict(rows[0])), movements=[MovementView(**asdict(line)) for line in lines])


@router.post("/stored-value/gift-cards")
async def issue_card(body: CardBody, asking: ValueWriter) -> CardIssued:
    """Issue a gift card. Its number is in this answer and nowhere else."""
    new = NewCard(body.number, body.amount_minor, body.currency, body.expires_ms, body.reason)

    async def use_case(tx: Connection) -> Done[CardIssued]:
        account, number = await service.issue_card(tx, new, asking.hq.rng, asking.now_ms)
        noted = {"tail": account.tail, "amount_minor": body.amount_minor, "currency": body.currency}
        entry = Entry("stored_value.card_issued", account.account_id, after=noted, reason=body.reason)
        return Done(CardIssued(account_id=account.account_id, number=number), entry)

    return await asking.change(use_case)


@router.post("/stored-value/coupons")
async def issue_coupons(body: CouponsBody, asking: ValueWriter) -> CouponsIssued:
    """Issue coupons of a promotion. Their codes are in this answer and nowhere else."""
    batch_id = asking.hq.ids.new()
    new = NewCoupons(body.promotion_id, body.count, body.member_ids, body.valid_from_ms, body.valid_to_ms, body.reason)

    async def use_case(tx: Connection) -> Done[CouponsIssued]:
        made = await service.issue_coupons(tx, new, batch_id, asking.hq.rng, asking.now_ms)
        noted = {**body.model_dump(), "count": len(made)}
        entry = Entry("stored_value.coupons_issued", batch_id, after=noted, reason=body.reason)
        return Done(CouponsIssued(batch_id=batch_id, coupons=[CouponIssued(**asdict(each)) for each in made]), entry)

    return await asking.change(use_case)


@router.get("/stored-value/coupon-batches")
async def list_batches(asking: ChainReader) -> BatchPage:
    """Coupons issued together, newest first, and how many are gone."""
    async with asking.read() as tx:
        rows = await store.batches(tx, BATCHES_MAX)
    return BatchPage(rows=[BatchView(**asdict(row)) for row in rows])


@router.post("/stored-value/accounts/{account_id}/adjustments", response_model=AccountWritten)
async def adjust(account_id: str, body: AdjustmentBody, asking: ValueWriter, once: Once) -> Response:
    """Add to an account by hand, or take away."""

    async def use_case(tx: Connection) -> Done[AccountWritten]:
        account = await service.adjust(tx, account_id, body.amount, body.reason, asking.now_ms)
        noted = {"kind": account.kind, "amount": body.amount}
        entry = Entry("stored_value.adjusted", account_id, after=noted, reason=body.reason)
        return Done(AccountWritten(account_id=account_id), entry)

    return await write(asking, once, use_case)


@router.put("/stored-value/accounts/{account_id}/blocked", response_model=AccountWritten)
async def block(account_id: str, body: BlockBody, asking: ValueWriter, once: Once) -> Response:
    """Block an account, or let it be used again."""

    async def use_case(tx: Connection) -> Done[AccountWritten]:
        account = await service.block(tx, account_id, blocked=body.blocked)
        entry = Entry(
            "stored_value.blocked" if body.blocked else "stored_value.unblocked",
            account_id,
            before={"blocked": account.blocked},
            reason=body.reason,
        )
        return Done(AccountWritten(account_id=account_id), entry)

    return await write(asking, once, use_case)


@router.get("/stored-value/clashes")
async def list_clashes(
    asking: Reader, settled: bool = False, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> ClashPage:
    """Sales of your stores that took what was not there any more: those nobody has looked at, or all."""
    async with asking.read() as tx:
        rows = await store.clashes(tx, number_cursor(after), limit, settled=settled)
    views = [ClashView(**asdict(row)) for row in rows]
    return ClashPage(rows=views, next=encode_cursor(rows[-1].clash_id) if len(rows) == limit else None)


@router.post("/stores/{store_id}/stored-value-clashes/{clash_id}/seen", status_code=204)
async def settle_clash(store_id: str, clash_id: int, body: SettledBody, asking: AlarmsWriter) -> None:
    """Somebody has looked at a clash and says what was done."""

    async def use_case(tx: Connection) -> Done[None]:
        sale_id = await service.settle_clash(tx, store_id, clash_id, body.how, asking.person.login, asking.now_ms)
        noted = {"sale_id": sale_id}
        return Done(None, Entry("stored_value.clash_settled", str(clash_id), (store_id,), after=noted, reason=body.how))

    await asking.change(use_case)


@router.get("/stored-value/allowances")
async def list_allowances(asking: ChainReader) -> Allowances:
    """What stores may take while headquarters cannot be asked."""
    async with asking.read() as tx:
        rows = await store.allowances(tx)
    return Allowances(rows=[AllowanceView(**asdict(row)) for row in rows])


@router.put("/stored-value/allowances", response_model=AllowanceView)
async def put_allowance(body: AllowanceBody, asking: ValueWriter, once: Once) -> Response:
    """Set it, for one store or for every store without limits of its own."""

    async def use_case(tx: Connection) -> Done[AllowanceView]:
        await service.put_allowance(tx, AllowanceRow(**body.model_dump()))
        stores = (body.store_id,) if body.store_id else ()
        entry = Entry("stored_value.allowance_set", body.value_kind, stores, after=body.model_dump())
        return Done(AllowanceView(**body.model_dump()), entry)

    return await write(asking, once, use_case)


@router.get("/stored-value/check")
async def check(asking: ChainReader) -> LedgerCheck:
    """Is every balance the sum of its movements?"""
    async with asking.read() as tx:
        rows = await store.wrong(tx, WRONG_MAX)
    return LedgerCheck(wrong=[WrongView(**asdict(row)) for row in rows])
