"""Campaigns in tests: a priced chain, people who make and approve, and stores that say what ingest would have written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from cloud.campaigns import keeper
from cloud.users.domain import Role
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_prices import PricedChain, priced_chain

CAMPAIGNS = "/api/v1/campaigns"
ONE_STORE_THEN_ALL = [
    {"name": "trial", "reach": "stores", "stores": ["S001"]},
    {"name": "everywhere", "reach": "all", "opens": "itself", "percent": 100, "minutes": 5},
]


@dataclass
class CampaignGround:
    """The chain, who works there, and the owner who writes what ingest would."""

    chain: PricedChain
    owner: psycopg.Connection[TupleRow]
    maker: httpx.AsyncClient
    second: httpx.AsyncClient
    rev: int = 0

    async def post(self, path: str, body: object = None, *, by: httpx.AsyncClient | None = None) -> Any:
        """A write that succeeds."""
        answer = await (by or self.maker).post(f"{CAMPAIGNS}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, body: object = None, *, by: httpx.AsyncClient | None = None) -> tuple[int, str]:
        """(status, code) of a write that is refused."""
        answer = await (by or self.maker).post(f"{CAMPAIGNS}{path}", json=body)
        return answer.status_code, str(answer.json().get("code"))

    async def get(self, path: str, *, by: httpx.AsyncClient | None = None, **query: str | int) -> Any:
        """A question that is answered."""
        answer = await (by or self.maker).get(f"{CAMPAIGNS}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def draft(self, lines: Sequence[tuple[str, str, int]], **more: object) -> str:
        """A draft with these (zone, item, price) lines; its path."""
        rows = [{"zone": zone, "item_id": item_id, "price_minor": price} for zone, item_id, price in lines]
        made = await self.post("", {"name": "Week 40", "reason": "autumn", "lines": rows, **more})
        return f"/{made['campaign_id']}"

    async def checked(self, lines: Sequence[tuple[str, str, int]], **more: object) -> str:
        """A checked campaign without findings, ready to be published."""
        path = await self.draft(lines, **more)
        found = await self.post(f"{path}/check")
        assert found["state"] == "checked"
        assert found["findings"] == []
        return path

    async def keep(self, after_ms: int = 0) -> None:
        """Time passes, then the keeper looks once."""
        self.chain.api.clock.advance(after_ms)
        await keeper.step(self.chain.api.database, self.chain.now_ms)

    def holds(self, store_id: str, feed_id: str, *, version: int | None = None, status: str = "ok") -> None:
        """The store reports that it holds this version of the feed (default: the newest)."""
        self.owner.execute(
            "INSERT INTO store_feed (store_id, feed_id, epoch, version, state_hash, status, reached_at_ms)"
            " SELECT %(store)s, feed_id, epoch, coalesce(%(version)s, version), state_hash, %(status)s, %(now)s"
            " FROM feed WHERE feed_id = %(feed)s"
            " ON CONFLICT (store_id, feed_id) DO UPDATE SET version = excluded.version, status = excluded.status,"
            " reached_at_ms = excluded.reached_at_ms",
            {"store": store_id, "feed": feed_id, "version": version, "status": status, "now": self.chain.now_ms},
        )

    def fact(self, store_id: str, table: str, *values: object) -> None:
        """One fact of a store, with the ingest step that brings it; `values` stand between event id and ingest_rev."""
        self.rev += 1
        now_ms = self.chain.now_ms
        self.owner.execute(
            "INSERT INTO ingest_step (store_id, ingest_rev, at_ms, fact_count, sale_count) VALUES (%s, %s, %s, 1, 0)",
            (store_id, self.rev, now_ms),
        )
        marks = ", ".join(["%s"] * (len(values) + 4))
        row = (store_id, f"{table}{self.rev}", now_ms, *values, self.rev)
        self.owner.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # type: ignore[arg-type]

    def sold(self, store_id: str, item_id: str, price_minor: int, *, pieces: int, day: str) -> None:
        """One sale of one line on a business day."""
        sale = {"store_id": store_id, "sale_id": "s1", "business_date": day, "currency": "EUR", "clock": "synced"}
        line = {"store_id": store_id, "sale_id": "s1", "line_no": 1, "item_id": item_id, "quantity": pieces}
        line |= {"unit_price_minor": price_minor, "net_minor": pieces * price_minor}
        for table, known in (("sale", sale), ("sale_line", line)):
            columns = self.owner.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL",
                (table,),
            ).fetchall()
            row = {name: "" if kind == "text" else 0 for name, kind in columns} | known
            self.owner.execute(
                sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Placeholder() for _ in row),
                ),
                list(row.values()),
            )

    def binds(self, store_id: str, label_id: str, item_id: str | None) -> None:
        """The store reports a binding."""
        self.fact(store_id, "label_bound", label_id, item_id, "01")

    def know_positions(self) -> None:
        """Let headquarters know where labels hang and that a label may tell of several items, if it does not yet."""
        self.owner.execute(
            "CREATE TABLE IF NOT EXISTS label_placed (store_id text, event_id text, at_ms bigint, label_id text, aisle text,"
            " shelf integer, slot integer, staff_id text, ingest_rev bigint)"
        )
        self.owner.execute("ALTER TABLE label_bound ADD COLUMN IF NOT EXISTS more_items text")
        for name in ("label_placed", "label_bound"):
            view, table = sql.Identifier(f"visible_{name}"), sql.Identifier(name)
            self.owner.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}").format(view, table))
            self.owner.execute(sql.SQL("GRANT SELECT ON {} TO tallystick_app").format(view))

    def place(self, store_id: str, label_id: str, place: tuple[str, int, int]) -> None:
        """The store reports (aisle, shelf, slot) of a label."""
        row = (store_id, f"p{label_id}", self.chain.now_ms, label_id, *place, "01", self.rev)
        self.owner.execute(
            "INSERT INTO label_placed (store_id, event_id, at_ms, label_id, aisle, shelf, slot, staff_id, ingest_rev)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            row,
        )

    async def shows(self, store_id: str, label_id: str, item_id: str) -> None:
        """The label confirms the price in force there."""
        row = await self.in_force(store_id, item_id)
        now_ms = self.chain.now_ms
        self.fact(store_id, "label_shown", label_id, item_id, row[1], row[2], "transferred", now_ms - 900, now_ms)

    async def in_force(self, store_id: str, item_id: str) -> tuple[int, int, int]:
        """(priority, revision, price) in force for everybody in the store."""
        now_ms = self.chain.now_ms
        return max(
            (row.priority, row.revision, row.price_minor)
            for row in await self.chain.rows(store_id, item_id)
            if row.effective_from_ms <= now_ms
            and (row.effective_to_ms is None or now_ms < row.effective_to_ms)
            and not row.customer_group
        )


@asynccontextmanager
async def campaign_ground(ground: GroundDatabase) -> AsyncIterator[CampaignGround]:
    """Stores S001 and S002 in zone north, S003 in south; a pricing person makes campaigns, an administrator approves."""
    async with priced_chain(ground) as chain:
        maker = await chain.api.person(Role.PRICING)
        second = await chain.api.person(Role.ADMIN)
        with ground.owner() as owner:
            yield CampaignGround(chain, owner, maker, second)
