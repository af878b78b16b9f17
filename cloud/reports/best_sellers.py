"""What sells: items by takings."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="best-sellers",
    title="Best sellers",
    what="Items by takings, with what was sold of each; returns are not taken off.",
    columns=(
        Column("item_id", "Item"),
        Column("name", "Name"),
        Column("currency", "Currency"),
        Column("sale_count", "Sales", ColumnKind.COUNT),
        Column("sold_thousandths", "Sold", ColumnKind.AMOUNT),
        Column("net_minor", "Takings", ColumnKind.MONEY),
    ),
    query=load_queries(__file__, "best_sellers.sql")["rows"],
    plot=("name", "net_minor"),
)
