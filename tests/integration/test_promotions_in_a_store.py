"""A promotion from headquarters to a real till and back: published, priced, pinned by the bundle's hash, recalled."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.api_calls import Json, call
from deploy.system import STORE_ID
from protocols.contract.feed_rows import PromotionRow, decode_row, promotion_feed
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from protocols.promotions.bundle import Bundle
from tests.support.hq_ground import EMBEDDED, PostgresServers
from tests.support.till_client import TillClient
from tests.support.waiting import until
from tests.support.whole_system import Chain, whole_chain

CODE, ITEM = "9520000000011", "A000001"
RULE = {
    "kind": "n_for_m", "promotion_id": "take-three", "name": "3 for 2", "name_zh": "三件付二", "starts_ms": 0,
    "scope": {"items": [ITEM]}, "take": 3, "pay": 2,
}  # fmt: skip


@pytest.fixture
def chain(tmp_path: Path, postgres_servers: PostgresServers) -> Iterator[Chain]:
    with whole_chain(EMBEDDED, tmp_path, postgres_servers) as running:
        yield running


async def cashier(chain: Chain) -> TillClient:
    """Somebody at till 1, as soon as the staff has come down."""
    till = TillClient(chain.system.box_url, "1")
    person = chain.logins.staff[0]
    await until(lambda: chain.health().get("feeds"), seconds=60)
    async with asyncio.timeout(60):
        answer = await till.send(Login(staff_id=person.staff_id, pin=person.pin))
        while not answer.ok:
            await asyncio.sleep(0.3)
            answer = await till.send(Login(staff_id=person.staff_id, pin=person.pin))
    assert (await till.send(OpenShift(float_minor=10_000))).ok
    return till


async def three(till: TillClient) -> tuple[int, int]:
    """(list sum, total) of three pieces in a new basket."""
    for _ in range(3):
        answer = await till.send(Scan(code=CODE))
        assert answer.ok, answer.reason
    state = answer.state
    return sum(line.unit_price_minor * line.quantity for line in state.lines), state.total_minor


def bundle_at_hq(chain: Chain) -> Bundle:
    """What headquarters' feed comes to for this store."""
    rows = chain.hq("SELECT body FROM feed_row WHERE feed_id = %s", promotion_feed("north"))
    found = [row for (body,) in rows if isinstance(row := decode_row(bytes(body)), PromotionRow)]  # type: ignore[arg-type]
    return Bundle.of(bytes(row.rule) for row in found if row.given_to(STORE_ID))


def bundle_in_use(chain: Chain) -> object:
    """(hash, promotions) of what the box prices with."""
    with sqlite3.connect(chain.system.store / "data" / "store.db") as store:
        return store.execute("SELECT hash, promotions FROM promotion_bundle WHERE until_ms IS NULL").fetchone()


async def test_what_is_published_is_given_at_the_till_pinned_in_the_sale_and_gone_after_the_recall(chain: Chain) -> None:
    def ask(method: str, path: str, body: object = None) -> Json:
        return call(method, f"{chain.system.api_url}/api/v1/{path}", body, token=chain.token())

    async def until_total(wanted_minor: int) -> None:
        async with asyncio.timeout(30):
            while (await three(till))[1] != wanted_minor:
                assert (await till.send(AbandonSale())).ok
                await asyncio.sleep(0.3)

    till = await cashier(chain)
    for _ in range(150):  # staff may be here before the store's zone and goods
        if (await till.send(Scan(code=CODE))).ok:
            break
        await asyncio.sleep(0.2)
    assert (await till.send(AbandonSale())).ok
    listed, total = await three(till)
    assert listed == total
    assert (await till.send(AbandonSale())).ok
    ask("POST", "promotions", {"zone": "north", "rule": RULE})
    ask("POST", "promotions/take-three/check")
    ask("POST", "promotions/take-three/publish", {"stores": [STORE_ID]})
    await until_total(listed * 2 // 3)
    paid = await till.send(PayCash(tendered_minor=50_000))
    assert paid.ok, paid.reason
    assert paid.sale is not None
    await until(lambda: len(chain.sales_at_hq()) == 1, seconds=30)
    bundle = bundle_at_hq(chain)
    assert chain.hq("SELECT total_minor, promotion_bundle, proved FROM sale") == [(listed * 2 // 3, bundle.hash, True)]

    sample = {"zone": "north", "rule": RULE, "lines": [{"item_id": ITEM, "pieces": 3}]}
    preview = ask("POST", "promotion-previews", sample)
    assert isinstance(preview["draft"], dict)
    assert preview["draft"]["total_minor"] == paid.sale.total_minor, "till and headquarters say the same"

    ask("POST", "promotions/take-three/recall", {"reason": "wrong goods"})
    await until_total(listed)
    with sqlite3.connect(chain.system.store / "data" / "store.db") as store:
        kept = store.execute("SELECT hash, until_ms IS NULL FROM promotion_bundle").fetchall()
    assert kept == [(bundle.hash, 0)], "kept for returns, out of use"
    await until(lambda: bool(chain.hq("SELECT 1 FROM feed_applied WHERE feed_id = %s", promotion_feed("north"))), seconds=20)
    await asyncio.to_thread(chain.system.run_cloud, "seed-promotions")
    await until(lambda: bundle_in_use(chain) == (bundle_at_hq(chain).hash, 7), seconds=30)
    assert not [alarm for alarm in (await till.send(Scan(code=CODE))).state.alarms if alarm.code == "promotion_refused"]
    await till.close()
