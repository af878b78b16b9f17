"""SQL of stock."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.stock.domain import Batch, GoodsGone, GoodsReceipt, Held, ItemByPlace, Move, MovePlace, OnHand

Q = load_queries(__file__, "stock.sql")


async def on_hand(tx: Connection, store_id: str, after: tuple[str, str], limit: int) -> list[OnHand]:
    """A store's stock in item order, after an (item, place)."""
    async with tx.cursor(row_factory=class_row(OnHand)) as cursor:
        values = {"store_id": store_id, "item_id": after[0], "place": after[1], "limit": limit}
        await cursor.execute(Q["on_hand"], values)
        return await cursor.fetchall()


async def on_hand_of_item(tx: Connection, item_id: str) -> list[OnHand]:
    """An item's stock in every store of the caller's scope."""
    async with tx.cursor(row_factory=class_row(OnHand)) as cursor:
        await cursor.execute(Q["on_hand_of_item"], {"item_id": item_id})
        return await cursor.fetchall()


async def batches(
    tx: Connection, store_id: str, item_id: str | None, after: tuple[str, str, str], limit: int
) -> list[Batch]:
    """A store's stock by batch, of one item or all."""
    values = {
        "store_id": store_id,
        "item_id": item_id,
        "after_item": after[0],
        "after_place": after[1],
        "after_batch": after[2],
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(Batch)) as cursor:
        await cursor.execute(Q["batches"], values)
        return await cursor.fetchall()


@dataclass(frozen=True)
class Wanted:
    """Which items: part of a name or number in small letters, only those below zero somewhere."""

    find: str = ""
    below_zero: bool = False


async def items_of_store(tx: Connection, store_id: str, wanted: Wanted, after: str, limit: int) -> list[ItemByPlace]:
    """A store's items with their places."""
    values = {
        "store_id": store_id,
        "find": wanted.find,
        "below_zero": wanted.below_zero,
        "after": after,
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(ItemByPlace)) as cursor:
        await cursor.execute(Q["items_of_store"], values)
        return await cursor.fetchall()


_BY_REGION = Q["by_region"].format(regions=Q["regions"], coming=Q["coming"])
_BY_STORE = Q["by_store"].format(coming=Q["coming"])


async def held_by_region(tx: Connection) -> list[Held]:
    """What the regions hold, as far as the caller sees their stores."""
    async with tx.cursor(row_factory=class_row(Held)) as cursor:
        await cursor.execute(_BY_REGION)
        return await cursor.fetchall()


async def held_by_store(tx: Connection, region_id: str, after: str, limit: int) -> list[Held]:
    """What the stores of a region hold."""
    async with tx.cursor(row_factory=class_row(Held)) as cursor:
        await cursor.execute(_BY_STORE, {"region_id": region_id, "after": after, "limit": limit})
        return await cursor.fetchall()


async def last_rev(tx: Connection, store_id: str) -> int:
    """The store's newest step; 0 when there is none in scope."""
    row = await (await tx.execute(Q["last_rev"], {"store_id": store_id})).fetchone()
    return 0 if row is None else int(row[0])


async def moves(tx: Connection, store_id: str, item_id: str, before: MovePlace, floor: int, limit: int) -> list[Move]:
    """What moved an item's stock before a place and in steps after `floor`, newest first."""
    async with tx.cursor(row_factory=class_row(Move)) as cursor:
        values = {
            "store_id": store_id,
            "item_id": item_id,
            "ingest_rev": before.ingest_rev,
            "seq": before.seq,
            "line_no": before.line_no,
            "floor": floor,
            "limit": limit,
        }
        await cursor.execute(Q["moves"], values)
        return await cursor.fetchall()


async def receipts(tx: Connection, store_id: str, before: str, limit: int) -> list[GoodsReceipt]:
    """A store's receipts of goods with ids before one, newest first (ids sort by time)."""
    async with tx.cursor(row_factory=class_row(GoodsReceipt)) as cursor:
        await cursor.execute(Q["receipts"], {"store_id": store_id, "before": before, "limit": limit})
        return await cursor.fetchall()


async def left(tx: Connection, store_id: str, before: tuple[str, str], limit: int) -> list[GoodsGone]:
    """Tags that left a store, before a (passage, EPC), newest first."""
    async with tx.cursor(row_factory=class_row(GoodsGone)) as cursor:
        values = {"store_id": store_id, "passage_id": before[0], "epc": before[1], "limit": limit}
        await cursor.execute(Q["left"], values)
        return await cursor.fetchall()


async def stores_behind(tx: Connection, least: int) -> list[str]:
    """Stores with at least so many steps after their watermark. Ingest role only."""
    return [str(row[0]) for row in await (await tx.execute(Q["behind"], {"least": least})).fetchall()]


async def fold(tx: Connection, store_id: str) -> bool:
    """Add the tail to the balance and move the watermark, under the store's lock; False when somebody else holds that.

    Ingest role only.
    """
    row = await (await tx.execute(Q["lock"], {"store_id": store_id})).fetchone()
    if row is None:
        return False
    upto_rev = int(row[0])
    found = await (await tx.execute(Q["watermark"], {"store_id": store_id})).fetchone()
    from_rev = 0 if found is None else int(found[0])
    if upto_rev > from_rev:
        await tx.execute(Q["fold"], {"store_id": store_id, "from_rev": from_rev, "upto_rev": upto_rev})
        await tx.execute(Q["forget_batches"], {"store_id": store_id})
        await tx.execute(Q["move_watermark"], {"store_id": store_id, "upto_rev": upto_rev})
    return True
