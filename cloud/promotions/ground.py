"""What a promotion is checked against: the zone's rules, and goods of a scope with price and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.promotions.store import Q
from cloud.refusals import Invalid
from protocols.contract.values import PriceLaw, TaxMode
from protocols.promotions.rules import WHOLE_BP, Scope
from protocols.promotions.values import Unit

OFF_PERCENT_DEFAULT = 50
"""Where the zone has no guard rail of its own: who gives away half has somebody else look at it."""


@dataclass(frozen=True)
class ZoneRules:
    """How prices of a zone are to be read, and what asks for a second person there."""

    zone: str
    currency: str
    minor_digits: int
    tax_mode: TaxMode
    price_law: PriceLaw
    off_percent: int
    below_cost: bool


@dataclass(frozen=True)
class Good:
    """An item with everybody's price in a zone. `cost_minor` is net of tax; None: unknown, or not for the asker's eyes."""

    item_id: str
    style_id: str
    category: str
    brand: str
    name: str
    name_zh: str
    weighed: bool
    price_minor: int
    cost_minor: int | None
    rate_bp: int

    def unit(self, line_no: int, unit_no: int) -> Unit:
        """One of it (or one kilogram), as a basket holds it."""
        return Unit(
            line_no=line_no,
            unit_no=unit_no,
            item_id=self.item_id,
            style_id=self.style_id,
            category=self.category,
            brand=self.brand,
            list_minor=self.price_minor,
            own_minor=self.price_minor,
        )

    def cost_at_the_till(self, tax_mode: TaxMode) -> int | None:
        """Its cost as a price customers would see, rounded up."""
        if self.cost_minor is None:
            return None
        taxed = WHOLE_BP + (self.rate_bp if tax_mode is TaxMode.INCLUSIVE else 0)
        return -(-self.cost_minor * taxed // WHOLE_BP)


async def rules_of(tx: Connection, zone: str) -> ZoneRules:
    """The rules of a zone. Raises `Invalid`."""
    row = await (await tx.execute(Q["zone"], {"zone": zone})).fetchone()
    if row is None:
        raise Invalid.field("zone", f"there is no zone '{zone}'", "See GET /api/v1/zones.")
    name, currency, digits, tax_mode, law, percent, below_cost = row
    off_percent = OFF_PERCENT_DEFAULT if percent is None else percent
    return ZoneRules(name, currency, digits, TaxMode(tax_mode), PriceLaw(law), off_percent, below_cost)


async def goods_of(tx: Connection, rules: ZoneRules, scope: Scope, at_ms: int, limit: int) -> list[Good]:
    """Goods of a scope with a price then, those with the least margin first."""
    everything = not (scope.items or scope.styles or scope.categories or scope.brands)
    values = {
        "zone": rules.zone,
        "currency": rules.currency,
        "at_ms": at_ms,
        "limit": limit,
        "everything": everything,
        "items": list(scope.items),
        "styles": list(scope.styles),
        "categories": list(scope.categories),
        "brands": list(scope.brands),
        "excluded_items": list(scope.excluded_items),
        "excluded_categories": list(scope.excluded_categories),
    }
    async with tx.cursor(row_factory=class_row(Good)) as cursor:
        await cursor.execute(Q["goods"], values)
        return await cursor.fetchall()


async def unknown_items(tx: Connection, item_ids: Sequence[str]) -> list[str]:
    """Those that are no items, the first few."""
    return [str(row[0]) for row in await (await tx.execute(Q["unknown_items"], {"ids": list(item_ids)})).fetchall()]


async def unknown_words(tx: Connection, scopes: Sequence[Scope]) -> list[tuple[str, str]]:
    """(style, brand or category, its name) no item has, the first few."""
    values = {
        "styles": sorted({each for scope in scopes for each in scope.styles}),
        "brands": sorted({each for scope in scopes for each in scope.brands}),
        "categories": sorted({each for scope in scopes for each in (*scope.categories, *scope.excluded_categories)}),
    }
    rows = await (await tx.execute(Q["unknown_words"], values)).fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


@dataclass(frozen=True)
class ScopeWord:
    """Something a scope can name: a brand, category or style, or a customer group."""

    what: str
    id: str
    name: str
    name_zh: str


async def scope_words(tx: Connection, limit: int) -> list[ScopeWord]:
    """Brands, categories, styles and customer groups there are, of each at most `limit`."""
    async with tx.cursor(row_factory=class_row(ScopeWord)) as cursor:
        await cursor.execute(Q["scope_words"], {"limit": limit})
        return await cursor.fetchall()
