"""SQL of rules, minima and shelf plans."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.shelf_rules.domain import Level, LevelMinimum, LevelRules, Whose
from protocols.contract.feed_stock import ShelfPlanRow, StockRulesRow

Q = load_queries(__file__, "shelf_rules.sql")
_rules = msgspec.json.Decoder(StockRulesRow)


async def all_rules(tx: Connection) -> list[LevelRules]:
    """Every level's rules."""
    return [_level_rules(row) for row in await (await tx.execute(Q["all_rules"])).fetchall()]


async def rules_for_store(tx: Connection, store_id: str) -> list[LevelRules]:
    """The rules that could apply to a store."""
    rows = await (await tx.execute(Q["rules_for_store"], {"store_id": store_id})).fetchall()
    return [_level_rules(row) for row in rows]


def _level_rules(row: Sequence[object]) -> LevelRules:
    level, level_id, rules, person, at_ms = row
    whose = Whose(Level(str(level)), str(level_id))
    return LevelRules(whose, _rules.decode(str(rules)), str(person), int(str(at_ms)))


async def lock_rules(tx: Connection, whose: Whose) -> StockRulesRow | None:
    """A level's own rules, locked."""
    row = await (await tx.execute(Q["lock_rules"], _named(whose))).fetchone()
    return None if row is None else _rules.decode(str(row[0]))


async def put_rules(tx: Connection, whose: Whose, rules: StockRulesRow, person: str, now_ms: int) -> None:
    """Keep a level's rules."""
    text = msgspec.json.encode(rules).decode()
    await tx.execute(Q["put_rules"], {**_named(whose), "rules": text, "person": person, "now_ms": now_ms})


async def remove_rules(tx: Connection, whose: Whose) -> bool:
    """Whether there were any."""
    return await (await tx.execute(Q["remove_rules"], _named(whose))).fetchone() is not None


async def minima(
    tx: Connection, whose: Whose | None, item_id: str | None, after: tuple[str, str, str], limit: int
) -> list[LevelMinimum]:
    """Minima in item order, of one level or all."""
    values = {
        "level": None if whose is None else whose.level.value,
        "level_id": None if whose is None else whose.level_id,
        "item_id": item_id,
        "after_item": after[0],
        "after_level": after[1],
        "after_id": after[2],
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(LevelMinimum)) as cursor:
        await cursor.execute(Q["minima"], values)
        return await cursor.fetchall()


async def minima_for_store(tx: Connection, store_id: str) -> list[tuple[Level, str, int]]:
    """(level, item, minimum) that could apply to a store."""
    rows = await (await tx.execute(Q["minima_for_store"], {"store_id": store_id})).fetchall()
    return [(Level(str(level)), str(item_id), int(minimum)) for level, item_id, minimum in rows]


async def put_minimum(tx: Connection, whose: Whose, item_id: str, minimum: int, person: str, now_ms: int) -> None:
    """Keep a minimum."""
    values = {**_named(whose), "item_id": item_id, "minimum": minimum, "person": person, "now_ms": now_ms}
    await tx.execute(Q["put_minimum"], values)


async def remove_minimum(tx: Connection, whose: Whose, item_id: str) -> int | None:
    """What it was; None: there was none."""
    row = await (await tx.execute(Q["remove_minimum"], {**_named(whose), "item_id": item_id})).fetchone()
    return None if row is None else int(row[0])


async def count_minima(tx: Connection, whose: Whose) -> int:
    """How many a level has."""
    row = await (await tx.execute(Q["count_minima"], _named(whose))).fetchone()
    return 0 if row is None else int(row[0])


async def plans(tx: Connection, store_id: str) -> list[ShelfPlanRow]:
    """The plans of a store's smart shelves."""
    rows = await (await tx.execute(Q["plans"], {"store_id": store_id})).fetchall()
    return [
        ShelfPlanRow(device_id=device, antenna=antenna, name=name, item_ids=tuple(items), minimum_pieces=least)
        for _, device, antenna, name, items, least in rows
    ]


async def put_plan(tx: Connection, store_id: str, plan: ShelfPlanRow, person: str, now_ms: int) -> None:
    """Keep a plan."""
    values = {
        "store_id": store_id,
        "device_id": plan.device_id,
        "antenna": plan.antenna,
        "name": plan.name,
        "item_ids": list(plan.item_ids),
        "minimum": plan.minimum_pieces,
        "person": person,
        "now_ms": now_ms,
    }
    await tx.execute(Q["put_plan"], values)


async def remove_plan(tx: Connection, store_id: str, device_id: str, antenna: int) -> bool:
    """Whether there was one."""
    values = {"store_id": store_id, "device_id": device_id, "antenna": antenna}
    return await (await tx.execute(Q["remove_plan"], values)).fetchone() is not None


async def known_items(tx: Connection, item_ids: Sequence[str]) -> frozenset[str]:
    """Those of the items that there are."""
    rows = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    return frozenset(str(row[0]) for row in rows)


async def known_level(tx: Connection, whose: Whose) -> bool:
    """Whether there is such a store or region."""
    return await (await tx.execute(Q["known_level"], _named(whose))).fetchone() is not None


async def mark_due(tx: Connection, whose: Whose) -> None:
    """Its stores are to be told anew."""
    await tx.execute(Q["mark_due"], _named(whose))


async def take_due(tx: Connection, limit: int) -> list[str]:
    """Stores to be told, which are then told. `Scope.everything()`."""
    return sorted(str(row[0]) for row in await (await tx.execute(Q["take_due"], {"limit": limit})).fetchall())


async def told(tx: Connection, feed_id: str) -> dict[str, bytes]:
    """What a store's feed says of rules, minima and plans."""
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["told"], {"feed_id": feed_id})
        return {str(key): bytes(body) for key, body in await cursor.fetchall()}


def _named(whose: Whose) -> dict[str, str]:
    return {"level": whose.level.value, "level_id": whose.level_id}
