"""Look-ups for the till and the labels. Every function reads from the connection or transaction it is given."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.feed_rows import StoreRow, decode_row
from protocols.contract.values import ClockQuality, ContentUnit, PriceKind, PriceLaw, RoundingMethod, RoundingScope, TaxMode
from protocols.gs1.restricted import Layout, layouts_of

queries = load("edge.catalogue")
Source = Connection | Tx

SEARCH_ROWS_MAX = 50


@dataclass(frozen=True, slots=True)
class Item:
    """A sellable item as found by one of its codes. `tax_rate_bp` is None when its tax class is not known here."""

    item_id: str
    name: str
    name_zh: str
    tax_class: str
    weighed: bool
    tare_grams: int
    active: bool
    pack_quantity: int
    tax_rate_bp: int | None
    content_quantity: int = 0
    content_unit: ContentUnit = ContentUnit.NONE
    style_id: str = ""
    category: str = ""
    brand: str = ""
    colour: str = ""
    size: str = ""
    min_age: int = 0
    deposit_item_id: str = ""
    serial_tracked: bool = False
    bag: bool = False
    batch_tracked: bool = False
    tagged: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """Why goods may not be sold any more."""

    recall_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Price:
    """A price in force: per piece, or per kilogram when weighed. `was_minor`: what it may be compared with."""

    revision: int
    price_minor: int
    kind: PriceKind = PriceKind.REGULAR
    was_minor: int | None = None
    effective_to_ms: int | None = None
    customer_group: str = ""
    """Empty: everybody pays it."""


@dataclass(frozen=True, slots=True)
class Zone:
    """How prices are to be read here."""

    zone: str
    currency: str
    minor_digits: int
    tax_mode: TaxMode
    cash_rounding_minor: int
    price_law: PriceLaw = PriceLaw.NONE
    cash_rounding_method: RoundingMethod = RoundingMethod.HALF_UP
    cash_rounding_scope: RoundingScope = RoundingScope.CASH
    code_layouts: tuple[str, ...] = ()
    bag_item_id: str = ""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """How in-store barcodes are read here; none when headquarters sent what this software cannot read."""
        try:
            return _layouts_of(self.code_layouts)
        except ValueError:
            return ()


_layouts_of = functools.lru_cache(maxsize=8)(layouts_of)


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A row of a search."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool


def item_by_code(source: Source, code: str) -> Item | None:
    """Find by 14-digit GTIN or short look-up code."""
    return _item(source.execute(queries["find_item_by_code"], (code,)).fetchone())


def item_by_id(source: Source, item_id: str) -> Item | None:
    """Find by item id."""
    return _item(source.execute(queries["find_item"], (item_id,)).fetchone())


def items_of_style(source: Source, style_id: str) -> list[Item]:
    """The active items of a style, by colour and size; at most `SEARCH_ROWS_MAX`."""
    rows = source.execute(queries["items_of_style"], (style_id, SEARCH_ROWS_MAX)).fetchall()
    return [item for item in map(_item, rows) if item is not None]


def recall_of(source: Source, item_id: str, batch: str, now_ms: int) -> Recall | None:
    """The recall that forbids selling these goods now. Without a batch only recalls of the whole item count."""
    row = source.execute(queries["recall_of"], (item_id, batch, now_ms)).fetchone()
    return None if row is None else Recall(*row)


def tax_rate_bp(source: Source, tax_class: str) -> int | None:
    """The rate of a tax class; None for an unknown one."""
    row = source.execute(queries["tax_rate"], (tax_class,)).fetchone()
    return None if row is None else int(row[0])


def price_in_force(source: Source, item_id: str, now_ms: int) -> Price | None:
    """What everybody pays (`protocols.contract.feed_rows.PriceRow` has the rule)."""
    return _price(source.execute(queries["price_in_force"], (item_id, now_ms)).fetchone())


def group_price_in_force(source: Source, item_id: str, now_ms: int, customer_group: str) -> Price | None:
    """What a customer group pays: its own price unless everybody's is as low."""
    everybody = price_in_force(source, item_id, now_ms)
    own = _price(source.execute(queries["group_price_in_force"], (item_id, now_ms, customer_group)).fetchone())
    if own is None or (everybody is not None and everybody.price_minor <= own.price_minor):
        return everybody
    return own


def codes_of_item(source: Source, item_id: str) -> list[tuple[str, int]]:
    """(code, pieces) of an item: single pieces first, GTINs before short codes."""
    return [(row[0], row[1]) for row in source.execute(queries["codes_of_item"], (item_id,))]


def search(source: Source, words: str) -> list[FoundItem]:
    """Active items whose name contains the words, at most `SEARCH_ROWS_MAX`."""
    pattern = "%" + words.replace("%", "").replace("_", "") + "%"
    rows = source.execute(queries["search_items"], (pattern, words, SEARCH_ROWS_MAX))
    return [FoundItem(item_id=row[0], name=row[1], name_zh=row[2], weighed=bool(row[3])) for row in rows]


def tax_classes(source: Source) -> tuple[tuple[str, str, int], ...]:
    """Code, name and rate (basis points) of every tax class, lowest rate first."""
    return tuple((row[0], row[1], row[2]) for row in source.execute(queries["tax_classes"]))


def zone(source: Source) -> Zone | None:
    """The zone of this store; None before its price feed has arrived."""
    row = source.execute(queries["zone"]).fetchone()
    return None if row is None else _zone_of(row)


@functools.lru_cache(maxsize=8)
def _zone_of(row: Row) -> Zone:
    return Zone(
        zone=row[0],
        currency=row[1],
        minor_digits=row[2],
        tax_mode=TaxMode(row[3]),
        cash_rounding_minor=row[4],
        price_law=PriceLaw(row[5]),
        cash_rounding_method=RoundingMethod(row[6]),
        cash_rounding_scope=RoundingScope(row[7]),
        code_layouts=tuple(row[8].split("\n")) if row[8] else (),
        bag_item_id=row[9],
    )


def setup(source: Source) -> StoreRow | None:
    """What HQ decided about this store; None before its set-up feed has arrived."""
    row = source.execute(queries["setup"]).fetchone()
    return None if row is None else _setup_of(bytes(row[0]))


@functools.lru_cache(maxsize=8)
def _setup_of(body: bytes) -> StoreRow | None:
    """Every scan asks several times: the same bytes are read once."""
    found = decode_row(body)
    return found if isinstance(found, StoreRow) else None


def time_zone(source: Source) -> str:
    """The store's time zone name; UTC until HQ said otherwise."""
    found = setup(source)
    return "UTC" if found is None else found.time_zone


def pricing_now_ms(source: Source, clock: Clock) -> int:
    """The instant whose prices are in force.

    A trusted clock is believed. An untrusted one flips nothing: the last trusted instant stays in force, so a dead
    clock battery can neither start tomorrow's prices nor bring back last year's.
    """
    if clock.quality() is not ClockQuality.UNSYNCED:
        return clock.now_ms()
    known_ms = trusted_ms(source)
    return clock.now_ms() if known_ms is None else known_ms


def trusted_ms(source: Source) -> int | None:
    """The newest instant a trusted clock showed; None when there never was one."""
    row = source.execute(queries["trusted_ms"]).fetchone()
    return None if row is None else int(row[0])


def remember_trusted_clock(tx: Tx, clock: Clock) -> None:
    """Note the present instant as trusted, when it is."""
    if clock.quality() is not ClockQuality.UNSYNCED:
        tx.execute(queries["set_trusted_ms"], (clock.now_ms(),))


def items_flipping(source: Source, after_ms: int, upto_ms: int) -> list[str]:
    """Items whose price in force may change in (after, upto]."""
    return [row[0] for row in source.execute(queries["items_flipping"], (after_ms, upto_ms))]


def _item(row: tuple[object, ...] | None) -> Item | None:
    if row is None:
        return None
    item_id, name, name_zh, tax_class, weighed, tare_grams, active, pack_quantity, rate_bp, content, unit = row[:11]
    style_id, category, brand, colour, size, min_age, deposit_item_id, serial_tracked, bag, batch_tracked, tagged = row[11:]
    assert isinstance(rate_bp, int)
    assert isinstance(content, int)
    assert isinstance(tare_grams, int)
    assert isinstance(pack_quantity, int)
    assert isinstance(min_age, int)
    return Item(
        item_id=str(item_id),
        name=str(name),
        name_zh=str(name_zh),
        tax_class=str(tax_class),
        weighed=bool(weighed),
        tare_grams=tare_grams,
        active=bool(active),
        pack_quantity=pack_quantity,
        tax_rate_bp=None if rate_bp < 0 else rate_bp,
        content_quantity=content,
        content_unit=ContentUnit(str(unit)),
        style_id=str(style_id),
        category=str(category),
        brand=str(brand),
        colour=str(colour),
        size=str(size),
        min_age=min_age,
        deposit_item_id=str(deposit_item_id),
        serial_tracked=bool(serial_tracked),
        bag=bool(bag),
        batch_tracked=bool(batch_tracked),
        tagged=bool(tagged),
    )


def _price(row: tuple[object, ...] | None) -> Price | None:
    if row is None:
        return None
    revision, price_minor, kind, was_minor, to_ms, group = row
    assert isinstance(revision, int)
    assert isinstance(price_minor, int)
    assert was_minor is None or isinstance(was_minor, int)
    assert to_ms is None or isinstance(to_ms, int)
    return Price(revision, price_minor, PriceKind(str(kind)), was_minor, to_ms, str(group))
