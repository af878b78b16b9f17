"""Alerts about goods: orders to pick, recalled goods, batches near their date, broken sizes."""

from __future__ import annotations

import datetime

from edge.alerts.domain import Alert, AlertKind
from edge.catalogue import lookup
from edge.stock import expiry, quarantine, reservations, sizes
from edge.stock.batches import Expiring
from edge.stock.rules import Source, rules
from edge.store_db.journal import business_date

LISTED_MAX = 20
"""More batches than this are one alert."""
DAY_MS = 86_400_000


def goods_alerts(source: Source, now_ms: int) -> list[Alert]:
    """What stands at this moment."""
    return [*_orders(source), *_recalls(source, now_ms), *_dates(source, now_ms), *_sizes(source)]


def _orders(source: Source) -> list[Alert]:
    found = []
    for order in reservations.standing(source):
        if order.state != "picked":
            params = {"order": order.name or order.order_id}
            alert_id = f"order:{order.reservation_id}"
            found.append(Alert(alert_id, AlertKind.ORDER, "order", order.reservation_id, order.since_ms, params))
    return found


def _recalls(source: Source, now_ms: int) -> list[Alert]:
    return [
        Alert(
            f"recall:{task.recall_id}",
            AlertKind.RECALL,
            "recall",
            task.item_id,
            task.from_ms,
            {"name": task.name, "name_zh": task.name_zh},
        )
        for task in quarantine.recall_tasks(source, now_ms)
        if task.lots
    ]


def _dates(source: Source, now_ms: int) -> list[Alert]:
    today = business_date(now_ms, lookup.time_zone(source))
    found = expiry.expiring(source, today)
    if len(found) > LISTED_MAX:
        oldest = min(_since_ms(each, 0) for each in found)
        params = {"count": str(len(found))}
        return [Alert("expiring", AlertKind.EXPIRY, "expiring_many", "", min(oldest, now_ms), params)]
    warn_days = rules(source).expiry_warn_days
    return [_date(each, min(_since_ms(each, warn_days), now_ms)) for each in found]


def _since_ms(each: Expiring, warn_days: int) -> int:
    """Since when it is near its date; the same at every look."""
    day = datetime.date.fromisoformat(each.standing.lot.expires)
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return int(midnight.timestamp()) * 1000 - warn_days * DAY_MS


def _date(each: Expiring, since_ms: int) -> Alert:
    standing = each.standing
    lot = standing.lot
    params = {"name": each.name, "name_zh": each.name_zh, "batch": lot.batch, "expires": lot.expires}
    code = "expired" if each.days_left < 0 else "expiring"
    alert_id = f"{code}:{standing.item_id}/{standing.place}/{lot.batch}/{lot.expires}"
    return Alert(alert_id, AlertKind.EXPIRY, code, standing.item_id, since_ms, params)


def _sizes(source: Source) -> list[Alert]:
    return [
        Alert(
            f"size_gap:{gap.style_id}/{gap.colour}",
            AlertKind.SIZE_GAP,
            "size_gap",
            gap.style_id,
            gap.since_ms,
            {"name": gap.name, "name_zh": gap.name_zh, "missing": ", ".join(gap.missing)},
        )
        for gap in sizes.gaps(source)
    ]
