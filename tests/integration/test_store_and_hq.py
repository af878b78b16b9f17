"""One sale up, one price down: real processes of the store box and HQ, over embedded and over real servers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.api_calls import Json, call, rows
from deploy.system import STORE_ID
from protocols.contract.till import TillAnswer
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.hq_ground import BOTH, EITHER, EMBEDDED, PostgresServers
from tests.support.till_client import TillClient
from tests.support.waiting import until
from tests.support.whole_system import Chain, whole_chain

STOCK_AT_HQ = "SELECT sum(on_hand_thousandths) FROM stock_on_hand WHERE store_id = %s AND item_id = %s"
CODE, ITEM = "9520000000011", "A000001"


@pytest.fixture(params=EITHER)
def chain(request: pytest.FixtureRequest, tmp_path: Path, postgres_servers: PostgresServers) -> Iterator[Chain]:
    with whole_chain(request.param, tmp_path, postgres_servers) as running:
        yield running


async def _open(chain: Chain) -> TillClient:
    """A cashier at till 1, as soon as the staff has come down from HQ."""
    till = TillClient(chain.system.box_url, "1")
    person = chain.logins.staff[0]
    await until(chain.supplied, seconds=40)
    assert (await till.send(Login(staff_id=person.staff_id, pin=person.pin))).ok
    assert (await till.send(OpenShift(float_minor=10_000))).ok
    return till


async def _sell(till: TillClient, code: str = CODE) -> TillAnswer:
    scanned = await till.send(Scan(code=code))
    assert scanned.ok, scanned.reason
    paid = await till.send(PayCash(tendered_minor=50_000))
    assert paid.ok, paid.reason
    assert paid.sale is not None
    return paid


def _paid_id(answer: TillAnswer) -> str:
    assert answer.sale is not None
    return answer.sale.sale_id


@pytest.mark.parametrize("chain", BOTH, indirect=True)
async def test_a_sale_goes_up_and_a_price_comes_down(chain: Chain) -> None:
    till = await _open(chain)
    first = await _sell(till)
    await until(lambda: chain.sales_at_hq() == [_paid_id(first)], seconds=20)
    assert [int(str(row[0])) for row in chain.hq(STOCK_AT_HQ, STORE_ID, ITEM)] == [-1000]

    token = chain.token()
    prices = f"{chain.system.api_url}/api/v1/zones/north/prices/{ITEM}"
    call("PUT", prices, {"price_minor": 4_321}, token=token)
    charged = await _charged_until(till, 4_321)
    assert charged == 4_321
    assert till.state is not None
    paid = await till.send(PayCash(tendered_minor=till.state.due_minor))
    assert paid.ok
    await until(lambda: chain.sales_at_hq() == [_paid_id(first), _paid_id(paid)], seconds=20)
    await _new_product(chain, till)
    await _campaign(chain, till)
    await _device_table(chain)
    await till.close()


async def _device_table(chain: Chain) -> None:
    """HQ gives the running box a device and hears that it works; a wrong table is refused, and all stays."""
    token = chain.token()
    path = f"{chain.system.api_url}/api/v1/stores/{STORE_ID}/device-table"

    def table() -> dict[str, Any]:
        return call("GET", path, token=token)

    await until(lambda: table()["told"] is not None, seconds=20)
    assert table()["told"]["text"] == ""
    scanner = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = scanner.sockets[0].getsockname()[1]
    text = f'[[devices]]\nkind = "serial_scanner"\nid = "scanner-9"\nport = "tcp://127.0.0.1:{port}"\n'
    await asyncio.to_thread(call, "PUT", path, {"text": text, "seen_revision": 0}, token=token)
    await until(lambda: table()["outcome"] != "waiting", seconds=60)
    assert (table()["outcome"], table()["told"]["text"]) == ("in_force", text)
    wrong = {"text": text + "duplicate_ms = -1\n", "seen_revision": 1}
    await asyncio.to_thread(call, "PUT", path, wrong, token=token)
    await until(lambda: table()["outcome"] != "waiting", seconds=60)
    told = table()["told"]
    assert (told["outcome"], told["in_force"], told["text"]) == ("refused", 1, text)
    assert told["reason"].startswith("device 'scanner-9': devices.duplicate_ms: 0 to 10000")
    scanner.close()


async def _new_product(chain: Chain, till: TillClient) -> None:
    """Goods and price in one release: the code is unknown, and then it is known with its price, never anything between."""
    code = "9529990000018"
    body = {
        "item": {"style_id": "new-tea", "name": "New tea 100 g", "tax_class": "reduced"},
        "style": {"name": "New tea", "category": "drinks"},
        "barcodes": [{"gtin": code, "pack_quantity": 1}],
        "prices": [{"zone": "north", "price_minor": 439}],
    }
    released = call("POST", f"{chain.system.api_url}/api/v1/products/T000001", body, token=chain.token())
    said: list[str] = []
    async with asyncio.timeout(20):
        while not said or said[-1]:
            answer = await till.send(Scan(code=code))
            said.append("" if answer.reason is None else answer.reason.code)
    assert set(said[:-1]) <= {"unknown_code"}, "never known without its price"
    assert till.state is not None
    assert till.state.lines[-1].unit_price_minor == 439
    url = f"{chain.system.api_url}/api/v1/releases/{released['release_id']}"
    counts = {"published": 0, "staged": 0, "applied": 1, "failed": 0}
    await until(lambda: call("GET", url, token=chain.token())["counts"] == counts, seconds=20)


async def _campaign(chain: Chain, till: TillClient) -> None:
    """Tried in this store, then given to all, then recalled: the till charges the new price throughout, then the old one."""

    def ask(method: str, path: str, body: object = None) -> Json:
        return call(method, f"{chain.system.api_url}/api/v1/campaigns{path}", body, token=chain.token())

    lines = [{"zone": "north", "item_id": ITEM, "price_minor": 4_400}]
    rings = [{"reach": "stores", "stores": [STORE_ID]}, {"reach": "all"}]
    path = f"/{ask('POST', '', {'name': 'Week 40', 'lines': lines, 'rings': rings})['campaign_id']}"
    ask("POST", f"{path}/check")
    ask("POST", f"{path}/publish")
    assert await _charged_until(till, 4_400) == 4_400
    await until(lambda: ask("GET", f"{path}/progress")["applied_count"] == 1, seconds=20)
    [store] = rows(ask("GET", f"{path}/progress"), "stores")
    assert store["applied_how"] in {"delta", "snapshot"}
    ask("POST", f"{path}/rings/2/open")
    charged = set()
    async with asyncio.timeout(30):
        while ask("GET", path)["state"] != "complete":
            charged.add((await till.send(Scan(code=CODE))).state.lines[-1].unit_price_minor)
            await asyncio.sleep(0.2)
    assert charged <= {4_400}, "never the old price in between"
    ask("POST", f"{path}/recall", {"reason": "wrong week"})
    assert await _charged_until(till, 4_321) == 4_321


async def _charged_until(till: TillClient, wanted_minor: int) -> int:
    """Scan the item until the till charges the wanted price; what it charges at last."""
    deadline = asyncio.get_running_loop().time() + 20
    while True:
        answer = await till.send(Scan(code=CODE))
        price_minor = answer.state.lines[-1].unit_price_minor
        if price_minor == wanted_minor or asyncio.get_running_loop().time() > deadline:
            return price_minor
        await asyncio.sleep(0.2)


async def test_selling_goes_on_while_everything_at_hq_is_away_and_nothing_is_lost(chain: Chain) -> None:
    till = await _open(chain)
    ids = [_paid_id(await _sell(till))]
    chain.system.group["ingest"].kill()
    ids.append(_paid_id(await _sell(till)))
    chain.kill_broker()
    chain.system.group["api"].kill()
    ids += [_paid_id(await _sell(till)) for _ in range(3)]
    chain.system.group["box"].kill()
    chain.system.start_box()
    chain.system.group.wait_ready("box")
    assert (await till.send(Scan(code=CODE))).ok, "logged in, shift open, as before the kill"
    paid = await till.send(PayCash(tendered_minor=50_000))
    ids.append(_paid_id(paid))
    chain.start_broker()
    chain.system.start_hq(console=False)
    await until(lambda: chain.sales_at_hq() == ids, seconds=60)
    await until(lambda: chain.health().get("oldest_unacked_seconds") == 0, seconds=20)
    await till.close()


async def test_with_the_broker_away_https_alone_carries_everything(chain: Chain) -> None:
    chain.kill_broker()
    chain.system.group["box"].stop()
    chain.system.start_box()
    chain.system.group.wait_ready("box")
    till = await _open(chain)
    sale = await _sell(till)
    await until(lambda: chain.sales_at_hq() == [_paid_id(sale)], seconds=40)
    assert "https" in str(chain.health()["hq_status"])
    await till.close()


async def test_hq_put_back_to_a_backup_gets_everything_again(chain: Chain, tmp_path: Path) -> None:
    till = await _open(chain)
    ids = [_paid_id(await _sell(till))]
    await until(lambda: chain.sales_at_hq() == ids, seconds=20)
    backup = tmp_path / "hq.backup"
    await asyncio.to_thread(chain.system.run_cloud, "backup", str(backup))
    ids += [_paid_id(await _sell(till)) for _ in range(3)]
    await until(lambda: chain.sales_at_hq() == ids, seconds=20)
    await asyncio.to_thread(chain.system.run_cloud, "restore", str(backup), "--force")
    ids.append(_paid_id(await _sell(till)))
    await until(lambda: chain.sales_at_hq() == ids, seconds=60)
    await till.close()


async def test_an_old_card_brings_what_the_dead_box_never_sent(chain: Chain, tmp_path: Path) -> None:
    """The box dies with sales HQ lacks; a new one takes over, and the card is read into HQ afterwards."""
    till = await _open(chain)
    ids = [_paid_id(await _sell(till))]
    await until(lambda: chain.sales_at_hq() == ids, seconds=20)
    chain.kill_broker()
    chain.system.group["api"].kill()
    ids += [_paid_id(await _sell(till)) for _ in range(2)]
    chain.system.group["box"].kill()
    await till.close()
    card = tmp_path / "card"
    (chain.system.store / "data").rename(card)
    chain.start_broker()
    chain.system.start_hq(console=False)
    chain.system.group.wait_ready("api")
    chain.system.start_box()
    chain.system.group.wait_ready("box")
    till = await _open(chain)
    new = _paid_id(await _sell(till))
    await until(lambda: new in chain.sales_at_hq(), seconds=40)
    config = chain.system.store / "store.toml"
    assert _box_stock(chain) == -2_000, "what the dead box had told, and the new one's sale"
    said = await asyncio.to_thread(chain.system.run_edge, "import-card", "--config", str(config), str(card))
    assert "headquarters holds all" in said
    assert sorted(chain.sales_at_hq()) == sorted([*ids, new])
    again = await asyncio.to_thread(chain.system.run_edge, "import-card", "--config", str(config), str(card))
    assert again.splitlines()[-1] == said.splitlines()[-1], "importing again changes nothing"
    assert sorted(chain.sales_at_hq()) == sorted([*ids, new])
    assert _integrity(card / "store.db") == "ok", "the card is as it was"
    await until(lambda: _box_stock(chain) == -4_000, seconds=30)  # the box takes over what the card told within seconds
    assert [int(str(row[0])) for row in chain.hq(STOCK_AT_HQ, STORE_ID, ITEM)] == [-4_000]
    await till.close()


def _box_stock(chain: Chain) -> int:
    balances = httpx.get(f"{chain.system.box_url}/v1/stock/{ITEM}", trust_env=False).json()["balances"]
    return sum(balance["on_hand_thousandths"] for balance in balances)


def _integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return str(found)


async def test_a_box_measures_itself_and_late_values_find_their_way(
    tmp_path: Path, postgres_servers: PostgresServers
) -> None:
    """Once a second here. While ingest is away the box goes on measuring; then everything is there, once."""
    with whole_chain(EMBEDDED, tmp_path, postgres_servers) as chain:
        chain.system.group["box"].stop()
        chain.system.start_box("\n[telemetry]\nevery_seconds = 1\n")
        chain.system.group.wait_ready("box")
        till = await _open(chain)
        values = "SELECT count(DISTINCT at_ms) FROM measurement WHERE store_id = %s AND metric = 'disk_free_mb'"

        def instants() -> int:
            return int(str(chain.hq(values, STORE_ID)[0][0]))

        await until(lambda: instants() >= 2, seconds=60)
        chain.system.group["ingest"].kill()
        paid = await _sell(till)
        store_db = sqlite3.connect(f"file:{chain.system.store / 'data' / 'store.db'}?mode=ro", uri=True)
        waiting = "SELECT count(*) FROM journal WHERE kind = 'Measured'"
        before = store_db.execute(waiting).fetchone()[0]
        await until(lambda: store_db.execute(waiting).fetchone()[0] >= before + 3, seconds=60)
        chain.system.start_hq(console=False)
        await until(lambda: instants() >= before + 3, seconds=60)
        await until(lambda: chain.sales_at_hq() == [_paid_id(paid)], seconds=60)
        twice = "SELECT device_id, metric, at_ms FROM measurement GROUP BY 1, 2, 3 HAVING count(*) > 1"
        assert chain.hq(twice) == []
        counted = "SELECT sum(value) FROM measurement WHERE metric = 'sales'"
        await until(lambda: chain.hq(counted) == [(1.0,)], seconds=30)
        async with httpx.AsyncClient(trust_env=False) as client:
            told = (await client.get(f"{chain.system.box_url}/metrics")).text
        names = {family.name for family in text_string_to_metric_families(told)}
        assert {"tallystick_sales", "tallystick_hq_connected", "tallystick_journal_acked_upto"} <= names
        await till.close()
