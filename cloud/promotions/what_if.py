"""What a draft would have made of a past day: some hundred baskets at a call, priced again in a thread.

The caller asks again with `next` until there is none, and adds the sums up: nothing is kept between two calls, so a page
that is closed leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.promotions import domain, ground, store
from cloud.promotions.domain import bundle_of
from cloud.promotions.replay import Assume, PastLine, PastSale, Replayed, replay
from cloud.refusals import Invalid
from protocols.contract.sale_parts import Override, UnitDiscount
from protocols.contract.values import TaxMode
from protocols.promotions.rules import Promotion

Q = load_queries(__file__, "what_if.sql")

BASKETS_AT_ONCE = 200
DAYS_BACK_MAX = 400
STORES_MAX = 200
GRAMS = 1_000

_overrides = msgspec.json.Decoder(tuple[Override, ...])
_discounts = msgspec.json.Decoder(tuple[UnitDiscount, ...])


@dataclass(frozen=True)
class Asked:
    """Which baskets. `stores` empty: all of the zone in scope. `after`: (store, sale) the last call ended at."""

    zone: str
    day: datetime.date
    stores: tuple[str, ...] = ()
    after: tuple[str, str] = ("", "")
    assume: Assume = field(default_factory=Assume)


@dataclass(frozen=True)
class Answer:
    """The sums of these baskets. `next` None: that was the last of `total`."""

    replayed: Replayed
    next: tuple[str, str] | None
    total: int


@dataclass(frozen=True)
class _Head:
    store_id: str
    sale_id: str
    closed_at_ms: int
    time_zone: str
    member_id: str | None
    total_minor: int
    tax_mode: str


@dataclass(frozen=True)
class _Line:
    store_id: str
    sale_id: str
    line_no: int
    item_id: str
    style_id: str
    category: str
    brand: str
    quantity: int
    grams: int | None
    unit_price_minor: int
    list_price_minor: int
    net_minor: int
    tax_rate_bp: int
    line_kind: str
    discounts: str
    overrides: str
    cost_minor: int | None


async def what_if(tx: Connection, promotion: Promotion, asked: Asked, today: datetime.date) -> Answer:
    """The next baskets of the day. Raises `Invalid`."""
    if not 0 <= (today - asked.day).days <= DAYS_BACK_MAX:
        raise Invalid.field("day", f"not within the last {DAYS_BACK_MAX} days", "Choose a day that is past.")
    if len(asked.stores) > STORES_MAX:
        raise Invalid.field("stores", f"more than {STORES_MAX} stores", "Choose fewer, or all.")
    domain.need_valid(promotion)
    rules = await ground.rules_of(tx, asked.zone)
    values = {"zone": asked.zone, "day": asked.day, "stores": list(asked.stores), "currency": rules.currency}
    row = await (await tx.execute(Q["count"], values)).fetchone()
    async with tx.cursor(row_factory=class_row(_Head)) as cursor:
        place = {"after_store": asked.after[0], "after_sale": asked.after[1], "limit": BASKETS_AT_ONCE}
        await cursor.execute(Q["sales"], {**values, **place})
        heads = await cursor.fetchall()
    lines = await _lines(tx, heads, rules.currency)
    placements = await store.placements(tx, asked.zone)
    live = {store_id: bundle_of(placements, store_id).promotions for store_id in {head.store_id for head in heads}}
    sales = [_sale(head, lines[head.store_id, head.sale_id]) for head in heads]
    found = await asyncio.to_thread(replay, sales, live, promotion, asked.assume)
    last = (heads[-1].store_id, heads[-1].sale_id) if len(heads) == BASKETS_AT_ONCE else None
    return Answer(found, last, 0 if row is None else int(row[0]))


async def days(tx: Connection, zone: str, today: datetime.date) -> list[tuple[str, int]]:
    """(day, sales) of the latest days with sales in the zone, within scope."""
    values = {"zone": zone, "from_date": today - datetime.timedelta(days=DAYS_BACK_MAX)}
    return [(str(row[0]), int(row[1])) for row in await (await tx.execute(Q["days"], values)).fetchall()]


async def _lines(tx: Connection, heads: Sequence[_Head], currency: str) -> dict[tuple[str, str], list[_Line]]:
    found: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    names = {"stores": [head.store_id for head in heads], "sales": [head.sale_id for head in heads]}
    async with tx.cursor(row_factory=class_row(_Line)) as cursor:
        await cursor.execute(Q["lines"], {**names, "currency": currency})
        for line in await cursor.fetchall():
            found[line.store_id, line.sale_id].append(line)
    return found


def _sale(head: _Head, lines: Iterable[_Line]) -> PastSale:
    inclusive = head.tax_mode == TaxMode.INCLUSIVE
    return PastSale(
        store_id=head.store_id,
        sale_id=head.sale_id,
        at_ms=head.closed_at_ms,
        utc_offset_minutes=_offset_minutes(head.closed_at_ms, head.time_zone),
        member_id=head.member_id,
        total_minor=head.total_minor,
        lines=tuple(_past(line, inclusive=inclusive) for line in lines),
    )


def _past(line: _Line, *, inclusive: bool) -> PastLine:
    pieces = max(line.quantity, 1)
    weighed = line.grams is not None
    return PastLine(
        line_no=line.line_no,
        item_id=line.item_id,
        style_id=line.style_id,
        category=line.category,
        brand=line.brand,
        pieces=pieces,
        list_minor=_of_grams(line.list_price_minor, line.grams) if weighed else line.list_price_minor,
        own_minor=_of_grams(line.unit_price_minor, line.grams) if weighed else line.unit_price_minor,
        net_minor=line.net_minor,
        tax_rate_bp=line.tax_rate_bp if inclusive else 0,
        cost_minor=_cost(line, pieces),
        fixed=line.line_kind != "goods" or line.quantity < 1 or _by_hand(line),
    )


def _cost(line: _Line, pieces: int) -> int | None:
    if line.cost_minor is None:
        return None
    return line.cost_minor * pieces if line.grams is None else _of_grams(line.cost_minor, line.grams)


def _of_grams(per_kilogram_minor: int, grams: int | None) -> int:
    """The price of a weighed line, half up (rule R2)."""
    return (per_kilogram_minor * (grams or 0) * 2 + GRAMS) // (2 * GRAMS)


def _by_hand(line: _Line) -> bool:
    """Somebody changed its price, or took something off by hand."""
    overrides = _overrides.decode(line.overrides) if line.overrides else ()
    if any("price" in each.what for each in overrides):
        return True
    found = _discounts.decode(line.discounts) if line.discounts else ()
    return any(each.promotion_id.startswith("manual:") for each in found)


def _offset_minutes(at_ms: int, time_zone: str) -> int:
    try:
        zone = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return 0
    offset = datetime.datetime.fromtimestamp(at_ms / 1000, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60
