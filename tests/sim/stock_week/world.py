"""The truth: which piece lies where, and what happens to it. Knows no box, no book and no reader; one seed, one life.

A day is a row of happenings in order of time. Each has happened when it is told: the store's people come after it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from protocols.contract.values import Place
from tests.sim.stock_week import rates
from tests.sim.stock_week.goods import DAY_MS, HOUR_MS, Item, Piece, assortment
from tests.sim.stock_week.happenings import (
    Bought,
    BroughtBack,
    Carried,
    Delivered,
    Happening,
    SentAway,
    Stolen,
    ThrownAway,
)

FLOOR, BACK = Place.SALES_FLOOR, Place.BACK_ROOM
Key: TypeAlias = tuple[str, Place]
"""(item id, place)."""


class World:
    """A store's goods. Day 0 is the first after the stocktake."""

    def __init__(self, seed: int, item_count: int) -> None:
        self._rng = random.Random(f"world {seed}")
        self.items = assortment(item_count)
        self.stands: dict[Key, list[Piece]] = {}
        self._numbers = 0
        self._happened = 0
        self._day = 0
        self._sold_lately: list[tuple[int, Piece]] = []
        self._missing: Counter[str] = Counter()
        """Sold since the last delivery, by item: what the next one brings."""
        for item in self.items:
            self.stands[item.item_id, FLOOR] = [self._piece(item) for _ in range(self._rng.randint(*rates.PIECES_ON_FLOOR))]
            backs = range(self._rng.randint(*rates.PIECES_IN_BACK_ROOM))
            self.stands[item.item_id, BACK] = [self._piece(item) for _ in backs]

    def forget_sales(self) -> None:
        """What was sold until now comes back no more: the measured week begins, and its till has no older receipts."""
        self._sold_lately.clear()

    def truth(self) -> Counter[Key]:
        """How many pieces of each item stand where."""
        return Counter({key: len(pieces) for key, pieces in self.stands.items() if pieces})

    def at(self, place: Place) -> list[Piece]:
        """The pieces at a place, item by item."""
        return [piece for item in self.items for piece in self.stands[item.item_id, place]]

    def day(self) -> Iterator[Happening]:
        """The next day, as it goes on: each happening is true when it is told."""
        day = self._day
        self._day += 1
        start_ms = day * DAY_MS
        if day % 7 in rates.DELIVERY_DAYS:
            yield self._delivery(start_ms + 6 * HOUR_MS)
        if day % 7 in rates.TRANSFER_DAYS:
            yield self._sent_away(start_ms + 7 * HOUR_MS)
            yield self._delivery(start_ms + 7 * HOUR_MS + HOUR_MS // 2, sent=True)
        yield from self._refill(start_ms + 8 * HOUR_MS)
        yield from self._customers(start_ms + 9 * HOUR_MS)
        yield from self._evening(start_ms + 20 * HOUR_MS)

    # The parts of a day.

    def _customers(self, at_ms: int) -> Iterator[Happening]:
        left = round(len(self.items) * rates.SOLD_PER_ITEM_AND_DAY)
        gap_ms = 11 * HOUR_MS // max(1, left)
        refilled = False
        sold_before = len(self._sold_lately)
        while left > 0:
            bought = self._basket(at_ms)
            left -= len(bought.pieces)
            yield bought
            for _ in bought.pieces:
                at_ms += gap_ms
                yield from self._mishap(at_ms, sold_before)
            if not refilled and at_ms % DAY_MS > 14 * HOUR_MS:
                refilled = True
                yield from self._refill(at_ms)

    def _mishap(self, at_ms: int, sold_before: int) -> Iterator[Happening]:
        """What may come with each piece that is sold."""
        if sold_before and self._rng.random() < rates.RETURNED_SHARE:
            yield from self._return(at_ms)
        if self._rng.random() < rates.STOLEN_SHARE:
            piece = self._any(FLOOR)
            yield Stolen(at_ms, self._number(), piece, self._rng.random() < rates.STOLEN_BY_EXIT_SHARE)
        if self._rng.random() < rates.MISPLACED_SHARE:
            yield self._carry(at_ms, (self._any(FLOOR),), FLOOR, BACK, booked=False)
        if self._rng.random() < rates.DAMAGED_SHARE:
            booked = self._rng.random() >= rates.DAMAGED_UNBOOKED_SHARE
            yield ThrownAway(at_ms, self._number(), (self._any(FLOOR),), FLOOR, "damaged", booked)

    def _basket(self, at_ms: int) -> Bought:
        pieces = [self._any(FLOOR) for _ in range(self._rng.randint(1, rates.BASKET_PIECES_MAX))]
        scanned = [piece.item for piece in pieces]
        if self._rng.random() < rates.TWO_VARIANTS_SHARE:
            other = self._take(self._sibling(pieces[0].item), FLOOR)
            if other is not None:
                pieces.append(other)
                twice = self._rng.random() < rates.SCANNED_TWICE_SHARE
                scanned.append(pieces[0].item if twice else other.item)
        bought = Bought(at_ms, self._number(), tuple(pieces), tuple(scanned), self._rng.random() < rates.PAD_SHARE)
        for piece in pieces:
            self._missing[piece.item.item_id] += 1
            self._sold_lately.append((bought.number, piece))
        return bought

    def _return(self, at_ms: int) -> Iterator[Happening]:
        sale, piece = self._sold_lately.pop(self._rng.randrange(len(self._sold_lately)))
        self.stands[piece.item.item_id, FLOOR].append(piece)
        yield BroughtBack(at_ms, self._number(), piece, sale)
        if self._rng.random() < rates.RETURN_TO_BACK_ROOM_SHARE:
            self.stands[piece.item.item_id, FLOOR].remove(piece)
            yield self._carry(at_ms + 60_000, (piece,), FLOOR, BACK, booked=False)

    def _refill(self, at_ms: int) -> Iterator[Happening]:
        """Every item that runs low on the floor, a trolley at a time."""
        wanted: list[Piece] = []
        for item in self.items:
            while len(self.stands[item.item_id, FLOOR]) < rates.PIECES_ON_FLOOR[0] + 1:
                piece = self._take(item, BACK)
                if piece is None:
                    break
                wanted.append(piece)
                self.stands[item.item_id, FLOOR].append(piece)
        for piece in wanted:
            self.stands[piece.item.item_id, FLOOR].remove(piece)
        for start in range(0, len(wanted), rates.REFILL_TRIP_PIECES):
            trip = tuple(wanted[start : start + rates.REFILL_TRIP_PIECES])
            booked = self._rng.random() >= rates.REFILL_FORGOTTEN_SHARE
            yield self._carry(at_ms + start * 1_000, trip, BACK, FLOOR, booked=booked)

    def _delivery(self, at_ms: int, *, sent: bool = False) -> Delivered:
        count = self._transfer_lines()
        wanted = Counter(item.item_id for item in self._rng.sample(self.items, count)) if sent else self._missing
        by_id = {item.item_id: item for item in self.items}
        promised: list[Piece] = []
        came: list[Piece] = []
        for item_id, pieces in sorted(wanted.items()):
            line = [self._piece(by_id[item_id]) for _ in range(pieces)]
            promised += line
            came += self._packed(line, by_id[item_id])
        if not sent:
            self._missing = Counter()
        for piece in came:
            self.stands[piece.item.item_id, BACK].append(piece)
        return Delivered(at_ms, self._number(), tuple(promised), tuple(came), sent)

    def _packed(self, line: list[Piece], item: Item) -> list[Piece]:
        """What really lies in the boxes of a line."""
        dice = self._rng.random()
        if dice < rates.SHORT_SHARE:
            return line[:-1]
        if dice < rates.SHORT_SHARE + rates.OVER_SHARE:
            return [*line, self._piece(item)]
        if dice < rates.SHORT_SHARE + rates.OVER_SHARE + rates.MISPICKED_SHARE:
            return [*line[:-1], self._piece(self._sibling(item))]
        return line

    def _sent_away(self, at_ms: int) -> SentAway:
        pieces: list[Piece] = []
        written: list[Item] = []
        for _ in range(self._transfer_lines()):
            piece = self._any(BACK)
            pieces.append(piece)
            wrong = self._rng.random() < rates.TRANSFER_WRONG_SHARE
            written.append(self._sibling(piece.item) if wrong else piece.item)
        return SentAway(at_ms, self._number(), tuple(pieces), tuple(written))

    def _transfer_lines(self) -> int:
        return max(1, round(len(self.items) * rates.TRANSFER_LINES_SHARE))

    def _evening(self, at_ms: int) -> Iterator[Happening]:
        """What is past its date goes."""
        for place in (FLOOR, BACK):
            gone: list[Piece] = []
            for item in self.items:
                if item.dated:
                    here = self.stands[item.item_id, place]
                    gone += [piece for piece in here if piece.expires_day < self._day]
                    self.stands[item.item_id, place] = [piece for piece in here if piece.expires_day >= self._day]
            if gone:
                booked = self._rng.random() >= rates.EXPIRED_UNBOOKED_SHARE
                for piece in gone:
                    self._missing[piece.item.item_id] += 1
                yield ThrownAway(at_ms, self._number(), tuple(gone), place, "expired", booked)

    # Pieces.

    def _carry(self, at_ms: int, pieces: tuple[Piece, ...], from_place: Place, to_place: Place, *, booked: bool) -> Carried:
        for piece in pieces:
            self.stands[piece.item.item_id, to_place].append(piece)
        return Carried(at_ms, self._number(), pieces, from_place, to_place, booked)

    def _take(self, item: Item, place: Place) -> Piece | None:
        here = self.stands[item.item_id, place]
        return here.pop(self._rng.randrange(len(here))) if here else None

    def _any(self, place: Place) -> Piece:
        """A piece that is taken away from a place."""
        while True:
            piece = self._take(self._rng.choice(self.items), place)
            if piece is not None:
                return piece

    def _sibling(self, item: Item) -> Item:
        """Another variant of the same style."""
        first = item.number // rates.VARIANTS_OF_A_STYLE * rates.VARIANTS_OF_A_STYLE
        style = [each for each in self.items[first : first + rates.VARIANTS_OF_A_STYLE] if each is not item]
        return self._rng.choice(style)

    def _piece(self, item: Item) -> Piece:
        self._numbers += 1
        days = self._rng.randint(1, rates.DATED_DAYS) if self._day == 0 else rates.DATED_DAYS
        piece = Piece(item, self._numbers, self._day + days, readable=self._rng.random() >= rates.DEAD_TAG_SHARE)
        piece.hidden = self._rng.random() < rates.HIDDEN_SHARE
        return piece

    def _number(self) -> int:
        self._happened += 1
        return self._happened
