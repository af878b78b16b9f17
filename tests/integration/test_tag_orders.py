"""Orders to single tags: the box's service, its driver and a simulated reader over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.clock import SystemClock, SystemRandom
from edge.devices.tag_parts import ReaderOrders
from edge.rfid import store as tags
from edge.rfid import tag_order_rows
from edge.rfid.tag_order_rows import TagOrder, What, bits_of
from edge.rfid.tag_orders import OrderRefused, TagOrders, TagPasswords
from edge.stock.drafts import Kind
from firmware_bridges.llrp_reader import LlrpReaderDriver
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.contract.rfid_facts import TagChanged
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, TagsRead
from protocols.gs1.epc import of_gtin
from protocols.gs1.gtin import with_check_digit
from protocols.llrp.reader_setup import InventorySetup
from simulators.clock import SystemClock as ReaderClock
from simulators.llrp_reader.server import LlrpReaderSimulator
from tests.support.counter_api import Api
from tests.support.goods import ANN, BOB, BREAD_CODE, MILK, MILK_CODE
from tests.support.stock_shop import BACK, Shop
from tests.support.tagged_store import sale_of
from tests.support.waiting import until

READER = "table"
OLD = of_gtin(MILK_CODE.rjust(14, "0"), "7").uri
NEW = of_gtin(BREAD_CODE.rjust(14, "0"), "8").uri
PASSWORDS = TagPasswords(access=0x1A2B3C4D, kill=0x5E6F7081)


class Table:
    """A reader with tags before it, its driver, and a store whose tags it may write."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.reader = LlrpReaderSimulator(0, ReaderClock(), SeededRandom(1), antennas=1, read_percent=95)
        self.ready = False
        self.orders: TagOrders

    async def start(self) -> None:
        await self.shop.start()
        await self.reader.start()
        self.driver = LlrpReaderDriver(
            READER, "127.0.0.1", self.reader.port, InventorySetup(antennas=(1,)), SystemClock(trust_always=True)
        )
        self.serve(PASSWORDS)
        work = supervise(self.driver, self.hear, SystemClock(trust_always=True), SystemRandom())
        self.task = asyncio.create_task(work)
        await until(lambda: self.ready, seconds=20)

    def serve(self, passwords: TagPasswords) -> None:
        ground = (self.shop.store, self.shop.journal, self.shop.clock)
        self.orders = TagOrders(*ground, ReaderOrders({READER: self.driver}), passwords)

    def hear(self, event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            self.ready = event.state is DeviceState.READY
        if isinstance(event, TagsRead):
            self.orders.take(event)

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        await self.reader.stop()
        self.shop.counter.stop()

    def lay(self, epc: str) -> None:
        self.reader.stand([bits_of(epc).data], 0)

    async def give(self, what: What, epc: str, new_epc: str = "", order_id: str = "") -> TagOrder:
        wanted = order_id or str(uuid.uuid4())
        return await self.orders.give(wanted, READER, what, bits_of(epc), new_epc=new_epc, staff_id=ANN)


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[Table]:
    table = Table(tmp_path)
    await table.start()
    yield table
    await table.stop()


async def test_a_tag_is_written_anew_and_known_by_its_new_number(table: Table) -> None:
    shop = table.shop
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    await shop.drafts.sweep("r-1", [OLD])
    await shop.drafts.post("r-1", ANN)
    table.lay(OLD)
    assert (await table.give(What.READ, OLD)).words.startswith("E2")
    done = await table.give(What.ENCODE, OLD, NEW, "o-1")
    assert (done.outcome, done.fault) == ("done", "")
    assert await table.give(What.ENCODE, OLD, NEW, "o-1") == tag_order_rows.find(shop.store.reader(), "o-1")
    (fact,) = shop.facts(TagChanged)
    assert (fact.what, fact.epc, fact.new_epc, fact.staff_id, fact.outcome) == ("encode", OLD, NEW, ANN, "done")
    assert tags.tag(shop.store.reader(), OLD) is None
    known = tags.tag(shop.store.reader(), NEW)
    assert known is not None
    assert (known.state.value, known.fact_id) == ("received", "r-1")
    assert (await table.give(What.READ, NEW)).outcome == "done", "the tag itself has the new number"


async def test_a_tag_is_locked_and_written_with_the_stores_password_only(table: Table) -> None:
    table.lay(OLD)
    assert (await table.give(What.LOCK, OLD)).outcome == "done"
    table.serve(TagPasswords())
    stranger = await table.give(What.ENCODE, OLD, NEW)
    assert stranger.outcome == "failed"
    assert "locked" in stranger.fault
    table.serve(PASSWORDS)
    assert (await table.give(What.ENCODE, OLD, NEW)).outcome == "done"
    assert not any(
        "1a2b3c4d" in str(fact).lower() or str(PASSWORDS.access) in str(fact) for fact in table.shop.counter.facts()
    )
    assert "1A2B" not in repr(PASSWORDS)
    assert str(PASSWORDS.access) not in repr(PASSWORDS)


async def test_a_tag_is_silenced_for_ever(table: Table) -> None:
    table.lay(OLD)
    assert (await table.give(What.KILL, OLD)).outcome == "done"
    gone = await table.give(What.READ, OLD)
    assert (gone.outcome, gone.fault) == ("failed", "no tag with this EPC answered in time")
    assert [fact.what for fact in table.shop.facts(TagChanged)] == ["kill"], "reading changes nothing and is no fact"


@pytest.mark.parametrize(
    ("what", "new_epc", "code"),
    [
        (What.ENCODE, OLD, "epc_same"),
        (What.ENCODE, of_gtin(with_check_digit("0499999900001"), "1").uri, "epc_no_item"),
        (What.KILL, "", "no_password"),
        (What.LOCK, "", "no_password"),
    ],
)
async def test_what_cannot_be_is_refused_before_the_reader_is_told(
    table: Table, what: What, new_epc: str, code: str
) -> None:
    table.serve(TagPasswords())
    table.lay(OLD)
    with pytest.raises(OrderRefused) as refused:
        await table.give(what, OLD, new_epc)
    assert refused.value.code == code
    assert table.orders.newest() == []


async def test_no_two_tags_have_one_number(table: Table) -> None:
    shop = table.shop
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    await shop.drafts.sweep("r-1", [NEW])
    await shop.drafts.post("r-1", ANN)
    with pytest.raises(OrderRefused, match="Another tag"):
        await table.give(What.ENCODE, OLD, NEW)


async def test_an_order_cut_off_by_the_boxs_end_is_told_as_unknown(table: Table) -> None:
    order = TagOrder("o-9", READER, OLD, bits_of(OLD), What.KILL, "", ANN, "", 1)
    await table.shop.store.write(lambda tx: tag_order_rows.keep(tx, order))
    await table.orders.settle()
    (fact,) = table.shop.facts(TagChanged)
    assert (fact.order_id, fact.outcome) == ("o-9", "unknown")
    await table.orders.settle()
    assert len(table.shop.facts(TagChanged)) == 1


async def test_a_reader_that_is_away_changes_nothing(table: Table) -> None:
    await table.reader.stop()
    await until(lambda: not table.driver.is_connected, seconds=20)
    assert (await table.give(What.ENCODE, OLD, NEW)).outcome == "failed"


async def test_tags_on_the_table_are_held_against_the_catalogue_and_orders_need_rights(table: Table) -> None:
    api = Api(table.shop.counter, tag_orders=table.orders)
    ann, bob = await api.key(ANN), await api.key(BOB)
    table.lay(OLD)
    foreign = bytes.fromhex("E28011052000123456789ABC")
    table.reader.stand([foreign], 0)

    async def seen() -> dict[str, dict[str, object]]:
        answer = await api.http.get(f"/v1/tag-work/{READER}/table", headers=ann)
        return {each["raw"]: each for each in answer.json()["tags"]}

    found: dict[str, dict[str, object]] = {}
    async with asyncio.timeout(20):
        while len(found) < 2:
            found = await seen()
            await asyncio.sleep(0.05)
            table.shop.clock.advance(50)
    assert found[bits_of(OLD).data.hex().upper()]["verdict"] == "good"
    assert found[bits_of(OLD).data.hex().upper()]["item_id"] == MILK
    assert found[foreign.hex().upper()]["verdict"] == "foreign"
    order = {"device_id": READER, "what": "encode", "raw": foreign.hex(), "bits": 96, "code": BREAD_CODE}
    no_serial = await api.http.put("/v1/tag-orders/a-1", json=order, headers=ann)
    assert (no_serial.status_code, no_serial.json()["code"]) == (422, "epc_needs_serial")
    told = await api.http.put(
        "/v1/tag-orders/a-1", json={**order, "code": f"]d201{BREAD_CODE.rjust(14, '0')}218"}, headers=ann
    )
    assert (told.json()["outcome"], told.json()["new_epc"]) == ("done", NEW)
    assert (await api.http.put("/v1/tag-orders/a-2", json=order, headers=bob)).status_code == 403
    work = (await api.http.get("/v1/tag-work", headers=ann)).json()
    assert work["can"] == ["encode", "kill", "lock", "read"]
    assert [each["order_id"] for each in work["orders"]] == ["a-1"]


async def test_the_tags_of_a_sale_are_silenced_where_the_settings_want_it(table: Table) -> None:
    ground = (table.shop.store, table.shop.journal, table.shop.clock)
    orders = TagOrders(*ground, ReaderOrders({READER: table.driver}), PASSWORDS, {"1": READER})
    table.lay(OLD)
    work = asyncio.create_task(orders.run())
    sold = sale_of("s-1", ((MILK, 1, (OLD,)),))
    orders.journalled([msgspec.structs.replace(sold, till_id="2", sale_id="s-2"), sold])
    await until(lambda: table.shop.facts(TagChanged), seconds=20)
    work.cancel()
    (fact,) = table.shop.facts(TagChanged)
    assert (fact.what, fact.outcome, fact.sale_id, fact.staff_id) == ("kill", "done", "s-1", "")
