"""Routes of stores: how they do, add one, change one, revoke credentials, settle a clone alarm.

Keys are never sent over HTTP: `python -m cloud store add` and `store renew` write them to a folder on HQ's own machine.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.stores import service, store
from cloud.stores.schemas import (
    CertificateView,
    NewStoreBody,
    OrderAnswer,
    OrderRequest,
    RevokeAnswer,
    RevokeRequest,
    StoreBody,
    StorePage,
    StoreSettingsView,
    StoreView,
    StoreWritten,
)
from cloud.users.domain import Right
from cloud.web.access import AlarmsWriter, Asking, Needs, Reader, StoresWriter
from cloud.web.cursors import PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["stores"])
Once = Annotated[Repeat, Depends(repeat_of)]
ChainStoresWriter = Annotated[Asking, Depends(Needs(Right.STORES_WRITE, whole_chain=True))]
STORES_LIMIT_DEFAULT = 100


@router.get("/stores")
async def list_stores(
    asking: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = STORES_LIMIT_DEFAULT,
    region_id: Annotated[str | None, Query(max_length=32, description="Only stores of this region")] = None,
) -> StorePage:
    """How the stores do: applied versus desired feed versions, oldest fact not held, online, alarms, clones."""
    async with asking.read() as tx:
        found = await service.list_stores(tx, text_cursor(after), limit, now_ms=asking.now_ms, region_id=region_id)
    next_cursor = encode_cursor(found[-1].row.store_id) if len(found) == limit else None
    return StorePage(rows=[StoreView.of(standing) for standing in found], next=next_cursor)


@router.get("/stores/{store_id}")
async def get_store(store_id: str, asking: Reader) -> StoreView:
    """How one store does."""
    async with asking.read() as tx:
        return StoreView.of(await service.standing_of(tx, store_id, now_ms=asking.now_ms))


@router.get("/stores/{store_id}/settings")
async def get_settings(store_id: str, asking: Reader) -> StoreSettingsView:
    """What HQ decides about a store."""
    async with asking.read() as tx:
        return StoreSettingsView.model_validate(asdict(await service.get_store(tx, store_id)))


@router.post("/stores", response_model=StoreWritten)
async def add_store(body: NewStoreBody, asking: ChainStoresWriter, once: Once) -> Response:
    """Add a store. Its key and certificate are made on HQ's machine: `python -m cloud store renew ID --out DIR`."""

    new = body.settings(body.store_id)

    async def use_case(tx: Connection) -> Done[StoreWritten]:
        version = await service.add_store(tx, new, now_ms=asking.now_ms)
        answer = StoreWritten(store_id=new.store_id, feed_version=version)
        return Done(answer, Entry("store.added", new.store_id, (new.store_id,), new.zone, after=new))

    return await write(asking, once, use_case)


@router.put("/stores/{store_id}/settings", response_model=StoreWritten)
async def change_store(store_id: str, body: StoreBody, asking: StoresWriter, once: Once) -> Response:
    """Change a store's name, zone, time zone, receipt texts or label times; the store learns of it at once."""

    wanted = body.settings(store_id)

    async def use_case(tx: Connection) -> Done[StoreWritten]:
        before = await service.get_store(tx, store_id, lock=True)
        version = await service.change_store(tx, wanted, now_ms=asking.now_ms)
        noted = Entry("store.changed", store_id, (store_id,), wanted.zone, before, wanted)
        return Done(StoreWritten(store_id=store_id, feed_version=version), noted)

    return await write(asking, once, use_case)


@router.get("/stores/{store_id}/certificates")
async def list_certificates(store_id: str, asking: Reader) -> list[CertificateView]:
    """Every certificate a store was given."""
    async with asking.read() as tx:
        await service.get_store(tx, store_id)
        return [CertificateView.of(row) for row in await store.certificates_of(tx, store_id)]


@router.post("/stores/{store_id}/revocations", response_model=RevokeAnswer)
async def revoke(store_id: str, body: RevokeRequest, asking: StoresWriter, once: Once) -> Response:
    """Let a stolen or replaced box in no longer: one certificate, or all of the store."""

    async def use_case(tx: Connection) -> Done[RevokeAnswer]:
        revoked = await service.revoke_certificates(
            tx, store_id, person=asking.person.login, now_ms=asking.now_ms, serial=body.serial, reason=body.reason
        )
        noted = Entry("certificate.revoked", body.serial or store_id, (store_id,), after=revoked, reason=body.reason)
        return Done(RevokeAnswer(store_id=store_id, revoked=revoked), noted)

    return await write(asking, once, use_case)


@router.post("/stores/{store_id}/orders", response_model=OrderAnswer)
async def order(store_id: str, body: OrderRequest, asking: StoresWriter, once: Once) -> Response:
    """Choose the box to go on with after a clone alarm, or make the store start a new incarnation."""

    async def use_case(tx: Connection) -> Done[OrderAnswer]:
        number = await service.order(
            tx, store_id, body.kind, boot_id=body.boot_id, person=asking.person.login, now_ms=asking.now_ms
        )
        noted = Entry("order.given", str(number), (store_id,), after={"kind": body.kind, "boot_id": body.boot_id})
        return Done(OrderAnswer(store_id=store_id, order_id=number), noted)

    return await write(asking, once, use_case)


@router.post("/stores/{store_id}/alarms/{alarm_id}/seen", status_code=204)
async def mark_seen(store_id: str, alarm_id: int, asking: AlarmsWriter) -> None:
    """Take an alarm off the list."""

    async def use_case(tx: Connection) -> Done[None]:
        alarm = await service.mark_seen(tx, store_id, alarm_id, person=asking.person.login, now_ms=asking.now_ms)
        return Done(None, Entry("alarm.seen", alarm.code, (store_id,), after=alarm))

    await asking.change(use_case)
