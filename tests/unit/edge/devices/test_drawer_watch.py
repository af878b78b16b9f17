"""The watch over cash drawers: stuck, left open, opened without leave; and nothing concluded from silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout.alarms import AlarmBoard
from edge.devices.drawer_watch import MUST_OPEN_MS, ORDER_LASTS_MS, DrawerRule, DrawerWatch
from edge.store_db.database import Database
from edge.store_db.journal import Journal, create_identity
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.till_facts import TillEvent
from protocols.device_events import DeviceState, DeviceStateEvent, DrawerKicked, PrinterStatus
from tests.support.waiting import until


class Shop:
    """Two printers with a drawer each; the second serves two tills."""

    def __init__(self, store: Database) -> None:
        self.clock = FakeClock()
        self.alarms = AlarmBoard()
        self.store = store
        self.facts: list[TillEvent] = []
        ids = IdSource(self.clock, SeededRandom(1))
        journal = Journal(clock=self.clock, ids=ids, boot_id="boot", time_zone=lambda _source: "UTC")
        journal.watch(lambda facts: self.facts.extend(fact for fact in facts if isinstance(fact, TillEvent)))
        rules = {"p1": DrawerRule(("1",), open_seconds=30), "p2": DrawerRule(("2", "3"), open_seconds=0)}
        self.watch = DrawerWatch(rules.get, store, journal, self.alarms, self.clock)

    def sense(self, *, is_open: bool | None, printer: str = "p1") -> None:
        self.watch.take(PrinterStatus(device_id=printer, online=True, drawer_open=is_open))

    def kick(self, printer: str = "p1") -> None:
        self.watch.take(DrawerKicked(device_id=printer))

    def standing(self) -> dict[str, str]:
        return {alarm.code: alarm.params["tills"] for alarm in self.alarms.standing()}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    store = Database(tmp_path / "store.db", kind="store")
    await store.write(lambda tx: create_identity(tx, store_id="s", edge_id="e", db_nonce="n", now_ms=1))
    yield Shop(store)
    store.close()


async def test_a_drawer_that_opens_in_time_is_no_matter(shop: Shop) -> None:
    shop.sense(is_open=False)
    shop.kick()
    shop.clock.advance(MUST_OPEN_MS - 1)
    shop.sense(is_open=False)
    shop.clock.advance(500)
    shop.sense(is_open=True)
    assert shop.standing() == {}


async def test_a_drawer_still_shut_a_second_after_its_order_is_told_until_it_opens(shop: Shop) -> None:
    shop.sense(is_open=False)
    shop.kick()
    shop.clock.advance(MUST_OPEN_MS)
    assert shop.standing() == {}, "nothing is concluded while the printer says nothing"
    shop.sense(is_open=False)
    assert shop.standing() == {"drawer_stuck": "1"}
    shop.sense(is_open=True)
    assert shop.standing() == {}


async def test_two_stuck_drawers_are_one_alarm_and_one_alone_goes(shop: Shop) -> None:
    for printer in ("p1", "p2"):
        shop.sense(is_open=False, printer=printer)
        shop.kick(printer)
    shop.clock.advance(MUST_OPEN_MS)
    for printer in ("p1", "p2"):
        shop.sense(is_open=False, printer=printer)
    assert shop.standing() == {"drawer_stuck": "1, 2, 3"}
    shop.sense(is_open=True, printer="p1")
    assert shop.standing() == {"drawer_stuck": "2, 3"}


async def test_a_drawer_left_open_is_told_until_it_is_shut(shop: Shop) -> None:
    shop.kick()
    shop.sense(is_open=True)
    shop.clock.advance(29_999)
    shop.watch.look()
    assert shop.standing() == {}
    shop.clock.advance(1)
    shop.watch.look()
    assert shop.standing() == {"drawer_left_open": "1"}
    shop.sense(is_open=False)
    assert shop.standing() == {}
    shop.sense(is_open=True, printer="p2")
    shop.clock.advance(3_600_000)
    shop.watch.look()
    assert shop.standing() == {}, "0 seconds: as long as it likes"


async def test_a_drawer_opened_without_an_order_is_written_down_once(shop: Shop) -> None:
    running = asyncio.create_task(shop.watch.run())
    shop.sense(is_open=False)
    shop.kick()
    shop.sense(is_open=True)
    shop.sense(is_open=False)
    shop.clock.advance(ORDER_LASTS_MS + 1)
    shop.sense(is_open=True)
    shop.sense(is_open=True)
    await until(lambda: len(shop.facts) == 1)
    assert (shop.facts[0].code, shop.facts[0].till_id) == (13005, "1")
    assert "without an order" in shop.facts[0].detail
    running.cancel()
    await asyncio.wait({running})


async def test_what_happened_while_the_printer_was_away_is_nobodys_fault(shop: Shop) -> None:
    running = asyncio.create_task(shop.watch.run())
    shop.sense(is_open=False)
    shop.watch.take(DeviceStateEvent(device_id="p1", device_kind="printer", state=DeviceState.RETRYING, reason="gone"))
    shop.sense(is_open=True)
    shop.sense(is_open=None)
    shop.watch.take(DrawerKicked(device_id="unknown"))
    await asyncio.sleep(0.05)
    assert shop.facts == []
    running.cancel()
    await asyncio.wait({running})
