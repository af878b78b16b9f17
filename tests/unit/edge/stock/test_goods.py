"""Goods that come, go and move: against a notice, by batch, to another place, to another store, and off the books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.stock import notices, posting, sweeps
from edge.stock.batches import Lot
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from protocols.contract.facts import GoodsReceived, ReceivedLine
from protocols.contract.feed_stock import AsnLine, AsnRow, StockRulesRow
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated, StockWrittenOff, TransferSent
from tests.support.goods import ANN, BREAD, BREAD_CODE, EVE, MILK, MILK_CODE, SIX_PACK_CODE
from tests.support.stock_shop import BACK, FLOOR, QUARANTINE, Shop, refused

L1, L2 = ("L1", "2026-12-01"), ("L2", "2026-12-09")
MILK_L1 = f"(01){MILK_CODE.rjust(14, '0')}(17)261201(10)L1"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    await shop.start()
    yield shop
    shop.check_sums()
    shop.counter.stop()


def notice(*lines: AsnLine, part: int = 1, parts: int = 1, transfer_id: str = "") -> AsnRow:
    return AsnRow(
        asn_id="asn-1",
        reference="DN 77",
        sender="Dairy",
        expected_ms=5,
        part=part,
        parts=parts,
        transfer_id=transfer_id,
        lines=lines,
    )


def promised(line_no: int, item_id: str, pieces: int, batch: str = "", expires: str = "") -> AsnLine:
    return AsnLine(line_no=line_no, item_id=item_id, quantity_thousandths=pieces * 1000, batch=batch, expires=expires)


def figures(fact: GoodsReceived) -> list[tuple[str, str, int, int | None]]:
    """Item, batch, pieces that came, pieces promised."""
    return [
        (
            line.item_id,
            line.batch,
            line.quantity_thousandths // 1000,
            None if line.expected_thousandths is None else line.expected_thousandths // 1000,
        )
        for line in fact.lines
    ]


async def test_a_scanned_batch_is_kept_and_the_oldest_is_sold_first(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    await shop.scan("r-1", MILK_L1, times=2)
    await shop.set("r-1", MILK, 3, Lot(*L2))
    await shop.scan("r-1", MILK_CODE)
    await shop.drafts.post("r-1", ANN)
    assert shop.lots(MILK) == {L1: 2, L2: 3, ("", ""): 1}
    await shop.sell(MILK_CODE, MILK_CODE, MILK_CODE)
    assert shop.lots(MILK) == {L2: 2, ("", ""): 1}, "first expired, first out"
    await shop.sell(f"(01){MILK_CODE.rjust(14, '0')}(10)L2")
    assert shop.lots(MILK) == {L2: 1, ("", ""): 1}, "the batch that was scanned"
    await shop.sell(*[MILK_CODE] * 4)
    assert shop.lots(MILK) == {("", ""): -2}, "what no batch covers comes off no batch"


async def test_a_batch_the_book_does_not_have_goes_below_zero(shop: Shop) -> None:
    await shop.put(MILK, 2, batch="L1", expires="2026-12-01")
    await shop.sell(f"(01){MILK_CODE.rjust(14, '0')}(10)L9")
    assert shop.lots(MILK) == {L1: 2, ("L9", ""): -1}, "the customer held it"
    await shop.put(MILK, 1, batch="L9")
    assert shop.lots(MILK) == {L1: 2}


async def test_a_delivery_is_held_against_its_notice(shop: Shop) -> None:
    await shop.hq(notice(promised(1, MILK, 6, *L1), promised(2, MILK, 6, *L2), promised(3, BREAD, 4)))
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    await shop.scan("r-1", SIX_PACK_CODE)
    await shop.scan("r-1", MILK_CODE, times=2)
    preview = {(line.item_id, line.lot.batch): line.state for line in shop.drafts.receipt("r-1")}
    assert preview == {(MILK, "L1"): "as_promised", (MILK, "L2"): "short", (BREAD, ""): "missing"}
    await shop.drafts.post("r-1", ANN)
    (fact,) = shop.facts(GoodsReceived)
    assert (fact.asn_id, fact.reference, fact.transfer_id) == ("asn-1", "DN 77", "")
    assert figures(fact) == [(MILK, "L1", 6, 6), (MILK, "L2", 2, 6), (BREAD, "", 0, 4)]
    assert shop.lots(MILK, BACK) == {L1: 6, L2: 2}, "goods scanned without their batch take the notice's, in its order"
    assert notices.open_notices(shop.store.reader()) == []
    assert await refused(shop.drafts.open("r-2", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")) == "notice_unknown"


async def test_over_and_unexpected_goods_are_told_as_such(shop: Shop) -> None:
    await shop.hq(notice(promised(1, MILK, 2, *L1), transfer_id="t-9"))
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    await shop.scan("r-1", MILK_CODE, times=5)
    await shop.scan("r-1", BREAD_CODE)
    await shop.set("r-1", MILK, 1, Lot("L8", ""))
    states = [(line.item_id, line.lot.batch, line.state) for line in shop.drafts.receipt("r-1")]
    assert states == [(MILK, "L1", "over"), (BREAD, "", "unexpected"), (MILK, "L8", "unexpected")]
    await shop.drafts.post("r-1", ANN)
    (fact,) = shop.facts(GoodsReceived)
    assert fact.transfer_id == "t-9"
    assert figures(fact) == [(MILK, "L1", 5, 2), (BREAD, "", 1, 0), (MILK, "L8", 1, 0)]


async def test_a_part_comes_first_and_the_rest_later(shop: Shop) -> None:
    await shop.hq(notice(promised(1, MILK, 6, *L1), promised(2, MILK, 6, *L2)))
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    await shop.scan("r-1", MILK_CODE, times=8)
    await shop.drafts.post("r-1", ANN, Poster(ANN, rest_comes=True))
    await shop.kill()
    (part,) = shop.facts(GoodsReceived)
    assert (part.asn_id, figures(part)) == ("", [(MILK, "L1", 6, None), (MILK, "L2", 2, None)])
    (waiting,) = notices.open_notices(shop.store.reader())
    assert waiting.open_thousandths(MILK) == 4_000
    await shop.drafts.open("r-2", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    await shop.scan("r-2", MILK_CODE, times=3)
    await shop.drafts.post("r-2", ANN)
    rest = shop.facts(GoodsReceived)[-1]
    assert (rest.asn_id, figures(rest)) == ("asn-1", [(MILK, "L2", 3, 4)]), "short by one of the whole delivery"
    assert notices.open_notices(shop.store.reader()) == []


async def test_a_notice_in_parts_waits_for_all_of_them_and_one_of_which_nothing_came_can_be_ended(shop: Shop) -> None:
    await shop.hq(notice(promised(1, MILK, 2), part=1, parts=2))
    assert notices.open_notices(shop.store.reader()) == []
    await shop.hq(notice(promised(2, BREAD, 1), part=2, parts=2))
    (found,) = notices.open_notices(shop.store.reader())
    assert found.items == (MILK, BREAD)
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    assert await refused(shop.drafts.post("r-1", ANN, Poster(ANN, rest_comes=True))) == "draft_empty"
    await shop.drafts.post("r-1", ANN)
    assert figures(shop.facts(GoodsReceived)[0]) == [(MILK, "", 0, 2), (BREAD, "", 0, 1)]


async def test_a_very_long_receipt_is_several_facts_of_which_the_last_ends_the_notice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "RECEIPT_LINES_MAX", 2)
    await shop.hq(notice(promised(1, MILK, 2, *L1), promised(2, MILK, 2, *L2), promised(3, BREAD, 1)))
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    await shop.scan("r-1", MILK_CODE, times=4)
    for _ in range(2):
        await shop.drafts.post("r-1", ANN)
    facts = shop.facts(GoodsReceived)
    assert [(fact.receipt_id, fact.asn_id, len(fact.lines)) for fact in facts] == [("r-1", "", 2), ("r-1/2", "asn-1", 1)]
    assert shop.on_hand(MILK, BACK) == 4
    assert notices.open_notices(shop.store.reader()) == []


async def test_a_list_that_names_its_tags_takes_so_many_that_its_fact_can_travel(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "PIECES_MAX", 3)
    epcs = [f"urn:epc:id:sgtin:4000000.000001.{serial}" for serial in range(4)]
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    assert await refused(shop.drafts.sweep("r-1", epcs)) == "draft_full"
    draft, swept = await shop.drafts.sweep("r-1", epcs[:3])
    assert (swept.new, draft.line_count) == (3, 1)


async def test_goods_of_a_notice_that_was_withdrawn_meanwhile_are_a_plain_receipt(shop: Shop) -> None:
    await shop.hq(notice(promised(1, MILK, 2)))
    for draft_id in ("r-1", "r-2"):
        await shop.drafts.open(draft_id, Kind.RECEIPT, BACK, "DN 77", ANN, asn_id="asn-1")
        await shop.scan(draft_id, MILK_CODE)
    await shop.hq(gone=("asn/asn-1/1",))
    await shop.drafts.post("r-1", ANN)
    assert figures(shop.facts(GoodsReceived)[0]) == [(MILK, "", 1, None)]
    await shop.hq(notice(promised(1, MILK, 2)))
    await shop.drafts.open("r-3", Kind.RECEIPT, BACK, "DN 77", ANN, asn_id="asn-1")
    await shop.drafts.post("r-3", ANN)
    assert await refused(shop.drafts.post("r-2", ANN)) == "notice_unknown", "another list has ended it"


async def test_a_door_that_booked_tagged_goods_makes_the_notice_shorter(shop: Shop) -> None:
    epcs = tuple(f"urn:epc:id:sgtin:4000000.000001.{serial}" for serial in range(4))
    line = AsnLine(line_no=1, item_id=MILK, quantity_thousandths=4_000, epcs=epcs)
    await shop.hq(notice(line))
    came = ReceivedLine(line_no=1, item_id=MILK, quantity_thousandths=3_000, epcs=epcs[:3])
    await shop.stock.receive(GoodsReceived(receipt_id="p-1", place=BACK, how="portal", lines=(came,)))
    (waiting,) = notices.open_notices(shop.store.reader())
    assert waiting.open_thousandths(MILK) == 1_000


async def test_a_notice_of_which_everything_came_through_a_door_can_be_ended(shop: Shop) -> None:
    epcs = tuple(f"urn:epc:id:sgtin:4000000.000001.{serial}" for serial in range(4))
    await shop.hq(notice(AsnLine(line_no=1, item_id=MILK, quantity_thousandths=4_000, epcs=epcs)))
    came = ReceivedLine(line_no=1, item_id=MILK, quantity_thousandths=4_000, epcs=epcs)
    await shop.stock.receive(GoodsReceived(receipt_id="p-1", place=BACK, how="portal", lines=(came,)))
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN, asn_id="asn-1")
    assert [(line.state, line.quantity_thousandths) for line in shop.drafts.receipt("r-1")] == [("as_promised", 0)]
    assert await refused(shop.drafts.post("r-1", ANN, Poster(ANN, rest_comes=True))) == "draft_empty"
    await shop.drafts.post("r-1", ANN)
    assert not notices.open_notices(shop.store.reader())
    assert shop.facts(GoodsReceived)[-1].asn_id == "asn-1"
    assert shop.on_hand(MILK, BACK) == 4
    shop.check_sums()


async def test_goods_move_between_places_with_their_batches(shop: Shop) -> None:
    await shop.put(MILK, 4, BACK, *L2)
    await shop.put(MILK, 2, BACK, *L1)
    await shop.move("m-1", {MILK: 3}, BACK, FLOOR)
    await shop.kill()
    await shop.drafts.post("m-1", ANN)
    (fact,) = shop.facts(GoodsRelocated)
    assert fact.lines == (
        GoodsLine(line_no=1, item_id=MILK, quantity_thousandths=2_000, batch="L1", expires="2026-12-01"),
        GoodsLine(line_no=2, item_id=MILK, quantity_thousandths=1_000, batch="L2", expires="2026-12-09"),
    )
    assert (shop.lots(MILK, BACK), shop.lots(MILK, FLOOR)) == ({L2: 3}, {L1: 2, L2: 1})
    assert await refused(shop.drafts.open("m-2", Kind.MOVE, BACK, "", ANN, target="back_room")) == "place_same"
    assert await refused(shop.drafts.open("m-2", Kind.MOVE, BACK, "", ANN, target="roof")) == "place_same"


async def test_goods_for_another_store_leave_the_book_here(shop: Shop) -> None:
    await shop.put(MILK, 4, FLOOR, *L1)
    assert await refused(shop.drafts.open("t-1", Kind.TRANSFER, FLOOR, "", ANN)) == "store_needed"
    assert await refused(shop.drafts.open("t-1", Kind.TRANSFER, FLOOR, "", ANN, target="s-0001")) == "store_needed"
    await shop.drafts.open("t-1", Kind.TRANSFER, FLOOR, "REQ 1", ANN, target="s-0002")
    await shop.scan("t-1", MILK_CODE, times=3)
    await shop.drafts.post("t-1", ANN)
    (fact,) = shop.facts(TransferSent)
    assert (fact.transfer_id, fact.to_store_id, fact.reference) == ("t-1", "s-0002", "REQ 1")
    assert [(line.batch, line.quantity_thousandths) for line in fact.lines] == [("L1", 3_000)]
    assert shop.on_hand(MILK) == 1


async def test_a_write_off_has_a_reason_and_above_the_limit_a_second_person(shop: Shop) -> None:
    await shop.put(MILK, 100)
    await shop.hq(StockRulesRow(write_off_minor_max=1_000))
    assert await refused(shop.drafts.open("w-1", Kind.WRITE_OFF, FLOOR, "", ANN, target="bored")) == "write_off_reason"
    await shop.drafts.open("w-1", Kind.WRITE_OFF, FLOOR, "", ANN, target="damaged", note="fell")
    await shop.scan("w-1", MILK_CODE, times=7)
    assert shop.drafts.value_minor("w-1") == 7 * 129
    await shop.drafts.post("w-1", ANN, Poster(ANN, write_off_minor=10**9))
    await shop.drafts.open("w-2", Kind.WRITE_OFF, FLOOR, "", ANN, target="expired")
    await shop.scan("w-2", MILK_CODE, times=8)
    own = Poster(ANN, write_off_minor=10**9)
    assert await refused(shop.drafts.post("w-2", ANN, own)) == "write_off_needs_approval"
    myself = Poster(ANN, approver_id=ANN, write_off_minor=10**9)
    assert await refused(shop.drafts.post("w-2", ANN, myself)) == "approval_self"
    await shop.drafts.post("w-2", ANN, Poster(ANN, approver_id=EVE, write_off_minor=10**9))
    await shop.drafts.open("w-3", Kind.WRITE_OFF, FLOOR, "", ANN, target="lost")
    await shop.scan("w-3", MILK_CODE)
    assert await refused(shop.drafts.post("w-3", ANN)) == "write_off_needs_approval", "who may write off nothing alone"
    first, second = shop.facts(StockWrittenOff)
    assert (first.reason, first.note, first.approver_id) == ("damaged", "fell", "")
    assert (second.reason, second.approver_id, shop.on_hand(MILK)) == ("expired", EVE, 85)


async def test_a_line_learns_its_batch_afterwards(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    await shop.scan("r-1", MILK_CODE, times=4)
    await shop.drafts.set_lot("r-1", "c-1", MILK, Lot(), Lot(*L1))
    await shop.drafts.set_lot("r-1", "c-1", MILK, Lot(), Lot(*L1))
    await shop.scan("r-1", MILK_L1)
    assert await refused(shop.drafts.set_lot("r-1", "c-2", MILK, Lot(*L1), Lot("L1", "tomorrow"))) == "lot_invalid"
    await shop.drafts.post("r-1", ANN)
    assert shop.lots(MILK) == {L1: 5}


async def test_a_serial_number_is_on_a_list_once_and_known_by_place(shop: Shop) -> None:
    code = f"(01){MILK_CODE.rjust(14, '0')}(21)S7"
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    await shop.scan("r-1", code)
    assert await refused(shop.scan("r-1", code)) == "piece_again"
    await shop.drafts.post("r-1", ANN)
    (line,) = shop.facts(GoodsReceived)[0].lines
    assert (line.serials, line.quantity_thousandths) == (("S7",), 1_000)
    assert _serials(shop) == [("S7", "back_room")]
    await shop.drafts.open("m-1", Kind.MOVE, BACK, "", ANN, target=QUARANTINE.value)
    await shop.scan("m-1", code)
    await shop.drafts.post("m-1", ANN)
    assert _serials(shop) == [("S7", "quarantine")]


def _serials(shop: Shop) -> list[tuple[str, str]]:
    rows = shop.store.reader().execute("SELECT serial, place FROM stock_serial")
    return [(serial, place) for serial, place in rows]
