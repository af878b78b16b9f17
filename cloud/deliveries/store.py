"""SQL of deliveries and transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.deliveries.domain import Notice
from protocols.contract.feed_stock import AsnLine
from protocols.contract.values import Place

Q = load_queries(__file__, "deliveries.sql")


@dataclass(frozen=True)
class Delivery:
    """A notice and what became of it. `state`: waiting, received or withdrawn; `differences`: lines that came otherwise."""

    store_id: str
    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    place: str
    transfer_id: str
    added_by: str
    added_ms: int
    state: str
    received_ms: int | None
    line_count: int
    differences: int


@dataclass(frozen=True)
class DeliveryLine:
    """What was promised of an item and batch, and what came (None: nothing was unpacked yet)."""

    item_id: str
    name: str
    batch: str
    expires: str
    sscc: str
    promised_thousandths: int
    came_thousandths: int | None


@dataclass(frozen=True)
class Transfer:
    """Goods one store sent another. `received_ms` None: on their way."""

    transfer_id: str
    from_store_id: str
    to_store_id: str
    at_ms: int
    place: str
    reference: str
    staff_id: str
    line_count: int
    received_ms: int | None
    sent_thousandths: int
    came_thousandths: int
    differences: int


@dataclass(frozen=True)
class TransferLine:
    """What was sent of an item and batch, and what came."""

    item_id: str
    name: str
    batch: str
    expires: str
    sent_thousandths: int
    came_thousandths: int


async def deliveries(
    tx: Connection, store_id: str | None, state: str | None, before: tuple[int, str], limit: int
) -> list[Delivery]:
    """Notices to the stores in scope, the newest first."""
    values = {"store_id": store_id, "state": state, "before_ms": before[0], "before_id": before[1], "limit": limit}
    async with tx.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(Q["deliveries"], values)
        return await cursor.fetchall()


async def delivery_lines(tx: Connection, store_id: str, asn_id: str) -> list[DeliveryLine]:
    """Promised and come, by item and batch."""
    async with tx.cursor(row_factory=class_row(DeliveryLine)) as cursor:
        await cursor.execute(Q["delivery_lines"], {"store_id": store_id, "asn_id": asn_id})
        return await cursor.fetchall()


async def transfers(
    tx: Connection, store_id: str | None, *, waiting: bool, before: tuple[int, str], limit: int
) -> list[Transfer]:
    """Transfers from or to the stores in scope, the newest first; `waiting`: only those on their way."""
    values = {"store_id": store_id, "waiting": waiting, "before_ms": before[0], "before_id": before[1], "limit": limit}
    async with tx.cursor(row_factory=class_row(Transfer)) as cursor:
        await cursor.execute(Q["transfers"], values)
        return await cursor.fetchall()


async def transfer_lines(tx: Connection, from_store_id: str, transfer_id: str) -> list[TransferLine]:
    """Sent and come, by item and batch."""
    async with tx.cursor(row_factory=class_row(TransferLine)) as cursor:
        await cursor.execute(Q["transfer_lines"], {"store_id": from_store_id, "transfer_id": transfer_id})
        return await cursor.fetchall()


async def known_items(tx: Connection, item_ids: Sequence[str]) -> frozenset[str]:
    """Those of the items that there are."""
    rows = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    return frozenset(str(row[0]) for row in rows)


async def lock_asn(tx: Connection, store_id: str, asn_id: str) -> tuple[bool, int] | None:
    """(withdrawn, rows in the feed) of a notice, locked; None: there is none."""
    row = await (await tx.execute(Q["lock_asn"], {"store_id": store_id, "asn_id": asn_id})).fetchone()
    return None if row is None else (bool(row[0]), int(row[1]))


async def received(tx: Connection, store_id: str, asn_id: str) -> bool:
    """Whether the store has unpacked it."""
    return await (await tx.execute(Q["received"], {"store_id": store_id, "asn_id": asn_id})).fetchone() is not None


async def put(tx: Connection, notice: Notice, person: str, now_ms: int) -> None:
    """Keep a notice, in place of what it said before."""
    head = {
        "store_id": notice.store_id,
        "asn_id": notice.asn_id,
        "reference": notice.reference,
        "sender": notice.sender,
        "expected_ms": notice.expected_ms,
        "place": notice.place.value,
        "transfer_id": notice.transfer_id,
        "person": person,
        "now_ms": now_ms,
    }
    await tx.execute(Q["put_asn"], head)
    await tx.execute(Q["drop_lines"], {"store_id": notice.store_id, "asn_id": notice.asn_id})
    rows = [
        {
            "store_id": notice.store_id,
            "asn_id": notice.asn_id,
            "line_no": line.line_no,
            "item_id": line.item_id,
            "quantity": line.quantity_thousandths,
            "gtin": line.gtin,
            "batch": line.batch,
            "expires": line.expires,
            "sscc": line.sscc,
            "epcs": list(line.epcs),
        }
        for line in notice.lines
    ]
    async with tx.cursor() as cursor:
        await cursor.executemany(Q["add_line"], rows)


async def withdraw(tx: Connection, store_id: str, asn_id: str, now_ms: int) -> None:
    """The goods do not come."""
    await tx.execute(Q["withdraw"], {"store_id": store_id, "asn_id": asn_id, "now_ms": now_ms})


async def out_of_feed(tx: Connection, store_id: str, asn_id: str) -> None:
    """The store need not know of it any more."""
    await tx.execute(Q["out_of_feed"], {"store_id": store_id, "asn_id": asn_id})


async def feed_keys(tx: Connection, feed_id: str, asn_id: str) -> list[str]:
    """The rows of a notice in a feed."""
    rows = await (await tx.execute(Q["feed_keys"], {"feed_id": feed_id, "prefix": f"asn/{asn_id}/"})).fetchall()
    return [str(row[0]) for row in rows]


@dataclass(frozen=True)
class Sent:
    """A transfer that steps brought."""

    store_id: str
    name: str
    transfer_id: str
    to_store_id: str
    at_ms: int
    reference: str


async def sent_in(tx: Connection, store_ids: Sequence[str], revs: Sequence[int]) -> list[Sent]:
    """Transfers in these steps, to stores there are, that have no notice yet."""
    async with tx.cursor(row_factory=class_row(Sent)) as cursor:
        await cursor.execute(Q["sent_in"], {"store_ids": list(store_ids), "revs": list(revs)})
        return await cursor.fetchall()


async def sent_lines(tx: Connection, store_id: str, transfer_id: str) -> tuple[AsnLine, ...]:
    """A transfer's lines as the other store is told of them."""
    rows = await (await tx.execute(Q["sent_lines"], {"store_id": store_id, "transfer_id": transfer_id})).fetchall()
    return tuple(
        AsnLine(
            line_no=no, item_id=item, quantity_thousandths=quantity, batch=batch, expires=expires, epcs=tuple(epcs or ())
        )
        for no, item, quantity, batch, expires, epcs in rows
    )


async def ended_in(tx: Connection, store_ids: Sequence[str], revs: Sequence[int]) -> list[tuple[str, str]]:
    """(store, notice) whose receipt is in these steps."""
    rows = await (await tx.execute(Q["ended_in"], {"store_ids": list(store_ids), "revs": list(revs)})).fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


async def notice(tx: Connection, store_id: str, asn_id: str) -> Notice | None:
    """A notice as it was announced; None: there is none."""
    key = {"store_id": store_id, "asn_id": asn_id}
    head = await (await tx.execute(Q["notice"], key)).fetchone()
    if head is None:
        return None
    rows = await (await tx.execute(Q["notice_lines"], key)).fetchall()
    lines = tuple(
        AsnLine(
            line_no=row[0], item_id=row[1], quantity_thousandths=row[2], gtin=row[3], batch=row[4], expires=row[5],
            sscc=row[6], epcs=tuple(row[7]),
        )
        for row in rows
    )  # fmt: skip
    return Notice(store_id, asn_id, head[0], head[1], head[2], lines, Place(head[3]), head[4])


async def gtins_of(tx: Connection, item_ids: Sequence[str]) -> dict[str, str]:
    """The GTIN-14 of a single piece of each item that has one: of several the first."""
    rows = await (await tx.execute(Q["gtins_of"], {"item_ids": list(item_ids)})).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


async def draw_serials(tx: Connection, gtin: str, count: int) -> int:
    """The first of so many serial numbers nobody else gets."""
    row = await (await tx.execute(Q["draw_serials"], {"gtin": gtin, "count": count})).fetchone()
    assert row is not None
    return int(row[0])
