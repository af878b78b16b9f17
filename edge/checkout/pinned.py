"""The conditions a sale was priced under, as far as the box still knows them (for REPRICE, rule R9)."""

from __future__ import annotations

import datetime
import zoneinfo

from edge.catalogue import lookup
from edge.checkout.desk import Desk
from edge.checkout.repricing import AsSold, Kind, NotRepriceable
from edge.checkout.returns_store import queries
from protocols.contract.returns import SoldSale


def as_sold(desk: Desk, sold: SoldSale) -> AsSold:
    """Raises `NotRepriceable` when the bundle is kept no longer, or the sale had none."""
    if not sold.sale.promotion_bundle:
        raise NotRepriceable("no_offers")
    source = desk.reader()
    wanted, current = sold.sale.promotion_bundle, desk.offers.current()
    bundle = current if current.hash == wanted else desk.offers.by_hash(wanted)
    if bundle is None:
        raise NotRepriceable("bundle_missing")

    def kind_of(item_id: str) -> Kind | None:
        row = source.execute(queries["kind_of_item"], (item_id,)).fetchone()
        return None if row is None else Kind(*row)

    at_ms = sold.sale.priced_at_ms or sold.sale.opened_at_ms
    return AsSold(sold.sale, bundle, at_ms, kind_of, utc_offset_minutes=_offset(at_ms, lookup.time_zone(source)))


def _offset(at_ms: int, time_zone: str) -> int:
    """Minutes from UTC in the store's zone at an instant; 0 when the zone is unknown."""
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(time_zone)
        there = datetime.datetime.fromtimestamp(at_ms // 1000, zone).utcoffset()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return 0
    return 0 if there is None else int(there.total_seconds() // 60)
