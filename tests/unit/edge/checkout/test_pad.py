"""Goods with tags at the till: lines from the pad, each tag once, tags that follow their pieces, and what a sale tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.rfid import fates
from edge.rfid.fates import Fate
from edge.rfid.pad import PadState
from edge.rfid.pads import PadReading
from protocols.contract.feed_rows import BarcodeRow
from protocols.contract.till_basket import Scan, SetQuantity, VoidLine
from protocols.contract.till_payment import PayCash
from protocols.contract.till_returns import FindReceipt, ReturnLines, ReturnWanted
from protocols.contract.till_tags import AddTags
from protocols.gs1.epc import TagIdentity, of_gtin
from tests.support.counter import Counter
from tests.support.goods import APPLES, BREAD, BREAD_CODE, MILK, MILK_CODE
from tests.support.returning import paid_back, returns_of, rows_of_store

WEIGHED_CODE = "4000000000075"
FOREIGN = TagIdentity(uri="urn:epc:raw:96.xE2003411B802011383258566")


def tag(code: str, serial: int) -> TagIdentity:
    gtin = code.rjust(14, "0")
    return TagIdentity(uri=of_gtin(gtin, str(serial)).uri, gtin=gtin, serial=str(serial))


class LaidPad:
    """A pad with what the test lays on it."""

    def __init__(self) -> None:
        self.tags: tuple[TagIdentity, ...] = ()

    def lay(self, *tags: TagIdentity) -> None:
        self.tags = tags

    def reading(self, till_id: str) -> PadReading | None:
        state = PadState.SETTLED if self.tags else PadState.EMPTY
        return PadReading(state, self.tags, auto=False, full=False) if till_id == "1" else None


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    one = Counter(tmp_path, rows=rows_of_store())
    one.pads = LaidPad()
    await one.start()
    await one.open()
    yield one
    one.stop()


def pad(counter: Counter) -> LaidPad:
    assert isinstance(counter.pads, LaidPad)
    return counter.pads


async def test_what_lies_on_the_pad_becomes_lines_by_item_with_their_tags(counter: Counter) -> None:
    pad(counter).lay(tag(MILK_CODE, 1), tag(BREAD_CODE, 1), tag(MILK_CODE, 2))
    view = counter.till.state().pad
    assert view is not None
    assert (view.state, view.new, view.in_basket, view.left_out) == ("settled", 3, 0, ())
    state = (await counter.ok(AddTags())).state
    assert [(line.item_id, line.quantity, line.tags) for line in state.lines] == [(MILK, 2, 2), (BREAD, 1, 1)]
    assert state.pad is not None
    assert (state.pad.new, state.pad.in_basket) == (0, 3)
    assert await counter.refused(AddTags()) == "pad_empty", "each tag is in a basket once"


async def test_tags_follow_their_pieces_through_more_fewer_and_none(counter: Counter) -> None:
    pad(counter).lay(tag(MILK_CODE, 1), tag(MILK_CODE, 2))
    await counter.ok(AddTags())
    await counter.ok(Scan(code=MILK_CODE))
    pad(counter).lay(tag(MILK_CODE, 3))
    state = (await counter.ok(AddTags())).state
    assert [(line.quantity, line.tags) for line in state.lines] == [(4, 3)]
    state = (await counter.ok(SetQuantity(line_no=1, quantity=2))).state
    assert [(line.quantity, line.tags) for line in state.lines] == [(2, 2)]
    pad(counter).lay(tag(MILK_CODE, 3))
    assert (await counter.ok(AddTags())).state.lines[0].tags == 3, "the piece taken out may be sold after all"
    await counter.ok(VoidLine(line_no=1))
    state = (await counter.ok(AddTags())).state
    assert [(line.quantity, line.tags, line.voided) for line in state.lines] == [(3, 0, True), (1, 1, False)]


async def test_a_sale_names_its_tags_and_says_in_the_same_transaction_that_they_are_sold(counter: Counter) -> None:
    pad(counter).lay(tag(MILK_CODE, 1), tag(MILK_CODE, 2))
    await counter.ok(AddTags())
    await counter.ok(Scan(code=BREAD_CODE))
    await counter.ok(PayCash(tendered_minor=10_000))
    (sale,) = counter.sales()
    assert [line.epcs for line in sale.lines] == [(tag(MILK_CODE, 1).uri, tag(MILK_CODE, 2).uri), ()]
    known = fates.fate_of(counter.store.reader(), tag(MILK_CODE, 1).uri)
    assert known is not None
    assert (known.fate, known.reference) == (Fate.SOLD, sale.sale_id)
    view = counter.till.state().pad
    assert view is not None
    assert [each.state for each in view.left_out] == ["sold", "sold"]
    assert await counter.refused(AddTags()) == "tag_sold"


async def test_what_cannot_be_sold_by_its_tag_is_left_out_and_named_the_rest_is_sold(counter: Counter) -> None:
    await counter.feed(BarcodeRow(gtin=WEIGHED_CODE.rjust(14, "0"), item_id=APPLES))
    pad(counter).lay(FOREIGN, tag("4000000000068", 1), tag(WEIGHED_CODE, 1), tag(MILK_CODE, 7))
    view = counter.till.state().pad
    assert view is not None
    assert [each.state for each in view.left_out] == ["foreign", "unknown", "by_weight"]
    answer = await counter.do(AddTags())
    assert not answer.ok
    assert answer.reason is not None
    assert answer.reason.code == "tag_foreign"
    assert [(line.item_id, line.tags) for line in answer.state.lines] == [(MILK, 1)]
    assert await counter.refused(AddTags()) == "tag_foreign"


async def test_a_command_sent_twice_is_done_once_and_a_restart_keeps_the_tags(counter: Counter) -> None:
    pad(counter).lay(tag(MILK_CODE, 1))
    first = await counter.do(AddTags(), "00000000-0000-4000-8000-000000000001")
    again = await counter.do(AddTags(), "00000000-0000-4000-8000-000000000001")
    assert first.ok
    assert again.ok
    await counter.restart()
    assert [(line.quantity, line.tags) for line in counter.till.state().lines] == [(1, 1)]


async def test_a_till_without_a_pad_says_so(tmp_path: Path) -> None:
    plain = Counter(tmp_path)
    await plain.start()
    await plain.open()
    assert plain.till.state().pad is None
    assert await plain.refused(AddTags()) == "no_pad"
    plain.stop()


async def test_a_line_that_comes_back_whole_brings_all_its_tags_a_part_those_on_the_pad(counter: Counter) -> None:
    pad(counter).lay(tag(MILK_CODE, 1), tag(MILK_CODE, 2), tag(MILK_CODE, 3))
    await counter.ok(AddTags())
    receipt = (await counter.ok(PayCash(tendered_minor=10_000))).sale
    assert receipt is not None
    pad(counter).lay(tag(MILK_CODE, 2))
    await take_back(counter, receipt.receipt, 1)
    pad(counter).lay()
    await take_back(counter, receipt.receipt, 1)
    first, second = returns_of(counter)
    assert first.lines[0].epcs == (tag(MILK_CODE, 2).uri,)
    assert second.lines[0].epcs == (), "nobody can say which"
    source = counter.store.reader()
    known = [fates.fate_of(source, tag(MILK_CODE, serial).uri) for serial in (1, 2, 3)]
    assert [each.fate for each in known if each] == [Fate.SOLD, Fate.RETURNED, Fate.SOLD]
    pad(counter).lay(tag(MILK_CODE, 2))
    assert (await counter.ok(AddTags())).state.lines[0].tags == 1, "what came back may be sold again"


async def take_back(counter: Counter, receipt: str, pieces: int) -> None:
    found = (await counter.ok(FindReceipt(receipt=receipt))).state.found_sale
    assert found is not None
    wanted = (ReturnWanted(line_no=1, quantity=pieces, reason="unwanted"),)
    await counter.ok(ReturnLines(sale_id=found.sale_id, lines=wanted))
    await paid_back(counter)
