"""Past sales of a store, written into headquarters' tables as ingest would."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import TupleRow


@dataclass(frozen=True)
class Sold:
    """A line: what, how many, at which price a piece."""

    item_id: str
    pieces: int
    price_minor: int
    grams: int | None = None
    list_minor: int = 0
    discounts: str | None = None
    line_kind: str = "goods"

    @property
    def net_minor(self) -> int:
        if self.grams is not None:
            return (self.price_minor * self.grams + 500) // 1000
        return self.price_minor * self.pieces


def put_sale(
    owner: Connection[TupleRow],
    store_id: str,
    sale_id: str,
    day: datetime.date,
    lines: Sequence[Sold],
    *,
    member_id: str | None = None,
    hour: int = 12,
    training: bool = False,
) -> int:
    """One closed sale at an hour (UTC) of the day; returns its total."""
    total = sum(line.net_minor for line in lines)
    closed = datetime.datetime.combine(day, datetime.time(hour), datetime.UTC)
    sale: dict[str, object] = {
        "store_id": store_id, "sale_id": sale_id, "business_date": day, "currency": "EUR", "clock": "synced",
        "tax_mode": "inclusive", "total_minor": total, "member_id": member_id, "line_count": len(lines),
        "closed_at_ms": int(closed.timestamp()) * 1000, "training": training,
    }  # fmt: skip
    _put(owner, "sale", sale)
    for number, line in enumerate(lines, start=1):
        row = {
            "store_id": store_id, "sale_id": sale_id, "line_no": number, "item_id": line.item_id, "quantity": line.pieces,
            "grams": line.grams, "unit_price_minor": line.price_minor, "net_minor": line.net_minor, "tax_rate_bp": 700,
            "list_price_minor": line.list_minor or line.price_minor, "price_reason": "list", "line_kind": line.line_kind,
            "discounts": line.discounts,
        }  # fmt: skip
        _put(owner, "sale_line", row)
    return total


def _put(owner: Connection[TupleRow], table: str, known: dict[str, object]) -> None:
    """What is not known is empty or 0, by its column's type."""
    columns = owner.execute(
        "SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_name = %s",
        (table,),
    ).fetchall()
    for name, kind, nullable, default in columns:
        if name not in known and nullable == "NO" and default is None:
            known[str(name)] = "" if kind == "text" else 0
    names = sql.SQL(", ").join(map(sql.Identifier, known))
    places = sql.SQL(", ").join(sql.Placeholder() for _ in known)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, places)
    owner.execute(statement, list(known.values()))
