"""The balances and batches of the store's former box, as headquarters tells them, made this box's own.

Headquarters knows each lot from receipts, and sales whose batch was told; what was sold without one stands below zero there
and comes off what is to be sold first, as the store does it. What the new box itself booked after the look comes off the
same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from edge.stock import batches
from edge.stock.batches import BATCH_CHARACTERS_MAX, NO_LOT, Lot
from edge.stock.service import Move, add_move
from edge.stock.service import queries as stock_queries
from edge.store_db.database import Tx
from protocols.contract.handover import HeldLot
from protocols.contract.values import Place

Key = tuple[str, Place]


def take_over(tx: Tx, reference: str, right: Mapping[Key, int], lots: Iterable[HeldLot] | None, at_ms: int) -> int:
    """Make the balances what they should be, with moves that tell no fact: headquarters holds theirs. Returns how many.

    `right`: what should stand, item and place; `lots` None: headquarters tells no batches, and this box's own stay.
    """
    here: dict[Key, int] = {
        (item_id, Place(place)): quantity for item_id, place, quantity in tx.execute(stock_queries["balances"]).fetchall()
    }
    moves: list[tuple[Key, Lot, int]] = []
    if lots is None:
        moves += [(key, NO_LOT, right.get(key, 0) - here.get(key, 0)) for key in sorted(right.keys() | here.keys())]
    else:
        told = _told(lots)
        known = _known(tx)
        for key in sorted(right.keys() | here.keys() | known.keys()):
            moves += _differences(key, shared(right.get(key, 0), told.get(key, {})), known.get(key, {}))
    number = 0
    for (item_id, place), lot, change in moves:
        if change:
            number += 1
            add_move(tx, reference, Move(number, item_id, place, change, "handover", lot, exact=lots is not None), at_ms)
    return number


def shared(total_thousandths: int, lots: Mapping[Lot, int]) -> dict[Lot, int]:
    """What of a balance is of which lot: never more than the balance, first expired first out; the rest is of none."""
    found: dict[Lot, int] = {}
    over = sum(max(0, quantity) for quantity in lots.values()) - max(0, total_thousandths)
    for lot in sorted(lots, key=lambda each: (not each.expires, each.expires, each.batch)):
        standing = max(0, lots[lot])
        gone = min(standing, max(0, over))
        over -= gone
        if standing > gone:
            found[lot] = standing - gone
    rest = total_thousandths - sum(found.values())
    return {**found, NO_LOT: rest} if rest else found


def _told(lots: Iterable[HeldLot]) -> dict[Key, dict[Lot, int]]:
    found: dict[Key, dict[Lot, int]] = defaultdict(lambda: defaultdict(int))
    for held in lots:
        expires = held.expires if batches.is_date(held.expires) else ""
        if held.batch and len(held.batch) <= BATCH_CHARACTERS_MAX:
            found[held.item_id, held.place][Lot(held.batch, expires)] += held.on_hand_thousandths
    return found


def _known(tx: Tx) -> dict[Key, dict[Lot, int]]:
    found: dict[Key, dict[Lot, int]] = defaultdict(dict)
    for item_id, place, batch, expires, quantity in tx.execute(batches.queries["breakdown"]).fetchall():
        found[item_id, Place(place)][Lot(batch, expires)] = quantity
    return found


def _differences(key: Key, wanted: Mapping[Lot, int], known: Mapping[Lot, int]) -> list[tuple[Key, Lot, int]]:
    every = sorted(wanted.keys() | known.keys(), key=lambda lot: (lot.batch, lot.expires))
    return [(key, lot, wanted.get(lot, 0) - known.get(lot, 0)) for lot in every]
