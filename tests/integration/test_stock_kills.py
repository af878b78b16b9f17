"""Real SIGKILLs of a real box while people receive, move, count and write off: every list that was booked is one
fact, none is two, and each balance is the sum of its moves and of its batches. Three kills here, a
hundred under `make soak`."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from edge.stock import batches, service
from protocols.contract.facts import FactBody, GoodsReceived, StockCounted, decode_body, decode_envelope
from protocols.contract.feed_rows import FeedRow, StaffRow
from protocols.contract.rights import COUNT
from protocols.contract.stock_facts import GoodsRelocated, StockWrittenOff
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, BREAD, EVE, MILK, PIN, PIN_HASH, assortment
from tests.support.waiting import until

KILLS, SOAK_KILLS = 3, 100
LOTS = (("", ""), ("L1", "2031-05-01"), ("L2", "2031-06-01"))
OPENINGS: tuple[dict[str, object], ...] = (
    {"kind": "receipt", "place": "back_room"},
    {"kind": "move", "place": "back_room", "target": "sales_floor"},
    {"kind": "write_off", "place": "sales_floor", "target": "damaged"},
    {"kind": "count", "place": "sales_floor"},
)


def rows() -> list[FeedRow]:
    """The assortment; Eve may allow counts."""
    kept = [row for row in assortment() if not (isinstance(row, StaffRow) and row.staff_id == EVE)]
    return [*kept, StaffRow(staff_id=EVE, name="Eve", pin_hash=PIN_HASH, rights=(COUNT,))]


@dataclass
class Keeper:
    """Works through lists and asks again, under the same ids, until the box has answered."""

    box: BoxProcess
    rng: random.Random
    key: str = ""
    answers: int = 0
    resent: int = 0
    booked: dict[str, str] = field(default_factory=dict)
    """List id -> kind, as the box answered."""

    async def ask(self, http: httpx.AsyncClient, method: str, path: str, body: dict[str, object]) -> dict[str, object]:
        while True:
            try:
                answer = await http.request(method, path, json=body, headers={"authorization": f"Bearer {self.key}"})
            except httpx.TransportError:
                self.resent += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 401:
                await self.log_in(http)
                continue
            assert answer.status_code == 200, answer.text
            self.answers += 1
            return dict(answer.json())

    async def log_in(self, http: httpx.AsyncClient) -> None:
        while True:
            try:
                answer = await http.post("/v1/staff/login", json={"staff_id": ANN, "pin": PIN})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            self.key = answer.json()["key"]
            return

    async def work(self, stop: asyncio.Event) -> None:
        async with httpx.AsyncClient(base_url=self.box.url, timeout=30) as http:
            await self.log_in(http)
            while not stop.is_set():
                await self.one_list(http, dict(self.rng.choice(OPENINGS)))

    async def one_list(self, http: httpx.AsyncClient, opening: dict[str, object]) -> None:
        draft_id = str(uuid.UUID(int=self.rng.getrandbits(128)))
        await self.ask(http, "PUT", f"/v1/drafts/{draft_id}", opening)
        for _ in range(self.rng.randint(1, 3)):
            batch, expires = self.rng.choice(LOTS)
            command: dict[str, object] = {
                "kind": "set_quantity",
                "item_id": self.rng.choice((MILK, BREAD)),
                "quantity_thousandths": self.rng.randint(1, 5) * 1000,
                "batch": batch,
                "expires": expires,
            }
            assert (await self.command(http, draft_id, command))["ok"]
        approval = {"staff_id": EVE, "pin": PIN} if opening["kind"] == "count" else None
        posted = await self.command(http, draft_id, {"kind": "post", "approval": approval})
        assert posted["ok"], posted["reason"]
        self.booked[draft_id] = str(opening["kind"])

    async def command(self, http: httpx.AsyncClient, draft_id: str, command: dict[str, object]) -> dict[str, object]:
        body: dict[str, object] = {"id": str(uuid.UUID(int=self.rng.getrandbits(128))), "command": command}
        return await self.ask(http, "POST", f"/v1/drafts/{draft_id}/commands", body)


def facts_in(connection: sqlite3.Connection) -> list[FactBody]:
    rows = connection.execute("SELECT fact FROM journal ORDER BY position").fetchall()
    return [decode_body(decode_envelope(row[0])) for row in rows]


def id_of(fact: FactBody) -> str:
    match fact:
        case GoodsReceived():
            return fact.receipt_id
        case GoodsRelocated():
            return fact.relocation_id
        case StockWrittenOff():
            return fact.write_off_id
        case StockCounted():
            return fact.count_id
        case _:
            return ""


def check_sums(connection: sqlite3.Connection, facts: list[FactBody]) -> None:
    """Book, moves, batches and facts say the same."""
    book = {(row[0], row[1]): row[2] for row in connection.execute(service.queries["balances"])}
    assert {(row[0], row[1]): row[2] for row in connection.execute(service.queries["recount"])} == book
    breakdown: Counter[tuple[str, str]] = Counter()
    for item_id, place, _, _, quantity in connection.execute(batches.queries["breakdown"]):
        breakdown[item_id, place] += quantity
    told: Counter[tuple[str, str]] = Counter()
    for fact in facts:
        for item_id, place, quantity in service.moves_of(fact):
            told[item_id, place.value] += quantity
    there = {key: quantity for key, quantity in book.items() if quantity}
    assert {key: quantity for key, quantity in breakdown.items() if quantity} == there
    assert {key: quantity for key, quantity in told.items() if quantity} == there


async def test_kills_in_the_middle_of_booking_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    await _kill_again_and_again(tmp_path, KILLS)


@pytest.mark.soak
async def test_nor_do_a_hundred(tmp_path: Path) -> None:
    await _kill_again_and_again(tmp_path, SOAK_KILLS)


async def _kill_again_and_again(tmp_path: Path, kills: int) -> None:
    rng = random.Random(6)
    box = BoxProcess(tmp_path, rows=rows())
    box.start()
    await box.ready()
    keepers = [Keeper(box, random.Random(f"keeper {number}")) for number in range(2)]
    stop = asyncio.Event()
    async with asyncio.timeout(300), asyncio.TaskGroup() as tasks:
        for keeper in keepers:
            tasks.create_task(keeper.work(stop))
        for _ in range(kills):
            goal = sum(keeper.answers for keeper in keepers) + rng.randint(1, 15)
            await until(lambda goal=goal: sum(keeper.answers for keeper in keepers) >= goal, seconds=60)  # type: ignore[misc]
            await asyncio.sleep(rng.random() * 0.01)
            box.kill()
            box.start()
        stop.set()
    await box.ready()
    assert await box.stop() == 0, box.log()
    connection = sqlite3.connect(tmp_path / "data" / "store.db")
    try:
        facts = facts_in(connection)
        check_sums(connection, facts)
    finally:
        connection.close()
    made = Counter(id_of(fact) for fact in facts if id_of(fact))
    booked = {draft_id for keeper in keepers for draft_id in keeper.booked}
    assert made == Counter(booked), "each list that was booked is one fact"
    assert sum(keeper.resent for keeper in keepers) > 0, "the kills met commands on their way"
