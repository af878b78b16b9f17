"""Weeks in the life of a store without counts, in the world alone: what its book says by then, without a box."""

from __future__ import annotations

from collections import Counter

from tests.sim.stock_week.happenings import Bought, BroughtBack, Carried, Delivered, Happening, SentAway, Stolen, ThrownAway
from tests.sim.stock_week.world import BACK, FLOOR, Key, World


def drifted(world: World, days: int) -> Counter[Key]:
    """Let `days` pass from a right book; the book then. Books as `BookShop` does."""
    book = world.truth()
    sold: dict[int, Counter[str]] = {}
    for _ in range(days):
        for happened in world.day():
            _booked(book, sold, happened)
    world.forget_sales()
    return book


def _booked(book: Counter[Key], sold: dict[int, Counter[str]], happened: Happening) -> None:
    match happened:
        case Delivered():
            for piece in happened.promised:
                book[piece.item.item_id, BACK] += 1
        case Carried():
            for piece in happened.pieces if happened.booked else ():
                book[piece.item.item_id, happened.from_place] -= 1
                book[piece.item.item_id, happened.to_place] += 1
        case Bought():
            sold[happened.number] = Counter(item.item_id for item in happened.scanned)
            for item in happened.scanned:
                book[item.item_id, FLOOR] -= 1
        case BroughtBack():
            receipt, item_id = sold[happened.sale], happened.piece.item.item_id
            charged = item_id if receipt[item_id] else next(each for each, left in receipt.items() if left)
            receipt[charged] -= 1
            book[charged, FLOOR] += 1
        case Stolen():
            pass
        case ThrownAway():
            for piece in happened.pieces if happened.booked else ():
                book[piece.item.item_id, happened.place] -= 1
        case SentAway():
            for item in happened.written:
                book[item.item_id, BACK] -= 1
