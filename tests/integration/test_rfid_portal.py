"""Goods go through a door: simulated reader -> LLRP -> the box -> stock and journal -> headquarters. Real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.api_calls import call, rows
from deploy.system import STORE_ID
from protocols.clock import SeededRandom
from simulators.clock import SystemClock
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin
from tests.support.hq_ground import EMBEDDED, PostgresServers
from tests.support.waiting import until
from tests.support.whole_system import Chain, whole_chain

GTIN, ITEM = "9520000000011", "A000001"
FOREIGN = "E2003411B802011383258566"


@pytest.fixture
def chain(tmp_path: Path, postgres_servers: PostgresServers) -> Iterator[Chain]:
    with whole_chain(EMBEDDED, tmp_path, postgres_servers) as running:
        yield running


def door_toml(port: int) -> str:
    return (
        f'\n[[devices]]\nkind = "llrp"\nid = "door-1"\nhost = "127.0.0.1"\nport = {port}\nantennas_inside = [3, 4]\n'
        "antennas_outside = [1, 2]\nreceipt_quiet_ms = 1500\ngap_ms = 600\nkeepalive_ms = 1000\n"
    )


def states(box: str) -> list[str]:
    return sorted(str(tag["state"]) for tag in rows(call("GET", f"{box}/v1/items/{ITEM}/tags"), "tags"))


async def test_tags_pushed_in_reach_headquarters_through_a_kill_and_pushed_out_they_left(chain: Chain) -> None:
    reader = LlrpReaderSimulator(0, SystemClock(), SeededRandom(7), read_percent=95)
    await reader.start()
    chain.system.group["box"].stop()
    chain.system.start_box(door_toml(reader.port))
    chain.system.group.wait_ready("box")
    box = chain.system.box_url
    await until(lambda: reader.device.book.active is not None, seconds=30)
    await until(lambda: call("GET", f"{box}/v1/items?q={ITEM}").get("items"), seconds=40)

    epcs = tags_of_gtin(GTIN, range(1, 21))
    reader.push([*epcs, FOREIGN], "in", speed_mm_per_s=3_000)
    await until(lambda: states(box) == ["arriving"] * 20, seconds=30)
    chain.system.group["box"].kill()
    chain.system.start_box(door_toml(reader.port))
    chain.system.group.wait_ready("box")
    stock = "SELECT coalesce(sum(on_hand_thousandths), 0)::bigint FROM stock_on_hand WHERE store_id = %s AND item_id = %s"
    await until(lambda: chain.hq(stock, STORE_ID, ITEM) == [(20_000,)], seconds=40)
    receipts = chain.hq("SELECT how, device_id, place FROM goods_receipt WHERE store_id = %s", STORE_ID)
    assert set(receipts) == {("portal", "door-1", "back_room")}

    reader.push(epcs[:3], "out", speed_mm_per_s=3_000)
    left = "SELECT count(*), min(item_id), max(item_id) FROM goods_left WHERE store_id = %s"
    await until(lambda: chain.hq(left, STORE_ID) == [(3, ITEM, ITEM)], seconds=40)
    assert chain.hq(stock, STORE_ID, ITEM) == [(20_000,)], "leaving moves no stock"

    assert states(box) == ["left"] * 3 + ["received"] * 17
    unknown = rows(call("GET", f"{box}/v1/rfid/open"), "tags")
    assert [(tag["epc"], tag["why"]) for tag in unknown] == [(f"urn:epc:raw:96.x{FOREIGN}", "foreign")]
    received = rows(call("GET", f"{box}/v1/rfid/receipts"), "receipts")
    lines = [line for each in received for line in rows(each, "lines")]
    assert sum(int(str(line["quantity_thousandths"])) for line in lines) == 20_000
    gone = [line for each in rows(call("GET", f"{box}/v1/rfid/left"), "left") for line in rows(each, "lines")]
    assert {str(line["item_id"]) for line in gone} == {ITEM}
    token, goods = chain.token(), f"{chain.system.api_url}/api/v1/stores/{STORE_ID}/goods"
    shown = rows(call("GET", f"{goods}-received", token=token), "rows")
    assert sum(int(str(each["line_count"])) for each in shown) == len(lines)
    first = call("GET", f"{goods}-left?limit=2", token=token)
    second = call("GET", f"{goods}-left?limit=2&after={first['next']}", token=token)
    assert {str(each["epc"]) for page in (first, second) for each in rows(page, "rows")} == {
        str(line["epc"]) for line in gone
    }
    await reader.stop()
