"""The shoppers of a store, from one seed: what they put on the belt and how they pay, as steps somebody else carries out.

Pure and endless: the same seed and catalogue give the same shoppers on every machine. Each shopper's chance is his own, so
asking for the tenth shopper alone gives the same tenth shopper.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.clock import SeededRandom
from protocols.gs1.gtin import CodeRefused, read_code

BASKET_MAX = 12
QUANTITY_MAX = 6
WEIGHT_MIN_GRAMS = 60
WEIGHT_SPAN_GRAMS = 2_400
SCALE_STEP_GRAMS = 5
SHOPPERS_PER_DELIVERY = 12
DELIVERY_MAX = 48
SHOPPERS_PER_PRICE_CHANGE = 8
PRICES_AT_ONCE_MAX = 4
PRICE_PERCENT_MIN, PRICE_PERCENT_SPAN = 70, 60
NOTES_MINOR = (500, 1_000, 2_000, 5_000)
MISTYPED_CODE = "4006381333930"
"""A code whose check digit is wrong, as a scratched label gives it."""


class CatalogueRefused(ValueError):
    """The list of goods cannot be used; the text names the line."""


@dataclass(frozen=True, slots=True)
class Goods:
    """Something on a shelf, by its code. `weighed`: it goes on the scale. `popularity`: how often it is taken."""

    code: str
    weighed: bool = False
    popularity: int = 1


@dataclass(frozen=True, slots=True)
class ScanCode:
    """Scan it, or type it. `refused`: the till must not take it."""

    code: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class PutWeight:
    """Put goods on the scale and leave them there until they are scanned."""

    grams: int


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Empty the scale."""


@dataclass(frozen=True, slots=True)
class ChangeQuantity:
    """The line scanned last becomes so many pieces."""

    quantity: int


@dataclass(frozen=True, slots=True)
class VoidLine:
    """Changed his mind about the line scanned at this place, counting all lines of the basket from 0."""

    line: int


@dataclass(frozen=True, slots=True)
class PayCash:
    """Hand over the amount due, rounded up to notes of this value (0: to the cent)."""

    note_minor: int


Step = ScanCode | PutWeight | TakeOff | ChangeQuantity | VoidLine | PayCash


@dataclass(frozen=True, slots=True)
class Delivery:
    """Goods come into the store: `count` pieces, or kilograms of what is weighed."""

    goods: Goods
    count: int


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Headquarters wants another price: so many percent of the present one."""

    goods: Goods
    percent: int


@dataclass(frozen=True, slots=True)
class Shopper:
    """One visit to a till. `number` counts from 0. At least one line stays in the basket."""

    number: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens so long after the store opened. A day is a sequence of them, in order of time."""

    at_ms: int
    what: Shopper | Delivery | PriceChange


class World:
    """The shoppers of one seed and one catalogue, and the days they make."""

    def __init__(self, seed: int, catalogue: Sequence[Goods]) -> None:
        """Raises `CatalogueRefused` when there is nothing to buy."""
        self._seed = seed
        self._shelf = [goods for goods in catalogue for _ in range(goods.popularity)]
        if not self._shelf:
            raise CatalogueRefused("there are no goods to buy")

    def shoppers(self, first: int = 0) -> Iterator[Shopper]:
        """Shoppers without end."""
        number = first
        while True:
            yield self.shopper(number)
            number += 1

    def shopper(self, number: int) -> Shopper:
        """The shopper of that number."""
        dice = _Dice(SeededRandom(self._seed * 1_000_003 + number))
        steps: list[Step] = []
        lines = 1 + dice.below(BASKET_MAX) * dice.below(BASKET_MAX) // BASKET_MAX
        for _ in range(lines):
            steps += self._take(dice)
        if dice.one_in(25):
            steps.append(ScanCode(MISTYPED_CODE, refused=True))
        if lines > 1 and dice.one_in(8):
            steps.append(VoidLine(dice.below(lines)))
        steps.append(PayCash((0, *NOTES_MINOR)[dice.below(1 + len(NOTES_MINOR))]))
        return Shopper(number, tuple(steps))

    def day(self, shoppers: int, gap_ms: int) -> list[Moment]:
        """A day of so many shoppers, `gap_ms` between them on average, with deliveries and price changes among them."""
        dice = _Dice(SeededRandom(self._seed * 1_000_003 - 1))
        moments: list[Moment] = []
        at_ms = 0
        for number in range(shoppers):
            at_ms += gap_ms // 2 + dice.below(gap_ms)
            moments.append(Moment(at_ms, self.shopper(number)))
            if dice.one_in(SHOPPERS_PER_DELIVERY):
                moments.append(Moment(at_ms, Delivery(self._goods(dice), 1 + dice.below(DELIVERY_MAX))))
            if dice.one_in(SHOPPERS_PER_PRICE_CHANGE):
                changed = {self._goods(dice) for _ in range(1 + dice.below(PRICES_AT_ONCE_MAX))}
                for goods in sorted(changed, key=lambda goods: goods.code):
                    percent = PRICE_PERCENT_MIN + dice.below(PRICE_PERCENT_SPAN)
                    moments.append(Moment(at_ms, PriceChange(goods, percent)))
        return moments

    def _goods(self, dice: _Dice) -> Goods:
        return self._shelf[dice.below(len(self._shelf))]

    def _take(self, dice: _Dice) -> list[Step]:
        goods = self._shelf[dice.below(len(self._shelf))]
        if goods.weighed:
            grams = WEIGHT_MIN_GRAMS + dice.below(WEIGHT_SPAN_GRAMS // SCALE_STEP_GRAMS) * SCALE_STEP_GRAMS
            return [PutWeight(grams), ScanCode(goods.code), TakeOff()]
        if dice.one_in(5):
            return [ScanCode(goods.code), ChangeQuantity(2 + dice.below(QUANTITY_MAX - 1))]
        return [ScanCode(goods.code)]


def read_catalogue(text: str) -> list[Goods]:
    """Goods from CSV lines `code,kind,popularity`: kind `piece` or `weighed`, popularity 1 when left out, `#` for comments.

    Raises `CatalogueRefused`.
    """
    found: list[Goods] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = [word.strip() for row in csv.reader(io.StringIO(line.partition("#")[0])) for word in row]
        if not any(words):
            continue
        try:
            code, kind, *rest = words
            popularity = int(rest[0]) if rest else 1
            read_code(code)
        except (ValueError, CodeRefused) as error:
            raise CatalogueRefused(f"line {number}: {error}") from error
        if kind not in {"piece", "weighed"} or not 1 <= popularity <= 1_000 or len(rest) > 1:
            raise CatalogueRefused(f"line {number}: expected `code,piece|weighed,popularity 1 to 1000`")
        found.append(Goods(code, kind == "weighed", popularity))
    return found


class _Dice:
    """Small choices from a stream of random bytes."""

    def __init__(self, rng: SeededRandom) -> None:
        self._rng = rng

    def below(self, limit: int) -> int:
        return int.from_bytes(self._rng.bytes(4), "big") % limit

    def one_in(self, count: int) -> bool:
        return self.below(count) == 0
