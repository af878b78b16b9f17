"""Whatever staff, tills and headquarters do in whatever order, sent twice and cut off by kills: each balance is the sum of
its moves and of its batches, and the facts say the same. `Shop.check_sums` is the oracle."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.stock.batches import NO_LOT, Lot
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from edge.stock.refusals import StockRefused
from protocols.contract.feed_stock import AsnLine, AsnRow, ReservationLine, ReservationRow
from protocols.contract.values import Place
from tests.support.goods import ANN, BREAD, BREAD_CODE, EVE, MILK, MILK_CODE
from tests.support.stock_shop import Shop

LOTS = (NO_LOT, Lot("L1", "2026-12-01"), Lot("L2", "2026-12-09"), Lot("L1", ""))
PLACES = (Place.SALES_FLOOR, Place.BACK_ROOM, Place.QUARANTINE)


@dataclass(frozen=True)
class Goods:
    item_id: str
    lot: Lot
    pieces: int


@dataclass(frozen=True)
class ListOf:
    """A list begun, filled, posted; twice over if `again`, with a kill before the posting is answered if `killed`."""

    kind: Kind
    place: Place
    goods: tuple[Goods, ...]
    whole: bool
    again: bool
    killed: bool


@dataclass(frozen=True)
class Sale:
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    pieces: int


GOODS = st.builds(Goods, st.sampled_from((MILK, BREAD)), st.sampled_from(LOTS), st.integers(min_value=0, max_value=6))
LISTS = st.builds(
    ListOf,
    st.sampled_from(Kind),
    st.sampled_from(PLACES),
    st.lists(GOODS, min_size=1, max_size=4).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
SALES = st.builds(Sale, st.lists(st.sampled_from((MILK_CODE, BREAD_CODE)), min_size=1, max_size=4).map(tuple))
STEPS = st.lists(st.one_of(LISTS, LISTS, SALES, st.builds(Order, st.integers(1, 5))), min_size=1, max_size=9)
TARGETS = {Kind.TRANSFER: "s-0002", Kind.WRITE_OFF: "damaged"}


async def list_of(shop: Shop, number: int, step: ListOf) -> None:
    draft_id = f"d-{number}"
    target = TARGETS.get(step.kind, "")
    if step.kind is Kind.MOVE:
        target = PLACES[(PLACES.index(step.place) + 1) % len(PLACES)].value
    asn_id = f"asn-{number}" if step.kind is Kind.RECEIPT and step.whole else ""
    if asn_id:
        line = AsnLine(line_no=1, item_id=MILK, quantity_thousandths=4_000, batch="L1", expires="2026-12-01")
        await shop.hq(AsnRow(asn_id=asn_id, reference="DN", sender="Dairy", expected_ms=1, lines=(line,)))
    whole = step.whole and step.kind is Kind.COUNT
    await shop.drafts.open(draft_id, step.kind, step.place, "", ANN, asn_id=asn_id, target=target, whole=whole)
    for turn in range(2 if step.again else 1):
        for index, goods in enumerate(step.goods):
            command_id = f"{draft_id}/{index}"
            await shop.drafts.set_quantity(draft_id, command_id, goods.item_id, goods.pieces * 1000, goods.lot)
        if step.killed and not turn:
            await shop.kill()
    poster = Poster(ANN, approver_id=EVE, write_off_minor=10**9)
    for turn in range(2 if step.again else 1):
        with contextlib.suppress(StockRefused):  # nothing on it, or nothing of the notice came
            await shop.drafts.post(draft_id, ANN, poster)
        if step.killed and not turn:
            await shop.kill()


async def run(folder: Path, steps: list[ListOf | Sale | Order]) -> None:
    shop = Shop(folder)
    await shop.start()
    try:
        for number, step in enumerate(steps):
            match step:
                case ListOf():
                    await list_of(shop, number, step)
                case Sale():
                    await shop.sell(*step.codes)
                case Order():
                    line = ReservationLine(item_id=MILK, quantity_thousandths=step.pieces * 1000)
                    row = ReservationRow(
                        reservation_id=f"res-{number}", order_id="o", lines=(line,), due_ms=10**13, until_ms=10**13
                    )
                    await shop.hq(row)
            shop.check_sums()
        held = sum(line.held_thousandths for order in shop.orders.standing() for line in order.lines)
        there = sum(max(0, shop.on_hand(MILK, place)) for place in PLACES[:2])
        assert held <= there * 1000 or held == 0, "no more is promised than is there"
    finally:
        shop.counter.stop()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_balances_are_the_sum_of_moves_whatever_happens(steps: list[ListOf | Sale | Order]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), steps))
