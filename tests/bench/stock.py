"""From a paid sale to headquarters' stock, and from a recalled batch to a till that refuses it: the demo's processes.

Real broker, HQ's API and ingest, PostgreSQL and one box. A piece is sold by its GTIN and serial number, as a tag or a code
tells them. The first clock starts when the till is told to take the money and stops when HQ tells of one piece less. The
second starts when somebody recalls the goods at HQ and stops when the till refuses them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from deploy.system import STORE_ID
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.bench.report import percentile, report
from tests.support.hq_ground import EMBEDDED, REAL, PostgresServers
from tests.support.till_client import TillClient
from tests.support.waiting import until
from tests.support.whole_system import Chain, whole_chain

SALES, RECALLS = 40, 10
GTIN, ITEM = "09520000000011", "A000001"
POLL_SECONDS = 0.02
TARGET_SECONDS = 2.0


@contextlib.asynccontextmanager
async def open_till(chain: Chain) -> AsyncIterator[TillClient]:
    """A cashier at till 1."""
    till = TillClient(chain.system.box_url, "1")
    person = chain.logins.staff[0]
    await until(chain.supplied, seconds=60)
    assert (await till.send(Login(staff_id=person.staff_id, pin=person.pin))).ok
    assert (await till.send(OpenShift(float_minor=10_000))).ok
    yield till
    await till.close()


async def seconds_until(happened: Callable[[], Awaitable[bool]], begun: float) -> float:
    """Ask again and again; seconds since `begun`."""
    while not await happened():
        assert time.perf_counter() - begun < 30, "it did not come within 30 s"
        await asyncio.sleep(POLL_SECONDS)
    return time.perf_counter() - begun


async def measure(chain: Chain) -> tuple[list[float], list[float]]:
    """Seconds of each sale, and of each recall."""
    headers = {"Authorization": f"Bearer {chain.token()}"}
    async with open_till(chain) as till, httpx.AsyncClient(base_url=chain.system.api_url, headers=headers) as hq:

        async def on_hand() -> int:
            rows = (await hq.get(f"/api/v1/items/{ITEM}/stock")).json()
            return sum(row["on_hand_thousandths"] for row in rows if row["store_id"] == STORE_ID)

        sold = [await _sale(till, number, on_hand) for number in range(SALES)]
        recalled = [await _recall(till, hq, number) for number in range(RECALLS)]
    return sold, recalled


async def _sale(till: TillClient, number: int, on_hand: Callable[[], Awaitable[int]]) -> float:
    before = await on_hand()
    scanned = await till.send(Scan(code=f"]d201{GTIN}21{number + 1:06d}"))
    assert scanned.ok, scanned.reason

    async def counted() -> bool:
        return await on_hand() == before - 1_000

    begun = time.perf_counter()
    paid = await till.send(PayCash(tendered_minor=50_000))
    assert paid.ok, paid.reason
    return await seconds_until(counted, begun)


async def _recall(till: TillClient, hq: httpx.AsyncClient, number: int) -> float:
    path = f"/api/v1/product-recalls/bench-{number}"

    async def refused() -> bool:
        scanned = await till.send(Scan(code=GTIN[1:]))
        return not scanned.ok

    begun = time.perf_counter()
    answer = await hq.put(path, json={"item_id": ITEM, "reason": "bench"})
    assert answer.status_code == 200, answer.text
    seconds = await seconds_until(refused, begun)
    assert (await hq.delete(path)).status_code == 200

    async def allowed() -> bool:
        return not await refused()

    await seconds_until(allowed, time.perf_counter())
    return seconds


def main() -> None:
    """Print both figures."""
    kind = REAL if Path("/usr/sbin/mosquitto").exists() else EMBEDDED
    with tempfile.TemporaryDirectory(dir=os.environ.get("TALLYSTICK_BENCH_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = PostgresServers(folder)
        try:
            with whole_chain(kind, folder / "chain", servers) as chain:
                sold, recalled = asyncio.run(measure(chain))
        finally:
            servers.close()
    words = {"peer": f"the mission asks 10 s, aim {TARGET_SECONDS} s", "p50": round(percentile(sold, 0.5), 3)}
    report("sale_to_hq_stock_p99_s", percentile(sold, 0.99), "s", **words)  # type: ignore[arg-type]
    report("recall_to_till_p99_s", percentile(recalled, 0.99), "s", p50=round(percentile(recalled, 0.5), 3))


if __name__ == "__main__":
    main()
