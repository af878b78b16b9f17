"""Jobs that follow what stores report: each reader takes the steps of ingest in an order in which nothing appears late.

A reader's place moves in the transaction of what it does with the steps, so each is done exactly once. Two processes of one
reader do not disturb each other: the second finds nothing to do while the first works.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "steps.sql")


@dataclass(frozen=True, slots=True)
class Reported:
    """A step: facts of one store, taken together."""

    store_id: str
    ingest_rev: int


async def take_steps(tx: Connection, reader: str, limit: int) -> list[Reported]:
    """The next steps of a reader, who has then done them. `Scope.everything()`."""
    await tx.execute(Q["begin_reading"], {"reader": reader})
    place = await (await tx.execute(Q["place"], {"reader": reader})).fetchone()
    if place is None:
        return []
    values = {"tx": place[0], "at_store": place[1], "at_rev": place[2], "limit": limit}
    rows = await (await tx.execute(Q["next_steps"], values)).fetchall()
    if rows:
        last = rows[-1]
        await tx.execute(Q["move"], {"reader": reader, "tx": last[0], "at_store": last[1], "at_rev": last[2]})
    return [Reported(str(row[1]), int(row[2])) for row in rows]
