"""Stock and the table of tags: what readers hear is counted, what was sent may leave, what came back is guarded again; and a
new box's balances, taken over, still sum to their batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.rfid import fates, floor_store, relocating
from edge.rfid.floor_store import Astray
from edge.rfid.presence import Edge, EdgeKind
from edge.stock import batches, comparing, service, sweeps, tags_here, taking_over
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from edge.stock.sweeps import Swept
from edge.store_db.database import Tx
from protocols.contract.values import Place
from protocols.gs1.epc import encode_96, identify, of_gtin
from tests.support.goods import ANN, MILK, MILK_CODE
from tests.support.stock_shop import BACK, FLOOR, Shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    await shop.start()
    yield shop
    shop.counter.stop()


def raw(serial: int) -> bytes:
    return encode_96(of_gtin(MILK_CODE.rjust(14, "0"), str(serial)))


def uri(serial: int) -> str:
    return identify(raw(serial), 96).uri


async def hear(shop: Shop, serial: int, place: Place) -> None:
    """A reader of a room hears a tag for the first time."""
    edge = Edge(EdgeKind.ARRIVED, raw(serial), 96, place.value, "", shop.clock.now_ms())
    identity = identify(raw(serial), 96)
    await shop.store.write(lambda tx: floor_store.put(tx, edge, identity, place, shop.clock.now_ms(), BACK))


async def receive(shop: Shop, receipt_id: str, *serials: int) -> None:
    await shop.drafts.open(receipt_id, Kind.RECEIPT, BACK, "", ANN)
    await shop.drafts.sweep(receipt_id, [uri(serial) for serial in serials])
    await shop.drafts.post(receipt_id, ANN)


async def test_what_the_rooms_readers_hear_is_counted_in_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "EPCS_AT_ONCE", 2)
    for serial in range(5):
        await hear(shop, serial, FLOOR)
    await hear(shop, 9, BACK)
    await shop.drafts.open("c-1", Kind.COUNT, FLOOR, "", ANN)
    draft, swept = await shop.drafts.sweep_heard("c-1")
    assert (swept, draft.lines[0].quantity_thousandths) == (Swept(new=5), 5_000)
    assert (await shop.drafts.sweep_heard("c-1"))[1] == Swept(again=5)
    await shop.drafts.open("c-2", Kind.COUNT, Place.QUARANTINE, "", ANN)
    assert (await shop.drafts.sweep_heard("c-2"))[1] == Swept()
    shop.check_sums()


async def test_tags_that_were_sent_may_leave_and_those_that_came_back_may_not(shop: Shop) -> None:
    await receive(shop, "r-1", 1, 2)
    assert tags_here.by_item(shop.store.reader(), BACK) == {MILK: {uri(1), uri(2)}}
    await shop.drafts.open("t-1", Kind.TRANSFER, BACK, "", ANN, target="s-0002")
    await shop.drafts.sweep("t-1", [uri(1)])
    await shop.drafts.post("t-1", ANN, Poster(ANN))
    assert fates.may_leave(shop.store.reader(), uri(1))
    assert tags_here.by_item(shop.store.reader(), BACK) == {MILK: {uri(2)}}
    assert [line.seen_thousandths for line in comparing.compare(shop.store.reader(), BACK)] == [], "milk need carry no tags"
    await receive(shop, "r-2", 1)
    assert not fates.may_leave(shop.store.reader(), uri(1)), "it is stock again"
    assert shop.on_hand(MILK, BACK) == 2
    shop.check_sums()


async def test_a_relocation_that_readers_saw_takes_its_batches_along(shop: Shop) -> None:
    await shop.put(MILK, 1, BACK, "L1", "2031-01-01")
    await shop.put(MILK, 5, BACK, "L2", "2031-02-01")
    seen = [Astray(uri(serial), MILK_CODE.rjust(14, "0"), MILK, BACK, FLOOR) for serial in (1, 2)]

    def run(tx: Tx) -> None:
        fact = relocating.fact_of(tx, "m-1", seen)
        assert fact is not None
        assert [(line.batch, line.quantity_thousandths, len(line.epcs)) for line in fact.lines] == [
            ("L1", 1_000, 2),
            ("L2", 1_000, 0),
        ]
        relocating.keep(tx, fact, 1)
        shop.journal.append(tx, fact)

    await shop.store.write(run)
    assert shop.lots(MILK, FLOOR) == {("L1", "2031-01-01"): 1, ("L2", "2031-02-01"): 1}
    shop.check_sums()


async def test_balances_taken_over_from_a_former_box_still_sum_to_their_batches(shop: Shop) -> None:
    await shop.put(MILK, 3, FLOOR, "L1", "2031-01-01")
    await shop.put(MILK, 2, BACK)
    right = {(MILK, FLOOR): 1_000, (MILK, BACK): 7_000, (MILK, Place.QUARANTINE): 2_000}
    assert await shop.store.write(lambda tx: taking_over.take_over(tx, "handover/2/1", right, None, 1)) == 3
    assert {place: shop.on_hand(MILK, place) for _, place in right} == {FLOOR: 1, BACK: 7, Place.QUARANTINE: 2}
    assert shop.lots(MILK, FLOOR) == {("L1", "2031-01-01"): 1}
    source = shop.store.reader()
    summed: dict[str, int] = {}
    for _, place, _, _, quantity in source.execute(batches.queries["breakdown"]):
        summed[place] = summed.get(place, 0) + quantity
    assert summed == {row[1]: row[2] for row in source.execute(service.queries["balances"])}
