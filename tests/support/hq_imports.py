"""Imports as a test sees them: a furnished headquarters, a file brought over the API, its check awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from cloud.db.pool import Scope
from cloud.demo_goods import seed
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.waiting import POLL_SECONDS

ITEMS = 30


@asynccontextmanager
async def furnished(ground: GroundDatabase) -> AsyncIterator[HqApi]:
    """Thirty goods in zone north (EUR), stores S001 and S002 in Berlin."""
    async with ground.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=ITEMS)
            for store_id in ("S001", "S002"):
                await tx.execute(
                    "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms)"
                    " VALUES (%s, %s, 'north', 'Europe/Berlin', 0, 0)",
                    (store_id, store_id),
                )
        yield api


@dataclass
class Importer:
    """Somebody who imports."""

    http: httpx.AsyncClient

    async def bring(self, kind: str, content: bytes | str, **choices: str | int) -> dict[str, Any]:
        """Upload and wait for the check."""
        body = content if isinstance(content, bytes) else content.encode()
        answer = await self.http.post(f"/api/v1/imports/{kind}", content=body, params={"name": "book.csv", **choices})
        assert answer.status_code == 200, answer.text
        return await self.checked(str(answer.json()["import_id"]))

    async def checked(self, import_id: str) -> dict[str, Any]:
        """The import once it has been checked."""
        async with asyncio.timeout(60):
            while True:
                found: dict[str, Any] = (await self.http.get(f"/api/v1/imports/{import_id}")).json()
                if found["state"] not in {"waiting", "checking"}:
                    return found
                await asyncio.sleep(POLL_SECONDS)

    async def problems(self, import_id: str) -> list[tuple[int, str, str, str]]:
        """(line, severity, column, problem) of each."""
        answer = await self.http.get(f"/api/v1/imports/{import_id}/problems", params={"limit": 500})
        return [(row["line_no"], row["severity"], row["column"], row["problem"]) for row in answer.json()["rows"]]

    async def apply(self, import_id: str) -> httpx.Response:
        """Apply it."""
        return await self.http.post(f"/api/v1/imports/{import_id}/apply")
