"""The evening count: a handheld reader past every rack; what differs is counted by hand, and a second person allows it."""

from __future__ import annotations

import random
from collections import Counter

from edge.stock import sweeps
from edge.stock.drafts import Kind
from edge.stock.watch import StockWatch
from protocols.contract.values import THOUSANDTHS, Place
from tests.sim.stock_week import radio, rates
from tests.sim.stock_week.box import StoreBox
from tests.sim.stock_week.goods import ANN, Piece
from tests.sim.stock_week.shops import BOTH, TagShop
from tests.sim.stock_week.world import BACK, FLOOR, World

PLACES = (FLOOR, BACK)


async def count(shop: TagShop, world: World, day: int) -> None:
    """Floor and back room; then book and tags are compared as every night."""
    for place in PLACES:
        await _sweep(shop, world, day, place)
    await shop.box.sure(lambda: _compare(shop.box))


async def _sweep(shop: TagShop, world: World, day: int, place: Place) -> None:
    box = shop.box
    rng = random.Random(f"count {day} {place}")
    draft_id = shop.name(day, f"count {place}")
    await box.sure(lambda: box.drafts.open(draft_id, Kind.COUNT, place, "", ANN, whole=True))
    pieces = world.at(place)
    heard = radio.swept(pieces, rng.getrandbits(32))
    through_the_wall = world.at(BACK if place is FLOOR else FLOOR)
    heard |= {piece.epc for piece in through_the_wall if piece.readable and rng.random() < rates.STRAY_SHARE}
    known = [piece.epc for piece in pieces if piece.epc in heard]
    epcs = [*known, *sorted(heard - set(known))]
    for start in range(0, len(epcs), sweeps.EPCS_AT_ONCE):
        part = epcs[start : start + sweeps.EPCS_AT_ONCE]
        await box.sure(lambda part=part: box.drafts.sweep(draft_id, part))  # type: ignore[misc]
    await _look_again(shop, world, draft_id, place, rng)
    await box.sure(lambda: box.drafts.post(draft_id, ANN, BOTH))


async def _look_again(shop: TagShop, world: World, draft_id: str, place: Place, rng: random.Random) -> None:
    """Every item whose tags are not what the book says is counted by hand; a dead tag that is found is replaced."""
    box = shop.box
    lines = [line for line in box.drafts.variance(draft_id).lines if line.counted_thousandths != line.expected_thousandths]
    for item_id in dict.fromkeys(line.item_id for line in lines):
        here = world.stands[item_id, place]
        found = len(here)
        if rng.random() < rates.RECOUNTED_WRONG_SHARE:
            found = max(0, found + rng.choice((-1, 1)))
        await box.sure(
            lambda item_id=item_id, found=found: box.drafts.set_quantity(  # type: ignore[misc]
                draft_id, f"{draft_id}/{item_id}", item_id, found * THOUSANDTHS
            )
        )
        shop.did["items_counted_by_hand"] += 1
        shop.did["tags_replaced"] += _retag(here)


def _retag(here: list[Piece]) -> int:
    dead = [piece for piece in here if not piece.readable]
    for piece in dead:
        piece.retag()
    return len(dead)


async def _compare(box: StoreBox) -> None:
    await StockWatch(box.ground.store, box.ground.journal, box.clock).look()


def right_share(box: StoreBox, world: World) -> tuple[float, Counter[str]]:
    """The share of (item, place) with goods in book or truth whose book is the truth; and how the others are wrong."""
    book, truth = box.book(), world.truth()
    keys = {key for key in {*book, *truth} if book.get(key, 0) or truth.get(key, 0)}
    gaps: Counter[str] = Counter()
    for key in keys:
        gap = book.get(key, 0) - truth.get(key, 0)
        if gap:
            gaps[f"{key[1]} {'more' if gap > 0 else 'less'} than there is"] += 1
    return 1 - sum(gaps.values()) / max(1, len(keys)), gaps
