"""Routes of stock rules, minima and shelf plans. Rules are for people of the whole chain, plans for those of the store."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.shelf_rules import service, store
from cloud.shelf_rules.domain import Level, Whose, nearest
from cloud.shelf_rules.schemas import (
    MinimumBody,
    MinimumPage,
    MinimumView,
    PlanBody,
    PlanView,
    RulesBody,
    RulesView,
    StoreRules,
)
from cloud.web.access import Reader, StockRuler, StockWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.in_scope import need_store
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_stock import ShelfPlanRow, StockRulesRow

router = APIRouter(prefix="/api/v1", tags=["stock rules"])
Once = Annotated[Repeat, Depends(repeat_of)]


@router.get("/stock-rules")
async def list_rules(asking: Reader) -> list[RulesView]:
    """The rules of the chain, of regions and of stores; the nearest to a store wins as a whole."""
    async with asking.read() as tx:
        rows = await store.all_rules(tx)
    return [
        RulesView(
            level=row.whose.level,
            level_id=row.whose.level_id,
            rules=RulesBody.of(row.rules),
            changed_by=row.changed_by,
            changed_ms=row.changed_ms,
        )
        for row in rows
    ]


@router.get("/stores/{store_id}/stock-rules")
async def rules_of_store(store_id: str, asking: Reader) -> StoreRules:
    """What holds in a store, and whose rules these are."""
    async with asking.read() as tx:
        await need_store(tx, store_id)
        found = nearest((row.whose.level, row.rules) for row in await store.rules_for_store(tx, store_id))
    rules = StockRulesRow() if found is None else found[1]
    return StoreRules(store_id=store_id, level=None if found is None else found[0], rules=RulesBody.of(rules))


@router.put("/stock-rules/{level}/{level_id}", status_code=204)
async def put_rules(level: Level, level_id: str, body: RulesBody, asking: StockRuler, once: Once) -> Response:
    """Set the rules of a store, a region or the chain (`chain/all`); its stores are told within seconds."""
    whose, rules = Whose(level, level_id), body.row()

    async def use_case(tx: Connection) -> Done[None]:
        before = await service.put_rules(tx, whose, rules, asking.person.login, now_ms=asking.now_ms)
        return Done(None, Entry("stock_rules.changed", f"{level}/{level_id}", before=before, after=rules))

    return await write(asking, once, use_case)


@router.delete("/stock-rules/{level}/{level_id}", status_code=204)
async def remove_rules(level: Level, level_id: str, asking: StockRuler, once: Once) -> Response:
    """The next level's rules hold, or the defaults."""

    async def use_case(tx: Connection) -> Done[None]:
        before = await service.remove_rules(tx, Whose(level, level_id))
        return Done(None, Entry("stock_rules.removed", f"{level}/{level_id}", before=before))

    return await write(asking, once, use_case)


@router.get("/stock-minima")
async def list_minima(
    asking: Reader,
    level: Level | None = None,
    level_id: Annotated[str, Query(max_length=64)] = "all",
    item: Annotated[str | None, Query(max_length=64)] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> MinimumPage:
    """Minima in item order, of one level or of all."""
    whose = None if level is None else Whose(level, level_id)
    place = cast("tuple[str, str, str] | None", mixed_cursor(after, str, str, str)) or ("", "", "")
    async with asking.read() as tx:
        rows = await store.minima(tx, whose, item, place, limit)
    last = rows[-1] if len(rows) == limit else None
    following = None if last is None else encode_cursor(last.item_id, str(last.level), last.level_id)
    return MinimumPage(rows=[MinimumView(**asdict(row)) for row in rows], next=following)


@router.put("/stock-minima/{level}/{level_id}/{item_id}", status_code=204)
async def put_minimum(
    level: Level, level_id: str, item_id: str, body: MinimumBody, asking: StockRuler, once: Once
) -> Response:
    """Set the minimum of an item; one that staff set by hand in a store wins."""
    whose = Whose(level, level_id)

    async def use_case(tx: Connection) -> Done[None]:
        await service.put_minimum(tx, whose, item_id, body.minimum_thousandths, asking.person.login, now_ms=asking.now_ms)
        noted = Entry("stock_minimum.changed", f"{level}/{level_id}/{item_id}", after=body.model_dump())
        return Done(None, noted)

    return await write(asking, once, use_case)


@router.delete("/stock-minima/{level}/{level_id}/{item_id}", status_code=204)
async def remove_minimum(level: Level, level_id: str, item_id: str, asking: StockRuler, once: Once) -> Response:
    """Take a minimum back."""

    async def use_case(tx: Connection) -> Done[None]:
        before = await service.remove_minimum(tx, Whose(level, level_id), item_id)
        noted = Entry("stock_minimum.removed", f"{level}/{level_id}/{item_id}", before={"minimum_thousandths": before})
        return Done(None, noted)

    return await write(asking, once, use_case)


@router.get("/stores/{store_id}/shelf-plans")
async def list_plans(store_id: str, asking: Reader) -> list[PlanView]:
    """What should lie on a store's smart shelves; nothing outside your stores."""
    async with asking.read() as tx:
        rows = await store.plans(tx, store_id)
    return [PlanView(**structs.asdict(row)) for row in rows]


@router.put("/stores/{store_id}/shelf-plans/{device_id}/{antenna}", status_code=204)
async def put_plan(store_id: str, device_id: str, antenna: int, body: PlanBody, asking: StockWriter, once: Once) -> Response:
    """Say what should lie on the shelf of one antenna."""
    plan = ShelfPlanRow(
        device_id=device_id,
        antenna=antenna,
        name=body.name.strip(),
        item_ids=tuple(dict.fromkeys(body.item_ids)),
        minimum_pieces=body.minimum_pieces,
    )

    async def use_case(tx: Connection) -> Done[None]:
        await need_store(tx, store_id)
        await service.put_plan(tx, store_id, plan, asking.person.login, now_ms=asking.now_ms)
        noted = Entry("shelf_plan.changed", f"{device_id}/{antenna}", stores=(store_id,), after=plan)
        return Done(None, noted)

    return await write(asking, once, use_case)


@router.delete("/stores/{store_id}/shelf-plans/{device_id}/{antenna}", status_code=204)
async def remove_plan(store_id: str, device_id: str, antenna: int, asking: StockWriter, once: Once) -> Response:
    """The shelf is not planned any more."""

    async def use_case(tx: Connection) -> Done[None]:
        await need_store(tx, store_id)
        await service.remove_plan(tx, store_id, device_id, antenna)
        return Done(None, Entry("shelf_plan.removed", f"{device_id}/{antenna}", stores=(store_id,)))

    return await write(asking, once, use_case)
